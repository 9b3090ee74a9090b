"""Requests that failed permanently: what is said of them at the end of a stage, and when they are too many."""

from __future__ import annotations

import logging

from locomo.errors import TooManyFailedError
from locomo.llm import Tally
from locomo.pipeline.logs import fields

_REASONS = 3
"""That are named; `logs/<stage>.usage.json` has all."""
AGAIN = "`locomo cache prune --refusals` has them asked again"

log = logging.getLogger("locomo")


def log_failures(stage: str, tally: Tally) -> None:
    """Say how many requests have no usable answer, their share and why; nothing if there are none."""
    if not (failed := tally.failures.total()):
        return
    log.warning(
        "%s: %d of %d requests (%.1f%%) have no usable answer: %s; this is remembered, and %s",
        stage,
        failed,
        tally.requests,
        100 * failed / max(1, tally.requests),
        _reasons(tally),
        AGAIN,
        extra=fields(failures=dict(tally.failures.most_common())),
    )


def check_failures(stage: str, tally: Tally, most: float) -> None:
    """TooManyFailedError if of any series of requests a larger share than `most` failed permanently."""
    for asked, failed in tally.rounds:
        if asked and failed / asked > most:
            raise TooManyFailedError(
                f"stage '{stage}': {failed} of {asked} requests have no usable answer, more than llm.max_failed = "
                f"{most:g} allows: {_reasons(tally)}. Nothing was published; answers and refusals are kept. Take "
                f"another model, raise llm.max_failed to publish all the same, or ask again: {AGAIN}"
            )


def _reasons(tally: Tally) -> str:
    named = [f"{count} × {reason}" for reason, count in tally.failures.most_common(_REASONS)]
    more = len(tally.failures) - len(named)
    return "; ".join(named) + (f"; and {more} other reasons" if more else "")
