"""Conversations that are ingested and searched at once."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.memory.ingest import ingest_all
from locomo.memory.program import MemorySystemError
from locomo.memory.search import search_all
from locomo.memory.services import NoServices
from locomo.memory.side_by_side import side_by_side
from locomo.memory.start import Starter
from locomo.memory.system import system

TOY = Path(__file__).parent / "toy.py"
CONVERSATIONS = read_conversations(SAMPLE)
STEPS = 200
Step = Callable[[], None]


def test_results_are_in_order_and_at_most_so_many_run() -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def work(number: int, step: Step) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01 * (5 - number))
        step()
        with lock:
            running[0] -= 1
        return number * number

    told: list[None] = []
    found = side_by_side(work, range(5), workers=2, on_step=lambda: told.append(None))
    assert found == [0, 1, 4, 9, 16]
    assert most == [2]
    assert len(told) == 5


def test_after_an_error_the_others_stop_at_their_next_step_and_none_begins() -> None:
    begun, steps = set(), []

    def work(number: int, step: Step) -> None:
        begun.add(number)
        if number == 1:
            raise ValueError("the first")
        for _ in range(STEPS):
            time.sleep(0.02)
            steps.append(number)
            step()
        raise ValueError("it went on to its end")

    with pytest.raises(ValueError, match="the first"):
        side_by_side(work, range(6), workers=2)
    assert begun == {0, 1}
    assert len(steps) < 10


def test_the_error_that_came_first_is_raised_not_the_one_of_the_first_item() -> None:
    failed = threading.Event()

    def work(number: int, step: Step) -> None:
        if number == 0:
            failed.wait(10)
            time.sleep(0.02)
            raise ValueError("later")
        failed.set()
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        side_by_side(work, range(2), workers=2)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_stops_all_at_their_next_step() -> None:
    steps = []

    def work(number: int, step: Step) -> None:
        for _ in range(STEPS):
            time.sleep(0.02)
            steps.append(number)
            step()

    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background jobs
    try:
        threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            side_by_side(work, range(4), workers=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert set(steps) == {0, 1}
    assert len(steps) < 100


def systems(**settings: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return [system(f"{name}=command:{sys.executable} {TOY}") for name in settings], settings


@pytest.mark.parametrize("phase", ["ingest", "search"])
def test_a_system_that_fails_stops_the_one_beside_it(
    phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "kept"))
    verb = "add" if phase == "ingest" else "search"
    both, settings = systems(bad={verb: "raise"}, good={})
    starter = Starter(NoServices(), settings, tmp_path / "logs")
    told: list[None] = []

    def step() -> None:
        time.sleep(0.3)
        told.append(None)

    def run() -> None:
        if phase == "ingest":
            identities: dict[str, Any] = {"bad": {}, "good": {"is": "good"}}
            ingest_all(
                both, CONVERSATIONS[:1], identities, starter, workers=2, earlier=tmp_path / "none", on_session=step
            )
        else:
            search_all(both, CONVERSATIONS[:1], tmp_path / "none", starter, 3, workers=2, on_question=step)

    with pytest.raises(MemorySystemError, match=r"memory system 'bad', sample-1: `.*`: out of luck"):
        run()
    whole = len(CONVERSATIONS[0].sessions if phase == "ingest" else CONVERSATIONS[0].questions)
    assert len(told) < whole
