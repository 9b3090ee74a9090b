"""What a call takes when it is not cached."""

from __future__ import annotations

from locomo.llm import Outcome
from locomo.llm.prices import Price
from locomo.schema import Usage


def usage_of(outcome: Outcome, price: Price | None) -> Usage:
    """Return the tokens and the cost of one call; what cannot be used is billed like any other answer."""
    taken = outcome.response or outcome.refusal
    if taken is None:
        return Usage()
    return Usage(
        input_tokens=taken.input_tokens,
        cached_tokens=outcome.response.cached_tokens if outcome.response else 0,
        output_tokens=taken.output_tokens,
        cost_usd=None if price is None else price.cost(taken.input_tokens, taken.output_tokens),
    )
