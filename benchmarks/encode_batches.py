"""Encoding the turns of LoCoMo: blocks of one length, a thread each, against batches of 24 in reading order.

python benchmarks/encode_batches.py [FILE] [--turns 1000]

FILE is the released dataset (`locomo datasets add locomo10`), data/raw/locomo10.json if not given. Ways take
turns, twice each, and the faster time counts, since other work on the machine can only slow them down.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from locomo.dataset import read_conversations
from locomo.models import embedded
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.units import UNITS
from locomo.threads import thread_count

BATCH = 24
MAX_TOKENS = 256
ROUNDS = 2
BAR = 1.9


def in_reading_order(model: Any, tokenizer: Any, texts: list[str]) -> np.ndarray:
    """Encode batches of 24 as they come, padded to their longest, with all threads on each."""
    torch.set_num_threads(thread_count())
    rows = []
    for start in range(0, len(texts), BATCH):
        inputs = tokenizer(
            texts[start : start + BATCH], padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            states = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1)
            pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
            rows.append(torch.nn.functional.normalize(pooled, dim=1).numpy())
    return np.concatenate(rows)


def main() -> None:
    """Print a Markdown table with a row a way, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("data/raw/locomo10.json"))
    parser.add_argument("--turns", type=int, help="so many of them, where not all")
    options = parser.parse_args()
    path = options.dataset
    if not path.is_file():
        sys.exit(f"{path}: not here; `locomo datasets add locomo10` fetches it, or give its place")
    texts = [unit.key for conversation in read_conversations(path) for unit in UNITS["dialog"](conversation)]
    texts = texts[: options.turns]
    tokenizer = AutoTokenizer.from_pretrained(embedded.minilm())
    model = AutoModel.from_pretrained(embedded.minilm()).eval()
    encoder = open_encoder("minilm")
    ways: dict[str, Callable[[list[str]], np.ndarray]] = {
        f"batches of {BATCH} in reading order": lambda some: in_reading_order(model, tokenizer, some),
        "blocks of one length, a thread each (ours)": lambda some: encoder.encode(some, side="passage"),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    vectors: dict[str, np.ndarray] = {}
    for encode in ways.values():
        encode(texts[:100])
    for _ in range(ROUNDS):
        for way, encode in ways.items():
            started = time.perf_counter()
            vectors[way] = encode(texts)
            seconds[way].append(time.perf_counter() - started)
    reference, ours = vectors.values()
    difference = float(np.abs(reference - ours).max())
    print(f"{len(texts):,} turns, {thread_count()} threads\n")
    print("| way | seconds, each round | turns/s |\n|---|---|---|")
    for way, taken in seconds.items():
        print(f"| {way} | {', '.join(f'{second:.1f}' for second in taken)} | {len(texts) / min(taken):.0f} |")
    slow, fast = (min(taken) for taken in seconds.values())
    print(f"\n{slow / fast:.2f} times the throughput (bar: {BAR}); largest difference of a number {difference:.1e}")
    assert difference < 1e-5


if __name__ == "__main__":
    main()
