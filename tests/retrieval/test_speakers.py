"""Questions as the speaker that they name would have put them."""

from __future__ import annotations

import pytest

from locomo.retrieval.speakers import first_person, named_speakers, speaker_match

BOTH = ("Ann", "Ben")


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When did Ann paint Ann's fence?", "When did I paint my fence?"),
        ("What is Ben’s cat called?", "What is my cat called?"),
        ("What do Ann and Ben share?", "What do I and I share?"),
        ("Is Anna with Annie's Bennet?", "Is Anna with Annie's Bennet?"),
        ("When is ann there?", "When is ann there?"),
        ("", ""),
    ],
)
def test_names_become_the_first_person(question: str, asked: str) -> None:
    assert first_person(question, BOTH) == asked


def test_a_name_is_taken_letter_by_letter() -> None:
    assert first_person("Does A.J's dog know AxJ's?", ("A.J", "Bo")) == "Does my dog know AxJ's?"


def test_whom_a_question_names() -> None:
    assert named_speakers("Did Ben meet Ann's dog?", BOTH) == ["Ann", "Ben"]
    assert named_speakers("Who met Annie?", BOTH) == []


def test_units_match_by_their_speaker() -> None:
    match = speaker_match(BOTH, ["Where is Ann?", "Ann or Ben?", "Who?"], ["Ann", "Ben", None])
    assert match.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_no_questions_and_no_units() -> None:
    assert speaker_match(BOTH, [], ["Ann"]).shape == (0, 1)
    assert speaker_match(BOTH, ["Who?"], []).shape == (1, 0)
