"""What the embedded model takes as its package has it and as we run it, alone and beside a busy process.

Asks questions of the sample with their evidence, all ways in this one run, and compares the texts:

    python benchmarks/embedded_model.py [--questions 6] [--ways before ours] [--busy 1]
"""

from __future__ import annotations

import argparse
import queue
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xllamacpp

from locomo.dataset import read_conversations
from locomo.llm.providers.gguf_copies import parameters
from locomo.models.embedded import smollm2
from locomo.models.smollm2 import embedded_file
from locomo.tasks.baselines import baseline_jobs
from locomo.tasks.job import Job
from locomo.tasks.protocol import asking_protocol

WINDOW = 2048
MAX_TOKENS = 32
SAMPLE = Path(__file__).parents[1] / "data/raw/sample.json"
SPIN = "while True: pass"
POLLING = 50
"""llama.cpp's default."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the model on two cores."""

    what: str
    q8_0: bool
    copies: int
    threads: int
    poll: int


WAYS = {
    "before": Way("Q4_1, two threads that poll (before)", False, 1, 2, POLLING),
    "file": Way("Q8_0, two threads that poll", True, 1, 2, POLLING),
    "waiting": Way("Q8_0, two threads that wait", True, 1, 2, 0),
    "single": Way("Q8_0, one thread", True, 1, 1, 0),
    "ours": Way("Q8_0, two copies with a thread each (ours)", True, 2, 1, 0),
}


def load(way: Way) -> Any:
    """Load one copy."""
    params = parameters(embedded_file() if way.q8_0 else smollm2(), window=WINDOW, threads=way.threads)
    params.cpuparams.poll = params.cpuparams_batch.poll = way.poll
    return xllamacpp.Server(params)


def ask(model: Any, system: str, user: str) -> str:
    """Return the answer."""
    answer = model.handle_chat_completions(
        {
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "max_tokens": MAX_TOKENS,
            "temperature": 0,
            "stop": ["\n"],
            "cache_prompt": True,
        }
    )
    return str(answer["choices"][0]["message"]["content"])


def measure(way: Way, jobs: list[Job], busy: int) -> tuple[float, float, list[str]]:
    """Return seconds of processor time, seconds on the clock, and the texts."""
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(way.copies):
        model = load(way)
        ask(model, "", "Hello")  # reading the file is not what we measure
        idle.put(model)

    def one(job: Job) -> str:
        model = idle.get()
        try:
            return ask(model, job.system, job.user)
        finally:
            idle.put(model)

    with ExitStack() as stack:
        for _ in range(busy):
            beside = stack.enter_context(subprocess.Popen([sys.executable, "-c", SPIN]))
            stack.callback(beside.kill)
        started, used = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(way.copies) as pool:
            texts = list(pool.map(one, jobs))
        return time.process_time() - used, time.perf_counter() - started, texts


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1], help="so many busy processes beside it")
    options = parser.parse_args()
    jobs = baseline_jobs(
        read_conversations(SAMPLE)[:1],
        ["gold_evidence"],
        asking_protocol("paper"),
        window=WINDOW,
        max_tokens=MAX_TOKENS,
        seed=0,
        count_tokens=len,
    )[: options.questions]
    reference: list[str] | None = None
    print("| way | busy processes beside it | processor seconds | seconds | texts as in the first row |")
    print("|---|---|---|---|---|")
    for busy in options.busy:
        for name in options.ways:
            used, seconds, texts = measure(WAYS[name], jobs, busy)
            reference = reference or texts
            same = sum(text == other for text, other in zip(texts, reference, strict=True))
            print(f"| {WAYS[name].what} | {busy} | {used:.1f} | {seconds:.1f} | {same} of {len(jobs)} |", flush=True)


if __name__ == "__main__":
    main()
