"""What a panel of judges says: the same answers under every prompt, and how far the prompts agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from locomo.schema import Verdict, category_name, category_of
from locomo.scoring import OVERALL
from locomo.scoring.agreement import cohen_kappa, fleiss_kappa
from locomo.scoring.judging import MOST_WITHOUT
from locomo.scoring.planted import ABSTENTION_KINDS, KINDS, TO_ACCEPT, Planted

DECIMALS: Final = 4


def panel_file(  # noqa: PLR0917  (what was judged, and what was planted)
    questions: Mapping[int, int],
    categories: Sequence[int],
    verdicts: Mapping[str, Sequence[Verdict]],
    settled: Sequence[float],
    planted: Sequence[Planted],
    planted_verdicts: Mapping[str, Sequence[Verdict]],
) -> dict[str, Any]:
    """Return accuracies, agreement, and how often each prompt errs on planted answers.

    `questions` are their numbers by category; `verdicts[prompt]` are about the answers whose categories are given,
    `planted_verdicts[prompt]` about the planted ones, each in their order; `settled` are the scores of answers in
    category 5 that needed no judge. In accuracies a question whose answer has no verdict (none given, or the judge
    failed) counts as wrong, and there is none where more than `MOST_WITHOUT` lack one; agreement is over the answers on
    which every prompt has one, false accepts and false rejects over the planted answers that have one.
    """
    with_gold = [place for place, category in enumerate(categories) if not category_of(category).abstention]
    of_gold = {prompt: [found[place] for place in with_gold] for prompt, found in verdicts.items()}
    questions = Counter(questions)
    counted = Counter(
        {category: count for category, count in questions.items() if not category_of(category).abstention}
    )
    by_category = [categories[place] for place in with_gold]
    return {
        "questions": sum(questions.values()),
        "answers": len(categories) + len(settled),
        "judge_accuracy": {prompt: _accuracies(counted, by_category, found) for prompt, found in of_gold.items()},
        "judge_abstention": {
            prompt: _abstention(
                questions.total() - counted.total(),
                [found[place] for place in range(len(categories)) if place not in with_gold],
                settled,
            )
            for prompt, found in verdicts.items()
        },
        "judge_errors": {prompt: sum(v.correct is None for v in found) for prompt, found in verdicts.items()},
        "judge_no_verdict": {
            prompt: round(sum(v.correct is None for v in found) / max(1, sum(questions.values())), DECIMALS)
            for prompt, found in verdicts.items()
        },
        "agreement": _agreement(of_gold),
        "planted": {kind: sum(each.kind == kind for each in planted) for kind in (*KINDS, *ABSTENTION_KINDS)},
        "false_accepts": {prompt: _errors(planted, found, accept=False) for prompt, found in planted_verdicts.items()},
        "false_rejects": {prompt: _errors(planted, found, accept=True) for prompt, found in planted_verdicts.items()},
    }


def _accuracies(
    questions: Mapping[int, int], categories: Sequence[int], verdicts: Sequence[Verdict]
) -> dict[str, float | None]:
    right = dict.fromkeys(questions, 0.0)
    for category, verdict in zip(categories, verdicts, strict=True):
        right[category] += verdict.value or 0.0
    every = max(1, sum(questions.values()))
    shares = {OVERALL: sum(right.values()) / every} | {
        category_name(c): right[c] / questions[c] for c in sorted(questions)
    }
    if sum(verdict.correct is None for verdict in verdicts) > MOST_WITHOUT * every:
        return dict.fromkeys(shares)
    return {group: round(share, DECIMALS) for group, share in shares.items()}


def _abstention(questions: int, verdicts: Sequence[Verdict], settled: Sequence[float]) -> float | None:
    if not questions or sum(verdict.correct is None for verdict in verdicts) > MOST_WITHOUT * questions:
        return None
    return round((sum(settled) + sum(bool(verdict.correct) for verdict in verdicts)) / questions, DECIMALS)


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


def _errors(planted: Sequence[Planted], verdicts: Sequence[Verdict], *, accept: bool) -> dict[str, float]:
    """Return the share of wrong verdicts on planted answers, by kind: of those to be accepted, or of others."""
    found: dict[str, list[bool]] = {}
    for each, verdict in zip(planted, verdicts, strict=True):
        if verdict.correct is not None and (each.kind in TO_ACCEPT) == accept:
            found.setdefault(each.kind, []).append(verdict.correct != accept)
    return {kind: _share(wrong) for kind, wrong in found.items()}


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), DECIMALS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
