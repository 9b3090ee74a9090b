"""One answer of a model to one question, in one configuration."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from locomo.schema.row import Repeated, Row

Task = Literal["qa", "rag", "baseline"]
ALWAYS_REFUSE: Final = "always_refuse"
"""The configuration that no model is asked for, so that only scores have it."""
LONGEST_ANSWER: Final = 100_000
"""Characters of an answer that is scored; a longer one would keep the metrics busy for minutes."""
_REPEAT: Final = re.compile(r"#\d+$")

Letter = Literal["a", "b"]


class Choice(BaseModel):
    """The order of a category-5 question's two options, and the one that the answer selects (protocol `strict`)."""

    model_config = ConfigDict(frozen=True)

    refusal: Letter
    """The letter of the option "not mentioned": the question is asked once with either."""
    taken: Letter | None
    """None if the answer names neither option, or both."""


class Usage(Row):
    """The cost of a call without the request cache, so that it is the same on every run."""

    input_tokens: int = 0
    cached_tokens: int = 0
    """Those of `input_tokens` that the provider reported, and bills, as cached on its side."""
    output_tokens: int = 0
    cost_usd: float | None = None
    """None if the model's price is unknown."""

    def plus(self, other: Usage) -> Usage:
        """Return the usage of both calls."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class Prediction(Row):
    """A row of `data/predictions/*.jsonl`; (id, task, unit, k, choice.refusal) is unique within a file."""

    id: Repeated
    sample_id: Repeated
    index: int
    category: int
    question: Repeated
    reference: Repeated | None
    prediction: str | None
    """The answer after parsing; None if the call failed permanently (see `error`)."""
    raw: str | None
    """The model's unparsed answer."""
    context_ids: list[Repeated]
    """The turns (`D3:7`) or session summaries (`S3`) that the model was shown."""
    task: Task
    unit: Repeated | None
    """The unit retrieved (rag), or the baseline: 'no_memory', 'gold_evidence', 'always_refuse'."""
    k: int | None
    model: Repeated
    """The model that answered, as the provider names it."""
    protocol: Repeated
    usage: Usage
    request: str
    """The call's key in the request cache."""
    error: str | None = None
    choice: Choice | None = None
    """Present only if both orders of the options are asked."""
    repeat: int = Field(default=0, ge=0, exclude_if=lambda repeat: repeat == 0)
    """The number of this repeat, counted from 0. Not written for the first."""

    @property
    def configuration(self) -> str:
        """What was asked of the model in one word: 'qa', 'rag_dialog_k5', 'no_memory'; 'qa#2' when asked again."""
        return configuration_name(self.task, self.unit, self.k, self.repeat)


def configuration_name(task: str, unit: str | None, k: int | None, repeat: int = 0) -> str:
    """Return the name of what was asked; repeats are numbered from the second on."""
    name = str(unit) if task == "baseline" else task if unit is None else f"{task}_{unit}_k{k}"
    return repeat_name(name, repeat)


def repeat_name(name: str, repeat: int) -> str:
    """Return the name of a repeat of a configuration, counted from 0: 'qa', then 'qa#2'."""
    return f"{name}#{repeat + 1}" if repeat else name


def base_configuration(name: str) -> str:
    """Return a configuration's name without the number of its repeat: 'qa' for 'qa#2'."""
    return _REPEAT.sub("", name)
