"""Suites: what must hold of a stage's output, read from `suites/<name>.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text

FOLDER: Final = Path(__file__).parent / "suites"
SUITES: Final = (
    *("conversations", "captioned", "locomo10", "index", "stores", "answers", "predictions", "rankings", "memories"),
    *("events", "dialogue", "scores"),
)
_KEYS: Final = {"type", "kwargs", "meta", "severity", "description"}

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation, in the words of Great Expectations, with a name."""

    name: str
    table: str
    severity: Severity
    description: str
    expectation: dict[str, Any]
    """As Great Expectations takes it: `type`, `kwargs`, `meta`, `severity`, `description`."""

    @property
    def columns(self) -> list[str]:
        """The columns of its table that it is about."""
        return [value for key, value in self.expectation["kwargs"].items() if key in ("column", "column_A", "column_B")]


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one kind of output."""

    name: str
    rules: list[Rule]
    text: str
    """What it was read from, with what it extends: two suites of the same text are the same."""

    @property
    def tables(self) -> list[str]:
        """The tables that its rules are about."""
        return list(dict.fromkeys(rule.table for rule in self.rules))


def load_suite(name: str, folder: Path = FOLDER) -> Suite:
    """Read a suite; InputError if it is not there or not written as a suite."""
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise InputError(f"suite '{name}': expected one of {', '.join(SUITES)}{did_you_mean(name, SUITES)}")
    return _parsed(name, folder, read_text(path))


@cache  # a stage needs the same rules several times, and YAML is slow to parse
def _parsed(name: str, folder: Path, text: str) -> Suite:
    path = folder / f"{name}.yaml"
    data = parse_yaml(text, str(path))
    if not isinstance(data, dict) or not isinstance(data.get("tables"), dict):
        raise InputError(f"{path}: expected `tables:` with the rules of each")
    basis = load_suite(data["extends"], folder) if data.get("extends") else None
    rules = list(basis.rules) if basis else []
    for table, entries in data["tables"].items():
        if not isinstance(entries, list):
            raise InputError(f"{path}: tables.{table}: expected a list of rules")
        rules += [_rule(entry, table, f"{path}: tables.{table}[{at}]") for at, entry in enumerate(entries)]
    names = [rule.name for rule in rules]
    for rule_name in names:
        if names.count(rule_name) > 1:
            raise InputError(f"{path}: two rules are called '{rule_name}', expected a name for each")
    return Suite(name, rules, (basis.text if basis else "") + text)


def join_suites(suites: Sequence[Suite]) -> Suite:
    """Return one suite of the rules of several; there is at least one."""
    return Suite(
        "+".join(suite.name for suite in suites),
        [rule for suite in suites for rule in suite.rules],
        "".join(suite.text for suite in suites),
    )


def _rule(entry: Any, table: str, where: str) -> Rule:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise InputError(f"{where}: expected a rule with `type`, `kwargs`, `meta` and `description`")
    for key in entry:
        if key not in _KEYS:
            raise InputError(f"{where}: unknown key '{key}'{did_you_mean(str(key), _KEYS)}")
    meta, kwargs, severity = entry.get("meta"), entry.get("kwargs", {}), entry.get("severity", "critical")
    if not isinstance(meta, dict) or not isinstance(meta.get("rule"), str):
        raise InputError(f"{where}: no name, expected `meta: {{rule: a_name}}`")
    if severity not in ("critical", "warning"):
        raise InputError(f"{where}: severity: found {severity!r}, expected critical or warning")
    if not isinstance(kwargs, dict):
        raise InputError(f"{where}: kwargs: expected names with values")
    if not isinstance(entry.get("description"), str):
        raise InputError(f"{where}: description: expected a sentence that says what must hold")
    expectation = {**entry, "kwargs": kwargs, "severity": severity}
    return Rule(meta["rule"], table, severity, entry["description"], expectation)
