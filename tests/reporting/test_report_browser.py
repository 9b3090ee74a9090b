"""The report's question browser, run in a real browser where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from report_page import HOSTILE, conversation, pair, report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def in_browser(tmp_path: Path, **view: str) -> str:
    """Return the page as it stands once a browser has run it at a linked view."""
    fragment = "&".join(f"{key}={quote(value)}" for key, value in view.items())
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    done = subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", *quiet),
            f"--user-data-dir={tmp_path / 'profile'}",
            *("--dump-dom", f"{(tmp_path / 'report.html').as_uri()}#{fragment}"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.partition('id="browser"')[2].partition("</section>")[0]


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium to run the page's script")
def test_linked_view_filters_and_opens(tmp_path: Path) -> None:
    hostile = conversation(
        [
            {"question": "Which dog?", "category": 5, "adversarial_answer": "a poodle", "evidence": ["D1:1", "D7:3"]},
            {"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]},
        ]
    )
    pairs = [
        pair(hostile, 0, 0.0, prediction=HOSTILE, unit="dialog", k=2, recall=0.5, context=("D1:2", "D1:1")),
        pair(hostile, 1, 1.0, unit="dialog", k=2, context=("D1:1",)),
        pair(hostile, 0, 0.0, error="rate limited"),
        pair(hostile, 1, 1.0),
    ]
    report(tmp_path, [hostile], pairs)
    seen = in_browser(tmp_path, cat="5", open="tiny:0")
    assert "1 of 2 questions" in seen
    assert "Which pet?" not in seen
    assert "not mentioned in the conversation" in seen
    assert "a poodle" in seen
    assert "1:56 pm on 8 May, 2023</span> Ada: We adopted a cat." in seen
    assert "no such turn" in seen
    assert "Error: rate limited" in seen
    assert "evidence: 1 of 2" in seen
    assert "&lt;img src=x onerror=alert(2)&gt;" in seen
    assert "<img" not in seen
    assert "<script" not in seen
    assert "1 of 2 questions" in in_browser(tmp_path, r="error", c="qa")
    assert "1 of 2 questions" in in_browser(tmp_path, q="POODLE")
    assert "No question matches" in in_browser(tmp_path, q="zeppelin")
