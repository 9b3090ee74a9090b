"""Progress of long work: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 20.0

log = logging.getLogger("locomo")


class Progress:
    """Counts towards a total; `note` returns what to say beside it (rate, cost, hits)."""

    def __init__(self, what: str, total: int, note: Callable[[], str] = lambda: "", unit: str = "q") -> None:
        self.what = what
        self.note = note
        self.started = self.said = time.monotonic()
        self.bar = tqdm(total=total, desc=what, unit=unit, file=sys.stderr, disable=not sys.stderr.isatty())
        self.done = 0
        self.total = total

    def step(self) -> None:
        """Count one more."""
        self.done += 1
        now = time.monotonic()
        if not self.bar.disable:
            self.bar.set_postfix_str(self.note(), refresh=False)
            self.bar.update()
        elif now - self.said >= SECONDS_BETWEEN_LINES:
            self.said = now
            rate = self.done / (now - self.started)
            left = (self.total - self.done) / rate
            log.info(
                "%s: %d of %d, %.1f a second, %.0f s left%s",
                *(self.what, self.done, self.total, rate, left, self._comma_note()),
            )

    def close(self) -> None:
        """End the bar and say what it came to."""
        self.bar.close()
        seconds = time.monotonic() - self.started
        log.info("%s: %d done in %.1f s%s", self.what, self.done, seconds, self._comma_note())

    def _comma_note(self) -> str:
        note = self.note()
        return f", {note}" if note else ""
