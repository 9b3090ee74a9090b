"""How questions are put: all that changes an answer, under one name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from locomo.errors import InputError, did_you_mean
from locomo.prompts import Prompts, load
from locomo.schema import Question

_OPTION = re.compile(r"\W*([ab])\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Protocol:
    """The asking half of a protocol (the scoring half is in `locomo.scoring`).

    `paper`: sessions in chronological order, the earliest turns dropped when they do not fit, one question a call at
    temperature 0, category 2 asked to use the sessions' dates, category 5 offered as a choice between "not
    mentioned" and the adversarial answer (ACL 2024, section 4.1 and appendix).
    """

    name: str
    prompts: Prompts
    temperature: float = 0.0
    stop: tuple[str, ...] = ("\n",)
    """A short phrase is one line; models that would go on talking are cut here."""

    def options(self, question: Question, question_id: str, seed: int) -> dict[str, str]:
        """Return the two choices of a category-5 question by letter, in an order seeded by its id; else nothing."""
        if question.category != 5:
            return {}
        other = question.adversarial_answer or question.reference or ""
        pair = [self.prompts.templates["not_mentioned"], other]
        if hashlib.sha256(f"{seed}:{question_id}".encode()).digest()[0] % 2:
            pair.reverse()
        return dict(zip("ab", pair, strict=True))

    def question_text(self, question: Question, options: dict[str, str]) -> str:
        """Return the question as it is put to the model."""
        template = f"question_{question.category}"
        if template not in self.prompts.templates:
            template = "question"
        return self.prompts.fill(template, question=question.question.strip(), **options)

    def parse(self, raw: str, options: dict[str, str]) -> str:
        """Return the answer in a model's words: its text, or the option whose letter is all that it says."""
        text = raw.strip()
        match = _OPTION.fullmatch(text)
        return options[match[1].lower()] if options and match else text


def asking_protocol(name: str) -> Protocol:
    """Return a protocol by name; InputError for an unknown one."""
    known = ("paper",)
    if name not in known:
        raise InputError(f"protocol '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    return Protocol(name, load(name))
