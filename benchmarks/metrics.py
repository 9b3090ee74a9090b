"""All metrics but BERTScore on the 1,986 questions of LoCoMo: `python benchmarks/metrics.py [locomo10.json]`.

Answers are pieces of turns, all different, as a model's are. The first row includes the imports that a fresh process
pays for; the last is the paper's grid of twelve configurations. The score stage on such a grid also reads predictions
and writes the report: `python stages/score.py` says itself how long that took.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from locomo.dataset import read_conversations
from locomo.schema import Conversation
from locomo.scoring import Answer, score_answers, scoring_protocol

BAR = 2.0
"""Seconds for one configuration."""


def answers_to(conversations: list[Conversation], configuration: str) -> list[Answer]:
    """Return an answer to each question: the beginning of some turn."""
    pick = random.Random(configuration)  # noqa: S311
    turns = [turn.text.split() for conversation in conversations for turn in conversation.turns]
    return [
        Answer(c.question_id(i), configuration, " ".join(pick.choice(turns)[: pick.randint(1, 12)]), ["D1:1"])
        for c in conversations
        for i in range(len(c.questions))
    ]


def main() -> None:
    """Print a Markdown table with a row a protocol and size."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "data/raw/locomo10.json")
    if not path.is_file():
        sys.exit(f"{path}: not here; `locomo datasets add locomo10` fetches it, or give its place")
    conversations = read_conversations(path)
    print("| protocol | configurations | answers | seconds | CPU seconds |\n|---|---|---|---|---|")
    for protocol, count in (("paper", 1), ("strict", 1), ("paper", 12), ("strict", 12)):
        answers = [answer for n in range(count) for answer in answers_to(conversations, f"{protocol}{count}_{n}")]
        started, used = time.perf_counter(), time.process_time()
        score_answers(conversations, answers, where="benchmark", protocol=scoring_protocol(protocol))
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        print(f"| `{protocol}` | {count} | {len(answers):,} | {seconds:.2f} | {cpu:.2f} |")
    print(f"\nbar: {BAR} s for one configuration")


if __name__ == "__main__":
    main()
