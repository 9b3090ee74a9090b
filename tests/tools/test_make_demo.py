"""The demo is the sample with fewer questions, and the tool makes the very file that is in git."""

from __future__ import annotations

from collections import Counter

from conftest import ROOT, SAMPLE

from locomo.dataset import read_conversations
from tools import make_demo

DEMO = ROOT / "data" / "raw" / "demo.json"


def test_the_file_is_what_the_tool_makes() -> None:
    assert DEMO.read_text(encoding="utf-8") == make_demo.text()


def test_the_conversations_are_the_samples_with_three_questions_of_each_category() -> None:
    pairs = list(zip(read_conversations(DEMO), read_conversations(SAMPLE), strict=True))
    assert [demo.sample_id for demo, _ in pairs] == ["demo-1", "demo-2", "demo-3"]
    for demo, sample in pairs:
        assert demo.sessions == sample.sessions
        assert Counter(question.category for question in demo.questions) == dict.fromkeys(range(1, 6), 3)
        assert [question for question in sample.questions if question in demo.questions] == list(demo.questions)
