"""Questions of a conversation reach a server that keeps beginnings of prompts while it still has theirs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.llm import Client, LlmSettings, RequestCache, Tally, open_model
from locomo.llm.prefix_turns import PrefixTurns
from locomo.schema import Conversation
from locomo.tasks.job import answer
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs

WORDS = 600
"""Of a prompt, at most: a word is a token of the server."""
CONVERSATIONS, QUESTIONS = 12, 24


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server with room for two conversations, as a service of models.yaml."""
    how = {"blocks": 2 * WORDS // 16, "batch": 8, "seconds_a_block": 0.0001}
    command = [sys.executable, str(Path(__file__).with_name("prefix_server.py")), json.dumps(how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        (tmp_path / "models.yaml").write_text(f"services: {{house: {{base_url: 'http://127.0.0.1:{port}/v1'}}}}\n")
        monkeypatch.chdir(tmp_path)
        yield
        process.kill()


def many() -> list[Conversation]:
    """The sample's first conversation again and again, each with another beginning and few questions."""
    first = read_conversations(SAMPLE)[0]
    same = {"questions": first.questions[:QUESTIONS]}
    return [
        first.model_copy(update=same | {"sample_id": f"c{number}", "speaker_a": f"Ruth {number}"})
        for number in range(CONVERSATIONS)
    ]


def asked(conversations: list[Conversation], folder: Path, in_flight: int) -> Tally:
    protocol = asking_protocol("paper")
    model = open_model("house/x", context_window=None)
    room = {"window": WORDS, "max_tokens": 8, "seed": 1, "count_tokens": lambda text: len(text.split())}
    client = Client(model, RequestCache(folder), LlmSettings(concurrency=in_flight))
    answer(qa_jobs(conversations, protocol, **room), client, protocol, keep=lambda row: None, max_tokens=8, seed=1)
    return client.tally


@pytest.mark.parametrize("in_flight", [1, 16])
def test_a_conversation_is_read_once(server: None, tmp_path: Path, in_flight: int) -> None:
    tally = asked(many(), tmp_path / "requests", in_flight)
    assert tally.answered == CONVERSATIONS * QUESTIONS
    assert tally.cached_tokens / tally.input_tokens > 0.9  # 0.6 where all conversations are begun at once


def test_conversations_follow_one_another_as_calls_come_free() -> None:
    began: list[str] = []
    ends = {f"{group}{n}": asyncio.Event() for group in "abc" for n in range(3)}

    async def one(turns: PrefixTurns, name: str) -> None:
        async with turns.turn(name[0].encode()) as was_read:
            began.append(name)
            await ends[name].wait()
            was_read()

    async def steps() -> list[str]:
        turns, said = PrefixTurns(lambda: 2), []
        tasks = [asyncio.create_task(one(turns, name)) for name in ends]
        for end in ("", "a0", "a1", "b0", "a2"):
            if end:
                ends[end].set()
            await asyncio.sleep(0.001)
            said.append(" ".join(began))
            began.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return said

    # The others wait for the first; b begins when one call of a is left, c when b has not enough for both calls either.
    assert asyncio.run(steps()) == ["a0", "a1 a2", "b0", "b1 b2", ""]


def test_who_leaves_without_having_asked_holds_nobody_up() -> None:
    async def first(turns: PrefixTurns) -> None:
        async with turns.turn(b"a"):
            raise ValueError

    async def second(turns: PrefixTurns) -> str:
        async with turns.turn(b"a"):
            return "asked"

    async def both() -> list[object]:
        turns = PrefixTurns(lambda: 1)
        return await asyncio.wait_for(asyncio.gather(first(turns), second(turns), return_exceptions=True), 5)

    assert asyncio.run(both())[1] == "asked"
