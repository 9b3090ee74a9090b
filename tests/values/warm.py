"""Runs stages as DVC does, without waiting for Python and its libraries each time: each in a fork of a warm process.

    python warm.py

reads a job a line, {"root", "stage", "env", "output"}, and answers with the exit code of `stages/<stage>.py`; or
{"root"}, where a run has finished, whose outputs it reads to be warmer.
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
from dataclasses import replace
from pathlib import Path

WARM = (
    *("faiss", "torch", "transformers", "great_expectations", "pandas", "openai", "nltk", "bm25s", "ir_measures"),
    *("pytrec_eval", "rouge_score.rouge_scorer", "tokenizers.trainers", "transformers.models.bert.modeling_bert"),
    *("transformers.models.auto.tokenization_auto", "transformers.models.bert.tokenization_bert"),
    *("locomo.generation.agents", "locomo.retrieval.transformer", "locomo.retrieval.learned"),
    *("locomo.llm.providers.mock", "locomo.llm.providers.openai", "locomo.reporting.report"),
)


def warm_up(root: str) -> None:
    """Load here what every stage needs for itself: by validating what a finished run left, without its models."""
    from locomo.pipeline.contracts import CONTRACTS, subject_of
    from locomo.pipeline.params import read_params
    from locomo.scoring.refusal import refuses
    from locomo.validation.recompute import NOTHING_AGAIN
    from locomo.validation.record import validate

    os.chdir(root)
    for out in CONTRACTS:
        subject = subject_of(out, read_params())
        if subject is not None:
            validate(replace(subject, again=NOTHING_AGAIN), again=True)
    refuses("I do not know")
    gc.collect()
    gc.freeze()


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
    for script in Path("stages").glob("*.py"):  # what they import
        runpy.run_path(str(script), run_name="imported")
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        print(run(job) if "stage" in job else warm_up(job["root"]), file=answers, flush=True)


if __name__ == "__main__":
    main()
