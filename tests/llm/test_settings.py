"""What `llm` of params.yaml allows within a minute."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from locomo.llm import Limits, LlmSettings


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({}, Limits()),
        ({"tier": "3500-rpm"}, Limits(requests=3500)),
        ({"tier": "5000-rpm", "tpm": 90_000}, Limits(requests=5000, tokens=90_000)),
        ({"tier": "5000-rpm", "rpm": 60}, Limits(requests=60)),
    ],
)
def test_a_tier_gives_way_to_what_is_set(settings: dict, limits: Limits) -> None:
    assert LlmSettings(**settings).limits == limits


@pytest.mark.parametrize(
    "settings", [{"tier": "9-rpm"}, {"rpm": 0}, {"tpm": 1.5}, {"budget_usd": -1}, {"offline": "no"}]
)
def test_what_cannot_be_meant_is_refused(settings: dict) -> None:
    with pytest.raises(ValidationError):
        LlmSettings(**settings)
