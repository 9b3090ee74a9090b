"""How often `locomo compare` finds a difference that is there, and one that is not: docs/statistics.md has the table.

python benchmarks/power.py [DRAWS]     (500; seven minutes)

Pairs of runs on LoCoMo's questions are drawn with a seed. Both answer every question right or wrong, and disagree on a
quarter of them by chance, as two systems of about one skill do. The second is better by some points on average, in each
conversation by more or less. What is declared better or worse is counted by the code that `locomo compare` runs.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

from locomo.scoring.comparison import ALPHA, compare_clusters
from locomo.scoring.statistics import Clusters, Plan, detectable, power
from locomo.scoring.summary import OVERALL

SIZES: Final = (199, 105, 193, 260, 242, 158, 190, 239, 196, 204)
CATEGORIES: Final = {
    "multi_hop": 0.142,
    "temporal": 0.162,
    "open_domain": 0.048,
    "single_hop": 0.423,
    "adversarial": 0.225,
}
DISAGREE: Final = 0.25
"""Share of questions that only one of two runs gets right."""
OF_CHANCE: Final = 0.5
"""Part of that which is the answers' own noise, and which repeats take away."""
BETWEEN: Final = (0.0, 0.02, 0.04)
"""Standard deviations of the difference between conversations."""
SEED: Final = 0


def plan_of(between: float) -> Plan:
    """Return the parts of the variance that `differences` draws."""
    return Plan((DISAGREE * (1 - OF_CHANCE)) ** 0.5, (DISAGREE * OF_CHANCE / 2) ** 0.5, between)


def differences(
    rng: np.random.Generator, sizes: tuple[int, ...], effect: float, between: float, repeats: int
) -> list[NDArray[np.float64]]:
    """Return the differences of a pair of runs by conversation, each question's in [-1, 1]."""
    found = []
    for size in sizes:
        mean = effect + rng.normal(0, between)
        lasting = _signs(rng, size, DISAGREE * (1 - OF_CHANCE), mean)
        noise = np.mean([_signs(rng, size, DISAGREE * OF_CHANCE, 0.0) for _ in range(repeats)], axis=0)
        found.append(lasting + noise)
    return found


def _signs(rng: np.random.Generator, size: int, share: float, mean: float) -> NDArray[np.float64]:
    """Return 1, -1 and 0, of which `share` are not 0, with so large a mean."""
    drawn = rng.random(size)
    up = min(share, max(0.0, (share + mean) / 2))
    values: NDArray[np.float64] = np.where(drawn < up, 1.0, np.where(drawn < share, -1.0, 0.0))
    return values


def clusters(values: list[NDArray[np.float64]]) -> tuple[Clusters, Clusters]:
    """Return sums by conversation of a run that has 0 everywhere, and of one with these differences."""
    names = tuple(map(str, range(len(values))))
    counts = np.array([len(each) for each in values])
    return Clusters(names, np.zeros(len(values)), counts), Clusters(names, np.array([v.sum() for v in values]), counts)


def found(draws: int, sizes: tuple[int, ...], effect: float, between: float, repeats: int) -> float:
    """Return the share of pairs of runs whose overall verdict is 'better'."""
    rng = np.random.default_rng(SEED)
    hits = 0
    for _ in range(draws):
        pair = clusters(differences(rng, sizes, effect, between, repeats))
        (change,) = compare_clusters({OVERALL: pair}, metric="f1", configuration="qa")
        hits += change.verdict == "better"
    return hits / draws


def alarms(draws: int, conversations: int, between: float) -> tuple[float, float]:
    """Return how often runs that are equally good have a small p and an interval without 0: overall, in any category.

    `locomo compare` gives categories a verdict from six conversations on: here they are counted with fewer, too.
    """
    rng = np.random.default_rng(SEED)
    overall = by_category = 0
    for _ in range(draws):
        values = differences(rng, SIZES[:conversations], 0.0, between, 1)
        pairs = {OVERALL: clusters(values)}
        kinds = [rng.choice(len(CATEGORIES), size=len(each), p=list(CATEGORIES.values())) for each in values]
        for number, name in enumerate(CATEGORIES):
            pairs[name] = clusters([each[kind == number] for each, kind in zip(values, kinds, strict=True)])
        changes = compare_clusters(pairs, metric="f1", configuration="qa")
        alarmed = {c.group: (c.p or 0.0) < ALPHA and not (c.low or 0.0) <= 0 <= (c.high or 0.0) for c in changes}
        overall += alarmed.pop(OVERALL)
        by_category += any(alarmed.values())
    return overall / draws, by_category / draws


def main() -> None:
    """Print both tables."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print("| Difference | Conversations | Repeats | " + " | ".join(f"sd {100 * b:.0f}" for b in BETWEEN) + " |")
    print("|---|---|---|" + "---|" * len(BETWEEN))
    for effect in (0.02, 0.03, 0.05):
        for times, repeats in ((1, 1), (1, 3), (1, 10), (2, 1), (3, 1)):
            sizes = SIZES * times
            cells = []
            for between in BETWEEN:
                se = plan_of(between).se(sizes, repeats)
                share = found(draws, sizes, effect, between, repeats)
                cells.append(f"{100 * share:.0f}% ({100 * power(effect, se, len(sizes)):.0f}%)")
            print(f"| {100 * effect:.0f} points | {len(sizes)} | {repeats} | " + " | ".join(cells) + " |", flush=True)
    print("\nSmallest detectable difference by the formula, one repeat:")
    for between in BETWEEN:
        print(
            f"sd {100 * between:.0f}: {100 * (detectable(plan_of(between).se(SIZES, 1), len(SIZES)) or 0):.1f} points"
        )
    print("\nFalse alarms: | conversations | overall | any category |")
    for conversations in (3, 5, 6, 8, 10):
        overall, by_category = alarms(draws, conversations, 0.0)
        print(f"| {conversations} | {100 * overall:.1f}% | {100 * by_category:.1f}% |", flush=True)


if __name__ == "__main__":
    main()
