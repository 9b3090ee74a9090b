"""Why the gguf provider asks one question at a time, and why rag sorts its questions by their context.

Asks the rag questions of one sample conversation of the embedded model in several ways, both sides of each ratio in
this one run, and compares the texts. Run it after `dvc repro`:

    python benchmarks/llama_cpp.py [--questions 40] [--k 5] [--max-tokens 32]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xllamacpp

from locomo.dataset import read_folder
from locomo.llm import open_model
from locomo.llm.providers.gguf_copies import parameters
from locomo.models.smollm2 import embedded_file
from locomo.retrieval.registry import open_retriever
from locomo.tasks.job import Job
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import RagSetting, Room, rag_jobs
from locomo.threads import thread_count

WINDOW = 2048
MAX_TOKENS = 32


def server(*, slots: int, flash_attention: bool) -> Any:
    """Load the embedded model."""
    params = parameters(embedded_file(), window=WINDOW * slots, threads=thread_count())
    params.n_parallel = slots
    if flash_attention:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    return xllamacpp.Server(params)


def ask(model: Any, job: Job, max_tokens: int) -> tuple[str, int]:
    """Return the answer and the number of prompt tokens that were really evaluated."""
    answer = model.handle_chat_completions(
        {
            "messages": [{"role": "system", "content": job.system}, {"role": "user", "content": job.user}],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stop": ["\n"],
            "cache_prompt": True,
        }
    )
    return answer["choices"][0]["message"]["content"], answer["timings"]["prompt_n"]


def measure(
    jobs: list[Job], max_tokens: int, *, slots: int = 1, flash_attention: bool = False
) -> tuple[float, int, dict[str, str]]:
    """Return seconds, evaluated prompt tokens and the texts by question."""
    model = server(slots=slots, flash_attention=flash_attention)
    ask(model, jobs[0], max_tokens)  # reading the file is not what we measure
    started = time.perf_counter()
    with ThreadPoolExecutor(slots) as pool:
        answers = list(pool.map(lambda job: ask(model, job, max_tokens), jobs))
    seconds = time.perf_counter() - started
    texts = {f"{job.unit}:{job.index}": text for job, (text, _) in zip(jobs, answers, strict=True)}
    return seconds, sum(tokens for _, tokens in answers), texts


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, help="so many of the conversation's, where not all")
    parser.add_argument("--k", type=int, default=5, help="how many units a prompt has")
    parser.add_argument("--max-tokens", type=int, default=MAX_TOKENS, help="the longest answer")
    options = parser.parse_args()
    conversation = read_folder(Path("data/captioned"))[0]
    some = conversation.questions[: options.questions]
    conversation = conversation.model_copy(update={"questions": some})
    retriever = open_retriever("hybrid", Path("data/index"))
    questions = [question.question for question in conversation.questions]
    shown = [RagSetting(unit, options.k) for unit in ("dialog", "observation")]
    ranked = {
        s.unit: [[hit.unit for hit in hits] for hits in retriever.rank(conversation, s.unit, questions, s.k)]
        for s in shown
    }
    counter = open_model("gguf/smollm2-135m-instruct", context_window=WINDOW)
    room = Room(WINDOW, options.max_tokens, counter.count_tokens)
    like_neighbours = rag_jobs(conversation, ranked, shown, asking_protocol("paper"), room, seed=0)
    asyncio.run(counter.close())
    as_listed = sorted(like_neighbours, key=lambda job: (job.unit or "", job.index))
    ways: dict[str, Any] = {
        "one slot, questions as listed": (as_listed, {}),
        "one slot, sorted by context (ours)": (like_neighbours, {}),
        "four slots, sorted by context": (like_neighbours, {"slots": 4}),
        "one slot, sorted, flash attention": (like_neighbours, {"flash_attention": True}),
        "one slot, as listed, flash attention": (as_listed, {"flash_attention": True}),
    }
    reference: dict[str, str] | None = None
    print(f"{len(as_listed)} questions, {thread_count()} threads\n")
    print("| way | seconds | evaluated prompt tokens | texts that differ from the first row |\n|---|---|---|---|")
    for name, (jobs, settings) in ways.items():
        seconds, tokens, texts = measure(jobs, options.max_tokens, **settings)
        reference = reference or texts
        differ = sum(texts[key] != reference[key] for key in texts)
        print(f"| {name} | {seconds:.1f} | {tokens:,} | {differ} |", flush=True)


if __name__ == "__main__":
    main()
