"""A run's params and metrics, sent to an experiment tracker. Nothing is sent unless somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_json, read_text

PARAMS: Final = Path("params.yaml")
METRICS: Final = Path("metrics")
NOT_SHOWN: Final = ("conversations", "errata", "intervals")
"""Files in metrics/ that are more than a tracker is for; of intervals the overall ones are taken."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is logged of a run: names with dots for params, with slashes for metrics."""

    params: dict[str, Any]
    metrics: dict[str, float]


def tracked(root: Path = Path()) -> Tracked:
    """Read what the last run in a project's folder is to be logged with; InputError where there is none."""
    if not (root / METRICS / "f1.json").is_file():
        raise InputError(f"{root / METRICS}: no results there; run `dvc repro` in the project's folder first")
    metrics: dict[str, float] = {}
    card: dict[str, Any] = {}
    for file in sorted((root / METRICS).glob("*.json")):
        if file.stem not in NOT_SHOWN:
            contents = read_json(file)
            metrics |= {name: value for name, value in _flat(contents, "/").items() if _is_number(value)}
            card |= {f"card.{name}": value for name, value in contents.items() if isinstance(value, str)}
    intervals = root / METRICS / "intervals.json"
    if intervals.is_file():
        metrics |= _overall_intervals(read_json(intervals)["intervals"])
    params = _flat(parse_yaml(read_text(root / PARAMS), str(PARAMS)), ".")
    return Tracked({**params, **card}, metrics)


def track(to: str, run: Tracked, *, project: str, name: str | None) -> str:
    """Log a run and return where it can be seen. InputError for an unknown tracker, or one that is not installed."""
    if to not in TRACKERS:
        raise InputError(f"--to {to}: expected {' or '.join(TRACKERS)}{did_you_mean(to, TRACKERS)}")
    try:
        return TRACKERS[to](run, project, name)
    except ModuleNotFoundError as error:
        if error.name != to:
            raise
        raise InputError(f"--to {to}: it is not installed: pip install 'locomo-pipeline[trackers]'") from None


def _dvclive(run: Tracked, _: str, name: str | None) -> str:
    from dvclive.live import Live

    folder = Path("logs/dvclive") / (name or "")
    # Only files: no commits, no report, nothing added to dvc.yaml.
    with Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False) as live:
        live.log_params({key: value for key, value in run.params.items() if value is not None})
        for key, value in run.metrics.items():
            live.log_metric(key, value, plot=False)
    return str(folder)


def _wandb(run: Tracked, project: str, name: str | None) -> str:
    import wandb

    with wandb.init(project=project, name=name, config=run.params) as session:
        session.summary.update(run.metrics)
        return str(session.url or session.dir)


TRACKERS: Final = {"dvclive": _dvclive, "wandb": _wandb}


def _overall_intervals(intervals: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{metric}/{configuration}/overall_{edge}": groups["overall"][edge]
        for metric, configurations in intervals.items()
        for configuration, groups in configurations.items()
        for edge in ("low", "high", "se")
        if edge in groups.get("overall", {})
    }


def _flat(value: Mapping[str, Any], between: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            found |= {f"{key}{between}{name}": leaf for name, leaf in _flat(inner, between).items()}
        else:
            found[key] = inner
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
