"""BERTScore of every answer: a call each against one batch of ours.

`python benchmarks/bertscore.py [locomo10.json] [--answers 100]`: the questions with a gold answer, the answers being
the golds of neighbouring questions with some words around them (all different, as a model's are). A call an answer is
taken twice, for some of them: as `bert_score.score` has it, which loads the model each time, and with the model kept
loaded.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from locomo.dataset import read_conversations
from locomo.models import embedded
from locomo.scoring.bertscore import bertscore, f1
from locomo.scoring.f1 import gold_text
from locomo.threads import thread_count

BAR = 10
LOADED_EACH_TIME = 3
"""Answers that are scored with a load of the model each."""
ONE_BY_ONE = 200
"""Answers that are scored by a call each, evenly picked."""
CONFIGURATIONS = 12


def pairs_of(path: Path) -> list[tuple[str, str]]:
    """Return (answer, gold) of every question that has a gold answer."""
    golds = [
        gold
        for conversation in read_conversations(path)
        for question in conversation.questions
        if (gold := gold_text(question)) is not None
    ]
    neighbours = enumerate(zip(golds[1:], golds[:-1], strict=True))
    return [(f"She said it was {other}, no. {i}", gold) for i, (other, gold) in neighbours]


def main() -> None:
    """Print a Markdown table with a row a way, and the ratio."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("data/raw/locomo10.json"))
    parser.add_argument("--answers", type=int, help="so many of them, where not all")
    options = parser.parse_args()
    path = options.dataset
    if not path.is_file():
        sys.exit(f"{path}: not here; `locomo datasets add locomo10` fetches it, or give its place")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import bert_score
    import torch

    pairs = pairs_of(path)[: options.answers]
    every = max(1, len(pairs) // ONE_BY_ONE)
    some = pairs[::every]
    known = {"model_type": str(embedded.minilm()), "num_layers": 6}
    torch.set_num_threads(thread_count())
    rows: list[tuple[str, int, float]] = []

    def timed(way: str, count: int, work: Callable[[], list[float]]) -> list[float]:
        started = time.perf_counter()
        found = work()
        rows.append((way, count, time.perf_counter() - started))
        return found

    def one_by_one(chosen: list[tuple[str, str]], score: Callable[[str, str], tuple[float, float]]) -> list[float]:
        return [f1(*score(answer, gold)) for answer, gold in chosen]

    def loading(answer: str, gold: str) -> tuple[float, float]:
        precision, recall, _ = bert_score.score([answer], [gold], **known)
        return float(precision), float(recall)

    def kept() -> list[float]:
        scorer = bert_score.BERTScorer(**known)

        def score(answer: str, gold: str) -> tuple[float, float]:
            precision, recall, _ = scorer.score([answer], [gold])
            return float(precision), float(recall)

        return one_by_one(some, score)

    few = some[:LOADED_EACH_TIME]
    timed("`bert_score.score` an answer", len(few), lambda: one_by_one(few, loading))
    each = timed("`BERTScorer.score` an answer, loaded once", len(some), kept)
    ours = timed("one batch (ours)", len(pairs), lambda: bertscore(pairs, "minilm"))
    grid = [(f"{answer}{'.' * (k % 3)}", gold) for k in range(CONFIGURATIONS) for answer, gold in pairs]
    timed(
        f"{CONFIGURATIONS} configurations, every third with its own answers (ours)",
        len(grid),
        lambda: bertscore(grid, "minilm"),
    )

    rate = rows[1][1] / rows[1][2]
    print(f"{len(pairs):,} answers, {thread_count()} threads, the load of the model included\n")
    print("| way | answers | seconds | answers/s | times |\n|---|---|---|---|---|")
    for way, count, seconds in rows:
        print(f"| {way} | {count:,} | {seconds:.1f} | {count / seconds:,.1f} | {count / seconds / rate:.1f} |")
    difference = max(abs(a - b) for a, b in zip(each, ours[::every], strict=True))
    print(f"\nbar: {BAR} times a call an answer; largest difference of a score {difference:.1e}")
    assert difference < 1e-5


if __name__ == "__main__":
    main()
