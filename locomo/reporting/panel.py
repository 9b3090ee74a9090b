"""What a panel of judges says: the same answers under every prompt, and how far the prompts agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from locomo.schema import CATEGORIES, Verdict, category_name
from locomo.scoring import OVERALL
from locomo.scoring.agreement import cohen_kappa, fleiss_kappa
from locomo.scoring.planted import KINDS, Planted

DECIMALS: Final = 4


def panel_file(
    questions: Mapping[int, int],
    categories: Sequence[int],
    verdicts: Mapping[str, Sequence[Verdict]],
    planted: Sequence[Planted],
    planted_verdicts: Mapping[str, Sequence[Verdict]],
) -> dict[str, Any]:
    """Return accuracies, agreement, and how many wrong answers each prompt lets pass.

    `questions` are their numbers by category; `verdicts[prompt]` are about the answers whose categories are given,
    `planted_verdicts[prompt]` about the planted ones, each in their order. In accuracies a question whose answer has no
    verdict (none given, or the judge failed) counts as wrong; agreement is over the answers on which every prompt has
    one, false accepts over the planted answers that have one.
    """
    return {
        "questions": sum(questions.values()),
        "answers": len(categories),
        "judge_accuracy": {prompt: _accuracies(questions, categories, found) for prompt, found in verdicts.items()},
        "judge_errors": {prompt: sum(v.correct is None for v in found) for prompt, found in verdicts.items()},
        "agreement": _agreement(verdicts),
        "planted": {kind: sum(each.kind == kind for each in planted) for kind in KINDS},
        "false_accepts": {prompt: _false_accepts(planted, found) for prompt, found in planted_verdicts.items()},
    }


def _accuracies(
    questions: Mapping[int, int], categories: Sequence[int], verdicts: Sequence[Verdict]
) -> dict[str, float]:
    right = Counter(c for c, verdict in zip(categories, verdicts, strict=True) if verdict.correct)
    by_category = {category_name(c): right[c] / questions[c] for c in CATEGORIES if c in questions}
    shares = {OVERALL: right.total() / sum(questions.values())} | by_category
    return {group: round(share, DECIMALS) for group, share in shares.items()}


def _agreement(verdicts: Mapping[str, Sequence[Verdict]]) -> dict[str, Any]:
    """Return how many answers all have judged, the share that they agree on, and the kappas, pairwise and of all."""
    rated = [
        [verdict.correct for verdict in of_one]
        for of_one in zip(*verdicts.values(), strict=True)
        if all(verdict.correct is not None for verdict in of_one)
    ]
    columns = dict(zip(verdicts, zip(*rated, strict=True), strict=True)) if rated else dict.fromkeys(verdicts, ())
    return {
        "answers": len(rated),
        "share": _share([len(set(of_one)) == 1 for of_one in rated]) if rated else None,
        "cohen_kappa": {
            f"{one}/{other}": _rounded(cohen_kappa(columns[one], columns[other]))
            for one, other in combinations(verdicts, 2)
        },
        "fleiss_kappa": _rounded(fleiss_kappa(rated)),
    }


def _false_accepts(planted: Sequence[Planted], verdicts: Sequence[Verdict]) -> dict[str, float]:
    found: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for each, verdict in zip(planted, verdicts, strict=True):
        if verdict.correct is not None:
            found[each.kind].append(verdict.correct)
    return {kind: _share(accepted) for kind, accepted in found.items() if accepted}


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), DECIMALS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
