"""Answers to try a judge with: gold answers reworded, those of other questions, and vague ones.

And abstentions and assertions, for questions that the dialogue does not answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from locomo.schema import CATEGORIES, Claim, Conversation, category_of
from locomo.scoring.f1 import multiset_f1
from locomo.scoring.refusal import refuses
from locomo.scoring.rewording import DATE_FORMS, SYNONYMS, other_numbers, reordered, respelled_dates, synonymous
from locomo.scoring.strict import normalised_f1

Kind = Literal["right", "vague", "specific", "abstained", "asserted"]
KINDS: Final[tuple[Kind, ...]] = ("right", "vague", "specific")
"""Of answers to questions with a gold answer."""
ABSTENTION_KINDS: Final[tuple[Kind, ...]] = ("abstained", "asserted")
"""Of answers to questions of category 5."""
TO_ACCEPT: Final = frozenset(("right", "abstained"))
"""The kinds that a judge has to accept; of all others it should accept none."""
ALIKE: Final = 0.3
"""Golds with more F1 than this are too much alike for one to be a wrong answer to the other's question."""
_TEMPORAL: Final = 2
_FRAMES: Final = (
    "{gold}",
    "That would be {gold}.",
    "From what they told each other: {gold}.",
    "According to the chat, {gold}.",
    "{gold}. It came up while they were catching up.",
    "On {topic}: {gold}",
)
_VAGUE: Final = (
    "It was something to do with {one}, or maybe {other}.",
    "They did talk about {topic}, without going into it.",
    "Something along the lines of {topic}, I believe.",
    "Well, {topic} came up more than once between the two.",
)
_VAGUE_TIME: Final = (
    "Some time around {one}, or maybe {other}.",
    "A while before they spoke about {topic}.",
    "Not that long ago, when {topic} came up.",
    "At some point during that year.",
)
_ABSTAINED: Final = (
    "There is nothing about {topic} in what they told each other.",
    "I could not find that anywhere in the conversation.",
    "The dialogue does not say.",
    "They never talk about this.",
    "I don't have any information about that.",
    "Not mentioned.",
    "It isn't stated in the conversation.",
    "No information available on {topic}.",
)
_ASKING: Final = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|why|how|many|much|did|does|do|is|are|was|were|has|have|had|the|a|an|of|"
    r"to|in|on|for|with|at|by|from|her|his|their|she|he|they|it|would|could|can|will|that|be|been|about)\b|'s\b|[?,.!\"]",
    re.IGNORECASE,
)


_WITH_GOLD: Final = tuple(number for number in CATEGORIES if category_of(number).judged == "gold")
_WITHOUT: Final = tuple(number for number in CATEGORIES if category_of(number).abstention)


@dataclass(frozen=True, slots=True)
class Planted:
    """An answer to question `id`: `specific` commits itself to something else than the gold answer, `vague` to nothing,
    `right` to the same; `asserted` gives what the dialogue does not tell, `abstained` says that it does not.
    """

    id: str
    kind: Kind
    claim: Claim


def plant(conversations: Sequence[Conversation], count: int, seed: int) -> list[Planted]:
    """Return a right, a vague and a specific answer to each of `count` questions, picked by `seed` from
    categories with gold answers.

    A specific one is the gold of another question of the same conversation and category; a vague one hedges between two
    such golds, or says again what the question is about. Questions without two golds that are unlike theirs are passed
    over.
    """
    found: list[Planted] = []
    pick, candidates = _candidates(conversations, _WITH_GOLD, seed)
    for conversation, index in candidates:
        if len(found) >= len(KINDS) * count:
            break
        question, others = conversation.questions[index], other_golds(conversation, index)
        if len(others) < 2:
            continue
        gold, topic = question.reference or "", topic_of(question.question)
        one, other = pick.sample(others, 2)
        frame, vague = pick.choice(_FRAMES), pick.choice(_VAGUE_TIME if question.category == _TEMPORAL else _VAGUE)
        texts: dict[Kind, str] = {
            "right": frame.format(gold=_reworded(gold, pick).rstrip("."), topic=topic),
            "vague": vague.format(one=one, other=other, topic=topic),
            "specific": frame.format(gold=one.rstrip("."), topic=topic),
        }
        name, asked = conversation.question_id(index), question.question.strip()
        found += [Planted(name, kind, Claim(asked, gold, text)) for kind, text in texts.items()]
    return found


def plant_abstentions(conversations: Sequence[Conversation], count: int, seed: int) -> list[Planted]:
    """Return an abstention and an assertion (the trap that was laid) to each of `count` questions of category 5."""
    found: list[Planted] = []
    pick, candidates = _candidates(conversations, _WITHOUT, seed)
    for conversation, index in candidates:
        question = conversation.questions[index]
        if len(found) >= len(ABSTENTION_KINDS) * count:
            break
        if not question.adversarial_answer or refuses(question.adversarial_answer):
            continue
        topic, frame = topic_of(question.question), pick.choice(_FRAMES)
        texts: dict[Kind, str] = {
            "abstained": pick.choice(_ABSTAINED).format(topic=topic),
            "asserted": frame.format(gold=question.adversarial_answer.rstrip("."), topic=topic),
        }
        name, asked = conversation.question_id(index), question.question.strip()
        found += [Planted(name, kind, Claim(asked, None, text)) for kind, text in texts.items()]
    return found


def topic_of(question: str) -> str:
    """Return what a question is about: its words without those that ask."""
    return " ".join(_ASKING.sub(" ", question).split()) or "that"


def other_golds(conversation: Conversation, index: int) -> list[str]:
    """Return the different golds of the questions of the same category that say something else."""
    question = conversation.questions[index]
    gold = question.reference or ""
    golds = dict.fromkeys(
        other.reference
        for place, other in enumerate(conversation.questions)
        if place != index and other.category == question.category and other.reference
    )
    return [
        other
        for other in golds
        if not refuses(other) and max(normalised_f1(other, gold), multiset_f1(other, gold)) <= ALIKE
    ]


def _candidates(
    conversations: Sequence[Conversation], categories: Sequence[int], seed: int
) -> tuple[random.Random, list[tuple[Conversation, int]]]:
    pick = random.Random(seed)  # noqa: S311  (nothing secret)
    found = [
        (conversation, index)
        for conversation in conversations
        for index, question in enumerate(conversation.questions)
        if question.category in categories
    ]
    pick.shuffle(found)
    return pick, found


def _reworded(gold: str, pick: random.Random) -> str:
    """Return a gold answer in another spelling, with other words for some of its own, and a list in another order."""
    text = respelled_dates(gold, pick.choice(DATE_FORMS[2:]))
    text = synonymous(other_numbers(text), SYNONYMS[1::2])
    return reordered(text, " and ") if pick.random() < 0.5 else text
