"""Model Context Protocol servers as memory systems: the tools that the settings name, and their answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from conftest import ROOT, SAMPLE

from locomo.dataset import read_conversations
from locomo.llm import Client, RequestCache, open_model
from locomo.memory.adapters.mcp_tools import Search, filled, memories, read_tools
from locomo.memory.check import check
from locomo.memory.program import MemorySystemError
from locomo.memory.search import search_one
from locomo.memory.services import NoServices
from locomo.memory.start import Starter
from locomo.memory.store import KeptStore, fingerprint
from locomo.memory.system import system
from locomo.pipeline.memory_models import behind_gateway
from locomo.pipeline.params import read_params
from locomo.pipeline.serving import embedder

pytest.importorskip("mcp", reason="needs the extra `mcp`")
pytestmark = pytest.mark.slow  # each server starts anew

EXAMPLE = ROOT / "examples/memory_mcp"
SERVER = EXAMPLE / "notes_server.py"
SETTINGS = yaml.safe_load((EXAMPLE / "settings.yaml").read_text(encoding="utf-8"))
FIRST = read_conversations(SAMPLE)[0].model_copy(update={"questions": read_conversations(SAMPLE)[0].questions[:3]})
SECOND = read_conversations(SAMPLE)[1]
NOTES = f"notes=mcp:{sys.executable} {SERVER}"


def starter(folder: Path, settings: dict[str, Any] = SETTINGS) -> Starter:
    return Starter(NoServices(), {"notes": settings}, folder / "logs")


def kept(folder: Path, conversation: Any = FIRST) -> KeptStore:
    return KeptStore(fingerprint({}, conversation), folder / "kept")


def test_the_tools_of_a_command_add_and_search(tmp_path: Path) -> None:
    store, one = kept(tmp_path), system(NOTES)
    assert store.ingest(one, FIRST, starter(tmp_path)).whole
    notes = [json.loads(line) for line in (store.store / "notes.jsonl").read_text().splitlines()]
    assert [note["source"] for note in notes] == [turn.dia_id for turn in FIRST.turns]
    first = FIRST.sessions[0]
    assert notes[0]["content"].startswith(f"{first.date_time} {first.turns[0].speaker}: {first.turns[0].text}")
    searched = search_one(one, FIRST, store.store, starter(tmp_path), 4)
    assert [len(found) for found in searched.found] == [4, 4, 4]
    best, *others = searched.found[0]
    assert best.text == next(note["content"] for note in notes if note["source"] == best.dia_ids[0])
    assert all(best.score >= other.score for other in others)


def test_a_session_may_be_one_call(tmp_path: Path) -> None:
    add = {"tool": "add_note", "each": "session", "arguments": {"content": "{date}\n{said}", "source": "{session}"}}
    settings = SETTINGS | {"add": add | {"arguments": add["arguments"] | {"source": "session {session}"}}}
    store = kept(tmp_path)
    store.ingest(system(NOTES), FIRST, starter(tmp_path, settings))
    notes = [json.loads(line) for line in (store.store / "notes.jsonl").read_text().splitlines()]
    assert [note["source"] for note in notes] == [f"session {session.number}" for session in FIRST.sessions]
    assert all(turn.text in notes[0]["content"] for turn in FIRST.sessions[0].turns)


WRONG = {
    "no tool": (
        SETTINGS | {"add": {"tool": "remember"}},
        r"no tool 'remember'; it has add_note\(content, source\), search_notes\(query, limit\)",
    ),
    "argument": (SETTINGS | {"add": {"tool": "add_note"}}, "tool 'add_note' needs the argument 'content'"),
    "placeholder": (
        SETTINGS | {"search": SETTINGS["search"] | {"arguments": {"query": "{quest}"}}},
        r"'\{quest\}' has no \{quest\} here, only \{conversation\}",
    ),
    "nothing": ({}, "memory.settings of an MCP server: add: Field required; docs/memory-systems.md has an example"),
    "text": (
        SETTINGS | {"search": SETTINGS["search"] | {"text": "words"}},
        "memory 0 of a search: text: Field required",
    ),
    "results": (
        SETTINGS | {"search": SETTINGS["search"] | {"results": "found"}},
        r"tool 'search_notes' answered 'None' at 'found', expected a list of memories",
    ),
    "its own error": (
        SETTINGS | {"search": SETTINGS["search"] | {"arguments": {"query": "{question}", "limit": "many"}}},
        r"`search`: RuntimeError: tool 'search_notes': .*limit",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_one_line(case: str, tmp_path: Path) -> None:
    settings, message = WRONG[case]

    def run() -> None:
        store = kept(tmp_path)
        store.ingest(system(NOTES), FIRST, starter(tmp_path, settings))
        search_one(system(NOTES), FIRST, store.store, starter(tmp_path, settings), 3)

    with pytest.raises(MemorySystemError, match=message) as raised:
        run()
    assert str(raised.value).startswith(f"memory system 'notes', {FIRST.sample_id}: ")
    assert "\n" not in str(raised.value)


def test_the_server_ends_with_a_killed_adapter(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    program = starter(tmp_path).start(system(NOTES), FIRST, "ingest", folder)
    adapter = psutil.Process(program._process.pid)
    below = adapter.children(recursive=True)
    assert any(str(SERVER) in process.cmdline() for process in below)
    program.end()
    _, alive = psutil.wait_procs(below, timeout=10)
    assert alive == []


WEB = """
import sys
from mcp.server import MCPServer
server = MCPServer("many")
users = {}

@server.tool()
def forget(user: str) -> str:
    users[user] = []
    return "done"

@server.tool()
def add(text: str, user: str) -> str:
    users[user].append(text)
    return "done"

@server.tool()
def search(query: str, user: str) -> dict:
    return {"took": 1, "found": {"memories": [{"memory": text, "about": {"rank": 1}} for text in users[user]]}}

server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
"""
FOR_MANY = {
    "reset": {"tool": "forget", "arguments": {"user": "{store}"}},
    "add": {"tool": "add", "arguments": {"text": "{text}", "user": "{store}"}},
    "search": {
        "tool": "search",
        "arguments": {"query": "{question}", "user": "{store}"},
        "results": "found.memories",
        "text": "memory",
        "score": "about.rank",
    },
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "many.py").write_text(WEB)
    server = subprocess.Popen([sys.executable, str(tmp_path / "many.py"), str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.kill()
        server.wait()


def test_one_server_holds_the_stores_of_all_conversations(address: str, tmp_path: Path) -> None:
    one = system(f"notes=mcp:{address}")
    for conversation in (FIRST, SECOND):
        kept(tmp_path, conversation).ingest(one, conversation, starter(tmp_path, FOR_MANY))
    searched = search_one(one, FIRST, kept(tmp_path).store, starter(tmp_path, FOR_MANY), 1000)
    assert [memory.text for memory in searched.found[0]] == [turn.text for turn in FIRST.turns]
    assert searched.found[0][0].score == 1


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MemorySystemError, match=r"`open`: ConnectError: "):
        kept(tmp_path).ingest(system("notes=mcp:http://127.0.0.1:9/mcp"), FIRST, starter(tmp_path))


def test_a_string_that_is_one_placeholder_keeps_the_type_of_its_value() -> None:
    values = {"k": 5, "ids": ["D1:1"], "who": "Mara"}
    template = {"limit": "{k}", "meta": {"ids": "{ids}", "by": ["{who}, {k}"]}, "plain": 3}
    assert filled(template, values) == {"limit": 5, "meta": {"ids": ["D1:1"], "by": ["Mara, 5"]}, "plain": 3}


ANSWERS = {
    "structured": ({"result": [{"text": "a", "dia_ids": "D1:1"}]}, [], [{"text": "a", "dia_ids": ["D1:1"]}]),
    "json in one text": (
        None,
        ['[{"text": "a"}, {"text": "b"}]'],
        [{"text": "a", "dia_ids": []}, {"text": "b", "dia_ids": []}],
    ),
    "json in each text": (
        None,
        ['{"text": "a"}', '{"text": "b"}'],
        [{"text": "a", "dia_ids": []}, {"text": "b", "dia_ids": []}],
    ),
    "plain texts": (None, ["Mara has a parrot.", "7"], [{"text": "Mara has a parrot."}, {"text": "7"}]),
    "nothing": (None, [], []),
}
PATTERN = r"(?ms)^\d+\. \[(?P<dia_ids>[^\]]+)\] (?P<text>.+?)(?: \((?P<score>[\d.]+)\))?$"
IN_WORDS = "2 memories for 'parrot':\n\n1. [D1:1, D1:2] Mara has a parrot. (0.5)\n2. [D2:1] It sings.\n"


@pytest.mark.parametrize("case", ANSWERS)
def test_memories_are_read_from_the_forms_that_servers_answer_in(case: str) -> None:
    structured, texts, expected = ANSWERS[case]
    assert memories(Search(tool="search"), structured, texts) == expected


def test_memories_in_an_answer_in_words_are_found_by_a_pattern() -> None:
    found = memories(Search(tool="search", pattern=PATTERN), None, [IN_WORDS])
    assert found == [
        {"dia_ids": ["D1:1", "D1:2"], "text": "Mara has a parrot.", "score": 0.5},
        {"dia_ids": ["D2:1"], "text": "It sings."},
    ]
    assert memories(Search(tool="search", pattern=PATTERN), None, ["No memories."]) == []


@pytest.mark.parametrize(("pattern", "message"), [("(", "no regular expression"), ("x", "a group called text")])
def test_a_pattern_is_looked_at_before_the_server_starts(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"search\.pattern: .*{message}"):
        read_tools(SETTINGS | {"search": SETTINGS["search"] | {"pattern": pattern}})


def test_a_server_by_others(tmp_path: Path) -> None:
    program = os.environ.get("LOCOMO_MCP_MEMORY_SERVICE")
    if program is None:
        pytest.skip("LOCOMO_MCP_MEMORY_SERVICE does not name the program `memory` of mcp-memory-service")
    settings = yaml.safe_load((EXAMPLE / "memory_service.yaml").read_text(encoding="utf-8"))
    chat = Client(open_model("mock/extract", context_window=None), RequestCache(tmp_path / "cache"))
    with behind_gateway(chat, embedder(read_params(()), "minilm"), "minilm") as services:
        starter = Starter(services, {"memory": settings}, tmp_path / "logs")
        found = check(system(f"memory=mcp:{program} server"), starter, tmp_path / "stores")
    chat.cache.close()
    assert {each.name for each in found if each.outcome != "kept"} == {"updates"}


def test_a_store_needs_an_id_where_the_settings_name_it() -> None:
    assert not read_tools(SETTINGS).needs_store_id
    assert read_tools(FOR_MANY).needs_store_id


def test_rows_are_called_by_the_program_or_the_place() -> None:
    assert system("mcp:npx -y @modelcontextprotocol/server-memory").name == "npx"
    assert system("mcp:http://127.0.0.1:8000/mcp").name == "127.0.0.1-8000"
    assert SERVER in system(NOTES).files
