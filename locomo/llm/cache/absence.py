"""A server that keeps answers and is away: how long it is waited for, and what is said of it."""

from __future__ import annotations

import logging
import time

from locomo.errors import IncompleteError
from locomo.llm.cache.backend import AwayError

LONGEST = 900.0
"""Seconds that a server may be away before a run gives up, as long as one call is tried."""
PAUSE = 0.5
"""Seconds between two looks."""

log = logging.getLogger("locomo")


class Absence:
    """How long one server has been away."""

    def __init__(self, location: str, folder: str) -> None:
        self._location = location
        self._folder = folder
        """Where answers are kept meanwhile."""
        self._since: float | None = None

    def seconds(self, error: AwayError) -> float:
        """Return how long to wait before the next try; IncompleteError if it has been away for too long."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
            log.warning(
                "%s; nothing is sent until it is back, answers that come in are kept in %s", error, self._folder
            )
        if now - self._since > LONGEST:
            raise IncompleteError(
                f"{error}, and that for {LONGEST / 60:.0f} minutes; answers received so far are kept in "
                f"{self._folder}, and the next run stores them"
            )
        return PAUSE

    def ended(self) -> None:
        """Note that it is there."""
        if self._since is not None:
            self._since = None
            log.info("%s is back", self._location)
