"""Notes made anew for a dataset: in the place where later stages read them, the released ones kept beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE
from stage_door import Actor, words

from locomo.dataset import read_conversations, read_folder, write_conversation
from locomo.generation.annotate import annotate, most_requests
from locomo.llm import Client, RequestCache
from locomo.llm.client import MissingError
from locomo.llm.settings import LlmSettings
from locomo.schema import Conversation

RELEASED = read_conversations(SAMPLE)


def noted(model: Any, folder: Path, conversations: list[Conversation] = RELEASED, **llm: Any) -> list[Conversation]:
    client = Client(model, RequestCache(folder), LlmSettings(**llm))
    try:
        return annotate(client, conversations, 0, lambda: None)
    finally:
        client.cache.close()


def test_new_notes_stand_where_stages_read_them_and_released_ones_beside(tmp_path: Path) -> None:
    for conversation in noted(words(), tmp_path / "cache"):
        write_conversation(conversation, tmp_path / "out")
    for before, after in zip(RELEASED, read_folder(tmp_path / "out"), strict=True):
        assert (after.sessions, after.questions) == (before.sessions, before.questions)
        assert after.raw_event_summary == before.raw_event_summary
        assert after.observations != before.observations
        assert set(after.summaries) == set(before.summaries)
        assert all(after.summaries[n] != before.summaries[n] for n in before.summaries)
        assert after.extra["released_observation"] == before.raw_observation
        assert list(after.extra["released_session_summary"].values()) == list(before.summaries.values())
        assert after.extra["annotated"] == {"model": "mock/words", "seed": 0, "prompts": "generate-1"}
        speaker = {turn.dia_id: turn.speaker for turn in after.turns}
        assert all(speaker[each] == one.speaker for one in after.observations for each in one.dia_ids)


def test_annotating_twice_keeps_what_was_released_first(tmp_path: Path) -> None:
    once = noted(words(), tmp_path)
    twice = noted(Actor(), tmp_path, once)
    assert twice[0].extra["released_observation"] == RELEASED[0].raw_observation
    assert twice[0].extra["annotated"]["model"] == "fake/actor"


def test_observations_of_the_other_speaker_or_of_no_turn_are_refused(tmp_path: Path) -> None:
    def twist(value: Any, step: str) -> Any:
        if "observations-a" in step:
            value = {"facts": [{"text": "Ruth is said to have done this.", "dia_ids": ["D1:2", "D99:1"]}]}
        return value

    actor = Actor(twist)
    noted(actor, tmp_path, RELEASED[:1])
    again = [r for r in actor.calls if r.step == "0/sample-1/session-01/observations-a/2"]
    assert "D1:2, D99:1 is no line of Ruth" in again[0].messages[-1].content


def test_it_stays_within_its_bound(tmp_path: Path) -> None:
    actor = Actor(lambda value, step: "no")
    conversations = noted(actor, tmp_path)
    assert len(actor.calls) == most_requests(RELEASED) == 2 * 3 * 21
    assert all(conversation.observations and conversation.summaries for conversation in conversations)


def test_sessions_without_turns_have_no_notes(tmp_path: Path) -> None:
    silent = RELEASED[0].sessions[0].model_copy(update={"turns": []})
    sessions = [silent, *RELEASED[0].sessions[1:]]
    (after,) = noted(words(), tmp_path, [RELEASED[0].model_copy(update={"sessions": sessions})])
    assert 1 not in after.summaries
    assert {one.session for one in after.observations} == set(range(2, len(sessions) + 1))


def test_offline_names_what_is_missing_and_afterwards_needs_no_model(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        noted(words(), tmp_path, offline=True)
    online = noted(words(), tmp_path)
    assert noted(words(), tmp_path, offline=True) == online
