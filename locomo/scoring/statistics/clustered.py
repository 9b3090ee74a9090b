"""The mean over questions with its standard error clustered by conversation, and the interval that follows.

Ten conversations are ten clusters: the questions about one share a context, speakers and their evidence, so that a
standard error over 1,986 independent questions would be too small. Sources: Miller 2024, "Adding Error Bars to Evals"
(arXiv 2411.00640, section 2.2); Cameron and Miller 2015, "A Practitioner's Guide to Cluster-Robust Inference", sections
II.B (the estimate) and VI.A and VI.D (few clusters: the factor G/(G−1), and t with G−1 degrees of freedom).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from locomo.scoring.statistics.clusters import Clusters

LEVEL: Final = 0.95
"""Of every interval."""
TINY: Final = 1e-9
"""Means of values in [0, 1] that are nearer than this differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions and how sure it is. One conversation says nothing of others: no error, no interval."""

    mean: float
    se: float | None
    """Standard error, clustered by conversation."""
    low: float | None
    high: float | None
    """The 95% interval; of a mean near 0 or 1 it may reach beyond."""
    p: float | None
    """Two-sided p of the t-test that the mean is 0, with G−1 degrees of freedom: of use for differences."""
    n: int
    conversations: int

    @property
    def half(self) -> float | None:
        """Half of the interval's width."""
        return None if self.high is None else self.high - self.mean

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        if self.low is None or self.high is None or abs(self.mean) < TINY:
            return False
        return self.low > 0 or self.high < 0


def interval_at(found: Estimate, level: float) -> tuple[float | None, float | None]:
    """Return the interval of an estimate at another level of significance than 0.05, such as 0.01."""
    if found.se is None:
        return None, None
    from scipy.special import stdtrit

    half = float(stdtrit(found.conversations - 1, 1 - level / 2)) * found.se
    return found.mean - half, found.mean + half


def estimate(clusters: Clusters) -> Estimate:
    """Return the estimate of at least one question's mean.

    With G conversations of n_g questions each, N in all, whose values x_gi have the mean m:
    se = sqrt(G/(G−1) · Σ_g (Σ_i (x_gi − m))²) / N, the CR1 estimate for a regression on a constant. The interval is
    m ± t(0.975, G−1) · se.
    """
    groups, n = len(clusters.names), int(clusters.counts.sum())
    mean = float(clusters.sums.sum()) / n
    if groups < 2:
        return Estimate(mean, None, None, None, None, n, groups)
    residuals = clusters.sums - mean * clusters.counts
    se = float(np.sqrt(groups / (groups - 1) * np.sum(residuals**2)) / n)
    half = quantile(groups - 1) * se
    return Estimate(mean, se, mean - half, mean + half, _p(mean, se, groups - 1), n, groups)


@cache
def quantile(freedom: int) -> float:
    """Return the 97.5% quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def _p(mean: float, se: float, freedom: int) -> float:
    from scipy.special import stdtr

    if abs(mean) < TINY:
        return 1.0
    return 0.0 if se < TINY else float(2 * stdtr(freedom, -abs(mean) / se))
