"""The ways in which scores of questions become one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Final

from locomo.schema import LOCOMO, category_of

WAYS: Final = {
    "answered": "mean over the questions that have a score",
    "categories 1-4": "mean over all questions of categories 1 to 4; a missing one counts as 0",
    "all": "mean over all questions; a missing one counts as 0",
    "macro 1-4": "mean of the means of categories 1 to 4",
    "macro 1-5": "mean of the means of all five categories",
    "by conversation": "mean of the conversations' means over categories 1 to 4",
    "5 on top": "sum over all five categories, divided by the number of questions in categories 1 to 4",
}
"""Name of a way to what it is, for LoCoMo."""
ELSEWHERE: Final = {
    "categories 1-4": ("answerable", "mean over all questions that have an answer; a missing one counts as 0"),
    "macro 1-4": ("macro, answerable", "mean of the means of the categories whose questions have an answer"),
    "macro 1-5": ("macro, all", "mean of the means of all categories"),
    "by conversation": ("by conversation", "mean of the conversations' means over the questions that have an answer"),
    "5 on top": ("others on top", "sum over all questions, divided by the number of those that have an answer"),
}
"""Way to its name and what it is for datasets whose categories have other numbers, where that differs."""


def means(scores: Mapping[str, float], categories: Mapping[str, int]) -> dict[str, float]:
    """Return {way: mean} of scores in [0, 1] by question id; `categories` has the category of every question.

    A way is left out where it would say nothing new: without a score in category 5 there is no "all".
    """
    every = {name: scores.get(name, 0.0) for name in categories}
    with_gold = [name for name, category in categories.items() if not category_of(category).abstention]
    by_category = _grouped(every, {name: str(category) for name, category in categories.items()})
    samples = {name: name.rpartition(":")[0] for name in with_gold}
    found = {"answered": fmean(scores.values())}
    if any(name in scores for name in with_gold):
        found["categories 1-4"] = fmean(every[name] for name in with_gold)
        found["macro 1-4"] = fmean(
            mean for category, mean in by_category.items() if not category_of(int(category)).abstention
        )
        found["by conversation"] = fmean(_grouped({name: every[name] for name in with_gold}, samples).values())
    if any(category_of(categories[name]).abstention for name in scores):
        found["all"] = fmean(every.values())
        found["macro 1-5"] = fmean(by_category.values())
        if with_gold:
            found["5 on top"] = sum(every.values()) / len(with_gold)
    return {way: found[way] for way in WAYS if way in found}


def named(datasets: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return {way: (its name, what it is)}, in the order of `WAYS`, for questions of these datasets."""
    other = {} if set(datasets) == {LOCOMO} else ELSEWHERE
    return {way: other.get(way, (way, said)) for way, said in WAYS.items()}


def _grouped(scores: Mapping[str, float], groups: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for name, group in groups.items():
        found.setdefault(group, []).append(scores[name])
    return {group: fmean(values) for group, values in found.items()}
