"""What is done once instead of for each rule changes nothing that is found."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pandas
import pytest

from locomo.validation import check as module
from locomo.validation.check import check
from locomo.validation.shortcuts import shortcuts
from locomo.validation.suite import Rule, Suite


def rule(name: str, kind: str, **kwargs: Any) -> Rule:
    expectation = {"type": kind, "kwargs": kwargs, "meta": {"rule": name}, "severity": "critical", "description": "."}
    return Rule(name, "rows", "critical", "A rule.", expectation)


RULES = [
    rule("null", "expect_column_values_to_be_null", column="bad"),
    rule("null_too", "expect_column_values_to_be_null", column="good"),
    rule("equal", "expect_column_pair_values_to_be_equal", column_A="x", column_B="y"),
    rule("one_set", "expect_column_values_to_be_in_set", column="x", value_set=[1, 2]),
    rule("another_set", "expect_column_values_to_be_in_set", column="x", value_set=["1", "2"]),
    rule("between", "expect_column_values_to_be_between", column="x", min_value=1, max_value=3),
    rule("between_others", "expect_column_values_to_be_between", column="x", min_value=True, max_value=2.0),
    rule("count", "expect_table_row_count_to_be_between", min_value=1, max_value=2),
]
SUITE = Suite("made_up", RULES, "")


def tables(shift: int = 0) -> dict[str, pandas.DataFrame]:
    rows = [("f", str(at), None if at else "wrong", None, at + 1, at + 1 + shift * (at == 2)) for at in range(3)]
    return {"rows": pandas.DataFrame(rows, columns=["file", "id", "bad", "good", "x", "y"], dtype=object)}


def outcomes(shift: int) -> list[Any]:
    checked = check(SUITE, tables(shift), "x")
    return [checked.result.to_json(), [outcome.to_json_dict() for outcome in checked.by_table["rows"].results]]


@pytest.mark.parametrize("shift", [0, 1])
def test_findings_are_great_expectations_own(shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = outcomes(shift)
    monkeypatch.setattr(module, "shortcuts", nullcontext)
    assert json.dumps(quick, sort_keys=True) == json.dumps(outcomes(shift), sort_keys=True)
    broken = {"null", "one_set", "another_set", "between_others", "count"} | ({"equal"} if shift else set())
    assert {finding["rule"] for finding in quick[0]["findings"]} == broken


def test_great_expectations_is_left_as_it_was() -> None:
    from great_expectations.core.id_dict import IDDict

    before = IDDict.to_id
    with shortcuts():
        assert IDDict.to_id is not before
    assert IDDict.to_id is before
