"""Programs that are memory systems: what they are told and asked, and how their trouble is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.memory.program import MemorySystemError
from locomo.memory.search import search_one
from locomo.memory.services import NoServices
from locomo.memory.start import Starter, environment
from locomo.memory.store import KeptStore, fingerprint, size
from locomo.memory.system import System, system

FIRST, SECOND = read_conversations(SAMPLE)[:2]
TOY = Path(__file__).parent / "toy.py"


def toy(**settings: Any) -> tuple[System, dict[str, Any]]:
    return system(f"toy=command:{sys.executable} {TOY}"), {"toy": settings}


def starter(settings: dict[str, Any], folder: Path) -> Starter:
    return Starter(NoServices(), settings, folder / "logs")


def kept(folder: Path, conversation: Any = FIRST) -> KeptStore:
    return KeptStore(fingerprint({}, conversation), folder / "kept")


def test_what_was_said_is_found_again_with_its_turn_and_date(tmp_path: Path) -> None:
    one, settings = toy()
    store = kept(tmp_path)
    ingestion = store.ingest(one, FIRST, starter(settings, tmp_path))
    assert ingestion.whole
    assert ingestion.sessions == len(FIRST.sessions)
    before = size(store.store)
    searched = search_one(one, FIRST, store.store, starter(settings, tmp_path), 3)
    assert len(searched.found) == len(searched.seconds) == len(FIRST.questions)
    assert all(len(found) == 3 for found in searched.found)
    (memory, *_) = searched.found[0]
    turn = next(turn for turn in FIRST.turns if turn.dia_id == memory.dia_ids[0])
    assert memory.text == f"{turn.speaker}: {turn.text}"
    assert searched.units[0][0].text.startswith("(2")  # the date
    assert size(store.store) == before


TROUBLE = {
    "raises": ({"add": "raise"}, r"`add`: out of luck"),
    "ends": ({"add": "exit"}, r"ended with exit code 1 during `add`: no more memory"),
    "crashes": ({"search": "die"}, r"was killed by signal 6 during `search`"),
    "hangs": ({"search": "hang", "timeout": 0.5}, r"`search` took longer than 0.5 s"),
    "prints": ({"open": "print"}, r"`open` was answered by 'Loading weights...', expected a line with a JSON object"),
    "no list": ({"search": "no list"}, r"a search returned \{'found': 1\}, expected a list of memories"),
    "cites nothing": ({"search": "unknown turn"}, r"cites the turn 'D99:1', which is not in the conversation"),
    "no text": ({"search": "no text"}, r"memory 0 of a search: text: Field required"),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_trouble_is_one_line_that_names_system_conversation_and_log(case: str, tmp_path: Path) -> None:
    settings, message = TROUBLE[case]
    one, by_name = toy(**settings)

    def ingest_and_search() -> None:
        store = kept(tmp_path)
        store.ingest(one, FIRST, starter(by_name, tmp_path))
        search_one(one, FIRST, store.store, starter(by_name, tmp_path), 3)

    with pytest.raises(MemorySystemError, match=message) as raised:
        ingest_and_search()
    said = str(raised.value)
    assert said.startswith(f"memory system 'toy', {FIRST.sample_id}: ")
    assert said.endswith(f"(its log: {tmp_path / 'logs/toy.log'})")
    assert "\n" not in said


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    one = system("command:./nowhere")
    with pytest.raises(MemorySystemError, match=r"\./nowhere: cannot be started: No such file"):
        kept(tmp_path).ingest(one, FIRST, starter({}, tmp_path))


def test_half_a_session_is_forgotten_and_ingested_again(tmp_path: Path) -> None:
    whole, settings = toy()
    expected = kept(tmp_path / "whole")
    expected.ingest(whole, FIRST, starter(settings, tmp_path))
    one, dies = toy(kill=3)
    store = kept(tmp_path)
    with pytest.raises(MemorySystemError, match="killed by signal 6"):
        store.ingest(one, FIRST, starter(dies, tmp_path))
    assert store.state.sessions == 2
    assert not store.state.whole
    told = []
    store.ingest(one, FIRST, starter(dies, tmp_path), lambda: told.append(1))
    assert len(told) == len(FIRST.sessions) - 2
    assert (store.store / "turns.jsonl").read_bytes() == (expected.store / "turns.jsonl").read_bytes()


def test_a_whole_store_is_not_opened_again(tmp_path: Path) -> None:
    one, settings = toy()
    kept(tmp_path).ingest(one, FIRST, starter(settings, tmp_path))
    raises = {"toy": {"open": "raise"}}
    assert kept(tmp_path).ingest(one, FIRST, starter(raises, tmp_path)).whole


def test_conversations_do_not_see_each_other(tmp_path: Path) -> None:
    one, settings = toy()
    for conversation in (FIRST, SECOND):
        kept(tmp_path, conversation).ingest(one, conversation, starter(settings, tmp_path))
    turns = {turn.text for turn in SECOND.turns} - {turn.text for turn in FIRST.turns}
    searched = search_one(one, FIRST, kept(tmp_path).store, starter(settings, tmp_path), 1000)
    assert not any(text in memory.text for memory in searched.found[0] for text in turns)


def test_another_session_or_setting_is_another_store() -> None:
    less = FIRST.model_copy(update={"sessions": FIRST.sessions[:-1]})
    asked = FIRST.model_copy(update={"questions": FIRST.questions[:1]})
    assert len({fingerprint({}, FIRST), fingerprint({}, less), fingerprint({"k": 1}, FIRST)}) == 3
    assert fingerprint({}, asked) == fingerprint({}, FIRST)


def test_keys_are_not_given_to_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-2")
    assert "secret" not in str(environment())
