"""From answers to scores, one a question, every question exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation, Question, Score
from locomo.scoring.answers import Answer
from locomo.scoring.f1 import answer_score, gold_text
from locomo.scoring.overlap import bertscore, rouge
from locomo.scoring.recall import evidence_recall

PROTOCOLS = ("paper",)


def check_protocol(name: str) -> str:
    """Return the name of a scoring protocol; InputError for an unknown one."""
    if name not in PROTOCOLS:
        raise InputError(f"protocol '{name}': expected {' or '.join(PROTOCOLS)}{did_you_mean(name, PROTOCOLS)}")
    return name


def score_answers(
    conversations: Sequence[Conversation], answers: Sequence[Answer], *, where: str, bertscore_model: str | None = None
) -> list[Score]:
    """Score the answers of one or more configurations; rows come by configuration, then in the dataset's order.

    A failed call scores 0 and keeps its `error`. InputError, starting with `where`, if an answer is for a question
    that the dataset lacks, if a question is answered twice in a configuration, or if one has no answer.
    """
    questions = {c.question_id(i): question for c in conversations for i, question in enumerate(c.questions)}
    samples = {c.sample_id for c in conversations}
    by_configuration: dict[str, dict[str, Answer]] = {}
    for answer in answers:
        if answer.id not in questions:
            sample = answer.id.rpartition(":")[0]
            what = f"question '{answer.id}'" if sample in samples else f"sample '{sample}' (of '{answer.id}')"
            raise InputError(f"{where}: {what} is not in the dataset")
        given = by_configuration.setdefault(answer.configuration, {})
        if answer.id in given:
            raise InputError(f"{where}: question '{answer.id}' is answered twice in '{answer.configuration}'")
        given[answer.id] = answer
    scores = []
    for configuration, given in by_configuration.items():
        missing = [question_id for question_id in questions if question_id not in given]
        if missing:
            raise InputError(
                f"{where}: {len(missing)} of {len(questions)} questions have no prediction in '{configuration}',"
                f" the first is '{missing[0]}'"
            )
        scores += [_score(question, given[question_id]) for question_id, question in questions.items()]
    return _with_overlap(scores, questions, by_configuration, bertscore_model)


def _score(question: Question, answer: Answer) -> Score:
    return Score(
        id=answer.id,
        configuration=answer.configuration,
        category=question.category,
        f1=0.0 if answer.error or answer.text is None else answer_score(question, answer.text),
        recall=1.0 if answer.context_ids is None else evidence_recall(question.evidence, answer.context_ids),
        has_evidence=bool(question.evidence),
        has_context=answer.context_ids is not None,
        error=answer.error,
    )


def _with_overlap(
    scores: list[Score],
    questions: dict[str, Question],
    answers: dict[str, dict[str, Answer]],
    bertscore_model: str | None,
) -> list[Score]:
    """Add ROUGE and BERTScore to the scores of questions that have a gold answer."""
    with_gold: list[tuple[int, tuple[str, str]]] = []
    for i, score in enumerate(scores):
        gold = gold_text(questions[score.id])
        if gold is not None:
            with_gold.append((i, (answers[score.configuration][score.id].text or "", gold)))
    pairs = [pair for _, pair in with_gold]
    overlap = rouge(pairs)
    if bertscore_model is not None:
        for values, value in zip(overlap, bertscore(pairs, bertscore_model), strict=True):
            values["bertscore_f1"] = value
    scored = list(scores)
    for (i, _), values in zip(with_gold, overlap, strict=True):
        scored[i] = scores[i].model_copy(update=values)
    return scored
