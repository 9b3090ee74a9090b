"""Two runs on the same questions: what changed, how sure that is, and the word for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from locomo.schema import Score
from locomo.scoring.metric import METRICS
from locomo.scoring.statistics import (
    Clusters,
    Estimate,
    detectable,
    estimate,
    holm,
    holm_levels,
    interval_at,
    mcnemar,
    sign_flip,
)
from locomo.scoring.summary import OVERALL, groups, values
from locomo.scoring.sums import clusters_of

Verdict = Literal["better", "worse", "noise", "unknown"]
PRIMARY: Final = METRICS[0]
"""The metric whose overall mean decides, declared before anybody looks; all others are for understanding it."""
LOWER_IS_BETTER: Final = frozenset(
    {
        "refusal",
        "unparsable",
        "no_verdict",
        "event_wrong_speaker",
        "event_unsupported",
        "persona_contradicts",
        "persona_no_verdict",
    }
)
"""Metrics, by the field of `Score`; those of the tasks `events` and `dialogue` by their name without brackets."""
ALPHA: Final = 0.05
ENOUGH: Final = 8
"""Conversations from which the sign-flip test decides. With fewer, its smallest p (2/2^G) times five categories is
above 0.05, and the t-test stands in."""


ENOUGH_FOR_CATEGORIES: Final = 6
"""Conversations from which on categories have verdicts: with fewer, a verdict on one rests on a handful of numbers."""


@dataclass(frozen=True, slots=True)
class Change:
    """One configuration and category, before and after."""

    configuration: str
    group: str
    """'overall' or a category's name; another metric of a task."""
    n: int
    conversations: int
    before: float
    after: float
    difference: Estimate
    """Of the paired differences, after minus before, clustered by conversation."""
    p_sign_flip: float
    p: float | None
    """What the verdict goes by: of the sign-flip test, or of the t-test where conversations are few; in categories
    after Holm's correction. None with one conversation."""
    p_mcnemar: float | None
    """For yes/no values alone."""
    verdict: Verdict
    low: float | None
    high: float | None
    """The interval that goes with `p`: in categories at the level that Holm's method tests them at."""
    detectable: float | None
    """The smallest difference that is found in 80 of 100 such pairs of runs, without Holm's correction."""

    @property
    def delta(self) -> float:
        """After minus before."""
        return self.difference.mean


def compare_scores(before: Sequence[Score], after: Sequence[Score], *, metric: str, configuration: str) -> list[Change]:
    """Compare the scores of one configuration, one a question, on the questions that both have; [] where none."""
    pairs, mcnemars = {}, {}
    by_id = {score.id: score for score in before}
    common = [score for score in after if score.id in by_id]
    for name, members in groups(common).items():
        partners = [by_id[score.id] for score in members]
        both = [
            (old, new, x, y)
            for old, new, x, y in zip(partners, members, values(partners, metric), values(members, metric), strict=True)
            if x is not None and y is not None
        ]
        if both:
            mcnemars[name] = mcnemar([x for _, _, x, _ in both], [y for _, _, _, y in both])
            pairs[name] = (
                clusters_of([old for old, *_ in both], metric),
                clusters_of([new for _, new, *_ in both], metric),
            )
    return compare_clusters(pairs, metric=metric, configuration=configuration, mcnemars=mcnemars)


def compare_clusters(
    pairs: Mapping[str, tuple[Clusters, Clusters]],
    *,
    metric: str,
    configuration: str,
    mcnemars: Mapping[str, float | None] | None = None,
) -> list[Change]:
    """Compare sums by conversation, {group: (before, after)}; groups whose questions differ are left out.

    Better or worse is what has p < 0.05 and an interval that excludes 0; all else is noise. Overall, both are as they
    are: one test was declared. The categories are a family of their own, whose p and intervals are adjusted by Holm's
    method; with fewer than `ENOUGH_FOR_CATEGORIES` conversations they have no verdict. So are the other metrics of a
    task, where those are the groups.
    """
    found = {
        name: (before, after, difference)
        for name, (before, after) in pairs.items()
        if (difference := after.difference(before)) is not None and difference.names
    }
    estimates = {name: estimate(difference) for name, (_, _, difference) in found.items()}
    flips = {name: sign_flip(difference) for name, (_, _, difference) in found.items()}
    ps = {name: flips[name] if e.conversations >= ENOUGH else e.p for name, e in estimates.items()}
    family = [name for name, p in ps.items() if name != OVERALL and p is not None]
    raw = [p for name in family if (p := ps[name]) is not None]
    levels = dict(zip(family, holm_levels(raw, ALPHA), strict=True))
    ps |= dict(zip(family, holm(raw), strict=True))
    intervals = {name: interval_at(found, levels.get(name, ALPHA)) for name, found in estimates.items()}
    return [
        Change(
            configuration=configuration,
            group=name,
            n=estimates[name].n,
            conversations=estimates[name].conversations,
            before=float(before.sums.sum() / before.counts.sum()),
            after=float(after.sums.sum() / after.counts.sum()),
            difference=estimates[name],
            p_sign_flip=flips[name],
            p=ps[name],
            p_mcnemar=(mcnemars or {}).get(name),
            verdict=_verdict(name, estimates[name], intervals[name], ps[name], metric),
            low=intervals[name][0],
            high=intervals[name][1],
            detectable=None if (se := estimates[name].se) is None else detectable(se, estimates[name].conversations),
        )
        for name, (before, after, _) in found.items()
    ]


def _verdict(
    group: str, difference: Estimate, interval: tuple[float | None, float | None], p: float | None, metric: str
) -> Verdict:
    low, high = interval
    if p is None or low is None or high is None:
        return "unknown"
    if group != OVERALL and difference.conversations < ENOUGH_FOR_CATEGORIES:
        return "unknown"
    if p >= ALPHA or not difference.excludes_zero or low <= 0 <= high:
        return "noise"
    lower = not LOWER_IS_BETTER.isdisjoint((metric, group.partition("[")[0]))
    return "better" if (difference.mean > 0) != lower else "worse"
