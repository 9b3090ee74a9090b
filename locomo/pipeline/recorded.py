"""Recorded results are not paid for twice: what dvc.lock already knows and a remote may have is not asked for again.

A fresh clone has dvc.lock and no outputs, so `dvc repro` runs every stage. That is right where it costs nothing. A
model that costs money is asked only if the stage is a new one, or on demand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from locomo.errors import LocomoError
from locomo.llm import Price
from locomo.pipeline.definition import PIPELINE
from locomo.pipeline.resolution import RESOLVED, read_resolved
from locomo.repository import explain, of_git

RERUN: Final = "LOCOMO_RERUN"
"""Environment variable: 1 pays for recorded results again."""


class RecordedError(LocomoError):
    """The results of this very stage are recorded in dvc.lock, and were not brought here."""

    exit_code = 8


def ask_only_what_is_new(stage: str, model: str, price: Price | None) -> Callable[[], None]:
    """Return what a client calls before it sends something: RecordedError if that would pay for recorded results.

    A model whose price is unknown counts as one that costs money.
    """
    if is_free(price) or os.environ.get(RERUN, "") not in ("", "0"):
        return lambda: None
    checked: list[RecordedError | None] = []

    def check() -> None:
        if not checked:
            checked.append(why_not(stage, f"with {RERUN}=1, {model} is asked and paid for them again"))
        if checked[0] is not None:
            raise checked[0]

    return check


def is_free(price: Price | None) -> bool:
    """Return whether asking is known to cost nothing."""
    return price is not None and price.input == price.output == 0


def why_not(stage: str, otherwise: str) -> RecordedError | None:
    """Return the error if a stage's results are recorded and not here, saying what else to do; None if it may run.

    Recorded is a stage whose command, params, code and meaning of names are those of dvc.lock. What other stages made
    does not count: made anew on another machine, it can differ in last digits. Neither does a price: the answers stay.
    """
    from dvc.exceptions import DvcException, NotDvcRepoError
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            found = repo.stage.load_one(str(PIPELINE), stage)
            made = {out.fs_path for each in repo.index.stages if not each.is_data_source for out in each.outs}
            inputs = [dep for dep in found.deps if dep.fs_path not in made]
            if found.cmd_changed or any(dep.status() for dep in inputs) or not _same_names(stage, found.deps):
                return None
            if not any(out.use_cache and out.changed_cache() for out in found.outs):
                return None
            remote = repo.config["core"].get("remote")
    except NotDvcRepoError:
        return None
    except DvcException as error:
        return RecordedError(f"stage '{stage}': {PIPELINE} and dvc.lock cannot be read together: {explain(error)}")
    except Exception as error:
        if (said := of_git(error)) is None:
            raise
        return RecordedError(f"stage '{stage}': what dvc.lock records cannot be told: {said}")
    bring = "`locomo pull` brings them here" if remote else "`locomo remote URL` and `locomo pull` bring them here"
    return RecordedError(f"stage '{stage}': its results are recorded in dvc.lock: {bring}; {otherwise}")


def _same_names(stage: str, deps: Iterable[Any]) -> bool:
    """Return whether a stage's names stand for what they stood for, whatever it costs."""
    recorded = next((dep.hash_info.value for dep in deps if Path(dep.def_path) == RESOLVED and dep.hash_info), None)
    return recorded is None or _without_price(recorded.get(stage)) == _without_price(read_resolved().get(stage))


def _without_price(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (entry or {}).items() if name != "price"}
