"""From answers to scores, one a question, every question exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any, Final

from locomo.errors import InputError
from locomo.schema import Conversation, Question, Score, category_name
from locomo.scoring.answers import Answer
from locomo.scoring.evidence import repaired
from locomo.scoring.f1 import gold_text
from locomo.scoring.overlap import overlap
from locomo.scoring.protocol import PROTOCOLS, ScoringProtocol
from locomo.scoring.recall import evidence_recall
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import one_sided_list_f1

_RETRIEVED: Final = "rag_"
"""What configurations begin with whose contexts were found. If none of their rows names a turn, the system does not."""
Turns = dict[str, frozenset[str]]


def score_answers(
    conversations: Sequence[Conversation],
    answers: Sequence[Answer],
    *,
    where: str,
    bertscore_model: str | None = None,
    protocol: ScoringProtocol = PROTOCOLS["paper"],
) -> list[Score]:
    """Score the answers of one or more configurations; rows come by configuration, then in the dataset's order.

    Questions of other categories than the protocol's are left out. A failed call scores 0 and keeps its `error`. Where
    a question was put in both orders of its options, its score is the mean of the two.

    InputError, starting with `where`, if an answer is for a question that the dataset lacks, if a question is answered
    twice in a configuration, or if one has no answer.
    """
    questions = {c.question_id(i): question for c in conversations for i, question in enumerate(c.questions)}
    turns = {c.sample_id: frozenset(turn.dia_id for turn in c.turns) for c in conversations}
    by_configuration = _by_configuration(answers, questions, turns, where)
    every = {c.question_id(i): question for c in conversations for i, question in c.chosen(protocol.categories)}
    counts: list[tuple[Question, Sequence[Answer], bool]] = []
    for configuration, given in by_configuration.items():
        answered = {questions[question_id].category for question_id in given}
        left_out = {category for category in protocol.optional if category not in answered}
        counted = {name: question for name, question in every.items() if question.category not in left_out}
        if missing := [question_id for question_id in counted if question_id not in given]:
            raise InputError(
                f"{where}: {len(missing)} of {len(counted)} questions have no prediction in '{configuration}',"
                f" the first is '{missing[0]}'{_cure(missing, counted)}"
            )
        names_turns = not configuration.startswith(_RETRIEVED) or any(a[0].context_ids for a in given.values())
        counts += [(question, given[question_id], names_turns) for question_id, question in counted.items()]
    pairs = [(a[0].text or "", gold) for question, a, _ in counts if (gold := gold_text(question)) is not None]
    overlaps = iter(overlap(pairs, bertscore_model))
    return [
        _score(
            question,
            given,
            protocol,
            turns[given[0].id.rpartition(":")[0]],
            has_context=names_turns and given[0].context_ids is not None,
            overlaps={} if gold_text(question) is None else next(overlaps),
        )
        for question, given, names_turns in counts
    ]


def _cure(missing: Sequence[str], counted: Mapping[str, Question]) -> str:
    """Return how to score the answers that are there, if all to some categories are missing."""
    absent = {counted[name].category for name in missing}
    present = {question.category for question in counted.values()} - absent
    if not present or len(missing) != sum(question.category in absent for question in counted.values()):
        return ""
    by_name = ", ".join(category_name(category) for category in sorted(absent))
    return f": all of {by_name}; score the others with --categories {','.join(map(str, sorted(present)))}"


def _by_configuration(
    answers: Sequence[Answer], questions: Collection[str], samples: Collection[str], where: str
) -> dict[str, dict[str, list[Answer]]]:
    """Return {configuration: {id: the answers to it, one an order of its options}}."""
    found: dict[str, dict[str, list[Answer]]] = {}
    for answer in answers:
        if answer.id not in questions:
            sample = answer.id.rpartition(":")[0]
            what = f"question '{answer.id}'" if sample in samples else f"sample '{sample}' (of '{answer.id}')"
            raise InputError(f"{where}: {what} is not in the dataset")
        given = found.setdefault(answer.configuration, {}).setdefault(answer.id, [])
        if any(other.order == answer.order for other in given):
            raise InputError(f"{where}: question '{answer.id}' is answered twice in '{answer.configuration}'")
        given.append(answer)
    return found


def _score(
    question: Question,
    answers: Sequence[Answer],
    protocol: ScoringProtocol,
    turns: Collection[str],
    *,
    has_context: bool,
    overlaps: Mapping[str, Any],
) -> Score:
    first = answers[0]
    text = first.text or ""
    evidence = _evidence(question, protocol, turns)
    f1, recall = answer_and_recall(question, answers, protocol, turns)
    choices = [answer.choice for answer in answers if answer.choice is not None]
    with_gold = gold_text(question)
    return Score(
        id=first.id,
        configuration=first.configuration,
        category=question.category,
        f1=f1,
        recall=recall,
        has_evidence=bool(evidence),
        has_context=has_context,
        f1_one_sided=one_sided_list_f1(text, with_gold, question.question)
        if protocol.strict and question.kind.compared == "list" and with_gold is not None
        else None,
        refusal=None if with_gold is None else float(refuses(text) and not refuses(with_gold)),
        unparsable=fmean(choice.taken is None for choice in choices) if choices else None,
        error=next((answer.error for answer in answers if answer.error is not None), None),
        **overlaps,
    )


def answer_and_recall(
    question: Question, answers: Sequence[Answer], protocol: ScoringProtocol, turns: Collection[str]
) -> tuple[float | None, float | None]:
    """Return the protocol's score of the answers to one question, and the recall of its evidence.

    `turns` are the ids of the conversation's turns. The score is None where a judge alone can give one; recall is None
    where the protocol leaves the question out.
    """
    shown = answers[0].context_ids
    evidence = _evidence(question, protocol, turns)
    recall: float | None = 1.0
    if not evidence and (protocol.strict or question.kind.cites_nothing):
        recall = None
    elif shown is not None:
        recall = evidence_recall(evidence, shown)
    earned = [score for answer in answers if (score := scored(question, answer, protocol)) is not None]
    return fmean(earned) if earned else None, recall


def _evidence(question: Question, protocol: ScoringProtocol, turns: Collection[str]) -> Sequence[str]:
    return repaired(question.evidence, turns).ids if protocol.strict else question.evidence


def scored(question: Question, answer: Answer, protocol: ScoringProtocol) -> float | None:
    """Return the protocol's score in [0, 1] of one answer; 0 for a failed call, None where a judge alone can score."""
    if question.kind.compared is None:
        return None
    if answer.error or answer.text is None:
        return 0.0
    if answer.choice is not None:
        return float(answer.choice.taken == answer.choice.refusal)
    return protocol.answer_score(question, answer.text)
