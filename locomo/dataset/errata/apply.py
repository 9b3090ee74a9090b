"""Laying an overlay over conversations in memory, and what scoring wants to know of it."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.dataset.errata.model import Errata, Erratum
from locomo.errors import InputError
from locomo.schema import Conversation, Question


def check(conversations: Sequence[Conversation], errata: Errata) -> None:
    """InputError for the first entry that is not about these conversations, or whose correction does not fit them."""
    by_id = {conversation.sample_id: conversation for conversation in conversations}
    turns = {sample_id: {turn.dia_id for turn in conversation.turns} for sample_id, conversation in by_id.items()}
    for entry in errata.entries:
        where = f"errata {errata.label}, {entry.id}"
        if entry.sample_id not in by_id:
            raise InputError(f"{where}: sample '{entry.sample_id}' is not in the dataset")
        questions = by_id[entry.sample_id].questions
        if entry.index >= len(questions):
            raise InputError(f"{where}: the dataset has only {len(questions)} questions there")
        question = questions[entry.index]
        if not entry.is_about(question):
            raise InputError(
                f"{where}: found the question {question.question!r}, expected the one that was reviewed"
                f" (SHA-256 {entry.question_sha256}…); corrected scores need the dataset as it was released"
            )
        if missing := [dia_id for dia_id in entry.turns if dia_id not in turns[entry.sample_id]]:
            raise InputError(f"{where}: turn '{missing[0]}' is not in the conversation")
        text = str(getattr(question, entry.field))
        if absent := [part for part in entry.replace or {} if part not in text]:
            raise InputError(f"{where}, {entry.field}: found no {absent[0]!r} to replace in {text!r}")


def apply(conversations: Sequence[Conversation], errata: Errata) -> list[Conversation]:
    """Return the conversations with every accepted entry applied; those given stay as they are.

    Questions keep their places, since ids name them: what is left out of scores is told by `left_out`. InputError names
    the first entry that does not fit.
    """
    check(conversations, errata)
    accepted: dict[str, dict[int, list[Erratum]]] = {}
    for entry in errata.of("accepted"):
        accepted.setdefault(entry.sample_id, {}).setdefault(entry.index, []).append(entry)
    return [
        conversation.model_copy(
            update={
                "questions": [
                    _corrected(question, accepted.get(conversation.sample_id, {}).get(index, []))
                    for index, question in enumerate(conversation.questions)
                ]
            }
        )
        for conversation in conversations
    ]


def _corrected(question: Question, entries: Sequence[Erratum]) -> Question:
    if not entries:
        return question
    changed = {entry.field: entry.value(question) for entry in entries}
    return Question.model_validate(question.model_dump(exclude_unset=True) | changed)


def unanswerable(errata: Errata) -> set[str]:
    """Return the ids of questions whose gold no reader of the conversation can rightly give.

    Adversarial questions that the conversation answers are among them: their gold is that there is no answer.
    """
    return {entry.id for entry in errata.of("excluded") if entry.field != "evidence"}


def left_out(errata: Errata) -> dict[str, str]:
    """Return {id: kind} of the questions that corrected scores leave out: what cannot be repaired, and repetitions."""
    return {
        entry.id: entry.kind
        for entry in errata.entries
        if entry.status == "duplicate" or (entry.status == "excluded" and entry.field != "evidence")
    }


def without_evidence(errata: Errata) -> set[str]:
    """Return the ids of questions for which no turns can be cited; recall leaves them out."""
    return {entry.id for entry in errata.of("excluded") if entry.field == "evidence"}


def repaired_evidence(conversations: Sequence[Conversation], errata: Errata | None) -> dict[str, list[str]]:
    """Return {id: turn ids} of every question that recall can count, with the accepted repairs.

    Without what corrected scores leave out, and without questions that have no evidence. No errata: as released.
    """
    corrected = conversations if errata is None else apply(conversations, errata)
    out = set() if errata is None else {*left_out(errata), *without_evidence(errata)}
    return {
        question_id: question.evidence
        for conversation in corrected
        for index, question in enumerate(conversation.questions)
        if (question_id := conversation.question_id(index)) not in out and question.evidence
    }
