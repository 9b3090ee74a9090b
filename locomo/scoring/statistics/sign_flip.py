"""The sign-flip permutation test of paired differences, over whole conversations."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from locomo.scoring.statistics.clusters import Clusters

EXACT: Final = 16
"""Conversations up to which all 2^G signs are tried."""
DRAWS: Final = 99_999
"""Random signs beyond that."""
TINY: Final = 1e-9


def sign_flip(differences: Clusters, *, seed: int = 0) -> float:
    """Return the two-sided p that the mean difference is 0.

    If neither run is better, each conversation's difference could as well have had the other sign. p is the share of
    all 2^G sign assignments whose mean is at least as far from 0 as the one observed: exact, without an assumption
    about the shape of the scores, and never below 2/2^G (0.002 for ten conversations). Beyond 16 conversations signs
    are drawn with `seed`, the observed ones counted among them. Source: Fisher 1935, "The Design of Experiments",
    section 21; for evaluations Riezler and Maxwell 2005.
    """
    sums = differences.sums
    observed = abs(float(sums.sum()))
    slack = TINY * max(1.0, float(np.abs(sums).sum()))  # sums in another order differ by rounding
    if len(sums) <= EXACT:
        return float(np.mean(np.abs(_all_signs(len(sums)) @ sums) >= observed - slack))
    signs = np.random.default_rng(seed).integers(0, 2, size=(DRAWS, len(sums)), dtype=np.int8) * 2 - 1
    return float((1 + np.count_nonzero(np.abs(signs @ sums) >= observed - slack)) / (1 + DRAWS))


def _all_signs(count: int) -> NDArray[np.float64]:
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    return np.asarray(1 - 2 * bits, dtype=np.float64)
