"""What was validated last, remembered: an output whose bytes and rules are the same is not checked again.

A stage's output is the next one's input, so that it is checked once and not by every stage that reads it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.files import pretty_json, read_json, write_text
from locomo.validation.finding import SuiteResult
from locomo.validation.subject import Subject
from locomo.validation.tables import shown

RECORDS: Final = Path("logs/validation")
DOCS: Final = Path("reports/validation")


def validate(subject: Subject, *, again: bool = False) -> tuple[SuiteResult, bool]:
    """Hold an output against its suites; return what was found, and whether it had to be checked for that.

    `again` checks what was checked before too. The result is remembered, and shown in Data Docs. InputError if the
    output cannot be read.
    """
    digest, page = subject.digest(), DOCS / f"{subject.label}.html"
    known = _known(subject.label)
    if known is not None and known["digest"] == digest and page.is_file() and not again:
        return SuiteResult.from_json(known["result"]), False
    from locomo.validation.check import check, no_collection
    from locomo.validation.docs import write_index, write_page

    suite = subject.suite()
    with no_collection():
        checked = check(suite, subject.tables(), shown(subject.path))
        write_page(DOCS, subject.label, suite, checked)
    record = {
        "digest": digest,
        "checked": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        "result": checked.result.to_json(),
    }
    write_text(RECORDS / f"{subject.label}.json", pretty_json(record))
    write_index(DOCS, _all())
    return checked.result, True


def _known(label: str) -> dict[str, Any] | None:
    """Return what is remembered of an output; None if that is nothing, or nothing that can be read."""
    try:
        record: dict[str, Any] = read_json(RECORDS / f"{label}.json")
        SuiteResult.from_json(record["result"])
        return record | {"digest": record["digest"], "checked": str(record["checked"])}
    except (InputError, KeyError, TypeError, AttributeError, json.JSONDecodeError):
        return None


def _all() -> list[tuple[str, str, SuiteResult]]:
    """Everything that is remembered and has a page, as `write_index` takes it, the earliest output first."""
    found = []
    for path in RECORDS.glob("*.json"):
        record = _known(path.stem)
        if record is not None and (DOCS / f"{path.stem}.html").is_file():
            found.append((path.stem, record["checked"], SuiteResult.from_json(record["result"])))
    before = ("conversations", "captioned", "indexes", "memory")
    rows = ("qa", "baselines", "rag", "rankings", "memories", "events", "dialogue")
    order = (*before, *rows, "scores")
    return sorted(found, key=lambda entry: (order.index(entry[0]) if entry[0] in order else len(order), entry[0]))
