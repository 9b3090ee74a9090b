"""One way to run a coroutine, beside a running loop too."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading

import pytest

from locomo.loops import run

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def where() -> tuple[str, str]:
    await asyncio.sleep(0)
    return threading.current_thread().name, VARIABLE.get()


async def fails() -> None:
    raise ValueError("said")


def test_without_a_loop_it_runs_in_this_thread() -> None:
    VARIABLE.set("mine")
    assert run(where()) == (threading.current_thread().name, "mine")
    with pytest.raises(ValueError, match="said"):
        run(fails())


def test_beside_a_running_loop_it_runs_in_another_thread_with_the_same_variables() -> None:
    async def notebook() -> tuple[str, str]:
        VARIABLE.set("mine")
        with pytest.raises(ValueError, match="said"):
            run(fails())
        return run(where())

    thread, variable = asyncio.run(notebook())
    assert thread != threading.current_thread().name
    assert variable == "mine"


INTERRUPTED = """
import asyncio
from locomo.loops import run

async def long():
    try:
        print("started", flush=True)
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise

async def notebook():
    try:
        run(long())
    except KeyboardInterrupt:
        print("interrupted", flush=True)

{call}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_control_c_cancels_it_beside_a_running_loop() -> None:
    # ipykernel raises KeyboardInterrupt in its loop's thread, as Python's own handler of the signal does.
    call = "loop = asyncio.new_event_loop(); loop.run_until_complete(notebook())"
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED.format(call=call)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert output == "cancelled\ninterrupted\n"
    assert process.returncode == 0
