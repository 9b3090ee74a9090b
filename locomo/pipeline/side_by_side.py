"""Stages that do not depend on each other, run at the same time: each chain of them by a DVC process of its own.

DVC runs one stage after the other, and documents that several `dvc repro` may run at once. It holds its lock while it
looks for changes and while it records, and not while a stage works: each process here waits for it (`--wait-for-lock`).
So DVC alone decides what has changed, and records it, stage by stage.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from locomo.errors import InputError
from locomo.files import parse_yaml, read_text
from locomo.pipeline.guard import die_with_parent
from locomo.pipeline.runs import RUN, run_id

_LOCK: Final = Path("dvc.lock")
_DVC: Final = (sys.executable, "-P", "-m", "dvc")
_LONGEST_LINE: Final = 2**20
"""Bytes."""
_ADVICE: Final = (
    "To track the changes with git, run:",
    "To enable auto staging, run:",
    "\tgit add ",
    "\tdvc config core.autostage true",
    "Use `dvc push` to send your updates",
)
"""What each DVC process says at its end."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Stages that only ever run one after the other, and the stages that have to be done before the first of them."""

    stages: tuple[str, ...]
    after: frozenset[str]


def run_stages(jobs: int, say: Callable[[str], None]) -> int:
    """Run what has changed, at most `jobs` stages at once; return 0, or the exit code of the DVC that failed first.

    `say` gets each line of output, with the stage before it. Where one stage fails, those that are running go on to
    their ends, and no other is started. InputError where there is no project of DVC.
    """
    needs = _stages()
    known = _known()
    code = asyncio.run(_run(chains(needs), jobs, say))
    _sort_new(known, list(needs))
    return code


def _stages() -> dict[str, set[str]]:
    """Return the stages, in the order of `dvc repro`, and those that each of them needs."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import plan_repro

    try:
        with Repo() as repo:
            graph = repo.index.graph  # from each to what it needs
            stages = [stage for stage in plan_repro(graph) if not stage.is_data_source]
    except DvcException as error:
        raise InputError(f"dvc: {' '.join(str(error).split())}") from None
    return {
        stage.addressing: {each.addressing for each in graph.successors(stage) if not each.is_data_source}
        for stage in stages
    }


def chains(needs: Mapping[str, set[str]]) -> list[Chain]:
    """Return stages as chains; `needs` has what each of them needs, and begins with what others need."""
    all_before: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    """Those of them that come right before it."""
    for name, needed in needs.items():
        earlier = set().union(*(all_before[each] for each in needed))
        before[name] = needed - earlier
        all_before[name] = earlier | needed
    followers = Counter(each for some in before.values() for each in some)
    found: dict[str, list[str]] = {}
    """By the last stage."""
    for name, needed in before.items():
        joined = next((each for each in needed if len(needed) == followers[each] == 1), None)
        found[name] = [*(found.pop(joined) if joined else ()), name]
    return [Chain(tuple(names), frozenset(before[names[0]])) for names in found.values()]


async def _run(waiting: list[Chain], jobs: int, say: Callable[[str], None]) -> int:
    running: dict[asyncio.Task[int], Chain] = {}
    processes: list[Process] = []
    stopping = asyncio.Event()
    code = 0

    def stop() -> None:  # Ctrl-C reaches the stages too, which end by themselves
        stopping.set()

    def end() -> None:
        stop()
        for process in processes:
            with suppress(ProcessLookupError):
                process.terminate()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop)
    loop.add_signal_handler(signal.SIGTERM, end)
    done: set[str] = set()
    width = max(len(name) for chain in waiting for name in chain.stages)
    while True:
        ready = [] if code or stopping.is_set() else [chain for chain in waiting if chain.after <= done]
        for chain in ready[: jobs - len(running)]:
            waiting.remove(chain)
            running[asyncio.create_task(_repro(chain, width, say, processes))] = chain
        if not running:
            return code or (130 if stopping.is_set() else 0)
        finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in finished:
            chain = running.pop(task)
            done |= set(chain.stages)
            code = code or task.result()


async def _repro(chain: Chain, width: int, say: Callable[[str], None], processes: list[Process]) -> int:
    """Have DVC run a chain; return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(*_DVC, "--wait-for-lock", "repro", "--single-item", *chain.stages),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        limit=_LONGEST_LINE,
        env={**os.environ, RUN: run_id()},
        preexec_fn=die_with_parent,  # forked by the main thread, whose end is that of this process
    )
    processes.append(process)
    name = chain.stages[0]
    async for raw in cast("asyncio.StreamReader", process.stdout):
        line = raw.decode(errors="replace").rstrip()
        if line.startswith(("Running stage '", "Stage '")):
            name = line.split("'")[1]
        if line and not line.startswith(_ADVICE):
            say(f"{name:{width}} | {line}")
    return await process.wait()


def _known() -> list[str]:
    """Return the stages that dvc.lock knows, in its order."""
    return list(parse_yaml(read_text(_LOCK), str(_LOCK)).get("stages", {})) if _LOCK.exists() else []


def _sort_new(known: Sequence[str], order: Sequence[str]) -> None:
    """Bring stages that are new in dvc.lock into the order of `dvc repro`: DVC has added them as they ended."""
    from dvc.repo import Repo
    from dvc.utils.serialize import modify_yaml

    now = _known()
    new = [name for name in order if name in now and name not in known]
    if now == [*known, *new]:
        return
    with Repo(_wait_for_lock=True) as repo, repo.lock, modify_yaml(str(_LOCK)) as lock:
        for name in new:
            lock["stages"][name] = lock["stages"].pop(name)
