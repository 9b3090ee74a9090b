"""The guard that every stage runs under, so that nothing half-done or mislabelled is ever published.

DVC records params and code when a stage *ends*. If params.yaml or a source file is edited while a stage runs, DVC
would store the outputs of the old values under the new ones, in dvc.lock and in its run cache. The guard therefore
takes a fingerprint of all that dvc.yaml declares for the stage before the work, and of what the names in params.yaml
stand for, lets the work write beside its outputs (`<out>.partial`), and moves them into place only if both still hold.
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from locomo.errors import InputError, LocomoError, StaleError
from locomo.extras import advice
from locomo.files import full_disk, parse_yaml, read_text
from locomo.pipeline import run_summary
from locomo.pipeline.contracts import require, subject_of
from locomo.pipeline.definition import PIPELINE, Definition
from locomo.pipeline.garbage import few_collections
from locomo.pipeline.logs import UNSEEN, fields, set_up_logging
from locomo.pipeline.params import PARAMS, Params, parse_params
from locomo.pipeline.resolution import RESOLVED, Resolver, differences, digest, read_resolved
from locomo.pipeline.runs import run_id
from locomo.pipeline.telemetry import telemetry
from locomo.pipeline.vectors import counting

if TYPE_CHECKING:
    from locomo.pipeline.models import ClientCalls

LOCKS: Final = Path(".dvc/tmp")
LOCK_TIMEOUT: Final = 10.0
"""Seconds; an orphan of a killed run is gone long before."""
PR_SET_PDEATHSIG: Final = 1
INTERRUPTED: Final = 130

log = logging.getLogger("locomo")


class Stage:
    """What a stage's work is given: its params, and where to write."""

    def __init__(self, name: str) -> None:
        text = read_text(PARAMS)
        self.name = name
        self.asked: dict[str, list[ClientCalls]] = {}
        """What its clients asked, by the name of the log that has their sum (see `locomo.pipeline.models`)."""
        self.usage: dict[str, Any] | None = None
        """What was asked of a model (see `locomo.pipeline.models.summary`), for `logs/run.json`."""
        self.memory_usage: dict[str, Any] | None = None
        """What memory systems asked of theirs while another stage than `memory` searched them, likewise."""
        self.params: Params = parse_params(text)
        values = parse_yaml(text, str(PARAMS))
        self._definition = Definition.load(name, values)
        self._check_declared()
        self.names = self._resolved_names(self.params)
        """What the names in params.yaml stand for, by the stages whose names this one depends on."""
        self._check_names()
        self._before = self._definition.fingerprint(values)
        for out in self._definition.outs:
            _remove(_partial(out))

    def out(self, path: str) -> Path:
        """Return where to write an output that dvc.yaml declares for this stage."""
        if Path(path) not in self._definition.outs:
            raise InputError(f"{PIPELINE}: stage '{self.name}' does not declare the output {path}")
        partial = _partial(Path(path))
        partial.parent.mkdir(parents=True, exist_ok=True)
        return partial

    @property
    def resolved(self) -> str:
        """The hash of all that the names in params.yaml stand for, for the card."""
        return digest(read_resolved())

    def _resolved_names(self, params: Params) -> dict[str, Any]:
        """Return what the names that this stage depends on stand for now, by stage."""
        stages = self._definition.other_params.get(RESOLVED, [])
        found = Resolver().resolve(params) if stages else {}
        return {stage: found[stage] for stage in stages}

    def _check_names(self) -> None:
        written = read_resolved()
        if changed := differences({stage: written.get(stage) for stage in self.names}, self.names):
            raise StaleError(
                f"stage '{self.name}': {RESOLVED} is older than what the names in {PARAMS} stand for ({changed[0]}): "
                "run `dvc repro`, which begins with the stage `resolve`"
            )

    def _check_declared(self) -> None:
        undeclared = self._definition.undeclared()
        if undeclared:
            raise InputError(
                f"{PIPELINE}: stage '{self.name}' uses {undeclared[0]}, which it does not declare, so an edit of that "
                f"file would re-run nothing: add `- {undeclared[0]}` to its deps"
            )

    def check_inputs(self) -> None:
        """Hold what the stage reads against its suites; InvalidDataError, before anything is spent."""
        subjects = [subject_of(dep, self.params) for dep in self._definition.deps]
        require(filter(None, subjects), f"so stage '{self.name}' did not start")

    def check_outputs(self) -> None:
        """Hold what the stage wrote against its suites; InvalidDataError, before anything is published."""
        subjects = [subject_of(out, self.params, at=_partial(out)) for out in self._definition.outs]
        require(
            filter(None, subjects),
            f"so stage '{self.name}' published nothing (its outputs lie beside their places, as *.partial)",
        )

    def publish(self) -> None:
        """Move all outputs into place; StaleError, and none is moved, if what they were made from has changed."""
        values = parse_yaml(read_text(PARAMS), str(PARAMS))
        definition = Definition.load(self.name, values)
        after = definition.fingerprint(values)
        names = differences(self.names, self._resolved_names(parse_params(read_text(PARAMS))))
        if definition != self._definition or after != self._before or names:
            changed = sorted(name for name, value in (self._before | after).items() if self._before.get(name) != value)
            what = ", ".join(changed or names) or f"its entry in {PIPELINE}"
            raise StaleError(
                f"stage '{self.name}': {what} changed while it ran, so its outputs are not published; run it again"
                " (answers received so far are kept)"
            )
        for out in self._definition.outs:
            _remove(out)
            os.replace(_partial(out), out)


def run_stage(name: str, work: Callable[[Stage], None]) -> None:
    """Run a stage's work under the guard and end the process: with 0, or with one line that says what is wrong."""
    die_with_parent()
    run = run_id()
    set_up_logging(name, run)
    started = time.monotonic()
    few_collections()
    LOCKS.mkdir(parents=True, exist_ok=True)
    try:
        told = nullcontext() if name in run_summary.UNCOUNTED else telemetry(name, run)
        with FileLock(LOCKS / f"stage-{name}.lock", timeout=LOCK_TIMEOUT), told:
            _summarized(name, run, work)
    except Timeout:
        log.error("error: stage '%s' is already running here; wait for it, or end it, and run again", name)
        sys.exit(LocomoError.exit_code)
    except LocomoError as error:
        log.error("error: %s", error, extra=fields(error=type(error).__name__, exit_code=error.exit_code))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        log.error("stopped: answers received so far are kept; run again to go on")
        sys.exit(INTERRUPTED)
    except Exception as error:
        said = advice(error) if isinstance(error, ModuleNotFoundError) else full_disk(error)
        if said is not None:
            log.error("error: %s", said)
            sys.exit(LocomoError.exit_code)
        log.critical("%s", error, exc_info=True, extra=fields(error=type(error).__name__) | {UNSEEN: True})
        raise
    seconds = time.monotonic() - started
    log.info("%s: %.1f s", name, seconds, extra=fields(seconds=round(seconds, 3)))


def _summarized(name: str, run: str, work: Callable[[Stage], None]) -> None:
    """Do a stage's work and publish it, with how it went in `logs/run.json`."""
    started = time.monotonic()
    run_summary.begin(name, run)
    state: run_summary.State = "failed"
    stage = None
    with counting() as vectors:
        try:
            stage = Stage(name)
            stage.check_inputs()
            work(stage)
            stage.check_outputs()
            stage.publish()
            state = "done"
        except KeyboardInterrupt:
            state = "stopped"
            raise
        finally:
            usage, memory = (stage.usage, stage.memory_usage) if stage else (None, None)
            seconds = time.monotonic() - started
            run_summary.end(name, state, seconds=seconds, usage=usage, memory=memory, vectors=vectors.entry())


def say(what: str, counts: Mapping[str, object]) -> None:
    """Log one plain line of counts."""
    said = ", ".join(f"{value} {name}" for name, value in counts.items())
    log.info("%s: %s", what, said, extra=fields(**counts))


def _partial(out: Path) -> Path:
    return out.with_name(f"{out.name}.partial")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def die_with_parent() -> None:
    """On Linux, be killed when the process that started this one is: an orphan would go on spending unseen.

    Killing loses nothing: outputs are not published yet, and each answer is on disk once it is received.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # It may have died while Python was starting. DVC runs stages in its own process group: whoever adopts us is in
        # another one.
        if "DVC_STAGE" in os.environ and os.getpgid(os.getppid()) != os.getpgrp():
            os.kill(os.getpid(), signal.SIGKILL)
