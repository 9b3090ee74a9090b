"""A question about a conversation, with its gold answer and the turns that support it."""

from __future__ import annotations

from pydantic import ConfigDict, Field, StrictFloat, StrictInt, StrictStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from locomo.schema.category import CATEGORIES, Category, category_of
from locomo.schema.row import Row


class Question(Row):
    """One entry of `qa` in the released format. Unknown keys are preserved."""

    model_config = ConfigDict(extra="allow")

    question: StrictStr = Field(pattern=r"\S")
    category: StrictInt
    evidence: list[StrictStr]
    answer: StrictStr | StrictInt | StrictFloat | None = None
    adversarial_answer: StrictStr | None = None
    date: StrictStr | None = None
    """When it is asked, where that matters: what a model or a memory system is told with it."""
    rubric: list[StrictStr] | None = None
    """What a good answer has, item by item, where a judge goes by that."""
    cue: StrictStr | None = None
    """What was said earlier that a good reply must show knowledge of, where a judge goes by that."""

    @field_validator("category")
    @classmethod
    def _is_known(cls, category: int) -> int:
        if category not in CATEGORIES:
            raise PydanticCustomError("unknown_category", "unknown category")
        return category

    @model_validator(mode="after")
    def _has_gold(self) -> Question:
        kind = self.kind
        if kind.judged == "gold" and self.answer is None:
            which = "categories 1 to 4 need" if kind.number < 5 else f"category {kind.number} ({kind.name}) needs"
            raise ValueError(f"no 'answer', which {which}")
        if kind.options and self.answer is None and self.adversarial_answer is None:
            raise ValueError("neither 'adversarial_answer' nor 'answer', one of which category 5 needs")
        if kind.judged == "rubric" and not any(item.strip() for item in self.rubric or ()):
            raise ValueError(f"no item in 'rubric', which category {kind.number} ({kind.name}) needs")
        if kind.judged == "cue" and not (self.cue or "").strip():
            raise ValueError(f"no 'cue', which category {kind.number} ({kind.name}) needs")
        return self

    @property
    def kind(self) -> Category:
        """What its category says about asking and scoring it."""
        return category_of(self.category)

    @property
    def dated(self) -> str:
        """The question with its date, if it has one."""
        return self.question if self.date is None else f"{self.question} (asked on {self.date})"

    @property
    def reference(self) -> str | None:
        """The gold answer as text; None if there is none, or if the correct answer is that there is none."""
        return None if self.answer is None else str(self.answer)
