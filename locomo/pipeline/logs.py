"""What a stage says: plain lines on the terminal, the same as JSON lines in `logs/`, and in CloudWatch if wanted."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from locomo.files import full_disk

LOGS: Final = Path("logs")
UNSEEN: Final = "unseen"
"""An attribute of records that are not for the terminal."""

log = logging.getLogger("locomo")


class JsonLines(logging.Formatter):
    """One JSON object a record: at, level, stage, run, message, and the numbers that the message was made of."""

    def __init__(self, stage: str, run: str) -> None:
        super().__init__()
        self._stage = stage
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "stage": self._stage,
            "run": self._run,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


class LogFile(logging.FileHandler):
    """A file of a log, whose lines are lost where the disk is full: what a stage says of it is not buried by that."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Pass over a full disk; see `logging.Handler`."""
        error = sys.exc_info()[1]
        if error is None or full_disk(error) is None:
            super().handleError(record)


def fields(**values: Any) -> dict[str, Any]:
    """Return what `extra` of a logging call has to be for these values to stand in its JSON line."""
    return {"fields": values}


def set_up_logging(stage: str, run: str) -> None:
    """Send what the project logs to stderr and to `logs/<stage>.jsonl`, which is not an output; see `cloudwatch`."""
    from locomo.pipeline.cloudwatch import cloudwatch_handler

    LOGS.mkdir(exist_ok=True)
    log.setLevel(logging.INFO)
    log.propagate = False  # libraries put handlers of their own on the root
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(logging.Formatter("%(message)s"))
    screen.addFilter(lambda record: not hasattr(record, UNSEEN))
    lines = JsonLines(stage, run)
    file = LogFile(LOGS / f"{stage}.jsonl", encoding="utf-8")
    file.setFormatter(lines)
    log.handlers = [screen, file]
    if (cloud := cloudwatch_handler(stage, run, beside=[screen, file])) is not None:
        cloud.setFormatter(lines)
        log.addHandler(cloud)
