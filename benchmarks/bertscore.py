"""BERTScore of every answer: a call each against one batch of ours.

`python benchmarks/bertscore.py [locomo10.json]`: the questions with a gold answer, the answers being the golds of
neighbouring questions with some words around them (all different, as a model's are). A call an answer is taken twice:
as `bert_score.score` has it, which loads the model each time (extrapolated from a few), and with the model kept loaded.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from locomo import weights
from locomo.dataset import read_conversations
from locomo.machine import thread_count
from locomo.scoring.bertscore import bertscore, f1
from locomo.scoring.f1 import gold_text

BAR = 10
LOADED_EACH_TIME = 5
"""Answers that are scored with a load each; the time of all is extrapolated."""
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

    logging.disable_progress_bar()
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "data/raw/locomo10.json")
    if not path.is_file():
        sys.exit(f"{path}: not here; `dvc pull data/raw/locomo10.json.dvc` fetches it, or give its place")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import bert_score
    import torch

    pairs = pairs_of(path)
    known = {"model_type": str(weights.minilm()), "num_layers": 6}
    torch.set_num_threads(thread_count())
    started = time.perf_counter()
    for answer, gold in pairs[:LOADED_EACH_TIME]:
        bert_score.score([answer], [gold], **known)
    loading = (time.perf_counter() - started) / LOADED_EACH_TIME * len(pairs)

    started = time.perf_counter()
    scorer = bert_score.BERTScorer(**known)
    each = []
    for answer, gold in pairs:
        precision, recall, _ = scorer.score([answer], [gold])
        each.append(f1(float(precision), float(recall)))
    kept = time.perf_counter() - started

    started = time.perf_counter()
    ours = bertscore(pairs, "minilm")
    taken = time.perf_counter() - started

    grid = [(f"{answer}{'.' * (k % 3)}", gold) for k in range(CONFIGURATIONS) for answer, gold in pairs]
    started = time.perf_counter()
    bertscore(grid, "minilm")
    whole = time.perf_counter() - started

    print(f"{len(pairs):,} answers, {thread_count()} threads, load of the model included\n")
    print("| way | seconds | answers/s | times |\n|---|---|---|---|")
    for way, seconds, count in (
        (f"`bert_score.score` an answer (of {LOADED_EACH_TIME}, extrapolated)", loading, len(pairs)),
        ("`BERTScorer.score` an answer, loaded once", kept, len(pairs)),
        ("one batch (ours)", taken, len(pairs)),
        (f"{CONFIGURATIONS} configurations, a third of the answers different (ours)", whole, len(grid)),
    ):
        print(f"| {way} | {seconds:.1f} | {count / seconds:.0f} | {kept / len(pairs) * count / seconds:.1f} |")
    difference = max(abs(a - b) for a, b in zip(each, ours, strict=True))
    print(f"\n{kept / taken:.1f} times a call an answer (bar: {BAR}); largest difference of a score {difference:.1e}")
    assert difference < 1e-5


if __name__ == "__main__":
    main()
