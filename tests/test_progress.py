"""Long work says how far it is, in plain lines where there is no terminal."""

from __future__ import annotations

import logging
import re

import pytest

from locomo import progress
from locomo.progress import Progress


def test_a_log_gets_plain_lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.INFO, logger="locomo"):
        bar = Progress("qa", 2, lambda: "1 from the cache")
        bar.step()
        bar.step()
        bar.close()
    first, second, last = caplog.messages
    assert first.startswith("qa: 1 of 2, ")
    assert re.fullmatch(r"qa: 2 of 2, [\d.]+ a second, 0 s left, 1 from the cache", second)
    assert last.startswith("qa: 2 done in ")
    assert last.endswith(" s, 1 from the cache")
