"""What it spares to evaluate a conversation once for all its questions: full-context qa of a Hugging Face model.

The model has the shape of a small LLaMA and random weights, so nothing is downloaded; its tokens are learned from the
sample. Questions of one sample conversation are asked one by one, each prompt evaluated whole, then together:

    python benchmarks/hf_shared_past.py [--questions 8] [--window 1024] [--layers 4]

The bar is for the sizes that are chosen where none is given.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import ByteLevelBPETokenizer

from locomo.dataset import read_conversations
from locomo.llm import Message, Request, Response, open_model
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs
from locomo.threads import thread_count

WINDOW = 3072
MAX_TOKENS = 24
QUESTIONS = 32
LAYERS = 16
BAR = 5
VOCABULARY = 8192
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}<assistant>"


def make_model(folder: str, text: str, window: int, layers: int) -> None:
    """Write a LLaMA of 60 million random weights, and a tokenizer learned from the text."""
    learned = ByteLevelBPETokenizer()
    learned.train_from_iterator(text.split("\n"), VOCABULARY, special_tokens=["<eos>"], show_progress=False)
    fast: Any = transformers.PreTrainedTokenizerFast
    tokenizer = fast(tokenizer_object=learned._tokenizer, eos_token="<eos>")  # noqa: S106
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=layers,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=window,
        initializer_range=0.1,  # of a size at which what is read matters to what is written
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


async def ask(model: Any, requests: list[Request], *, together: bool) -> tuple[list[Response], float]:
    """Return the answers and the seconds they took."""
    started = time.perf_counter()
    if together:
        answers = list(await asyncio.gather(*map(model.complete, requests)))
    else:
        answers = [await model.complete(request) for request in requests]
    return answers, time.perf_counter() - started


async def measure(folder: str, conversation: Any, questions: int, window: int) -> float:
    """Print a Markdown table; return how many times as fast it is together."""
    model: Any = open_model(f"hf/{folder}", context_window=None)
    jobs = qa_jobs(
        [conversation],
        asking_protocol("paper"),
        window=window,
        max_tokens=MAX_TOKENS,
        seed=0,
        count_tokens=model.count_tokens,
    )
    requests = [
        Request("hf", model.model, (Message("system", job.system), Message("user", job.user)), MAX_TOKENS)
        for job in jobs[:questions]
    ]
    await ask(model, [Request("hf", model.model, (Message("user", "Hello"),), 1)], together=False)  # loads it
    together, seconds_together = await ask(model, requests, together=True)
    model._past = None
    alone, seconds_alone = await ask(model, requests, together=False)

    prompts = sum(answer.input_tokens for answer in alone)
    print(f"{len(alone)} questions, prompts of {prompts / len(alone):,.0f} tokens, {thread_count()} threads\n")
    print("| way | seconds | evaluated prompt tokens | answer tokens/s |\n|---|---|---|---|")
    speeds = []
    for name, answers, seconds in (
        ("one by one", alone, seconds_alone),
        ("together, conversation evaluated once", together, seconds_together),
    ):
        evaluated = sum(answer.input_tokens - answer.reused_tokens for answer in answers)
        speeds.append(sum(answer.output_tokens for answer in answers) / seconds)
        print(f"| {name} | {seconds:.1f} | {evaluated:,} | {speeds[-1]:.1f} |")
    texts = [[answer.text for answer in answers] for answers in (alone, together)]
    differ = sum(one != other for one, other in zip(*texts, strict=True))
    print(f"\n{speeds[1] / speeds[0]:.1f} times the answer tokens/s; {len(set(texts[0]))} answers, {differ} differ")
    if differ:
        sys.exit("expected the same answers")
    return speeds[1] / speeds[0]


def main() -> None:
    """Make the model and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--window", type=int, default=WINDOW)
    parser.add_argument("--layers", type=int, default=LAYERS)
    sizes = parser.parse_args()
    sample = Path(__file__).parents[1] / "data/raw/sample.json"
    with tempfile.TemporaryDirectory() as folder:
        make_model(folder, sample.read_text(encoding="utf-8"), sizes.window, sizes.layers)
        conversation = read_conversations(sample)[0]
        times = asyncio.run(measure(folder, conversation, sizes.questions, sizes.window))
    if (sizes.questions, sizes.window, sizes.layers) == (QUESTIONS, WINDOW, LAYERS) and times < BAR:
        sys.exit(f"expected {BAR} times the speed")


if __name__ == "__main__":
    main()
