"""Every prompt of a protocol has the fields that it is filled with, and a version."""

from __future__ import annotations

import pytest

from locomo import prompts

PAPER = prompts.load("paper")
PEOPLE = {"speaker_a": "Ruth", "speaker_b": "Ivo"}
UNIT = {"date": "8 May, 2023", "speaker": "Ruth", "text": "I {like} bees."}
CHOICE = {"question": "Who?", "a": "Ruth", "b": "Not mentioned"}
FIELDS = {
    "qa_system": PEOPLE,
    "rag_system": PEOPLE,
    "qa_user": {"context": "Ruth: hello", "question": "Question: Who?"},
    "rag_user": {"context": "Ruth: hello", "question": "Question: Who?"},
    "session": {"number": 3, "date_time": "1:56 pm on 8 May, 2023"},
    "turn": {"speaker": UNIT["speaker"], "text": UNIT["text"]},
    "dialog_unit": UNIT,
    "observation_unit": {"date": UNIT["date"], "text": UNIT["text"]},
    "summary_unit": {"date": UNIT["date"], "text": UNIT["text"]},
    "memory_unit": {"text": UNIT["text"]},
    "question": {"question": "Who?"},
    "question_2": {"question": "Who?"},
    "question_5": CHOICE,
    "question_6": {"question": "I said yes again."},
    "dated": {"date": "8 May, 2023", "question": "Question: Who?"},
    "not_mentioned": {},
}


def test_the_prompts_have_a_version() -> None:
    assert PAPER.version == "paper-1"


def test_all_templates_are_tried_below() -> None:
    assert set(PAPER.templates) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_template_says_all_that_it_is_given(name: str) -> None:
    text = PAPER.fill(name, **FIELDS[name])
    assert all(str(value) in text for value in FIELDS[name].values())
    assert text == text.strip() != ""


def test_the_prompts_of_judges() -> None:
    judge = prompts.load("judge")
    assert judge.version == "judge-2"
    kinds = ["abstention", "rubric", "cue"]
    assert set(judge.templates) == {
        "strict",
        "balanced",
        "lenient",
        "user",
        *kinds,
        *(f"user_{kind}" for kind in kinds),
    }
    shown = judge.fill("user", question="Who?", gold="Ruth", answer="{Ivo}")
    assert all(text in shown for text in ("Question: Who?", "Reference answer: Ruth", "Answer to check: {Ivo}"))
    assert "Reference" not in judge.fill("user_abstention", question="Who?", answer="{Ivo}")
    assert all(judge.fill(name) == judge.templates[name] for name in ("strict", "balanced", "lenient"))


@pytest.mark.parametrize("name", ["qa_user", "rag_user"])
def test_the_question_comes_last_so_that_the_beginning_can_be_reused(name: str) -> None:
    one, other = (PAPER.fill(name, context="Ruth: hello", question=question) for question in ("Who?", "When?"))
    assert one.split("Who?")[0] == other.split("When?")[0]
    assert "Ruth: hello" in one.split("Who?")[0]
