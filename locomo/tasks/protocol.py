"""How questions are put: all that changes an answer, under one name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.prompts import Prompts, load
from locomo.schema import CATEGORIES, Choice, Conversation, Letter, Question
from locomo.tasks.options import parse_option

_LONE_LETTER = re.compile(r"\W*([ab])\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Put:
    """One way to put a question: its options by letter (none outside of category 5)."""

    options: dict[Letter, str]
    refusal: Letter | None = None
    """The letter of "not mentioned", where the protocol asks for both orders."""


@dataclass(frozen=True)
class Protocol:
    """The asking half of a protocol (the scoring half is in `locomo.scoring`); docs/protocols.md has the reasons.

    `paper`: sessions in chronological order, the earliest turns dropped when they do not fit, one question a call at
    temperature 0, category 2 asked to use the sessions' dates, category 5 offered as a choice between "not
    mentioned" and the adversarial answer (ACL 2024, section 4.1 and appendix). The others say how they differ.
    """

    name: str
    prompts: Prompts
    temperature: float = 0.0
    stop: tuple[str, ...] = ("\n",)
    """A short phrase is one line; models that would go on talking are cut here."""
    newest_first: bool = False
    """`head`: the newest session first, and the newest ones dropped when they do not fit."""
    both_orders: bool = False
    """`strict`: category 5 is asked once with each order of its options, and read by `parse_option`."""
    categories: tuple[int, ...] = tuple(CATEGORIES)
    """Whose questions are asked."""

    def asked(self, conversation: Conversation) -> list[tuple[int, Question]]:
        """Return the questions of a conversation that are asked, with their indexes."""
        return [
            (index, question)
            for index, question in enumerate(conversation.questions)
            if question.category in self.categories
        ]

    def ways(self, question: Question, question_id: str, seed: int) -> list[Put]:
        """Return each way in which a question is put: once, or in category 5 with the options in both orders."""
        options = self.options(question, question_id, seed)
        if not options or not self.both_orders:
            return [Put(options)]
        one, other = self._choices(question)
        return [Put({"a": one, "b": other}, "a"), Put({"a": other, "b": one}, "b")]

    def options(self, question: Question, question_id: str, seed: int) -> dict[Letter, str]:
        """Return the two choices of a category-5 question by letter, in an order seeded by its id; else nothing."""
        if question.category != 5:
            return {}
        one, other = self._choices(question)
        if hashlib.sha256(f"{seed}:{question_id}".encode()).digest()[0] % 2:
            one, other = other, one
        return {"a": one, "b": other}

    def _choices(self, question: Question) -> tuple[str, str]:
        return self.prompts.templates["not_mentioned"], question.adversarial_answer or question.reference or ""

    def question_text(self, question: Question, options: dict[Letter, str]) -> str:
        """Return the question as it is put to the model."""
        template = f"question_{question.category}"
        if template not in self.prompts.templates:
            template = "question"
        return self.prompts.fill(template, question=question.question.strip(), **options)

    def parse(self, raw: str, options: dict[Letter, str]) -> str:
        """Return the answer in a model's words: its text, or the option whose letter is all that it says."""
        text = raw.strip()
        match = _LONE_LETTER.fullmatch(text)
        if not options or not match:
            return text
        return options["a" if match[1].lower() == "a" else "b"]

    def read(self, raw: str, put: Put) -> tuple[str, Choice | None]:
        """Return the answer in a model's words and, where both orders are asked, which option it takes."""
        if put.refusal is None:
            return self.parse(raw, put.options), None
        taken = parse_option(raw, put.options)
        return raw.strip() if taken is None else put.options[taken], Choice(refusal=put.refusal, taken=taken)


_WITH_GOLD: Final = tuple(category for category in CATEGORIES if category != 5)
_PROMPTS: Final = "paper"
"""All ask in the same words, so that what one has paid for answers the others too, where it is the same request."""


def asking_protocol(name: str) -> Protocol:
    """Return a protocol by name; InputError for an unknown one."""
    prompts = load(_PROMPTS)
    known = {
        protocol.name: protocol
        for protocol in (
            Protocol("paper", prompts),
            Protocol("head", prompts, newest_first=True),
            Protocol("strict", prompts, both_orders=True),
            Protocol("judge", prompts, categories=_WITH_GOLD),
        )
    }
    if name not in known:
        raise InputError(f"protocol '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    return known[name]
