"""A category of questions: what it is called, how its answers are scored, and which dataset has which categories.

This is the one place that knows. Numbers are unique over all datasets, so that a row of a file says by its number alone
what a question is; names are not: two datasets may both have 'temporal_reasoning'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

LOCOMO: Final = "locomo"
"""The dataset of a conversation that names none."""

Comparison = Literal["text", "list", "before_semicolon", "phrase", "refusal"]
"""How an answer is compared without a judge. `text`: F1 over the gold's words; `list`: F1 over the parts of a list;
`before_semicolon`: `text` with what stands before the first ';' of the gold; `phrase`: right if the answer has LoCoMo's
words for "not mentioned" (`strict`: if it refuses in any words); `refusal`: right if it refuses in any words."""
Judgement = Literal["gold", "abstention", "rubric", "cue"]
"""What a judge holds an answer against: the gold answer, nothing (it should abstain), each item of a rubric, or the
cue that the speaker has given earlier."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category of questions."""

    number: int
    name: str
    compared: Comparison | None = "text"
    """None where there is nothing to compare with: a judge alone can score it."""
    judged: Judgement = "gold"
    options: bool = False
    """Whether protocols may ask it as a choice between two options."""
    template: str = "question"
    """The prompt template that a question is put in."""

    @property
    def abstention(self) -> bool:
        """Whether the right answer is that there is none."""
        return self.judged == "abstention"

    @property
    def cites_nothing(self) -> bool:
        """Whether its questions have no evidence by their nature: what was never said. LoCoMo's cite what is alike."""
        return self.abstention and not self.options

    @property
    def has_gold(self) -> bool:
        """Whether there is an answer in words to compare with."""
        return self.compared is not None and not self.abstention


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a dataset is made of, as far as asking and scoring depend on it."""

    name: str
    """As files have it in `dataset`."""
    title: str
    categories: tuple[Category, ...]
    protocols: frozenset[str] = field(default_factory=lambda: frozenset({"strict", "judge"}))
    """The protocols that fit it: `paper` and `head` are LoCoMo's own evaluation."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its categories."""
        return tuple(category.number for category in self.categories)

    @property
    def listed(self) -> str:
        """Its categories in words: '1 multi_hop, 2 temporal'."""
        return ", ".join(f"{category.number} {category.name}" for category in self.categories)


_MULTI_HOP: Final = Category(1, "multi_hop", "list")
_TEMPORAL: Final = Category(2, "temporal", template="question_2")
_OPEN_DOMAIN: Final = Category(3, "open_domain", "before_semicolon")
_SINGLE_HOP: Final = Category(4, "single_hop")
_ADVERSARIAL: Final = Category(5, "adversarial", "phrase", "abstention", options=True, template="question_5")
_OF_LOCOMO: Final = (_MULTI_HOP, _TEMPORAL, _OPEN_DOMAIN, _SINGLE_HOP, _ADVERSARIAL)
"""The released numbers. Several other projects permute them."""

_OF_BEAM: Final = (
    Category(11, "abstention", "refusal", "abstention"),
    Category(12, "contradiction_resolution", judged="rubric"),
    Category(13, "event_ordering", judged="rubric"),
    Category(14, "information_extraction", judged="rubric"),
    Category(15, "instruction_following", None, "rubric"),
    Category(16, "knowledge_update", judged="rubric"),
    Category(17, "multi_session_reasoning", judged="rubric"),
    Category(18, "preference_following", None, "rubric"),
    Category(19, "summarization", judged="rubric"),
    Category(20, "temporal_reasoning", judged="rubric"),
)
_OF_LONGMEMEVAL: Final = (
    Category(21, "single_session_user"),
    Category(22, "single_session_assistant"),
    Category(23, "single_session_preference", None, "rubric"),
    Category(24, "multi_session"),
    Category(25, "temporal_reasoning"),
    Category(26, "knowledge_update"),
    Category(27, "abstention", "refusal", "abstention"),
)

DECLARATIONS: Final[dict[str, Declaration]] = {
    declaration.name: declaration
    for declaration in (
        Declaration(LOCOMO, "LoCoMo", _OF_LOCOMO, frozenset({"paper", "head", "strict", "judge"})),
        Declaration("realtalk", "REALTALK", (_MULTI_HOP, _TEMPORAL, _OPEN_DOMAIN)),
        Declaration(
            "locomo_plus", "LoCoMo-Plus", (*_OF_LOCOMO, Category(6, "cognitive", None, "cue", template="question_6"))
        ),
        Declaration("beam100k", "BEAM", _OF_BEAM),
        Declaration("longmemeval", "LongMemEval", _OF_LONGMEMEVAL),
    )
}
"""By name."""

_BY_NUMBER: Final[dict[int, Category]] = {
    category.number: category
    for category in sorted(
        {each for declaration in DECLARATIONS.values() for each in declaration.categories},
        key=lambda category: category.number,
    )
}
CATEGORIES: Final[dict[int, str]] = {number: category.name for number, category in _BY_NUMBER.items()}
"""Number to name, of the categories of all datasets, in order."""


def category_of(number: int) -> Category:
    """Return a category by its number; KeyError for an unknown one."""
    return _BY_NUMBER[number]


def category_name(category: int) -> str:
    """Return the name of a category number, such as 4 → 'single_hop'."""
    return CATEGORIES[category]


def declared(datasets: Iterable[str]) -> list[int]:
    """Return the numbers of all categories that datasets declare, in order; LoCoMo's where there is no dataset."""
    names = set(datasets) or {LOCOMO}
    return sorted({number for name in names for number in DECLARATIONS[name].numbers})
