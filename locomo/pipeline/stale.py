"""Whether the results that git has are those of this code, these params and what their names stand for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from locomo.errors import LocomoError
from locomo.files import parse_yaml, read_text
from locomo.pipeline.definition import PIPELINE
from locomo.pipeline.params import read_params
from locomo.pipeline.resolution import Resolver, addresses_of, differences, read_resolved

ALWAYS: Final = "resolve"
"""The stage that runs each time, and is no sign of anything."""
COMMAND: Final = ("repro", "--dry", "--allow-missing")
_STAGES: Final = re.compile(r"^Running stage '([^']+)'|failed to reproduce '([^']+)'", re.MULTILINE)


def stale() -> str | None:
    """Return one line on what is stale, and what to do; None where nothing is. It needs neither keys nor data."""
    return _missing() or _by_names() or _by_dvc()


def _by_dvc() -> str | None:
    command = [sys.executable, "-m", "dvc", *COMMAND]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (no shell)
    found = (a or b for a, b in _STAGES.findall(process.stdout + process.stderr))
    stages = [stage for stage in dict.fromkeys(found) if stage != ALWAYS]
    if stages:
        return f"results are stale from {stages[0]} on: run `dvc repro`, then commit dvc.lock and metrics/"
    if process.returncode != 0:
        said = (process.stderr.strip().splitlines() or ["it gave no reason"])[0]
        return f"`dvc {' '.join(COMMAND)}` failed: {said}"
    return None


def _missing() -> str | None:
    """Results that git has to hold, since DVC passes over outputs that are absent."""
    missing = [path for path in git_tracked() if not path.exists()]
    if not missing:
        return None
    others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"results are missing: {missing[0]}{others}: run `dvc repro`, then commit dvc.lock and metrics/"


def _by_names() -> str | None:
    """Names that stand for something else; addresses that come from variables are taken as they were."""
    recorded = read_resolved()
    try:
        with addresses_of(recorded):
            changed = differences(recorded, Resolver(recorded).resolve(read_params()))
    except LocomoError as error:
        return f"what the names in params.yaml stand for cannot be told: {error}"
    if not changed:
        return None
    return (
        f"results are stale, since a name in params.yaml stands for something else ({changed[0]}): run `dvc repro`, "
        "then commit dvc.lock, data/resolved.json and metrics/"
    )


def git_tracked() -> list[Path]:
    """Return the outputs of all stages that git holds, and not DVC's cache."""
    stages: dict[str, Any] = parse_yaml(read_text(PIPELINE), str(PIPELINE))["stages"]
    return [
        Path(path)
        for entry in stages.values()
        for kind in ("outs", "metrics", "plots")
        for item in entry.get(kind, [])
        if isinstance(item, dict)
        for path, options in item.items()
        if options.get("cache") is False
    ]
