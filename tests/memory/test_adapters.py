"""The adapters that come with the project: HTTP, and classes of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SAMPLE
from serving import running

from locomo.dataset import read_conversations
from locomo.memory.program import MemorySystemError
from locomo.memory.search import Searched, search_one
from locomo.memory.services import NoServices
from locomo.memory.start import Starter
from locomo.memory.store import KeptStore, fingerprint
from locomo.memory.system import System, system
from locomo.retrieval.memory import MemoryRetriever, make_memory_system

FIRST = read_conversations(SAMPLE)[0].model_copy(update={"questions": read_conversations(SAMPLE)[0].questions[:5]})
KEYWORDS = f"{ROOT / 'examples/memory_system/keyword_memory.py'}:KeywordMemory"


def searched(one: System, folder: Path, k: int = 3) -> Searched:
    starter = Starter(NoServices(), {}, folder / "logs")
    store = KeptStore(fingerprint({}, FIRST), folder / "kept")
    store.ingest(one, FIRST, starter)
    return search_one(one, FIRST, store.store, starter, k)


def test_a_class_of_ones_own_finds_in_its_process_what_it_finds_here(tmp_path: Path) -> None:
    found = searched(system(KEYWORDS), tmp_path)
    here = MemoryRetriever(make_memory_system(KEYWORDS))
    ranked = here.rank(FIRST, "memory", [question.question for question in FIRST.questions], 3)
    assert [[unit.ids for unit in units] for units in found.units] == [
        [hit.unit.ids for hit in hits] for hits in ranked
    ]


SAVING = """
from pathlib import Path
from locomo.retrieval.memory import Memory

class Saving:
    def reset(self): self.days = []
    def add_session(self, session): self.days.append(session.date)
    def save(self, folder): (folder / "days.txt").write_text("\\n".join(self.days))
    def load(self, folder):
        file = folder / "days.txt"
        self.days = file.read_text().splitlines() if file.is_file() else []
    def search(self, question, k): return [Memory(day) for day in self.days]
"""


def test_a_class_may_keep_its_store_itself(tmp_path: Path) -> None:
    (tmp_path / "saving.py").write_text(SAVING)
    found = searched(system(f"{tmp_path / 'saving.py'}:Saving"), tmp_path, 100)
    assert [memory.text for memory in found.found[0]] == [session.date for session in FIRST.sessions]


class Server(BaseHTTPRequestHandler):
    """A memory server: one list of texts for each store."""

    stores: dict[str, list[dict[str, Any]]]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code, answer = 200, {}
        match self.path:
            case "/api/open":
                self.stores["open"] = self.stores.setdefault(request["conversation"], [])
                if request["fresh"]:
                    self.stores["open"].clear()
            case "/api/add":
                self.stores["open"] += request["session"]["turns"]
            case "/api/search":
                hits = [{"text": turn["text"], "dia_ids": [turn["dia_id"]]} for turn in self.stores["open"]]
                answer = {"hits": hits[: request["k"]]}
                code = 200 if request["question"] != FIRST.questions[4].question else self.code
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode() if code == 200 else b"the index is gone")

    code = 200

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Server, "stores", {}, raising=False)
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Server)) as server:
        yield f"http://127.0.0.1:{server.server_port}/api"


def test_a_server_is_asked_by_the_same_verbs(address: str, tmp_path: Path) -> None:
    found = searched(system(f"s={address}"), tmp_path)
    assert [memory.text for memory in found.found[0]] == [turn.text for turn in FIRST.sessions[0].turns[:3]]


def test_what_a_server_says_of_its_trouble_is_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "code", 500)
    with pytest.raises(MemorySystemError, match="`search`: RuntimeError: HTTP 500 the index is gone"):
        searched(system(f"s={address}"), tmp_path)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MemorySystemError, match=r"memory system 's', sample-1: `open`: URLError: .*refused"):
        searched(system("s=http://127.0.0.1:9"), tmp_path)
