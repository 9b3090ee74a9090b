"""The lists of tests that `make check-fast` and `make test` leave out name tests that exist."""

from __future__ import annotations

import pytest
from conftest import LONG, ROOT, SLOW

LISTS = {kind: {name for name in names if not name.startswith("#")} for kind, names in (("slow", SLOW), ("long", LONG))}


@pytest.mark.parametrize("kind", LISTS)
def test_the_tests_that_are_left_out_are_there(kind: str) -> None:
    """Else one was renamed, and would run: `make test ALL=yes`, then `python tools/list_slow_tests.py`."""
    assert LISTS[kind]
    missing = []
    for name in LISTS[kind]:
        file, _, function = name.partition("::")
        path = ROOT / file
        if not path.is_file() or f"def {function}(" not in path.read_text(encoding="utf-8"):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("kind", LISTS)
def test_a_listed_test_is_marked(kind: str, request: pytest.FixtureRequest) -> None:
    marked = {item.nodeid.partition("[")[0] for item in request.session.items if item.get_closest_marker(kind)}
    collected = {item.nodeid.partition("[")[0] for item in request.session.items}
    assert collected & LISTS[kind] <= marked


def test_what_is_long_is_slow() -> None:
    assert LISTS["long"] <= LISTS["slow"]
