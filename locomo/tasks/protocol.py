"""How questions are put: all that changes an answer, under one name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.prompts import Prompts, load
from locomo.prompts.own import read_own
from locomo.schema import CATEGORIES, Choice, Conversation, Letter, Question
from locomo.tasks.options import parse_option
from locomo.tasks.reading import Reading, as_it_is, of_services, reading_of


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
    reading: Reading = of_services
    """How an answer is read that was asked once."""
    choice: bool = True
    """Whether category 5 offers options; `judge` asks it like any other question: a model has to abstain by itself."""
    final: Callable[[str], str] | None = None
    """What finds the answer in a longer text, before it is read."""
    categories: tuple[int, ...] = tuple(CATEGORIES)
    """Whose questions are asked."""

    def asked(self, conversation: Conversation) -> list[tuple[int, Question]]:
        """Return the questions of a conversation that are asked, with their indexes."""
        return conversation.chosen(self.categories)

    def ways(self, question: Question, question_id: str, seed: int) -> list[Put]:
        """Return each way in which a question is put: once, or in category 5 with the options in both orders."""
        options = self.options(question, question_id, seed)
        if not options or not self.both_orders:
            return [Put(options)]
        one, other = self._choices(question)
        return [Put({"a": one, "b": other}, "a"), Put({"a": other, "b": one}, "b")]

    def options(self, question: Question, question_id: str, seed: int) -> dict[Letter, str]:
        """Return the two choices of a category-5 question by letter, in an order seeded by its id; else nothing."""
        if not question.kind.options or not self.choice:
            return {}
        one, other = self._choices(question)
        if hashlib.sha256(f"{seed}:{question_id}".encode()).digest()[0] % 2:
            one, other = other, one
        return {"a": one, "b": other}

    def _choices(self, question: Question) -> tuple[str, str]:
        return self.prompts.templates["not_mentioned"], question.adversarial_answer or question.reference or ""

    def question_text(self, question: Question, options: dict[Letter, str]) -> str:
        """Return the question as it is put to the model."""
        template = "question" if question.kind.options and not options else question.kind.template
        text = self.prompts.fill(template, question=question.question.strip(), **options)
        return text if question.date is None else self.prompts.fill("dated", date=question.date, question=text)

    def read(self, raw: str, put: Put) -> tuple[str, Choice | None]:
        """Return the answer in a model's words and, where both orders are asked, which option it takes."""
        raw = raw if self.final is None else self.final(raw)
        if put.refusal is None:
            return self.reading(raw, put.options), None
        taken = parse_option(raw, put.options)
        return raw.strip() if taken is None else put.options[taken], Choice(refusal=put.refusal, taken=taken)


_PROMPTS: Final = "paper"
"""All ask in the same words, so that what one has paid for answers the others too, where it is the same request."""


def asking_protocol(name: str, model: str = "", prompt: str | None = None) -> Protocol:
    """Return a protocol by name, as it reads the answers of a model; InputError for an unknown one.

    `prompt` is the path of a file with prompts of one's own. Where that says how to find the final answer, a model is
    not cut after its first line.
    """
    prompts, reading = load(_PROMPTS), reading_of(model)
    own = None if prompt is None else read_own(Path(prompt).expanduser(), prompts)
    prompts = prompts if own is None else own.prompts
    known = {
        protocol.name: protocol
        for protocol in (
            Protocol("paper", prompts, reading=reading),
            Protocol("head", prompts, newest_first=True, reading=reading),
            Protocol("strict", prompts, both_orders=True, reading=as_it_is),
            Protocol("judge", prompts, choice=False, reading=reading),
        )
    }
    if name not in known:
        raise InputError(f"protocol '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    found = known[name]
    return found if own is None or own.final is None else replace(found, final=own.answer_in, stop=())
