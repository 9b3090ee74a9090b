"""The client against a server on loopback: its overhead, how full it keeps a limit, and what it does with faults.

    python benchmarks/llm_client.py overhead | throughput | limit | faults   [--questions 100] [--runs 1]

The server (tests/llm/chat_server.py) is a process of its own and takes a part of the machine, for both sides alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from locomo.llm import Outcome

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = 1986
FAULTY = 2000
"""Questions that are asked of a faulty server."""
IN_FLIGHT = 64
RUNS = 3


@contextmanager
def server(**how: float) -> Iterator[int]:
    """Start a server; give its port."""
    command = [sys.executable, str(ROOT / "tests/llm/chat_server.py"), json.dumps(how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "none"}
        try:
            yield port
        finally:
            process.kill()


def journal(port: int) -> Any:
    """Return what the server saw."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/journal") as answer:
        return json.load(answer)


async def bare(number: int, in_flight: int) -> float:
    """Return the seconds that AsyncOpenAI alone takes."""
    from openai import AsyncOpenAI

    slots = asyncio.Semaphore(in_flight)
    async with AsyncOpenAI(max_retries=0) as client:

        async def one(index: int) -> None:
            async with slots:
                await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": f"Question {index}?"}], max_tokens=8, temperature=0
                )

        began = time.perf_counter()
        await asyncio.gather(*(one(index) for index in range(number)))
        return time.perf_counter() - began


def ours(number: int, folder: Path, **settings: Any) -> tuple[float, list[Outcome]]:
    """Return the seconds that our client takes, and the outcomes."""
    from locomo.llm import Client, LlmSettings, Message, Request, RequestCache, open_model

    requests = [Request("openai", "m", (Message("user", f"Question {i}?"),), 8) for i in range(number)]
    client = Client(open_model("openai/m", context_window=None), RequestCache(folder), LlmSettings(**settings))

    async def main() -> list[Outcome]:
        try:
            return await client.ask_all(requests, lambda: None)
        finally:
            await client.provider.close()

    began = time.perf_counter()
    outcomes = asyncio.run(main())
    seconds = time.perf_counter() - began
    client.cache.close()
    return seconds, outcomes


def stage(folder: Path, questions: int) -> float:
    """Return the seconds of the whole stage qa as users run it, process and all, on a dataset of one-line questions."""
    if not (folder / "params.yaml").exists():
        for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
            subprocess.run(command, cwd=folder, check=True)
        for name in ("locomo", "stages", "dvc.yaml"):
            (folder / name).symlink_to(ROOT / name)
        params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params |= {"model": "openai/m", "baselines": []}
        params["llm"]["concurrency"] = IN_FLIGHT
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        turn = {"speaker": "Ann", "dia_id": "D1:1", "text": "Hello!"}
        asked = [
            {"question": f"Question {i}?", "answer": "x", "evidence": ["D1:1"], "category": 4} for i in range(questions)
        ]
        session = {"session_1": [turn], "session_1_date_time": "1:00 pm on 1 May, 2023"}
        conversation = {"speaker_a": "Ann", "speaker_b": "Bob", **session}
        sample = {"sample_id": "one-liners", "conversation": conversation, "qa": asked}
        sample |= {"observation": {}, "session_summary": {}, "event_summary": {}}
        (folder / "data/captioned").mkdir(parents=True)
        (folder / "data/captioned/one-liners.json").write_text(json.dumps(sample))
    environment = os.environ | {"LOCOMO_CACHE_DIR": str(folder / "requests"), "PYTHONPATH": str(ROOT)}
    resolve = [sys.executable, "stages/resolve.py"]
    subprocess.run(resolve, cwd=folder, env=environment, capture_output=True, check=True)
    began = time.perf_counter()
    command = [sys.executable, "stages/qa.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode or f"asking openai/m {questions} questions" not in done.stderr:
        sys.exit(f"the stage was to ask {questions} questions, and ended with {done.returncode}:\n{done.stderr}")
    return seconds


def overhead(questions: int = QUESTIONS, runs: int = RUNS) -> None:
    """1,986 questions, 50 ms server, 64 in flight: the bare client, the whole stage cold, the whole stage cached."""
    with server(delay=0.05):
        for attempt in range(runs):
            with tempfile.TemporaryDirectory() as name:
                alone = asyncio.run(bare(questions, IN_FLIGHT))
                cold, cached = (stage(Path(name), questions) for _ in range(2))
                began = time.perf_counter()
                subprocess.run([sys.executable, "-c", "pass"], check=True)
                start = time.perf_counter() - began
            print(
                f"run {attempt + 1}: bare client {alone:.2f} s; whole stage cold {cold:.2f} s "
                f"({cold / alone:.2f} times), cached {cached:.2f} s (an empty Python process takes {start:.2f} s)"
            )


def throughput(questions: int = QUESTIONS, runs: int = RUNS) -> None:
    """No limit: against a loop that asks one after the other."""
    one_by_one = min(questions, 100)
    with server(delay=0.05):
        for attempt in range(runs):
            loop = asyncio.run(bare(one_by_one, 1)) / one_by_one
            with tempfile.TemporaryDirectory() as name:
                seconds, _ = ours(questions, Path(name))
            print(
                f"run {attempt + 1}: one by one {1 / loop:.1f} a second, ours {questions / seconds:.0f} a second: "
                f"{loop * questions / seconds:.1f} times"
            )


def limit(questions: int = 5250, runs: int = 1, rpm: int = 3500) -> None:
    """A true sliding limit of 3,500 requests in any 60 seconds, for a minute and a half."""
    for _ in range(runs):
        with server(delay=0.05, limit=rpm, window=60) as port, tempfile.TemporaryDirectory() as name:
            ours(questions, Path(name), rpm=rpm)
            saw = journal(port)
        rate = (saw["answered"] - 1) / (saw["last"] - saw["first"]) * 60
        print(
            f"limit {rpm} a minute: {rate:.0f} a minute sustained ({rate / rpm:.1%}), "
            f"{saw['refused']} of {saw['requests']} refused ({saw['refused'] / saw['requests']:.2%})"
        )


def faults(questions: int = FAULTY, runs: int = 1) -> None:
    """One in five requests fails: 429, 500, 503, 529, hanging, cut off, not JSON, dropped."""
    for _ in range(runs):
        with server(delay=0.05, faults=0.2, hang=5, seed=1) as port, tempfile.TemporaryDirectory() as name:
            seconds, outcomes = ours(questions, Path(name), timeout=2)
            saw = journal(port)
        answered = sum(outcome.response is not None for outcome in outcomes)
        print(
            f"{answered} of {questions} answered in {seconds:.0f} s; the server saw {saw['requests']} requests = "
            f"{questions} + {sum(saw['faults'].values())} faults, and answered {saw['answered_again']} twice; "
            f"{saw['faults']}"
        )


MODES: dict[str, Callable[..., None]] = {
    "overhead": overhead,
    "throughput": throughput,
    "limit": limit,
    "faults": faults,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--questions", type=int)
    parser.add_argument("--runs", type=int)
    given = vars(parser.parse_args())
    MODES[given.pop("mode")](**{size: value for size, value in given.items() if value is not None})
