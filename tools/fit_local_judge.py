"""Makes locomo/scoring/local_judge/weights.json anew, and prints how far the local judge can be trusted.

python tools/fit_local_judge.py [DATASET]     (data/raw/locomo10.json; some minutes, most of them to embed)

It is fitted on gold answers reworded (right) and on vague, near and other answers (wrong), in forms of this file. Ten
times it is fitted on nine conversations and the two small datasets of the project; the answers planted for the tenth by
`locomo.scoring.planted`, whose forms and synonyms are others, are then judged. The weights that are written are
fitted on all ten.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from locomo.dataset import read_conversations
from locomo.files import pretty_json, read_jsonl, sha256, write_text
from locomo.schema import Claim, Conversation, Question
from locomo.scoring.local_judge.features import ENCODER, FEATURES, features_of
from locomo.scoring.local_judge.judging import WEIGHTS
from locomo.scoring.planted import other_golds, plant, topic_of
from locomo.scoring.rewording import (
    DATE_FORMS,
    SYNONYMS,
    day_of,
    month_of,
    other_numbers,
    reordered,
    respelled_dates,
    synonymous,
)

VERSION: Final = "local-1"
HERE: Final = Path("locomo/scoring/local_judge") / WEIGHTS
LABELLED: Final = Path("tests/scoring/labelled/tuning.jsonl")
"""Answers that were labelled by hand. Those of unseen.jsonl are for measuring alone."""
LABELLED_WEIGHT: Final = 5
"""How many made answers one of them weighs: they are the hard ones, and few."""
ALSO: Final = (Path("data/raw/demo.json"), Path("data/raw/sample.json"))
PENALTY: Final = 1e-3
SEED: Final = 0
THRESHOLD: Final = 0.5
"""Right and wrong answers have the same weight in the fit: it is where both are as likely."""
CURVE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

RIGHT: Final = (
    "{gold}.",
    "It was {gold}.",
    "The answer is {gold}.",
    "They mentioned {gold}.",
    "{topic}: {gold}.",
    "{gold}, as they discussed in an earlier session.",
    "In their conversations it is said to be {gold}, which mattered a lot to them.",
)
VAGUE: Final = (
    "Something about {topic}.",
    "{topic} in general.",
    "It was mentioned at some point.",
    "Possibly {one} or {other}.",
    "Either {gold} or {one}.",
    "A few different things.",
    "They had a good conversation on {topic}, as they often do.",
    "Some kind of thing like {one}, perhaps.",
    "{topic}",
)
VAGUE_TIME: Final = (
    "Recently.",
    "In the past, around the time of {topic}.",
    "Possibly {one} or {other}.",
    "Either {gold} or {one}.",
    "A few weeks before that.",
    "Some time that year.",
)
REFUSALS: Final = ("It is not mentioned.", "There is no information about {topic}.", "I do not know.")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Claims of one conversation with their labels."""

    claims: list[Claim]
    kinds: list[str]

    @property
    def right(self) -> NDArray[np.float64]:
        """1 for the claims that a judge has to accept."""
        return np.array([kind == "right" for kind in self.kinds], dtype=np.float64)


def labelled(conversation: Conversation) -> Labelled:
    """Return right and wrong answers to every question with a gold answer."""
    pick = random.Random(f"{SEED}:{conversation.sample_id}")  # noqa: S311  (nothing secret)
    claims, kinds = [], []
    for index, question in enumerate(conversation.questions):
        if question.kind.judged != "gold":
            continue
        for text, kind in _answers(conversation, index, question, pick):
            claims.append(Claim(question.question.strip(), question.reference or "", text))
            kinds.append(kind)
    return Labelled(claims, kinds)


def _answers(
    conversation: Conversation, index: int, question: Question, pick: random.Random
) -> Iterator[tuple[str, str]]:
    gold, topic = (question.reference or "").rstrip("."), topic_of(question.question)
    others = other_golds(conversation, index)
    one, other = pick.sample(others, 2) if len(others) > 1 else (topic, "that")

    def framed(text: str) -> str:
        return pick.choice(RIGHT).format(gold=text, topic=topic)

    yield gold, "right"
    yield framed(gold), "right"
    yield framed(synonymous(other_numbers(respelled_dates(gold, pick.choice(DATE_FORMS[:2]))), SYNONYMS[::2])), "right"
    yield framed(reordered(gold)), "right"
    yield _shortened(gold), "right"
    vague = VAGUE_TIME if question.category == 2 else VAGUE
    for form in pick.sample(vague, 3):
        yield form.format(gold=gold, topic=topic, one=one, other=other), "vague"
    yield one, "specific"
    yield framed(other), "specific"
    yield pick.choice(REFUSALS).format(topic=topic), "refusal"
    if (near := _near(gold, pick)) is not None:
        yield framed(near), "near"


def _shortened(gold: str) -> str:
    """Return a gold answer without its small words, as answers in note form are."""
    return re.sub(r"\b(?:a|an|the|her|his|their|some|very|really|was|is|were|are)\s+", "", gold) or gold


def _near(gold: str, pick: random.Random) -> str | None:
    """Return an answer that is nearly the gold one and wrong: another day, month or number, or its denial."""
    if (match := day_of(gold)) is not None:
        day = 1 + (int(match[1]) + pick.randint(1, 20)) % 28
        forms = [f"{day} {match[2]} {match[3]}", match[3], f"some time in {match[3]}"]
        return gold.replace(match[0], pick.choice(forms)) if day != int(match[1]) else None
    if (month := month_of(gold)) is not None:
        return gold.replace(month[0], pick.choice([month[2], f"{'May' if month[1] != 'May' else 'March'} {month[2]}"]))
    if (number := re.search(r"\b\d+\b", gold)) is not None:
        return gold.replace(number[0], str(int(number[0]) + pick.randint(1, 5)))
    return f"not {gold}" if pick.random() < 0.3 else None


def _by_hand() -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the answers with a gold answer that were labelled by hand, as often as they weigh."""
    if not LABELLED.is_file():
        return []
    rows = [row for _, row in read_jsonl(LABELLED) if row.get("gold")]
    claims = [Claim(row["question"], str(row["gold"]), row["answer"]) for row in rows]
    return [(features_of(claims), np.array([float(row["right"]) for row in rows]))] * LABELLED_WEIGHT


def fit(rows: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[dict[str, float], float]:
    """Return weights by feature and the bias: logistic regression, both classes with the same weight in all."""
    spread = rows.std(axis=0)
    spread[spread < 1e-9] = 1.0
    centre = rows.mean(axis=0)
    scaled = (rows - centre) / spread
    share = right.mean()
    weight = np.where(right > 0, 0.5 / share, 0.5 / (1 - share)) / len(right)

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = scaled @ at[:-1] + at[-1]
        value = float((weight * (np.logaddexp(0, logits) - right * logits)).sum() + PENALTY * at[:-1] @ at[:-1])
        slope = weight * (1 / (1 + np.exp(-logits)) - right)
        return value, np.append(scaled.T @ slope + 2 * PENALTY * at[:-1], slope.sum())

    found: Any = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B")
    weights = found.x[:-1] / spread
    bias = float(found.x[-1] - weights @ centre)
    return dict(zip(FEATURES, (round(float(value), 4) for value in weights), strict=True)), round(bias, 4)


def scores(rows: NDArray[np.float64], weights: dict[str, float], bias: float) -> NDArray[np.float64]:
    """Return probabilities."""
    found: NDArray[np.float64] = 1 / (1 + np.exp(-(rows @ np.array([weights[name] for name in FEATURES]) + bias)))
    return found


def main() -> None:
    """Fit, measure, write."""
    dataset = Path(sys.argv[1] if len(sys.argv) > 1 else "data/raw/locomo10.json")
    conversations = read_conversations(dataset)
    also = [conversation for path in ALSO for conversation in read_conversations(path)]
    by_hand = _by_hand()
    lessons, known = [], []
    for conversation in [*conversations, *also]:
        print(f"embedding {conversation.sample_id}", file=sys.stderr, flush=True)
        made = labelled(conversation)
        lessons.append((features_of(made.claims), made.right))
        known.append(made.kinds)
    own, planted_scores, own_kinds, planted_kinds = [], [], [], []
    for number, conversation in enumerate(conversations):
        rest = [lesson for place, lesson in enumerate(lessons) if place != number] + by_hand
        weights, bias = fit(np.vstack([x for x, _ in rest]), np.concatenate([y for _, y in rest]))
        planted = plant([conversation], len(conversation.questions), SEED)
        planted_scores.append(scores(features_of([each.claim for each in planted]), weights, bias))
        planted_kinds += [each.kind for each in planted]
        own.append(scores(lessons[number][0], weights, bias))
        own_kinds += known[number]
    every = lessons + by_hand
    weights, bias = fit(np.vstack([x for x, _ in every]), np.concatenate([y for _, y in every]))
    contents = {
        "version": VERSION,
        "how": {
            "written by": "tools/fit_local_judge.py; not to be edited by hand",
            "dataset_sha256": sha256(dataset),
            "answers": int(sum(len(y) for _, y in lessons)),
            "answers labelled by hand": int(sum(len(y) for _, y in by_hand[:1])),
            "penalty": PENALTY,
            "encoder": ENCODER,
        },
        "accepted of answers to conversations left out": {
            "planted, in forms that were not fitted on": _measured(np.concatenate(planted_scores), planted_kinds),
            "in the forms that were fitted on": _measured(np.concatenate(own), own_kinds),
        },
        "threshold": THRESHOLD,
        "bias": bias,
        "weights": weights,
    }
    write_text(HERE, pretty_json(contents))
    print(json.dumps(contents, indent=1))


def _measured(found: NDArray[np.float64], kinds: Sequence[str]) -> dict[str, Any]:
    """Return how many answers of each kind there are, and which share of them is accepted, by threshold."""
    of = {kind: found[np.array([each == kind for each in kinds])] for kind in dict.fromkeys(kinds)}
    accepted = {
        f"{at:.1f}": {kind: round(float((values >= at).mean()), 4) for kind, values in of.items()} for at in CURVE
    }
    return {"answers": {kind: len(values) for kind, values in of.items()}, "accepted at": accepted}


if __name__ == "__main__":
    main()
