"""How well the similarity of sentences tells whether they report the same event, on labelled pairs.

    python benchmarks/event_matching.py [PAIRS]

Pairs are JSON lines with `one`, `other`, `same` and `half`. The threshold that earns the best F1 on the half `tuning`
is chosen; precision and recall on the half `unseen` are reported, for the threshold of the product too. Then the share
of sentences that the transcripts of the sample support: of its own events, and of another conversation's, told of the
speakers of this one.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np

from locomo.dataset import read_conversations
from locomo.dataset.gold_events import gold_events
from locomo.files import read_jsonl
from locomo.retrieval.embedding_store import with_store
from locomo.retrieval.encoder import open_encoder
from locomo.schema import Conversation
from locomo.scoring.events.matching import THRESHOLD
from locomo.scoring.events.score import ENCODER
from locomo.scoring.events.support import THRESHOLD as SUPPORTED
from locomo.scoring.events.support import Support
from locomo.scoring.f1 import multiset_f1, stems

PAIRS = Path("tests/scoring/labelled/event_pairs.jsonl")
SAMPLE = Path("data/raw/sample.json")
WEIGHTS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Of the cosine; the rest is the F1 of the stems."""
OURS = 1.0


STOP = re.compile(
    r"an?|and|are|as|at|be|been|before|by|for|from|ha[ds]|have|he|hers?|his|in|into|is|its?|off?|on|or|out|she|that|"
    r"their|the|they|to|up|was|were|which|who|with|after",
    re.IGNORECASE,
)
CLOSE = 0.5
"""Cosine from which on what differs between two sentences is looked at."""


def rest_of(one: str, other: str) -> str:
    """Return the words of a sentence that another one lacks, without those that say nothing."""
    known = set(stems(other))
    words = re.findall(r"[A-Za-z']+", one)
    return " ".join(w for w in words if not STOP.fullmatch(w) and not set(stems(w)) & known)


def precision_recall(similarity: Any, same: Any, threshold: float) -> tuple[float, float]:
    """Return how many pairs above a threshold are the same, and how many that are the same are above it."""
    above = similarity >= threshold
    hits = int((above & same).sum())
    return hits / max(1, int(above.sum())), hits / max(1, int(same.sum()))


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def main() -> None:
    """Print a row for each weight of the embedding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="?", type=Path, default=PAIRS)
    parser.add_argument("--data", type=Path, default=SAMPLE)
    options = parser.parse_args()
    rows = [row for _, row in read_jsonl(options.pairs)]
    encoder = with_store(open_encoder(ENCODER))

    def encode(texts: Any) -> Any:
        return encoder.encode(list(texts), side="passage")

    cosine = (encode(row["one"] for row in rows) * encode(row["other"] for row in rows)).sum(axis=1)
    words = np.array([multiset_f1(row["one"], row["other"]) for row in rows])
    same = np.array([row["same"] for row in rows])
    tuning = np.array([row["half"] == "tuning" for row in rows])
    print(f"{len(rows)} pairs, {same.sum()} of them the same; {tuning.sum()} to tune on")
    print("weight of the embedding  threshold  tuning P R F1  unseen P R F1")
    for weight in WEIGHTS:
        similarity = weight * cosine + (1 - weight) * words
        grid = [round(0.01 * step, 2) for step in range(20, 90)]
        chosen = max(grid, key=lambda t: f1(*precision_recall(similarity[tuning], same[tuning], t)))
        report(weight, chosen, similarity, same, tuning)
        if weight == OURS and chosen != THRESHOLD:
            report(weight, THRESHOLD, similarity, same, tuning)
    rests = [(rest_of(row["one"], row["other"]), rest_of(row["other"], row["one"])) for row in rows]
    beside = (encode(one or "-" for one, _ in rests) * encode(other or "-" for _, other in rests)).sum(axis=1)
    beside = np.where([bool(one and other) for one, other in rests], beside, 1.0)
    similarity = np.where(cosine >= CLOSE, (cosine + beside) / 2, 0.0)
    grid = [round(0.01 * step, 2) for step in range(20, 90)]
    chosen = max(grid, key=lambda t: f1(*precision_recall(similarity[tuning], same[tuning], t)))
    report("half what differs", chosen, similarity, same, tuning)
    conversations = read_conversations(options.data)
    for shift, whose in ((0, "its own"), (1, "another conversation's")):
        found = [
            value
            for place, each in enumerate(conversations)
            for value in Support(each, encode).of(told_of(each, conversations[(place + shift) % len(conversations)]))
        ]
        share = sum(value >= SUPPORTED for value in found) / len(found)
        print(f"supported by a transcript: {100 * share:.1f}% of {len(found)} events of {whose}")


def told_of(here: Conversation, other: Conversation) -> list[str]:
    """Return the events of a conversation with the names of another one's speakers: names alone support nothing."""
    return [
        event.text.replace(other.speaker_a, here.speaker_a).replace(other.speaker_b, here.speaker_b)
        for event in gold_events(other)
    ]


def report(weight: float | str, threshold: float, similarity: Any, same: Any, tuning: Any) -> None:
    """Print precision, recall and F1 on both halves, in percent."""
    parts = []
    for half in (tuning, ~tuning):
        found = precision_recall(similarity[half], same[half], threshold)
        parts.append(" ".join(f"{100 * value:.1f}" for value in (*found, f1(*found))))
    print(f"{weight:<24} {threshold:<10} {parts[0]}  {parts[1]}")


if __name__ == "__main__":
    main()
