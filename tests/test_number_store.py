"""A store of numbers stays below its limit, whoever writes to it, and drops what is there no sooner than it has to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from locomo.errors import InputError
from locomo.number_store import NumberStore

LIMIT = 400_000


def keys(first: int, last: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(first, last)]


def store(folder: Path, limit: int = LIMIT) -> NumberStore:
    return NumberStore(folder / "numbers.sqlite", "<f8", limit=limit)


def test_numbers_come_back_bit_for_bit(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).random((1_300, 2))
    store(tmp_path).add(keys(0, 1_300), numbers)
    found = store(tmp_path).get([*keys(0, 1_300), b"another"])
    assert len(found) == 1_300
    np.testing.assert_array_equal([found[key] for key in keys(0, 1_300)], numbers)


def test_what_is_there_first_stays(tmp_path: Path) -> None:
    one = store(tmp_path)
    one.add([b"key"], np.ones((1, 1)))
    one.add([b"key"], np.zeros((1, 1)))
    assert one.get([b"key"])[b"key"] == [1.0]


def test_it_does_not_grow_beyond_its_limit(tmp_path: Path) -> None:
    one = store(tmp_path)
    numbers = np.arange(1_000, dtype=float).reshape(-1, 1)
    for start in range(0, 20_000, 1_000):
        one.add(keys(start, start + 1_000), numbers)
    assert one.path.stat().st_size <= 1.2 * LIMIT  # with the addition that made room necessary
    kept = one.get(keys(0, 20_000))
    assert 0.6 * LIMIT < 45 * len(kept) < 1.1 * LIMIT
    last = keys(19_000, 20_000)
    assert len(one.get(last)) > 500  # new ones are not what goes first
    places = {key: float(number % 1_000) for number, key in enumerate(keys(0, 20_000))}
    assert all(places[key] == value for key, (value,) in kept.items())


def test_below_its_limit_nothing_is_dropped(tmp_path: Path) -> None:
    one = store(tmp_path, limit=2 * LIMIT)
    for start in range(0, 8_000, 1_000):
        one.add(keys(start, start + 1_000), np.zeros((1_000, 1)))
    assert len(one.get(keys(0, 8_000))) == 8_000


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "numbers.sqlite").write_bytes(b"not a database, and long enough to be looked at" * 30)
    with pytest.raises(InputError, match=r"numbers\.sqlite: cannot be used \(.*\); move it away, and what it held is"):
        store(tmp_path)
