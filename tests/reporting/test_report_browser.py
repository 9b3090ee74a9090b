"""The report's question browser, run in a real browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from report_page import CARD, HOSTILE, conversation, pair, report

from locomo.reporting.report import write_report
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.shown_prompts import ShownPrompts

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


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium to run the page's script")


@needs_chromium
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


@needs_chromium
def test_worst_and_most_disputed_come_first_on_demand(tmp_path: Path) -> None:
    questions = [{"question": f"Number {n}?", "category": 4, "answer": "x", "evidence": ["D1:1"]} for n in range(3)]
    of = conversation(questions)
    f1 = {None: (0.5, 0.0, 1.0), 2: (0.5, 0.2, 0.0)}
    pairs = [
        pair(of, n, value, **({} if k is None else {"unit": "dialog", "k": k, "context": ("D1:1",)}))
        for k, values in f1.items()
        for n, value in enumerate(values)
    ]
    report(tmp_path, [of], pairs)

    def order(**view: str) -> list[str]:
        return re.findall(r"Number (\d)\?", in_browser(tmp_path, **view))

    assert order() == ["0", "1", "2"]
    assert order(s="worst") == ["1", "0", "2"]
    assert order(s="worst", c="rag_dialog_k2") == ["2", "1", "0"]
    assert order(s="best", c="qa") == ["2", "0", "1"]
    assert order(s="split") == ["2", "1", "0"]


@needs_chromium
@pytest.mark.parametrize(("conversations", "questions", "ks"), [(1, 1986, 12), (1000, 5, 3)])
def test_a_large_page_opens_in_two_seconds(tmp_path: Path, conversations: int, questions: int, ks: int) -> None:
    """1,986 questions in 12 configurations, which are 24,000 rows; and 1,000 conversations."""
    asked = [{"question": f"Which {n}?", "category": 4, "answer": "x", "evidence": ["D1:1"]} for n in range(questions)]
    every = [conversation(asked, f"tiny-{n}", "We adopted a cat. " * 40) for n in range(conversations)]
    context = ("D1:1", "D1:2")
    rows = []
    for of in every:
        once = [
            pair(of, n, 0.5, prediction=f"answer {n}", context=context, unit="dialog", k=2) for n in range(questions)
        ]
        rows += [
            (p.model_copy(update={"k": k}), s.model_copy(update={"configuration": f"rag_dialog_k{k}"}))
            for k in range(1, ks + 1)
            for p, s in once
        ]
    path = tmp_path / "report.html"
    write_report(path, card=CARD, conversations=every, predictions=[p for p, _ in rows], scores=[s for _, s in rows])
    page = path.read_text(encoding="utf-8")
    clock = (
        '<script>document.getElementById("status").append(` ready ${Math.round(performance.now())}`)</script></body>'
    )
    path.write_text(page.replace("</body>", clock), encoding="utf-8")
    seen = in_browser(tmp_path)
    count = f"{conversations * questions:,}"
    assert f"{count} of {count} questions" in seen
    found = re.search(r"ready (\d+)", seen)
    assert found is not None
    assert int(found[1]) < 2000  # milliseconds


@needs_chromium
def test_beside_an_answer_stands_what_was_asked(tmp_path: Path) -> None:
    trap = {"question": "Which <b>?", "category": 5, "adversarial_answer": "a $& dog", "evidence": ["D1:1"]}
    of = conversation([trap])
    rows = [pair(of, 0, 0.0, context=("D1:1",), unit="dialog", k=2), pair(of, 0, 0.0, context=())]
    asked = ShownPrompts(asking_protocol("strict"), 0)
    path = tmp_path / "report.html"
    predictions, scores = zip(*rows, strict=True)
    write_report(path, card=CARD, conversations=[of], predictions=predictions, scores=scores, prompts=asked)
    opened = '<script>document.querySelectorAll("details").forEach((each) => { each.open = true; });</script>'
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", f"{opened * 2}</body>"), encoding="utf-8")
    seen = in_browser(tmp_path, open="tiny:0")
    assert "about what Ada and Bob told each other" in seen
    assert "[the context]" in seen
    assert "[no context]" in seen
    first = "Question: Which &lt;b&gt;? Choose (a) Not mentioned in the conversation or (b) a $&amp; dog."
    other = "Question: Which &lt;b&gt;? Choose (a) a $&amp; dog or (b) Not mentioned in the conversation."
    assert seen.count(first) == seen.count(other) == 2
    assert "locomo cache show 0" in seen
