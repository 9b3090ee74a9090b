"""One answer of a model to one question, in one configuration."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal["qa", "rag", "baseline"]
ALWAYS_REFUSE: Final = "always_refuse"
"""The configuration that no model is asked for, so that only scores have it."""
_REPEAT: Final = re.compile(r"#\d+$")

Letter = Literal["a", "b"]


class Choice(BaseModel):
    """How the two options of a category-5 question were put, and which one the answer takes (protocol `strict`)."""

    model_config = ConfigDict(frozen=True)

    refusal: Letter
    """The letter of the option "not mentioned": the question is asked once with either."""
    taken: Letter | None
    """None where the answer names neither option, or both."""


class Usage(BaseModel):
    """What a call costs when nothing of it was cached here, so that it is the same on every run."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    cached_tokens: int = 0
    """Those of `input_tokens` that the provider reported, and bills, as cached on its side."""
    output_tokens: int = 0
    cost_usd: float | None = None
    """None where the price of the model is not known."""

    def plus(self, other: Usage) -> Usage:
        """Return the usage of both calls."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class Prediction(BaseModel):
    """A row of `data/predictions/*.jsonl`; (id, task, unit, k, choice.refusal) is unique within a file."""

    model_config = ConfigDict(frozen=True)

    id: str
    sample_id: str
    index: int
    category: int
    question: str
    reference: str | None
    prediction: str | None
    """The answer after parsing; None where the call failed for good (see `error`)."""
    raw: str | None
    """The model's own words."""
    context_ids: list[str]
    """The turns (`D3:7`) or session summaries (`S3`) that the model was shown."""
    task: Task
    unit: str | None
    """What was retrieved (rag), or which baseline: 'no_memory', 'gold_evidence', 'always_refuse'."""
    k: int | None
    model: str
    """The model that really answered, as the provider names it."""
    protocol: str
    usage: Usage
    request: str
    """Key of the call in the request cache."""
    error: str | None = None
    choice: Choice | None = None
    """Only where both orders of the options are asked."""
    repeat: int = Field(default=0, ge=0, exclude_if=lambda repeat: repeat == 0)
    """Which asking of the same question this is, counted from 0; written where it is not the first."""

    @property
    def configuration(self) -> str:
        """What was asked of the model in one word: 'qa', 'rag_dialog_k5', 'no_memory'; 'qa#2' when asked again."""
        return configuration_name(self.task, self.unit, self.k, self.repeat)


def configuration_name(task: str, unit: str | None, k: int | None, repeat: int = 0) -> str:
    """Return the name of what was asked; repeats are numbered from the second on."""
    name = str(unit) if task == "baseline" else task if unit is None else f"{task}_{unit}_k{k}"
    return f"{name}#{repeat + 1}" if repeat else name


def base_configuration(name: str) -> str:
    """Return a configuration's name without the number of its repeat: 'qa' for 'qa#2'."""
    return _REPEAT.sub("", name)
