"""How the categories of a file and those of the dataset correspond."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from locomo.schema import CATEGORIES, category_name


@dataclass(frozen=True, slots=True)
class Label:
    """A category by the name that a file has for it."""

    label: str
    questions: int
    category: str
    """The category of the dataset that most of its questions have."""
    others: int
    """Questions of other categories."""
    misnamed: bool
    """Whether the label is the number or the name of another category."""


def match(labels: Mapping[str, str], categories: Mapping[str, int]) -> list[Label]:
    """Return the labels of a file, by the category that their questions have in the dataset."""
    counts: dict[str, Counter[int]] = {}
    for name, label in labels.items():
        counts.setdefault(label, Counter())[categories[name]] += 1
    found = []
    for label, counter in counts.items():
        ((category, most),) = counter.most_common(1)
        meant = _category_of(label)
        found.append(
            Label(
                label,
                counter.total(),
                category_name(category),
                counter.total() - most,
                meant is not None and meant != category,
            )
        )
    return sorted(found, key=lambda each: each.label)


def _category_of(label: str) -> int | None:
    """Return the category that a label names, by number or name; None for a word of the file's own."""
    plain = "".join(character for character in label.casefold() if character.isalnum())
    names = {name.replace("_", ""): number for number, name in CATEGORIES.items()}
    names |= {str(number): number for number in CATEGORIES}
    return names.get(plain)
