"""Verdicts of the local judge: the same on every machine, at no cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from locomo.schema import LOCAL, Claim, Usage, Verdict
from locomo.scoring.refusal import refuses

WEIGHTS: Final = "weights.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """What tools/fit_local_judge.py has fitted."""

    version: str
    threshold: float
    """The least probability of being right with which an answer is accepted."""
    bias: float
    by_feature: dict[str, float]


@cache
def read_weights() -> Weights:
    """Return the weights that come with the package."""
    data: dict[str, Any] = json.loads(files(__package__).joinpath(WEIGHTS).read_text(encoding="utf-8"))
    return Weights(data["version"], data["threshold"], data["bias"], data["weights"])


def local_version() -> str:
    """Return what stands for the features and their weights, such as 'local-1'."""
    return read_weights().version


def judge_name(model: str | None, prompt: str) -> str:
    """Return what an accuracy is named after: the judge's prompt, or the version of the local judge, which has none."""
    return local_version() if model == LOCAL else prompt


def judge_here(claims: Sequence[Claim]) -> list[Verdict]:
    """Return a verdict for each claim. Whether an answer abstains is what `refuses` says; of rubrics and cues it knows
    nothing, and gives no verdict.
    """
    with_gold = [claim for claim in claims if claim.gold is not None]
    likely = iter(probabilities(with_gold, read_weights()))
    threshold = read_weights().threshold
    return [
        Verdict(None, NO_RUBRICS, usage=FREE)
        if claim.gold is None and not claim.abstention
        else Verdict(refuses(claim.answer) if claim.gold is None else bool(next(likely) >= threshold), usage=FREE)
        for claim in claims
    ]


NO_RUBRICS: Final = "the local judge compares with gold answers alone; name a model in judge.model"
FREE: Final = Usage(cost_usd=0.0)


def probabilities(claims: Sequence[Claim], weights: Weights) -> NDArray[np.float64]:
    """Return how likely each answer is right, shape (claims,)."""
    if not claims:
        return np.zeros(0)
    from locomo.scoring.local_judge.features import FEATURES, features_of

    order = np.array([weights.by_feature[name] for name in FEATURES])
    found: NDArray[np.float64] = 1 / (1 + np.exp(-(features_of(claims) @ order + weights.bias)))
    return found
