"""Days that are named by another day are resolved: the rules, and each gold of LoCoMo that was reviewed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.scoring.intervals import DATE, lies_in
from locomo.scoring.normalise import normalise

REVIEWED = json.loads((Path(__file__).parent / "labelled" / "relative_golds.json").read_text(encoding="utf-8"))
"""Golds of the released data that resolve: each was read beside the date of its session and the words of its turn."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Friday before 15 July 2023", "2023-07-14"),  # a Saturday
        ("the Saturday before 15 July 2023", "2023-07-08"),
        ("Saturday after 27 January, 2023", "2023-01-28"),
        ("two days before May 10, 2023", "2023-05-08"),
        ("the day after 31 December 2022", "2023-01-01"),
        ("few days before November 22, 2023", "2023-11-17..2023-11-20"),
        ("The week before 9 June 2023", "2023-05-29..2023-06-08"),  # from the Monday of last week
        ("the week after 9 June 2023", "2023-06-10..2023-06-18"),
        ("Two weeks before 11 August 2023", "2023-07-25..2023-07-31"),
        ("The weekend before 17 July 2023", "2023-07-15..2023-07-16"),
        ("The weekend before 16 July 2023", "2023-07-08..2023-07-09"),  # a Sunday: that one is not before it
        ("two weekends before 17 July 2023", "2023-07-08..2023-07-09"),
        ("The weekend after 3 June 2022", "2022-06-04..2022-06-05"),
        ("The weekend of 22 August 2022", "2022-08-27..2022-08-28"),
        ("The week of 23 August 2023", "2023-08-21..2023-08-27"),
        ("two months before 10 January 2023", "2022-11"),
        ("three years before 10 January 2023", "2020"),
        ("first week of May 2023", "2023-05-01..2023-05-07"),
        ("the last week of August 2023", "2023-08-21..2023-08-31"),
        ("first weekend of August 2023", "2023-08-05..2023-08-06"),
        ("early August 2023", "2023-08-01..2023-08-10"),
        ("mid-December 2022", "2022-12-11..2022-12-20"),
        ("end of October 2023", "2023-10-25..2023-10-31"),
        ("summer 2023", "2023-06-01..2023-08-31"),
        ("between October 19 and 24, 2023", "2023-10-19..2023-10-24"),
        ("between 26 March and 20 April 2023", "2023-03-26..2023-04-20"),
        ("May 7 and 8, 2023", "2023-05-07..2023-05-08"),
        ("May 7 and 9, 2023", "2023-05-07 2023-05-09"),
        ("Sunday, May 7, 2023", "2023-05-07"),
        ("Monday, May 7, 2023", "monday 2023-05-07"),  # it was a Sunday
        ("The week of April 3rd to 9th", "--04-03..--04-09"),
        ("the sunday before 3` July 2023", "sunday before 3 2023-07"),
        ("a few years before 2023", "few years before 2023"),
        ("last Friday", "last friday"),
        ("winter 2023", "winter 2023"),
    ],
)
def test_what_a_text_resolves_to(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        ("2023-05-07", "2023-05", True),
        ("2023-05", "2023-05-07", False),
        ("2023-05", "2023", True),
        ("2023-05-07", "--05-07", True),
        ("--05-07", "2023-05-07", False),
        ("2023-06-05", "2023-05-29..2023-06-08", True),
        ("2023-06-09", "2023-05-29..2023-06-08", False),
        ("2023-06-01..2023-06-07", "2023-05-29..2023-06-08", True),
        ("2023-06-05..2023-06-20", "2023-05-29..2023-06-08", False),  # less than half
        ("2023-06-05..2023-06-06", "2023-06-05", False),
        ("2023-06", "2023-06-01..2023-08-31", True),
    ],
)
def test_what_lies_in_what(found: str, expected: str, verdict: bool) -> None:
    assert lies_in(found, expected) is verdict


def test_reviewed_golds_resolve(locomo10: Path) -> None:
    released = read_conversations(locomo10)
    golds = {c.question_id(index): q.reference or "" for c in released for index, q in enumerate(c.questions)}
    found = {name: [word for word in normalise(golds[name]).split() if DATE.fullmatch(word)] for name in REVIEWED}
    assert found == {name: [word] for name, word in REVIEWED.items()}
    assert sum(".." not in word for word in REVIEWED.values()) == 26
