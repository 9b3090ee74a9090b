"""Runs stages as DVC does, without waiting for Python and its libraries each time: each in a fork of a warm process.

    python warm.py

reads a job a line, {"root", "stage", "env", "output"}, and answers with the exit code of `stages/<stage>.py`.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import runpy
import sys
import traceback

WARM = (
    *("faiss", "torch", "transformers", "great_expectations", "pandas", "openai", "nltk", "bm25s", "dvc.repo"),
    *("locomo.pipeline", "locomo.pipeline.models", "locomo.pipeline.encoders", "locomo.validation.check"),
    *("locomo.validation.record", "locomo.generation.agents", "locomo.retrieval.transformer", "locomo.scoring"),
    *("locomo.reporting.report", "locomo.tasks.job", "transformers.models.bert.modeling_bert"),
)


def run(job: dict) -> int:
    """Run a stage in a process of its own; return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        file = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["root"])
        sys.argv = [f"stages/{job['stage']}.py"]
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries that greet when they are imported are no answer
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        print(run(json.loads(line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
