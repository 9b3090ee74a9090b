"""Memory systems of others: told of each session, asked each question, and the complete example among them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.memory.system import system
from locomo.retrieval.memory import Memory, MemoryRetriever, make_memory_system
from locomo.retrieval.registry import check_retriever, open_retriever
from locomo.schema import Session

OWN = f"{ROOT / 'examples/memory_system/keyword_memory.py'}:KeywordMemory"
FIRST, SECOND = read_conversations(SAMPLE)[:2]


class Diary:
    """Notes what it is told, and remembers the first turn of each session."""

    def __init__(self, *cited: str) -> None:
        self.cited = cited
        self.told: list[str] = []
        self.sessions: list[Session] = []

    def reset(self) -> None:
        self.told.append("reset")
        self.sessions = []

    def add_session(self, session: Session) -> None:
        self.told.append(f"session {session.number}")
        self.sessions.append(session)

    def search(self, question: str, k: int) -> Sequence[Memory]:
        self.told.append(question)
        return [Memory(s.turns[0].text, self.cited or (s.turns[0].dia_id,)) for s in self.sessions]


def test_all_sessions_are_told_before_the_first_question_and_each_conversation_begins_anew() -> None:
    diary = Diary()
    retriever = MemoryRetriever(diary)
    for conversation in (FIRST, SECOND):
        retriever.rank(conversation, "memory", ["Who?"], 2)
        retriever.rank(conversation, "memory", ["Where?"], 2)
    heard = [[f"session {session.number}" for session in conversation.sessions] for conversation in (FIRST, SECOND)]
    assert diary.told == ["reset", *heard[0], "Who?", "Where?", "reset", *heard[1], "Who?", "Where?"]


def test_no_more_than_k_memories_count_and_their_order_stays() -> None:
    (hits,) = MemoryRetriever(Diary()).rank(FIRST, "memory", ["Who?"], 2)
    assert [hit.unit.text for hit in hits] == [session.turns[0].text for session in FIRST.sessions[:2]]
    assert [hit.unit.ids for hit in hits] == [("D1:1",), ("D2:1",)]
    assert hits[0].score > hits[1].score


def test_a_memory_that_cites_what_was_never_said_is_refused() -> None:
    with pytest.raises(InputError, match="cites the turn 'D99:1', which is not in the conversation"):
        MemoryRetriever(Diary("D1:1", "D99:1")).rank(FIRST, "memory", ["Who?"], 2)


def test_it_has_no_other_units(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unit 'dialog': a memory system has memories of its own, expected 'memory'"):
        MemoryRetriever(Diary()).rank(FIRST, "dialog", ["Who?"], 2)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed as `pip install ./examples/memory_system` does."""
    folder = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source") / "memory_system"  # pip builds in the folder itself
    shutil.copytree(ROOT / "examples/memory_system", source)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", folder]
    subprocess.run([*map(str, command), str(source)], check=True, capture_output=True, cwd=folder)
    return folder


def test_an_unknown_one_is_refused(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="memory system 'keyword': no installed package offers one"):
        make_memory_system("keyword")
    monkeypatch.syspath_prepend(str(installed))
    with pytest.raises(InputError, match=r"expected one of keywords; did you mean 'keywords'\?"):
        make_memory_system("keyword")


def test_an_installed_one_is_a_system_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(installed))
    found = system("keywords")
    assert found.facts["package"] == "locomo-keyword-memory"
    assert found.facts["version"] == "0.1.0"


@pytest.mark.parametrize("name", ["memory/keywords", OWN], ids=["a name", "a class"])
def test_it_is_no_retriever(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a memory system, and no retriever: set memory.systems=\["):
        open_retriever(check_retriever(name), tmp_path)
