"""How many threads local models get."""

from __future__ import annotations

import os

import pytest

from locomo.errors import InputError
from locomo.threads import thread_count


def test_one_thread_for_each_cpu_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCOMO_THREADS", raising=False)
    assert 1 <= thread_count() <= (os.cpu_count() or 1)
    monkeypatch.setenv("LOCOMO_THREADS", "3")
    assert thread_count() == 3


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_of_threads(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LOCOMO_THREADS", value)
    with pytest.raises(InputError, match=r"^LOCOMO_THREADS: found .* expected a whole number of at least 1$"):
        thread_count()
