"""A question about a conversation, with its gold answer and the turns that support it."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

CATEGORIES: Final[dict[int, str]] = {
    1: "multi_hop",
    2: "temporal",
    3: "open_domain",
    4: "single_hop",
    5: "adversarial",
}
"""Number to name, as in the released data. Several other projects permute them."""


def category_name(category: int) -> str:
    """Return the name of a category number, such as 4 → 'single_hop'."""
    return CATEGORIES[category]


class Question(BaseModel):
    """One entry of `qa` in the released format. Unknown keys are preserved."""

    model_config = ConfigDict(frozen=True, extra="allow")

    question: StrictStr = Field(pattern=r"\S")
    category: StrictInt = Field(ge=1, le=5)
    evidence: list[StrictStr]
    answer: StrictStr | StrictInt | StrictFloat | None = None
    adversarial_answer: StrictStr | None = None

    @model_validator(mode="after")
    def _has_gold(self) -> Question:
        if self.category != 5 and self.answer is None:
            raise ValueError("no 'answer', which categories 1 to 4 need")
        if self.category == 5 and self.answer is None and self.adversarial_answer is None:
            raise ValueError("neither 'adversarial_answer' nor 'answer', one of which category 5 needs")
        return self

    @property
    def reference(self) -> str | None:
        """The gold answer as text; None if the correct answer is that there is none (category 5)."""
        return None if self.answer is None else str(self.answer)
