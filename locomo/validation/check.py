"""Tables held against a suite by Great Expectations, without its telemetry, and without files of its own.

Importing Great Expectations takes seconds: it is done here, once a process, when there is something to check.
"""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.validation.finding import Finding, SuiteResult, found
from locomo.validation.light_import import light_import
from locomo.validation.shortcuts import shortcuts
from locomo.validation.suite import Rule, Suite
from locomo.validation.tables import Tables

if TYPE_CHECKING:
    import pandas

_INDEX: Final = ["file", "id"]
_COUNTS: Final[dict[str, Any]] = {"result_format": "BASIC"}
_ROWS: Final[dict[str, Any]] = {
    "result_format": "SUMMARY",
    "unexpected_index_column_names": _INDEX,
    "include_unexpected_rows": False,
}
"""With the rows that break a rule, which takes a third longer: only for rules that are broken."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it, and Great Expectations' own results by table, for its Data Docs."""

    result: SuiteResult
    by_table: dict[str, Any]


def check(suite: Suite, tables: Tables, path: str) -> Checked:
    """Hold tables, laid out from `path`, against a suite; InputError if a rule is not one that can be checked."""
    findings: list[Finding] = []
    by_table = {}
    for name in suite.tables:
        rules = [rule for rule in suite.rules if rule.table == name]
        if name not in tables:
            raise InputError(f"suite '{suite.name}': no table '{name}'{did_you_mean(name, tables)}")
        frame = tables[name]
        by_table[name] = validated = _validate(f"{suite.name}.{name}", rules, frame)
        outcomes = {outcome.expectation_config.meta["rule"]: outcome for outcome in validated.results}
        findings += [_finding(rule, outcomes[rule.name], frame) for rule in rules if not outcomes[rule.name].success]
    rows = sum(len(tables[name]) for name in suite.tables)
    return Checked(SuiteResult(suite.name, path, len(suite.rules), rows, findings), by_table)


@contextmanager
def no_collection() -> Iterator[None]:
    """Leave garbage alone: of the many objects of an import or a table nearly none is any, and looking takes a quarter.

    Reference counts free nearly all of the rest.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@cache
def context() -> Any:
    """Great Expectations with a context in memory."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when it is imported
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings(), no_collection(), light_import():
        warnings.simplefilter("ignore")  # of its own dependencies
        import great_expectations
        from great_expectations.data_context.types.base import ProgressBarsConfig

    opened = great_expectations.get_context(mode="ephemeral")
    opened.variables.progress_bars = ProgressBarsConfig(globally=False)
    return opened


@cache
def _whole(name: str) -> Any:
    """The definition of a batch that is a whole table."""
    source = context().data_sources.add_pandas(name)
    return source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")


def _validate(name: str, rules: list[Rule], frame: pandas.DataFrame) -> Any:
    context()
    from great_expectations import ExpectationSuite

    def validate(some: list[Rule], form: dict[str, Any]) -> Any:
        suite = ExpectationSuite(name=name, expectations=[_expectation(name, rule, frame) for rule in some])
        with shortcuts():
            return batch.validate(suite, result_format=form)

    with shortcuts():
        batch = _whole(name).get_batch({"dataframe": frame})
    validated = validate(rules, _COUNTS)
    names = {outcome.expectation_config.meta["rule"] for outcome in validated.results if not outcome.success}
    if not names:
        return validated
    broken = validate([rule for rule in rules if rule.name in names], _ROWS).results
    by_name = {outcome.expectation_config.meta["rule"]: outcome for outcome in broken}
    results = validated.results
    results[:] = [by_name.get(outcome.expectation_config.meta["rule"], outcome) for outcome in results]
    return validated


def _expectation(suite: str, rule: Rule, frame: pandas.DataFrame) -> Any:
    """Return a rule as Great Expectations has it, its name in what Data Docs show; InputError if it is none."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    where = f"suite '{suite}': rule '{rule.name}'"
    for column in rule.columns:
        if column not in frame.columns:
            hint = did_you_mean(column, map(str, frame.columns))
            raise InputError(f"{where}: the table has no column '{column}'{hint}")
    known = list_registered_expectation_implementations()
    if rule.expectation["type"] not in known:
        hint = did_you_mean(rule.expectation["type"], known)
        raise InputError(f"{where}: Great Expectations knows no '{rule.expectation['type']}'{hint}")
    described = {**rule.expectation, "description": f"{rule.name}: {rule.description}"}
    try:
        return ExpectationConfiguration(**described).to_domain_obj()
    except (ValueError, TypeError) as error:
        what = ": ".join(line.strip() for line in str(error).splitlines()[1:3]) or str(error)
        raise InputError(f"{where}: {what}") from None


def _finding(rule: Rule, outcome: Any, frame: pandas.DataFrame) -> Finding:
    result = outcome.result
    rows = [
        {"file": str(row["file"]), "id": str(row["id"]), "found": _value(rule, row)}
        for row in result.get("partial_unexpected_index_list") or []
    ]
    if "unexpected_count" in result:
        count, of = int(result["unexpected_count"]), int(result["element_count"])
    else:  # a rule about the table as a whole, or one that failed by itself
        count, of = 1, 1
        file = str(frame["file"].iloc[0]) if len(frame) else "-"
        what = found(result["observed_value"]) if "observed_value" in result else _trouble(outcome)
        rows = [{"file": file, "id": rule.table, "found": what}]
    return Finding(rule.name, rule.table, rule.severity, rule.description, count, of, rows)


def _value(rule: Rule, row: dict[str, Any]) -> str:
    if len(rule.columns) == 2:
        first, second = (row.get(column) for column in rule.columns)
        return f"{found(first)}, expected {found(second)}"
    return found(row.get(rule.columns[0]))


def _trouble(outcome: Any) -> str:
    """Why a rule could not be checked, in Great Expectations' words."""
    info = outcome.exception_info or {}
    first = info if "exception_message" in info else next(iter(info.values()), {})
    message = first.get("exception_message") if isinstance(first, dict) else None
    return f"values that it cannot be checked on ({message or 'no reason given'})"
