"""What it spares to evaluate a conversation once for all its questions: full-context qa of the embedded model.

Asks all questions of one conversation of the released dataset at a window of 8,192 tokens as the `qa` stage does, and a
few of them one prompt at a time, with nothing kept:

    python benchmarks/gguf_shared_prefix.py [FILE] [--questions 20] [--window 2048]

The bar is for all questions and the whole window.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from locomo.dataset import read_conversations
from locomo.llm import Message, Request, Response, open_model
from locomo.tasks.job import Job
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs
from locomo.threads import thread_count

ROOT = Path(__file__).parents[1]
DATASET = ROOT / "data/raw/locomo10.json"
MODEL = "gguf/smollm2-135m-instruct"
WINDOW = 8192
MAX_TOKENS = 32
APART = 4
"""Questions that are asked with nothing kept."""


async def ask(jobs: list[Job], window: int) -> tuple[list[Response], float]:
    """Return the answers of a model that was just loaded, and the seconds they took."""
    model = open_model(MODEL, context_window=window)
    model.count_tokens("")  # loads it
    answers = []
    started = time.perf_counter()
    for job in jobs:
        messages = (Message("system", job.system), Message("user", job.user))
        request = Request("gguf", model.model, messages, MAX_TOKENS, stop=("\n",), seed=0)
        answers.append(await model.complete(request))
    seconds = time.perf_counter() - started
    await model.close()
    return answers, seconds


def read_jobs(dataset: Path, window: int) -> list[Job]:
    """Return the questions of the first conversation of a dataset."""
    if not dataset.is_file():
        sys.exit(f"{dataset}: no such file; fetch it with `locomo datasets add locomo10`")
    counter = open_model(MODEL, context_window=window)
    try:
        return qa_jobs(
            read_conversations(dataset)[:1],
            asking_protocol("paper"),
            window=window,
            max_tokens=MAX_TOKENS,
            seed=0,
            count_tokens=counter.count_tokens,
        )
    finally:
        asyncio.run(counter.close())


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?", default=DATASET)
    parser.add_argument("--questions", type=int, help="so many of the conversation's, where not all")
    parser.add_argument("--window", type=int, default=WINDOW)
    options = parser.parse_args()
    window = options.window
    jobs = read_jobs(options.dataset, window)[: options.questions]
    together, seconds = asyncio.run(ask(jobs, window))
    some = range(0, len(jobs), max(1, len(jobs) // APART))[:APART]
    apart = [asyncio.run(ask([jobs[place]], window)) for place in some]

    prompts = sum(answer.input_tokens for answer in together)
    evaluated = prompts - sum(answer.reused_tokens for answer in together)
    each, each_apart = seconds / len(jobs), sum(taken for _, taken in apart) / len(apart)
    differ = sum(answers[0].text != together[place].text for place, (answers, _) in zip(some, apart, strict=True))
    print(f"{len(jobs)} questions, {thread_count()} threads\n")
    print("| way | questions | evaluated prompt tokens a question | seconds a question |\n|---|---|---|---|")
    print(f"| nothing kept | {len(apart)} | {prompts / len(jobs):,.0f} | {each_apart:.2f} |")
    print(f"| conversation evaluated once (ours) | {len(jobs)} | {evaluated / len(jobs):,.0f} | {each:.2f} |")
    print(
        f"\n{prompts:,} prompt tokens, of which {evaluated:,} were evaluated: 1/{prompts / evaluated:.0f}; "
        f"{each_apart / each:.1f} times as fast; {differ} of {len(apart)} texts differ"
    )
    whole = options.questions is None and window >= WINDOW
    if differ or (whole and (50 * evaluated > prompts or each_apart < 20 * each)):
        sys.exit("expected the same texts, 1/50 of the tokens and 20 times the speed")


if __name__ == "__main__":
    main()
