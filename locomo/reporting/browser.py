"""What the page's question browser works on: each text once, so that 1,986 questions × 12 configurations stay small."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from locomo.reporting.join import Configuration, JoinedAnswer
from locomo.schema import Conversation, category_name, category_of, declared
from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.tasks.shown_prompts import ShownPrompts

_DIA_ID = re.compile(r"D\d+:\d+")


def browser_data(
    conversations: Sequence[Conversation], answers: Sequence[JoinedAnswer], prompts: ShownPrompts | None = None
) -> dict[str, Any]:
    """Return JSON values: configurations, categories, conversations, questions with their answers, and contexts.

    Questions are made as they are taken, so that one is held at a time; contexts are whole once the last one is.

    With `prompts`, a configuration has its messages, [system, user], and a question the ways in which it is put.

    Answers are arrays [configuration, prediction, raw, f1, recall, context, context length, error, request]. The
    configuration and the context are indexes, the context is the first `context length` ids of its list, `raw` is
    null where it says what the prediction says, `recall` is null where it does not apply, and the request is the
    beginning of its key in the request cache, which has the prompt; null where nobody was asked.
    """
    configurations = sorted({answer.configuration for answer in answers}, key=lambda c: c.order)
    names = [configuration.name for configuration in configurations]
    position = {conversation.sample_id: i for i, conversation in enumerate(conversations)}
    contexts = _Contexts()
    categories = declared(conversation.dataset for conversation in conversations)

    def questions() -> Iterator[dict[str, Any]]:
        for (sample_id, index), group in groupby(answers, lambda answer: (answer.sample_id, answer.index)):
            conversation = conversations[position[sample_id]]
            question = conversation.questions[index]
            asked = list(group)
            # The longest context of a unit goes first: those for a smaller k are then found to be its beginning.
            asked.sort(key=lambda answer: -len(answer.context_ids))
            rows = [_answer(answer, names.index(answer.configuration.name), contexts) for answer in asked]
            yield {
                "id": conversation.question_id(index),
                "conversation": position[sample_id],
                "category": question.category,
                "question": question.question,
                "reference": question.reference,
                "adversarial": question.adversarial_answer,
                **({"rubric": question.rubric} if question.rubric else {}),
                **({"cue": question.cue} if question.cue else {}),
                "evidence": cited(question.evidence),
                "answers": sorted(rows, key=lambda row: row[0]),
                **({} if prompts is None else {"put": prompts.question(question, conversation.question_id(index))}),
            }

    return {
        "configurations": [_configuration(configuration, prompts) for configuration in configurations],
        "categories": {str(category): category_name(category).replace("_", "-") for category in categories},
        "abstention": [category for category in categories if category_of(category).abstention],
        "conversations": [_conversation(conversation) for conversation in conversations],
        "questions": questions(),
        "contexts": contexts.lists,
    }


def _configuration(configuration: Configuration, prompts: ShownPrompts | None) -> dict[str, Any]:
    names = {name: getattr(configuration, name) for name in ("name", "task", "unit", "k")}
    if prompts is None or configuration.name == ALWAYS_REFUSE:
        return names
    around = prompts.around(configuration.task, configuration.unit)
    return names | {"prompt": [around.system, around.user]}


class _Contexts:
    """Lists of context ids, each stored once."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []
        self.places: dict[tuple[str, ...], int] = {}
        self.longest: dict[tuple[str, str | None], int] = {}

    def place(self, question_id: str, unit: str | None, ids: list[str]) -> int:
        """Return the place of a list that begins with `ids`."""
        longest = self.longest.get((question_id, unit))
        if longest is not None and self.lists[longest][: len(ids)] == ids:
            return longest
        place = self.places.setdefault(tuple(ids), len(self.lists))
        if place == len(self.lists):
            self.lists.append(ids)
        self.longest[question_id, unit] = place
        return place


def _answer(answer: JoinedAnswer, configuration: int, contexts: _Contexts) -> list[Any]:
    score, ids = answer.score, answer.context_ids
    return [
        configuration,
        answer.text,
        answer.raw,
        None if score.f1 is None else round(score.f1, 4),
        round(score.recall, 4) if score.recall is not None and score.has_context and score.has_evidence else None,
        contexts.place(score.id, answer.configuration.unit, ids) if ids else None,
        len(ids),
        answer.error,
        answer.request or None,
    ]


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.sample_id,
        "speakers": [conversation.speaker_a, conversation.speaker_b],
        "dates": {str(session.number): session.date_time for session in conversation.sessions},
        "summaries": {str(number): text for number, text in conversation.summaries.items()},
    }


def spoken(conversation: Conversation) -> list[list[str]]:
    """Return the turns of a conversation, [id, speaker, text], which the page reads when it first shows one."""
    return [[turn.dia_id, turn.speaker, turn.text_with_caption] for turn in conversation.turns]


def cited(citations: Sequence[str]) -> list[str]:
    """Return the ids in citations, which the release sometimes runs together ('D8:6; D9:17') or breaks off ('D')."""
    return list(dict.fromkeys(found for citation in citations for found in _DIA_ID.findall(citation) or [citation]))
