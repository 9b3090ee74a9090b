"""Predictions and their scores as one list of answers, in an order that does not depend on the files'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from locomo.errors import InputError
from locomo.schema import Conversation, Prediction, Score

NO_ANSWER: Final = "–"
KEY_LENGTH: Final = 14
"""Characters of a request's key: twelve digits of its hash tell millions of requests apart."""


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
    """What the report needs of a prediction, which is little of a row, with what it earned."""

    configuration: Configuration
    sample_id: str
    index: int
    text: str | None
    raw: str | None
    """None where it says what the text says."""
    context_ids: list[str]
    request: str
    """The beginning of the request's key."""
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    error: str | None
    """Why the call failed permanently; None where there is an answer."""
    score: Score

    @classmethod
    def of(cls, row: Prediction, configuration: Configuration, score: Score) -> JoinedAnswer:
        """Take it from a row and its score."""
        return cls(
            configuration,
            row.sample_id,
            row.index,
            row.prediction,
            None if row.raw is None or row.raw.strip() == row.prediction else row.raw,
            row.context_ids,
            row.request[:KEY_LENGTH],
            row.usage.input_tokens,
            row.usage.output_tokens,
            row.usage.cost_usd,
            row.error or score.error,
            score,
        )


def join(
    conversations: Sequence[Conversation], predictions: Iterable[Prediction], scores: Iterable[Score]
) -> list[JoinedAnswer]:
    """Join on (id, configuration), in the order of conversations, question indexes and configurations.

    InputError where a row has no partner, occurs twice, or is about a question that is not in the conversations.
    """
    unmatched = _by_key(scores)
    questions = {each.sample_id: len(each.questions) for each in conversations}
    configurations: dict[str, Configuration] = {}
    answers: list[JoinedAnswer] = []
    rows = _both_orders(predictions)
    for row in rows:
        name = row.configuration
        score = unmatched.pop((row.id, name), None)
        if score is None:
            if any((answer.score.id, answer.configuration.name) == (row.id, name) for answer in answers):
                raise _too_often("predictions", row, rows)
            raise _without_partner("scores", row.id, name)
        if not 0 <= row.index < questions.get(row.sample_id, 0):
            raise InputError(f"predictions: question '{row.id}' is not in the conversations that were given")
        configuration = configurations.setdefault(name, Configuration(name, row.task, row.unit, row.k))
        answers.append(JoinedAnswer.of(row, configuration, score))
    for question_id, name in unmatched:
        raise _without_partner("predictions", question_id, name)
    place = {conversation.sample_id: number for number, conversation in enumerate(conversations)}
    return sorted(answers, key=lambda answer: (place[answer.sample_id], answer.index, answer.configuration.order))


def _without_partner(name: str, question_id: str, configuration: str) -> InputError:
    return InputError(
        f"{name}: nothing for question '{question_id}' in '{configuration}'; "
        "score the same predictions that are reported"
    )


def _too_often(name: str, second: Prediction | Score, rest: Iterator[Prediction] | Iterator[Score]) -> InputError:
    """Say how often a question occurs, of which this is the second row, and which the rest may have too."""
    question_id, configuration = key = second.id, second.configuration
    count = 2 + sum((row.id, row.configuration) == key for row in rest)
    return InputError(f"{name}: question '{question_id}' occurs {count} times in '{configuration}', expected once")


def _both_orders(predictions: Iterable[Prediction]) -> Iterator[Prediction]:
    """Make one row of the two answers to a question that was put in both orders of its options (`strict`)."""
    first: dict[tuple[str, str], Prediction] = {}
    for row in predictions:
        key = row.id, row.configuration
        if row.choice is None:
            yield row
        elif (other := first.pop(key, None)) is None:
            first[key] = row
        elif other.choice is not None and other.choice.refusal != row.choice.refusal:
            yield _together(other, row)
        else:
            yield from (other, row)
    yield from first.values()


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


def _by_key(scores: Iterable[Score]) -> dict[tuple[str, str], Score]:
    found: dict[tuple[str, str], Score] = {}
    rest = iter(scores)
    for score in rest:
        key = score.id, score.configuration
        if key in found:
            raise _too_often("scores", score, rest)
        found[key] = score
    return found
