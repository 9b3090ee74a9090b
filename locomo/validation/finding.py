"""What a suite found: rules that do not hold, and the rows that break them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from locomo.validation.suite import Severity

ROWS_SHOWN: Final = 5
"""Offending rows that a message names of each rule."""
_LONGEST: Final = 100
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that does not hold."""

    rule: str
    table: str
    severity: Severity
    description: str
    count: int
    """Rows that break it."""
    of: int
    """Rows that it is about."""
    rows: list[dict[str, str]]
    """The first of them: `file`, `id`, `found`."""

    @property
    def lines(self) -> list[str]:
        """The finding for people: the rule first, then the first offending rows."""
        word = "error" if self.severity == "critical" else "warning"
        head = f"{word}: {self.rule} ({self.table}): {self.count:,} of {self.of:,}: {self.description}"
        shown = [f"  {row['file']}: {row['id']}: found {row['found']}" for row in self.rows[:ROWS_SHOWN]]
        left = self.count - len(shown)
        return [head, *shown, *([f"  and {left:,} more"] if left and shown else [])]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What came of holding one output against one suite."""

    suite: str
    path: str
    rules: int
    rows: int
    """Rows of all tables."""
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        """Rules that have to hold and do not."""
        return [finding for finding in self.findings if finding.severity == "critical"]

    @property
    def warnings(self) -> list[Finding]:
        """Rules that should hold and do not."""
        return [finding for finding in self.findings if finding.severity == "warning"]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> SuiteResult:
        """Take it from `to_json`; KeyError or TypeError if it is something else."""
        return cls(**value | {"findings": [Finding(**finding) for finding in value["findings"]]})


def counts(findings: Sequence[Finding]) -> str:
    """Return the names of rules with how many rows break each: 'evidence_form 6, evidence_exists 3'."""
    return ", ".join(f"{finding.rule} {finding.count:,}" for finding in findings)


def found(value: Any) -> str:
    """Return a value as a message shows it: in one line, and not too long."""
    if hasattr(value, "item"):  # a number of NumPy's
        value = value.item()
    text = "null" if value is None else repr(value).replace("\n", "\\n")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
