"""The baseline `file-agent`: a model that searches a conversation's files by commands, in a number of steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SAMPLE, Project

from locomo.dataset import read_conversations
from locomo.errors import IncompleteError, InputError
from locomo.llm import AnswerError, Capabilities, Client, Request, RequestCache, Response, TransientError
from locomo.memory.search import Searched
from locomo.memory.services import Taken
from locomo.tasks.conversation_files import MOST, ConversationFiles
from locomo.tasks.file_agent import SCHEMA, explore

WHOLE = read_conversations(SAMPLE)[0]
FIRST = WHOLE.model_copy(update={"questions": WHOLE.questions[:2], "subset": None})
TURN = FIRST.sessions[1].turns[2]
Play = Callable[[Request], dict[str, str] | Exception]


class Model:
    """Gives the commands that a test says; tokens are words."""

    name, model, revision, concurrency, limits = "scripted", "m", None, 4, None

    def __init__(self, play: Play, *, window: int = 4000, json_schema: bool = True) -> None:
        self.play = play
        self.capabilities = Capabilities(context_window=window, json_schema=json_schema)
        self.asked: list[Request] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        said = self.play(request)
        if isinstance(said, Exception):
            raise said
        return Response(f"Well: {json.dumps(said)}", "m", 100, 7)

    async def close(self) -> None:
        """Nothing is held open."""


def say(command: str, argument: str = "") -> dict[str, str]:
    return {"command": command, "argument": argument}


def explored(model: Model, folder: Path, *, steps: int = 4, k: int = 10) -> Searched:
    client = Client(model, RequestCache(folder))
    (found,) = explore("file-agent", [FIRST], client, steps=steps, k=k, seed=0)
    client.cache.close()
    return found


def words(request: Request) -> str:
    return request.messages[-1].content


def test_it_looks_reads_and_answers_with_the_lines_that_it_chose(tmp_path: Path) -> None:
    def play(request: Request) -> dict[str, str]:
        if "> read" in words(request):
            return say("answer", f"the best is {TURN.dia_id}, then D1:1 and D99:9")
        return say("read", "session_2.txt") if "> grep" in words(request) else say("grep", r"\bzzz\b")

    model = Model(play)
    found = explored(model, tmp_path)
    ids = [memory.dia_ids[0] for memory in found.found[0]]
    rest = [turn.dia_id for turn in FIRST.sessions[1].turns if turn is not TURN]
    assert ids == [TURN.dia_id, "D1:1", *rest][:10]
    assert found.found[0][0].date == FIRST.sessions[1].date
    assert found.taken == [Taken(3, 300, 21, 0, None)] * 2
    first, *_, last = [request for request in model.asked if FIRST.questions[0].question in words(request)]
    assert f"session_2.txt: {FIRST.sessions[1].date}, {len(FIRST.sessions[1].turns)} lines" in words(first)
    assert "You have 4 commands left" in words(first)
    assert "> grep \\bzzz\\b\n(no line)\n> read session_2.txt\n" in words(last)
    assert f"{TURN.dia_id} {TURN.speaker}: {TURN.text}" in words(last)
    assert all(request.schema == SCHEMA for request in model.asked)


def test_after_the_last_step_what_was_seen_is_found_the_newest_first(tmp_path: Path) -> None:
    model = Model(lambda request: say("read", "2" if "> read 1" in words(request) else "1"))
    found = explored(model, tmp_path, steps=2, k=1000)
    second, first = FIRST.sessions[1].turns, FIRST.sessions[0].turns
    assert [memory.dia_ids[0] for memory in found.found[0]] == [turn.dia_id for turn in (*second, *first)]
    assert [taken.calls for taken in found.taken] == [2, 2]
    assert "This is your last command." in words(model.asked[-1])


def test_a_second_run_asks_nothing_and_says_the_same(tmp_path: Path) -> None:
    first, second = (Model(lambda request: say("grep", "the")) for _ in range(2))
    assert explored(first, tmp_path).rows == explored(second, tmp_path).rows
    assert second.asked == []


def test_what_does_not_fit_is_left_out_and_no_room_at_all_is_told(tmp_path: Path) -> None:
    def play(request: Request) -> dict[str, str]:
        return say("read", str(words(request).count("> read") + 1))

    explored(model := Model(play, window=600), tmp_path / "small")
    last = words(model.asked[-1])
    assert last.count("> read") == 3
    assert "> read 1\n(lines left out, to make room)\n" in last
    assert all(model.count_tokens(words(request)) < 600 - 150 for request in model.asked)
    with pytest.raises(
        InputError, match=r"file-agent: the list of sample-1's files .* make answer.context_window larger"
    ):
        explored(Model(play, window=250), tmp_path / "smaller")


def test_a_model_without_schemas_is_told_to_write_json(tmp_path: Path) -> None:
    model = Model(lambda _: say("answer", "D1:1"), json_schema=False)
    found = explored(model, tmp_path)
    assert found.found[0][0].dia_ids == ("D1:1",)
    assert all(request.schema is None and '"enum"' in words(request) for request in model.asked)


def test_failed_calls(tmp_path: Path, caplog: pytest.LogCaptureFixture, waits: list[float]) -> None:
    def play(request: Request) -> dict[str, str] | Exception:
        return AnswerError("empty") if "> read" in words(request) else say("read", "1")

    found = explored(Model(play), tmp_path)
    assert [memory.dia_ids[0] for memory in found.found[0]][:2] == ["D1:1", "D1:2"]
    assert "2 of 2 steps got no command (empty)" in caplog.text
    with pytest.raises(IncompleteError, match="file-agent: 2 steps failed temporarily"):
        explored(Model(lambda _: TransientError("HTTP 503")), tmp_path / "other")


def test_files_are_searched_by_pattern_or_by_words_as_they_stand() -> None:
    files = ConversationFiles(FIRST)
    line = files.lines[TURN.dia_id]
    assert line in files.grep(TURN.text.upper())
    assert files.grep("(") == files.grep(r"\(")
    assert files.grep("") == []
    assert len(files.grep(".")) == MOST
    assert all(unit.speaker == TURN.speaker for unit in files.grep(f"^{TURN.speaker}:"))
    assert files.read("session_99.txt") == files.read("all") == []
    assert files.read("D2:3") == files.read("session_2.txt")
    assert files.grep(r"(\w+\s?)+\w+\d\d\d\d$") == []  # and it ends


def test_in_the_pipeline(project: Project) -> None:
    project.reproduce("memory.systems=[file-agent]", "memory.steps=2", "model=mock/words")
    memories = [json.loads(line) for line in project.path("data/memories.jsonl").read_text().splitlines()]
    assert {row["system"] for row in memories} == {"file-agent"}
    assert all(1 <= row["took"]["calls"] <= 2 for row in memories)
    usage = json.loads(project.path("metrics/usage.json").read_text())
    assert usage["memory"]["file-agent"]["search_calls"] == sum(row["took"]["calls"] for row in memories)
    assert "rag_file-agent_k10" in usage["usage"]
    assert "file-agent" in project.must("locomo", "results")
    plan = project.must("locomo", "plan", "-S", "memory.systems=[file-agent]", "-S", "model=mock/words")
    assert "searches of file-agent" in plan
    assert project.stages_run(project.must("dvc", "repro")) == []
