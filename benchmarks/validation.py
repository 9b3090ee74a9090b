"""What validation adds to each stage: seconds on the clock, and of the processor, with and without it.

    cd <a project after `dvc repro`>; python .../benchmarks/validation.py

Of each stage, what its inputs and outputs take is shown as if nothing had been checked before ("all"), and as a run has
it, in which inputs were checked when they were made ("run"). Each of the two is a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

STAGES = ("generate", "caption", "embed", "qa", "rag", "score")


def measure(stage: str, inputs_too: bool) -> None:
    """Print the seconds that validation takes in this process."""
    from locomo.pipeline.contracts import subject_of
    from locomo.pipeline.definition import Definition
    from locomo.pipeline.params import read_params
    from locomo.validation.record import validate

    if stage != "generate":
        import numpy  # noqa: F401  (what stages have imported anyway)
    definition = Definition.load(stage, {"dataset": read_params().dataset})
    started, used = time.monotonic(), time.process_time()
    for path in definition.deps:
        if subject := subject_of(path, read_params()):
            if inputs_too:
                validate(subject, again=True)
            else:
                subject.digest()
    for path in definition.outs:
        if subject := subject_of(path, read_params()):
            validate(subject, again=True)
    print(f"{time.monotonic() - started:.1f} {time.process_time() - used:.1f}")


def main() -> None:
    """Print a table."""
    if len(sys.argv) > 1:
        measure(sys.argv[1], inputs_too=sys.argv[2] == "all")
        return
    print("stage     run: clock  processor   all: clock  processor")
    for stage in STAGES:
        row = []
        for way in ("run", "all"):
            command = [sys.executable, str(Path(__file__).resolve()), stage, way]
            row += subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout.split()
        print(f"{stage:8}{row[0]:>12}{row[1]:>11}{row[2]:>13}{row[3]:>11}", flush=True)


if __name__ == "__main__":
    main()
