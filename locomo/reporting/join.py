"""Predictions and their scores as one list of answers, in an order that does not depend on the files'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from locomo.errors import InputError
from locomo.schema import Conversation, Prediction, Score

Row = TypeVar("Row", Prediction, Score)
NO_ANSWER: Final = "–"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What was asked of the model: `qa`, or `rag` with a retrieval unit and k."""

    name: str
    task: str
    unit: str | None
    k: int | None

    @property
    def for_comparison(self) -> bool:
        """Whether it is no system under test, but a floor (no memory) or a ceiling (the evidence itself)."""
        return self.task == "baseline"

    @property
    def order(self) -> tuple[int, str, int, str]:
        """qa first, then rag by unit and growing k, then the baselines."""
        return ("qa", "rag", "baseline").index(self.task), self.unit or "", self.k or 0, self.name


@dataclass(frozen=True, slots=True)
class JoinedAnswer:
    """A prediction with what it earned."""

    configuration: Configuration
    prediction: Prediction
    score: Score

    @property
    def error(self) -> str | None:
        """Why the call failed permanently; None where there is an answer."""
        return self.prediction.error or self.score.error


def join(
    conversations: Sequence[Conversation], predictions: Iterable[Prediction], scores: Iterable[Score]
) -> list[JoinedAnswer]:
    """Join on (id, configuration), in the order of conversations, question indexes and configurations.

    InputError where a row has no partner, occurs twice, or is about a question that is not in the conversations.
    """
    scored = _by_key(scores, "scores")
    predicted = _by_key(_both_orders(predictions), "predictions")
    for one, other, name in ((scored, predicted, "predictions"), (predicted, scored, "scores")):
        for question_id, configuration in one:
            if (question_id, configuration) not in other:
                raise InputError(
                    f"{name}: nothing for question '{question_id}' in '{configuration}'; "
                    "score the same predictions that are reported"
                )
    position = {conversation.sample_id: i for i, conversation in enumerate(conversations)}
    answers = []
    for key, row in predicted.items():
        place = position.get(row.sample_id)
        if place is None or not 0 <= row.index < len(conversations[place].questions):
            raise InputError(f"predictions: question '{row.id}' is not in the conversations that were given")
        answers.append(JoinedAnswer(Configuration(row.configuration, row.task, row.unit, row.k), row, scored[key]))
    return sorted(answers, key=lambda a: (position[a.prediction.sample_id], a.prediction.index, a.configuration.order))


def _both_orders(predictions: Iterable[Prediction]) -> Iterator[Prediction]:
    """Make one row of the two answers to a question that was put in both orders of its options (`strict`)."""
    groups: dict[tuple[str, str], list[Prediction]] = {}
    for row in predictions:
        groups.setdefault((row.id, row.configuration), []).append(row)
    for rows in groups.values():
        orders = {row.choice.refusal for row in rows if row.choice}
        if len(rows) == len(orders) == 2:
            yield _together(*rows)
        else:
            yield from rows


def _together(one: Prediction, other: Prediction) -> Prediction:
    def both(first: str | None, second: str | None) -> str | None:
        return first if first == second else f"{first or NO_ANSWER} / {second or NO_ANSWER}"

    return one.model_copy(
        update={
            "prediction": both(one.prediction, other.prediction),
            "raw": both(one.raw, other.raw),
            "usage": one.usage.plus(other.usage),
            "error": one.error or other.error,
        }
    )


def _by_key(rows: Iterable[Row], name: str) -> dict[tuple[str, str], Row]:
    listed = list(rows)
    found = {(row.id, row.configuration): row for row in listed}
    if len(found) < len(listed):
        (question_id, configuration), count = Counter((r.id, r.configuration) for r in listed).most_common(1)[0]
        raise InputError(f"{name}: question '{question_id}' occurs {count} times in '{configuration}', expected once")
    return found
