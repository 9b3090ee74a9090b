"""How small a difference can be found, and how often one of a given size is: before a run, and of one that is there.

Sources: Miller 2024 (arXiv 2411.00640, section 5); Bloom 1995, "Minimum Detectable Effects".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from locomo.scoring.statistics.clustered import quantile

POWER: Final = 0.8
"""The share of pairs of runs in which a difference that counts as detectable is found."""


def detectable(se: float, conversations: int) -> float | None:
    """Return the smallest true difference that is found in 80 of 100 pairs of runs, by the clustered standard error.

    (t(0.975, G−1) + t(0.8, G−1)) · se. None with one conversation.
    """
    if conversations < 2:
        return None
    from scipy.special import stdtrit

    return (quantile(conversations - 1) + float(stdtrit(conversations - 1, POWER))) * se


def power(difference: float, se: float, conversations: int) -> float:
    """Return the share of pairs of runs in which a true difference is found, by a two-sided t-test at 0.05."""
    from scipy.special import nctdtr

    freedom = conversations - 1
    edge, shift = quantile(freedom), abs(difference) / se
    return float(1 - nctdtr(freedom, shift, edge) + nctdtr(freedom, shift, -edge))


@dataclass(frozen=True, slots=True)
class Plan:
    """What two runs are expected to differ by, in the metric's own unit."""

    question_sd: float
    """Of a question's true difference between the systems, around their mean difference."""
    answer_sd: float
    """Of one answer's score when the same question is asked anew."""
    conversation_sd: float
    """Of the mean difference between conversations."""

    def se(self, sizes: Sequence[int], repeats: int) -> float:
        """Return the standard error of the mean difference over conversations of so many questions.

        Repeats take answers' own noise away (both runs have it), and nothing else. Larger conversations weigh more.
        """
        n = sum(sizes)
        questions = (self.question_sd**2 + 2 * self.answer_sd**2 / repeats) / n
        conversations = self.conversation_sd**2 * sum(size**2 for size in sizes) / n**2
        return float((questions + conversations) ** 0.5)
