"""What an estimate needs of questions in clusters: for each conversation the sum of their values and their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Clusters:
    """Sums and counts by conversation, in one order. Both mean and clustered standard error follow from them alone."""

    names: tuple[str, ...]
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: Iterable[tuple[str, float]]) -> Clusters:
        """Add up (conversation, value) pairs; conversations come in the order of their first question."""
        found: dict[str, list[float]] = {}
        for name, value in values:
            found.setdefault(name, []).append(value)
        return cls.from_sums({name: (fsum(members), len(members)) for name, members in found.items()})

    @classmethod
    def from_sums(cls, sums: Mapping[str, tuple[float, int]]) -> Clusters:
        """Take {conversation: (sum, number of questions)}, without those that have no question."""
        kept = {name: pair for name, pair in sums.items() if pair[1]}
        return cls(
            tuple(kept),
            np.array([total for total, _ in kept.values()], dtype=np.float64),
            np.array([count for _, count in kept.values()], dtype=np.int64),
        )

    def difference(self, before: Clusters) -> Clusters | None:
        """Return the clusters of the per-question differences to `before`; None where they hold other questions.

        Questions are paired: the sum of their differences is the difference of the sums.
        """
        own = dict(zip(self.names, zip(self.sums.tolist(), self.counts.tolist(), strict=True), strict=True))
        other = dict(zip(before.names, zip(before.sums.tolist(), before.counts.tolist(), strict=True), strict=True))
        if {name: count for name, (_, count) in own.items()} != {name: count for name, (_, count) in other.items()}:
            return None
        return Clusters.from_sums({name: (total - other[name][0], count) for name, (total, count) in own.items()})
