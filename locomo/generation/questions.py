"""Questions about a generated conversation, in LoCoMo's five categories.

Each is written from some of the conversation, has evidence that exists, and is checked by a second call, which sees the
evidence alone: it must answer the question, or in category 5 must not. All are marked `generated`: they are never to be
mixed up with what people have annotated.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.generation.dates import MONTHS
from locomo.generation.step import (
    BLANK,
    FEWER_ASKS,
    RefusedError,
    Step,
    Steps,
    answer_schema,
    example,
    some_of,
    text_of,
)
from locomo.generation.words import cut, is_said, one_line
from locomo.schema import Conversation, Question, Session, Turn

ORDER: Final = (4, 2, 1, 3, 5)
"""Categories by turns."""
MULTI_HOP, TEMPORAL, ADVERSARIAL = 1, 2, 5
ROUNDS: Final = 2
"""How often a question is written that its check refuses."""
PLAIN: Final = 2
"""Questions that are made of a turn each, where no other is left."""
EXCERPT: Final = 12
"""Turns of a session that a question is written from."""
QUESTION: Final = (40, 200)
ANSWER: Final = (30, 160)
_TIMES: Final = (*MONTHS, r"\w+day", "week", "weekend", "month", "year", "spring", "summer", "autumn", "winter")
_TIME: Final = re.compile(rf"\d|\b({'|'.join(_TIMES)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some turns of a session."""

    date_time: str
    turns: list[Turn]

    @property
    def ids(self) -> list[str]:
        """Of the turns."""
        return [turn.dia_id for turn in self.turns]


def most_requests(count: int) -> int:
    """Return how many requests so many questions can take."""
    return FEWER_ASKS * (count * ROUNDS * 2 + (PLAIN if count else 0))


async def write(steps: Steps, conversation: Conversation, count: int) -> list[Question]:
    """Return at most so many questions, by turns of the categories; those that no check lets pass are left out."""
    found: list[Question] = []
    categories = [each for each in ORDER if each != MULTI_HOP or len(conversation.sessions) > 1]
    for number in range(1, count + 1):
        category = categories[(number - 1) % len(categories)]
        taken = {question.question.casefold() for question in found}
        for round_ in range(1, ROUNDS + 1):
            name = f"question-{number:02d}/{round_}"
            question = await _write(steps, name, conversation, category, taken)
            if question is not None and await _holds(steps, name, conversation, question):
                found.append(question)
                break
    if count and not found:
        plain = [_plain(conversation, category, steps.pick(f"plain-{category}")) for category in (4, TEMPORAL)]
        found = [each for each in plain if await _holds(steps, f"plain-{each.category}", conversation, each)]
    return found


def _plain(conversation: Conversation, category: int, pick: random.Random) -> Question:
    """Return a question that any turn answers, for conversations about which a model has no better one."""
    session = pick.choice(conversation.sessions)
    turn = pick.choice(session.turns)
    who, when = turn.speaker, session.date
    question, answer = (
        (f'When did {who} say "{turn.text}"?', when)
        if category == TEMPORAL
        else (f"What did {who} say on {when}?", turn.text)
    )
    return Question.model_validate(
        {"question": question, "answer": answer, "evidence": [turn.dia_id], "category": category, "generated": True}
    )


def _excerpts(conversation: Conversation, category: int, pick: random.Random) -> list[Excerpt]:
    many = 2 if category == MULTI_HOP else 1
    sessions = sorted(pick.sample(conversation.sessions, many), key=lambda session: session.number)
    return [_excerpt(session, EXCERPT // many, pick) for session in sessions]


def _excerpt(session: Session, most: int, pick: random.Random) -> Excerpt:
    first = pick.randint(0, max(0, len(session.turns) - most))
    return Excerpt(session.date_time, session.turns[first : first + most])


async def _write(
    steps: Steps, name: str, conversation: Conversation, category: int, taken: set[str]
) -> Question | None:
    fill = steps.prompts.fill
    excerpts = _excerpts(conversation, category, steps.pick(name))
    names = (conversation.speaker_a, conversation.speaker_b)
    schema = {"question": text_of(QUESTION[1]), "answer": text_of(ANSWER[1])}
    if category == MULTI_HOP:
        schema |= {
            f"evidence_{place}": {"type": "string", "enum": excerpt.ids}
            for place, excerpt in enumerate(excerpts, start=1)
        }
        cited_in_example: dict[str, Any] = {
            f"evidence_{place}": excerpt.ids[0] for place, excerpt in enumerate(excerpts, start=1)
        }
    else:
        schema["evidence"] = some_of(excerpts[0].ids, most=2)
        cited_in_example = {"evidence": excerpts[0].ids[:1]}

    def read(value: Any, last: bool) -> Question:
        question, answer = cut(one_line(value["question"]), *QUESTION), cut(one_line(value["answer"]), *ANSWER)
        if category == MULTI_HOP:
            cited = [[one_line(value["evidence_1"])], [one_line(value["evidence_2"])]]
        else:
            cited = [[one_line(each) for each in value["evidence"]]]
        for ids, excerpt in zip(cited, excerpts, strict=True):
            if not ids or not set(ids) <= set(excerpt.ids):
                raise RefusedError(f"the evidence must be among {', '.join(excerpt.ids)}")
        if not is_said(question) or not is_said(answer) or BLANK in question:
            raise RefusedError("question or answer is empty")
        if not any(name.casefold() in question.casefold() for name in names):
            raise RefusedError(f"the question names neither {names[0]} nor {names[1]}")
        if question.casefold() in taken:
            raise RefusedError("this question was asked before")
        if category == TEMPORAL and not _TIME.search(answer):
            raise RefusedError("the answer says no time")
        evidence = list(dict.fromkeys(each for ids in cited for each in ids))
        gold = {"adversarial_answer": answer} if category == ADVERSARIAL else {"answer": answer}
        return Question.model_validate(
            {"question": question, **gold, "evidence": evidence, "category": category, "generated": True}
        )

    return await steps.ask(
        Step(
            name=name,
            system=fill("question_system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b),
            user=fill(
                "question",
                excerpts="\n\n".join(_shown(steps, excerpt) for excerpt in excerpts),
                task=fill(f"question_{category}"),
                example=example(
                    question=f"What did {excerpts[0].turns[0].speaker} {BLANK}?", answer=BLANK, **cited_in_example
                ),
            ),
            schema=answer_schema(**schema),
            read=read,
            max_tokens=400,
        ),
        asks=FEWER_ASKS,
    )


async def _holds(steps: Steps, name: str, conversation: Conversation, question: Question) -> bool:
    """Whether the evidence alone answers a question, or in category 5 does not."""
    cited = [
        Excerpt(session.date_time, turns)
        for session in conversation.sessions
        if (turns := [turn for turn in session.turns if turn.dia_id in question.evidence])
    ]

    def read(value: Any, last: bool) -> bool:
        return bool(value["answerable"])

    answerable = await steps.ask(
        Step(
            name=f"{name}-check",
            system=steps.prompts.fill("check_system"),
            user=steps.prompts.fill(
                "check",
                excerpts="\n\n".join(_shown(steps, excerpt) for excerpt in cited),
                question=question.question,
                example=f"{example(answerable=True, answer=BLANK)} or {example(answerable=False, answer='')}",
            ),
            schema=answer_schema(answerable={"type": "boolean"}, answer=text_of(ANSWER[1], least=0)),
            read=read,
            max_tokens=250,
            temperature=0.0,
        ),
        asks=FEWER_ASKS,
    )
    return answerable is not None and answerable != (question.category == ADVERSARIAL)


def _shown(steps: Steps, excerpt: Excerpt) -> str:
    lines: Sequence[str] = [
        steps.prompts.fill("numbered_line", dia_id=turn.dia_id, speaker=turn.speaker, text=turn.text_with_caption)
        for turn in excerpt.turns
    ]
    return steps.prompts.fill("excerpt", date_time=excerpt.date_time, transcript="\n".join(lines))
