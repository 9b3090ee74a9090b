"""What validation adds to each stage as it is shipped: processor seconds of the stage with it and without it.

    cd <a copy of a project after `dvc repro`>; python .../benchmarks/validation.py [stage ...] [--times 3]

Every stage runs twice in one run of this script, its answers cached: with LOCOMO_VALIDATION=off, and on, as after a
change, when its outputs have to be checked and its inputs were checked by the stages before. Both import Great
Expectations first, whose start is shown above the table: what validation adds beyond it is the last column. Each way is
run several times in turn, and the quickest counts: what a shared machine adds to the others is no work of theirs.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import sys
from pathlib import Path

STAGES = ("generate", "caption", "embed", "qa", "rag", "score")
TIMES = 3
RECORDS = Path("logs/validation")
START = "from locomo.validation.check import context; context()"
STAGE = f"import runpy, sys; sys.path.insert(0, 'stages'); {START}; runpy.run_path(sys.argv[1], run_name='__main__')"


def seconds(*command: str, validation: str) -> float:
    """Return the processor seconds of a command, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "LOCOMO_VALIDATION": validation}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forget(stage: str) -> None:
    """Forget that the outputs of a stage were checked."""
    from locomo.pipeline.contracts import subject_of
    from locomo.pipeline.definition import Definition
    from locomo.pipeline.params import read_params

    params = read_params()
    for out in Definition.load(stage, {"dataset": params.dataset}).outs:
        if subject := subject_of(out, params):
            (RECORDS / f"{subject.label}.json").unlink(missing_ok=True)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", default=STAGES, metavar="stage")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each way is run")
    options = parser.parse_args()
    subprocess.run(
        [str(Path(sys.executable).with_name("locomo")), "validate"], check=True, capture_output=True
    )  # inputs are known
    start = seconds(sys.executable, "-c", START, validation="on")
    start -= seconds(sys.executable, "-c", "pass", validation="on")
    print(f"start of Great Expectations: {start:.1f} s of the processor")
    print(f"{'stage':10}{'off':>8}{'on':>8}{'added':>8}")
    for stage in options.stages:
        command = (sys.executable, "-c", STAGE, f"stages/{stage}.py")
        off = on = math.inf
        for _ in range(options.times):
            off = min(off, seconds(*command, validation="off"))
            forget(stage)
            on = min(on, seconds(*command, validation="on"))
        print(f"{stage:10}{off:8.2f}{on:8.2f}{on - off:8.2f}", flush=True)


if __name__ == "__main__":
    main()
