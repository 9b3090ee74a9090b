"""What can be retrieved of a conversation, by kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.units import UNITS, Unit, check_unit
from locomo.schema import Conversation


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    sample = {
        "sample_id": "one",
        "conversation": {
            "speaker_a": "Ann",
            "speaker_b": "Ben",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ann", "dia_id": "D1:1", "text": "I bought a dog."},
                {"speaker": "Ben", "dia_id": "D1:2", "text": "Mine!", "blip_caption": "a photo of a cat"},
            ],
            "session_2_date_time": "2:00 pm on 9 May, 2023",
            "session_2": [{"speaker": "Ann", "dia_id": "D2:1", "text": "It barks."}],
        },
        "observation": {
            "session_2_observation": {"Ann": [["Ann's dog barks.", ["D1:1", "D2:1"]]], "Ben": []},
            "session_1_observation": {"Ann": [["Ann has a dog.", "D1:1"]], "Ben": [["Ben has a cat.", "D1:2"]]},
        },
        "session_summary": {"session_2_summary": "The dog barks.", "session_1_summary": "They have pets."},
    }
    path = tmp_path / "one.json"
    path.write_text(json.dumps(sample), encoding="utf-8")
    return read_conversations(path)[0]


def test_turns_are_embedded_with_speaker_and_caption(conversation: Conversation) -> None:
    cat = "Mine! (shares a photo: a photo of a cat)"
    assert UNITS["dialog"](conversation) == [
        Unit(("D1:1",), 1, "Ann", "I bought a dog.", "Ann: I bought a dog."),
        Unit(("D1:2",), 1, "Ben", cat, f"Ben: {cat}"),
        Unit(("D2:1",), 2, "Ann", "It barks.", "Ann: It barks."),
    ]


def test_observations_stand_for_all_turns_that_they_cite(conversation: Conversation) -> None:
    assert UNITS["observation"](conversation) == [
        Unit(("D1:1",), 1, "Ann", "Ann has a dog.", "Ann has a dog."),
        Unit(("D1:2",), 1, "Ben", "Ben has a cat.", "Ben has a cat."),
        Unit(("D1:1", "D2:1"), 2, "Ann", "Ann's dog barks.", "Ann's dog barks."),
    ]


def test_summaries_stand_for_their_sessions(conversation: Conversation) -> None:
    assert UNITS["summary"](conversation) == [
        Unit(("S1",), 1, None, "They have pets.", "They have pets."),
        Unit(("S2",), 2, None, "The dog barks.", "The dog barks."),
    ]


def test_an_unknown_unit_is_refused_with_the_one_that_was_meant() -> None:
    assert check_unit("summary") == "summary"
    with pytest.raises(
        InputError, match=r"unit 'dialogue': expected one of dialog, observation, summary; did you mean 'dialog'\?"
    ):
        check_unit("dialogue")
