"""How the categories of a file and those of the dataset correspond."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from locomo.schema import category_name


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


def match(labels: Mapping[str, str], categories: Mapping[str, int], known: Collection[int]) -> list[Label]:
    """Return the labels of a file, by the category that their questions have in the dataset.

    `known` are the numbers of the dataset's categories.
    """
    counts: dict[str, Counter[int]] = {}
    for name, label in labels.items():
        counts.setdefault(label, Counter())[categories[name]] += 1
    found = []
    for label, counter in counts.items():
        ((category, most),) = counter.most_common(1)
        meant = _category_of(label, known)
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


def _category_of(label: str, known: Collection[int]) -> int | None:
    """Return the category that a label names, by number or name; None for a word of the file's own."""
    plain = "".join(character for character in label.casefold() if character.isalnum())
    names = {category_name(number).replace("_", ""): number for number in known}
    names |= {str(number): number for number in known}
    return names.get(plain)
