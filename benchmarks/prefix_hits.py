"""How often a server that keeps the beginnings of prompts finds one, by the order in which questions are sent.

    python benchmarks/prefix_hits.py [--conversations 60] [--questions 20] [--words 1600] [--room 2]

The server (tests/llm/prefix_server.py) keeps `room` conversations, in blocks. `evenly` is one question of each
conversation after the other, `shuffled` is by chance, `in order` is as qa sends them. Each is sent by the client twice:
without and with the hint of what is shared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from locomo.llm import Client, LlmSettings, Message, Request, RequestCache, open_model
from locomo.llm.run_requests import run_requests
from locomo.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
BLOCK = 16
"""Words of a block of the server."""


def requests(conversations: int, questions: int, words: int) -> list[Request]:
    """Return one request a question, sorted by conversation."""
    found = []
    for number in range(conversations):
        context = " ".join(f"{number}.{word}" for word in range(words))
        for question in range(questions):
            text = f"{context} question {question} of {number}"
            found.append(Request("openai", "m", (Message("user", text),), 8, shared_prefix=len(context)))
    return found


def share(asked: list[Request], how: dict[str, float], in_flight: int) -> float:
    """Return the share of the prompts' tokens that a fresh server had kept, in percent."""
    command = [sys.executable, str(ROOT / "tests/llm/prefix_server.py"), json.dumps(how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        os.environ |= {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "none"}
        try:
            with tempfile.TemporaryDirectory() as folder:
                settings = LlmSettings(concurrency=in_flight)
                client = Client(open_model("openai/m", context_window=None), RequestCache(Path(folder)), settings)
                run_requests(client, asked, Progress("prefix", len(asked)), what="questions")
        finally:
            process.kill()
    return 100 * client.tally.cached_tokens / client.tally.input_tokens


def main() -> None:
    """Print a row an order and a number of calls in flight."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=60)
    parser.add_argument("--questions", type=int, default=20, help="of each conversation")
    parser.add_argument("--words", type=int, default=1600, help="of each conversation")
    parser.add_argument("--room", type=float, default=2, help="conversations that the server can keep")
    parser.add_argument("--in-flight", type=int, nargs="+", default=[1, 16, 64])
    given = parser.parse_args()
    in_order = requests(given.conversations, given.questions, given.words)
    shuffled = random.Random(1).sample(in_order, len(in_order))  # noqa: S311
    evenly = [in_order[i] for first in range(given.questions) for i in range(first, len(in_order), given.questions)]
    blocks = int(given.room * given.words / BLOCK)
    print(f"at best {100 * (1 - 1 / given.questions):.1f}: each conversation is read once")
    for in_flight in given.in_flight:
        for name, asked in (("evenly", evenly), ("shuffled", shuffled), ("in order", in_order)):
            how = {"blocks": blocks, "batch": 8, "seconds_a_block": 0.0002}
            plain = share([replace(each, shared_prefix=0) for each in asked], how, in_flight)
            hinted = share(asked, how, in_flight)
            print(f"{in_flight:3} in flight, {name:9}: {plain:5.1f} without the hint, {hinted:5.1f} with it")


if __name__ == "__main__":
    main()
