"""Progress of long work: a bar on a terminal and in a notebook, a plain line now and then in a log."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Final

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 20.0
RECENT: Final = 4
"""Lines over which the speed is taken: what came from the cache at the start says nothing about what is left."""
BASIS: Final = 3
"""Steps among those below which there is no telling how long the rest takes."""
_BAR: Final = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"

log = logging.getLogger("locomo")


def duration(seconds: float) -> str:
    """Return a duration as people say it: 40 s, 12 min, 3 h 20 min, 2 days."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class Progress:
    """Counts towards a total; `note` returns what to say beside it (cost, hits)."""

    steps: ClassVar[int] = 0
    """Of all that was counted in this process."""

    def __init__(self, what: str, total: int, note: Callable[[], str] = lambda: "", unit: str = "q") -> None:
        self.what = what
        self.note = note
        self.started = self.said = time.monotonic()
        notebook = _in_notebook()
        hidden = not sys.stderr.isatty() and not notebook
        kept = not notebook  # what a notebook keeps of a bar is noise in its file
        self.bar = tqdm(total=total, desc=what, unit=unit, file=sys.stderr, disable=hidden, bar_format=_BAR, leave=kept)
        self.done = 0
        self.total = total
        self._recent: deque[tuple[float, int]] = deque([(self.started, 0)], maxlen=RECENT)

    def step(self) -> None:
        """Count one more."""
        self.done += 1
        Progress.steps += 1
        now = time.monotonic()
        due = now - self.said >= SECONDS_BETWEEN_LINES
        if due:
            self.said = now
            speed = self._speed(now)
            self._recent.append((now, self.done))
            self.bar.set_postfix_str(", ".join(filter(None, [speed, self.note()])), refresh=False)
        if not self.bar.disable:
            self.bar.update()
        elif due:
            said = ", ".join(filter(None, [f"{self.done} of {self.total}", speed, self.note()]))
            log.info("%s: %s", self.what, said)

    def close(self) -> None:
        """End the bar and say what it came to."""
        self.bar.close()
        took = duration(time.monotonic() - self.started)
        log.info("%s: %s", self.what, ", ".join(filter(None, [f"{self.done} done in {took}", self.note()])))

    def _speed(self, now: float) -> str:
        """Return how quick it is and how long the rest takes; nothing while there is no basis for either."""
        since, done_before = self._recent[0]
        steps, seconds = self.done - done_before, now - since
        if steps < BASIS or seconds <= 0:
            return ""
        rate = steps / seconds
        said = f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute"
        left = self.total - self.done
        return f"{said}, {duration(left / rate)} left" if left else said
