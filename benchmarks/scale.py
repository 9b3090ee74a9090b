"""Peak memory and processor time of every stage, as the number of conversations grows.

    python benchmarks/scale.py [--conversations 20 110 200] [--like data/raw/sample.json] [--stages qa rag ...]

For each number a project of its own is made, and each stage is run once in it, as a process, with validation: agents
speak and answer by `mock/words` and bm25 retrieves, with events and dialogue on. --like takes the conversations of a
dataset instead, over and over, each turn with a number of its own, and leaves BERTScore out.

Memory is the peak of a stage's process (ru_maxrss) at the last number, as a multiple of that at the first. Processor
time that is linear grows by as much from each number to the next, whatever a start costs: `growth` is what a
conversation costs on the last step, as a multiple of what it costs on the first.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
STAGES: Final = ("generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score")
COPIED: Final = ("stages", "locomo", "data/raw", "dvc.yaml")
PERSONAS: Final = "data/raw/personas.json"
SIDES: Final = ("Speaker 1", "Speaker 2")
PARAMS: Final[dict[str, dict[str, Any]]] = {
    "generate": {"mode": "agents", "model": "mock/words"},
    "embed": {"encoder": "bm25"},
    "rag": {"retriever": "bm25"},
    "memory": {"systems": ["last-sessions"], "model": "mock/words"},
    "events": {"ways": ["incremental", "retrieved"]},
    "dialogue": {"conditions": ["base", "summary"]},
}


def make_project(folder: Path, conversations: int, like: Path | None) -> None:
    """Make a project of so many conversations."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")) | {"model": "mock/words"}
    for section, values in PARAMS.items():
        params[section] |= values
    params["generate"]["conversations"] = conversations
    if like is not None:
        (folder / "data/raw/many.json").write_text(json.dumps(copies(like, conversations)), encoding="utf-8")
        params["dataset"] = "many"
        params["generate"]["mode"] = "released"
        params["score"]["bertscore"] = None
    (folder / PERSONAS).write_text(json.dumps({"many": pairs_of_personas()}), encoding="utf-8")
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def pairs_of_personas() -> list[dict[str, Any]]:
    """Return each first speaker of the project's pairs with each second one, and the other way round."""
    (pairs,) = json.loads((ROOT / PERSONAS).read_text(encoding="utf-8")).values()
    orders = (
        ((pair, SIDES) for pair in itertools.product(pairs, pairs)),
        ((pair, SIDES[::-1]) for pair in itertools.product(pairs, pairs)),
    )
    return [
        dict(zip(SIDES, (one[first], other[second]), strict=True))
        for (one, other), (first, second) in itertools.chain(*orders)
    ]


def copies(path: Path, conversations: int) -> list[dict[str, Any]]:
    """Return so many conversations of a dataset, over and over, whose turns all differ."""
    samples = json.loads(path.read_text(encoding="utf-8"))
    found = []
    for number, sample in zip(range(conversations), itertools.cycle(samples), strict=False):
        copy = json.loads(json.dumps(sample)) | {"sample_id": f"many-{number}"}
        for turns in copy["conversation"].values():
            for turn in turns if isinstance(turns, list) else []:
                turn["text"] += f" ({number})"
        found.append(copy)
    return found


def run(folder: Path, stage: str) -> tuple[float, float]:
    """Run a stage; return its processor seconds and its peak memory in MiB."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "LOCOMO_CACHE_DIR": str(folder / "requests")}
    log = folder / f"{stage}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, f"stages/{stage}.py"], cwd=folder, env=environment, stdout=file, stderr=file
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{stage} failed:\n{log.read_text()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**20


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, nargs="+", default=[20, 110, 200])
    parser.add_argument("--like", type=Path)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--keep", type=Path, help="a folder in which the projects remain; default: none")
    given = parser.parse_args()
    numbers = sorted(given.conversations)
    folder = given.keep or Path(tempfile.mkdtemp())
    for number in numbers:
        if not (folder / str(number)).exists():
            make_project(folder / str(number), number, given.like)
        run(folder / str(number), "resolve")
    print(f"| stage | {' | '.join(f'{number}: s, MiB' for number in numbers)} | memory | growth |")
    for stage in given.stages:
        measured = [run(folder / str(number), stage) for number in numbers]
        cells = [f"{seconds:.1f}, {peak:.0f}" for seconds, peak in measured]
        steps = [
            (after[0] - before[0]) / (larger - smaller)
            for (before, after), (smaller, larger) in zip(
                itertools.pairwise(measured), itertools.pairwise(numbers), strict=True
            )
        ]
        growth = f"{steps[-1] / steps[0]:.2f}" if len(steps) > 1 and steps[0] > 0 else "–"
        memory = f"{measured[-1][1] / measured[0][1]:.2f}"
        print(f"| `{stage}` | {' | '.join(cells)} | {memory} | {growth} |", flush=True)
    if given.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
