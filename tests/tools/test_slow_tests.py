"""The list of tests that `make check-fast` leaves out names tests that exist."""

from __future__ import annotations

import pytest
from conftest import ROOT, SLOW

LISTED = sorted(name for name in SLOW if not name.startswith("#"))


def test_the_tests_that_are_left_out_are_there() -> None:
    """Else one was renamed, and would run: `make test`, then `python tools/list_slow_tests.py`."""
    assert LISTED
    missing = []
    for name in LISTED:
        file, _, function = name.partition("::")
        path = ROOT / file
        if not path.is_file() or f"def {function}(" not in path.read_text(encoding="utf-8"):
            missing.append(name)
    assert missing == []


def test_a_listed_test_is_marked(request: pytest.FixtureRequest) -> None:
    marked = {item.nodeid.partition("[")[0] for item in request.session.items if item.get_closest_marker("slow")}
    collected = {item.nodeid.partition("[")[0] for item in request.session.items}
    assert collected & set(LISTED) <= marked
