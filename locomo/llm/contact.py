"""Whether a server was ever reached: if not, that is said at once with its cause, and the run ends soon."""

from __future__ import annotations

import logging
import time
from typing import Final

from locomo.errors import IncompleteError
from locomo.llm.provider import TransientError
from locomo.llm.retry import PATIENCE

GIVE_UP: Final = 20.0
"""Seconds within which a run ends that reaches nobody."""
LAST_TRY: Final = 0.42
"""Part of it after which a call that fails is the last one: the wait for another attempt is up to 9 seconds by then."""

log = logging.getLogger("locomo")


class Contact:
    """What is known of the way to one model's server."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._began: float | None = None
        self._reached = False
        self._said = False

    def sending(self) -> None:
        """Note that a call is about to be sent."""
        if self._began is None:
            self._began = time.monotonic()

    def answered(self) -> None:
        """Note an answer."""
        self._reached = True

    def failed(self, error: TransientError) -> None:
        """Note a call that failed temporarily; IncompleteError if trying again within this run is no use."""
        if error.rate_limited and (error.retry_after or 0) > PATIENCE:
            raise IncompleteError(
                f"model '{self._model}': the provider takes nothing more for {_duration(error.retry_after or 0)} "
                f"({error}): nothing more is sent; all answers received are kept, run again then for the rest"
            )
        if not error.unreached:
            self._reached = True
        if self._reached:
            return
        began = self._began or time.monotonic()
        if time.monotonic() - began >= GIVE_UP * LAST_TRY:
            raise IncompleteError(
                f"model '{self._model}': {error}; no call has been answered: run again once it can be"
            )
        if not self._said:
            self._said = True
            log.warning("model '%s': %s; trying again for %.0f s at most", self._model, error, GIVE_UP)


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
