"""Whole conversations by agents: valid, the same bytes each time, and with all that was asked for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from stage_door import PAIR, Actor, perform, reread, settings, words

from locomo.dataset import released_shape
from locomo.files import pretty_json
from locomo.generation import agents
from locomo.generation.agents import most_requests
from locomo.generation.dates import MONTHS
from locomo.generation.inspection import write_agents
from locomo.generation.personas import read_given
from locomo.schema import Conversation

GOLDEN = Path(__file__).with_name("golden.json")
WRITTEN = re.compile(rf"1?\d:[0-5]\d [ap]m on [1-3]?\d ({'|'.join(MONTHS)}), 202[2-4]")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    (one,) = perform(words(), tmp_path_factory.mktemp("cache"))
    return one


@pytest.fixture
def conversation(made: Any) -> Conversation:
    return made.conversation


def test_the_mock_gives_the_golden_conversation(made: Any) -> None:
    """After a change of prompts or steps that is meant: LOCOMO_GOLDEN=write pytest tests/generation/test_agents.py."""
    text = pretty_json({"conversation": released_shape(made.conversation), "steps": made.steps.record})
    if os.environ.get("LOCOMO_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_it_is_read_back_as_it_was_written(made: Any, tmp_path: Path) -> None:
    (again,) = reread([made], tmp_path)
    assert released_shape(again) == released_shape(made.conversation)


def test_all_that_was_asked_for_is_there(conversation: Conversation) -> None:
    assert conversation.sample_id == "gen-7-1"
    assert len(conversation.sessions) == 2
    assert all(2 <= len(session.turns) <= 5 for session in conversation.sessions)
    assert all(WRITTEN.fullmatch(session.date_time) for session in conversation.sessions)
    assert set(conversation.summaries) == {1, 2}
    speakers = {conversation.speaker_a, conversation.speaker_b}
    assert set(conversation.raw_event_summary) == {"events_session_1", "events_session_2"}
    for events in conversation.raw_event_summary.values():
        assert set(events) == {*speakers, "date"}
    assert conversation.questions
    assert conversation.extra["generated"] == {"model": "mock/words", "seed": 7, "prompts": "generate-1"}


def test_speakers_take_turns(conversation: Conversation) -> None:
    for session in conversation.sessions:
        said = [turn.speaker for turn in session.turns]
        assert all(one != other for one, other in pairwise(said))
        assert [turn.dia_id for turn in session.turns] == [f"D{session.number}:{n + 1}" for n in range(len(said))]


def test_observations_cite_turns_of_the_speaker_they_are_about(conversation: Conversation) -> None:
    speaker = {turn.dia_id: turn.speaker for turn in conversation.turns}
    assert {(o.session, o.speaker) for o in conversation.observations} == {
        (session.number, name)
        for session in conversation.sessions
        for name in (conversation.speaker_a, conversation.speaker_b)
    }
    assert all(speaker[each] == o.speaker for o in conversation.observations for each in o.dia_ids)


def test_photos_are_described_and_searched_for(conversation: Conversation) -> None:
    shared = [turn for turn in conversation.turns if turn.shares_image]
    assert shared
    assert all(turn.blip_caption and turn.query and turn.img_url is None for turn in shared)


def test_questions_are_marked_as_generated_and_cite_turns(conversation: Conversation) -> None:
    ids = {turn.dia_id for turn in conversation.turns}
    for question in conversation.questions:
        assert question.model_dump()["generated"] is True
        assert ids >= set(question.evidence) != set()
        sessions = {each.partition(":")[0] for each in question.evidence}
        assert len(sessions) == (2 if question.category == 1 else 1)
        assert (question.answer is None) == (question.category == 5)


def test_the_bound_is_kept_with_room_to_spare(made: Any) -> None:
    assert made.steps.asked == sum(note["asked"] for note in made.steps.record.values())
    assert made.steps.asked < made.steps.bound / 2


def test_another_conversation_beside_it_changes_nothing(made: Any, tmp_path: Path) -> None:
    other = (("I drive a tram.",), ("I sell flowers.",))
    first, second = perform(words(), tmp_path, (PAIR, other), conversations=2)
    assert first.conversation == made.conversation
    assert second.conversation.sample_id == "gen-7-2"
    assert second.conversation.sessions != first.conversation.sessions


def test_another_seed_makes_another_conversation(made: Any, tmp_path: Path) -> None:
    (other,) = perform(words(), tmp_path, seed=8)
    assert other.conversation.sessions != made.conversation.sessions


def test_the_second_run_asks_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = []
    for run in ("first", "second"):
        actor = Actor()
        made = perform(actor, tmp_path / "cache")
        reread(made, tmp_path / run)
        write_agents(made[0], tmp_path / run / "agents")
        folders.append(
            {p.relative_to(tmp_path / run): p.read_bytes() for p in (tmp_path / run).rglob("*.*") if p.is_file()}
        )
        assert bool(actor.calls) == (run == "first")
    assert folders[0] == folders[1]
    assert len(folders[0]) == 9


def test_no_two_calls_are_alike(tmp_path: Path) -> None:
    actor = Actor()
    perform(actor, tmp_path)
    keys = [request.key for request in actor.calls]
    assert len(set(keys)) == len(keys)
    assert len({request.step for request in actor.calls}) == len(keys)
    assert len({request.seed for request in actor.calls}) == len(keys)


def steps_of(actor: Actor) -> set[str]:
    return {str(request.step) for request in actor.calls}


def test_a_changed_prompt_asks_again_only_for_what_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of reflections change: what was before the first of them is not asked for again."""
    before = Actor()
    perform(before, tmp_path)
    load = agents.load

    def changed(name: str) -> Any:
        prompts = load(name)
        prompts.templates["reflection"] += " Be honest."
        return prompts

    monkeypatch.setattr(agents, "load", changed)
    after = Actor()
    perform(after, tmp_path)
    asked = steps_of(after)
    assert "7/gen-7-1/session-01/reflection-a/1" in asked
    assert not any("session-01/turn" in step or "persona" in step or "events" in step for step in asked)
    assert any("session-02/turn" in step for step in asked)


def say(**parts: Any) -> Callable[[Any, str], Any]:
    """Change answers of the steps whose name has `turn`."""

    def twist(value: Any, step: str) -> Any:
        if "/turn-" in step and "photo/" not in step:
            value |= {key: change for key, change in parts.items() if key in value}
            value["text"] = f"{value['text']} {step.split('/')[-2]}"
        return value

    return twist


def test_a_session_ends_when_somebody_takes_leave_and_the_other_answers(tmp_path: Path) -> None:
    (made,) = perform(Actor(say(bye=True)), tmp_path, max_turns=12)
    assert [len(session.turns) for session in made.conversation.sessions] == [5, 5]


def test_a_session_ends_at_the_limit(tmp_path: Path) -> None:
    (made,) = perform(Actor(say(bye=False)), tmp_path, max_turns=9)
    assert [len(session.turns) for session in made.conversation.sessions] == [9, 9]


def test_the_other_is_asked_to_react_to_a_photo(tmp_path: Path) -> None:
    actor = Actor(say(photo="a red boat on a lake", bye=False))
    perform(actor, tmp_path)
    turns = {
        r.step: r.messages[1].content for r in actor.calls if "/turn-" in str(r.step) and "photo" not in str(r.step)
    }
    assert "has just shared a photo: a red boat on a lake" in turns["7/gen-7-1/session-01/turn-02/1"]
    assert "(shares a photo: a red boat on a lake)" in turns["7/gen-7-1/session-01/turn-03/1"]


def test_no_photos_where_they_are_switched_off(tmp_path: Path) -> None:
    (made,) = perform(Actor(say(photo="a red boat", bye=False)), tmp_path, images=False)
    assert not any(turn.shares_image for turn in made.conversation.turns)


def test_what_was_observed_is_remembered_later_with_its_turns(tmp_path: Path) -> None:
    actor = Actor()
    (made,) = perform(actor, tmp_path)
    second = [r.messages[1].content for r in actor.calls if "session-02/turn-01/1" in str(r.step)]
    remembered = [o for o in made.conversation.observations if o.session == 1 and o.text in second[0]]
    assert remembered
    assert f"[{', '.join(remembered[0].dia_ids)}, {made.conversation.sessions[0].date}]" in second[0]
    first = [r.messages[1].content for r in actor.calls if "session-01/turn" in str(r.step)]
    assert not any("remembers" in prompt for prompt in first)


def test_persons_of_a_run_can_be_given_to_another(made: Any, tmp_path: Path) -> None:
    write_agents(made, tmp_path / "agents")
    pair = read_given(tmp_path / "agents" / "gen-7-1")
    actor = Actor()
    (again,) = perform(actor, tmp_path / "cache", [pair])
    assert (again.conversation.speaker_a, again.conversation.speaker_b) == (pair[0].name, pair[1].name)
    assert not any("persona" in str(request.step) for request in actor.calls)


def test_graphs_and_prompt_versions_are_written_down(made: Any, tmp_path: Path) -> None:
    write_agents(made, tmp_path)
    folder = tmp_path / "gen-7-1"
    asked = json.loads((folder / "steps.json").read_text())
    assert asked["prompts"] == "generate-1"
    assert asked["requests"] <= asked["at_most"] == made.steps.bound
    events = json.loads((folder / "events_a.json").read_text())
    known: set[str] = set()
    for event in events:
        assert set(event) == {"id", "date", "text", "caused_by"}
        assert set(event["caused_by"]) <= known
        known.add(event["id"])


def test_the_bound_is_the_one_of_the_docs() -> None:
    """10 conversations × 15 sessions × 15 turns, each step asked as often as it can be."""
    large = settings(
        images=False, conversations=10, sessions=15, days=300, max_turns=15, events=24, questions=0, reflections=False
    )
    most = 10 * (6 + 2 * 24 + 15 * (3 * 15 + 2 * 3))
    assert 10 * most_requests(large, given=False) == most == 8190
