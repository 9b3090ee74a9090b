"""What a configuration earned on average, over all its questions and by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from locomo.reporting.join import Configuration, JoinedAnswer
from locomo.scoring.summary import mean


@dataclass(frozen=True, slots=True)
class Means:
    """Means over `n` answers, in [0, 1]; None where a measure does not apply."""

    n: int
    errors: int
    f1: float | None
    recall: float | None
    """Sum over the questions with cited evidence, divided by all questions."""
    rouge_l: float | None
    bertscore: float | None
    input_tokens: float | None
    """Over the calls that were answered; None where the provider reported none."""

    @classmethod
    def of(cls, answers: Sequence[JoinedAnswer]) -> Means:
        """Return the means of at least one answer."""
        scores = [answer.score for answer in answers]
        tokens = [answer.input_tokens for answer in answers if answer.error is None]
        return cls(
            n=len(answers),
            errors=sum(answer.error is not None for answer in answers),
            f1=mean(scores, "f1"),
            recall=mean(scores, "recall"),
            rouge_l=mean(scores, "rougeL"),
            bertscore=mean(scores, "bertscore_f1"),
            input_tokens=fmean(tokens) if any(tokens) else None,
        )


@dataclass(frozen=True, slots=True)
class ConfigurationResult:
    """The means of one configuration."""

    configuration: Configuration
    overall: Means
    by_category: dict[int, Means]
    error_messages: Counter[str]


def results(answers: Iterable[JoinedAnswer]) -> list[ConfigurationResult]:
    """Return a result for each configuration, in the configurations' order."""
    groups: dict[Configuration, list[JoinedAnswer]] = {}
    for answer in answers:
        groups.setdefault(answer.configuration, []).append(answer)
    return [_result(configuration, groups[configuration]) for configuration in sorted(groups, key=lambda c: c.order)]


def _result(configuration: Configuration, answers: Sequence[JoinedAnswer]) -> ConfigurationResult:
    categories: dict[int, list[JoinedAnswer]] = {}
    for answer in answers:
        categories.setdefault(answer.score.category, []).append(answer)
    return ConfigurationResult(
        configuration,
        Means.of(answers),
        {category: Means.of(group) for category, group in sorted(categories.items())},
        Counter(answer.error for answer in answers if answer.error is not None),
    )
