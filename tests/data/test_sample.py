"""The sample conversations: shape, dates, pictures, observations, summaries and events."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import PIL
import pytest
from PIL import Image
from sample_reading import (
    IMAGES,
    RELEASED,
    ROOT,
    SAMPLE,
    Conversation,
    read_conversations,
    session_date,
    session_numbers,
)

CONVERSATIONS = read_conversations()
DRAWN_WITH_PILLOW = "13.0.0"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

each_conversation = pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda c: c.id)


def image_turns(conversation: Conversation) -> list[dict]:
    raw = conversation.raw["conversation"]
    return [turn for n in session_numbers(conversation.raw) for turn in raw[f"session_{n}"] if "img_url" in turn]


def test_the_file_is_written_as_documented() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    assert text.endswith("]\n")
    assert text.startswith('[\n  {\n    "qa"')
    assert "\\u" not in text


def test_three_conversations_of_six_people() -> None:
    assert [c.id for c in CONVERSATIONS] == ["sample-1", "sample-2", "sample-3"]
    assert len({speaker for c in CONVERSATIONS for speaker in c.speakers}) == 6
    assert sorted(len(session_numbers(c.raw)) for c in CONVERSATIONS) == [6, 7, 8]


@each_conversation
def test_keys_are_those_of_the_release(conversation: Conversation) -> None:
    assert list(conversation.raw) == [
        "qa",
        "conversation",
        "event_summary",
        "observation",
        "session_summary",
        "sample_id",
    ]
    numbers = session_numbers(conversation.raw)
    expected = ["speaker_a", "speaker_b"]
    expected += [key for n in numbers for key in (f"session_{n}_date_time", f"session_{n}")]
    assert list(conversation.raw["conversation"]) == expected


@each_conversation
def test_sessions_are_numbered_from_one_with_rising_dates(conversation: Conversation) -> None:
    numbers = session_numbers(conversation.raw)
    assert numbers == list(range(1, len(numbers) + 1))
    dates = [session_date(conversation.raw["conversation"][f"session_{n}_date_time"]) for n in numbers]
    assert all(earlier < later for earlier, later in pairwise(dates))
    assert (dates[-1] - dates[0]).days > 150


@each_conversation
def test_turns_are_in_order_and_spoken_by_the_two(conversation: Conversation) -> None:
    for n in session_numbers(conversation.raw):
        turns = conversation.raw["conversation"][f"session_{n}"]
        assert 12 <= len(turns) <= 20
        assert [turn["dia_id"] for turn in turns] == [f"D{n}:{m}" for m in range(1, len(turns) + 1)]
        assert {turn["speaker"] for turn in turns} == set(conversation.speakers)
        assert all(turn["text"] == turn["text"].strip() != "" for turn in turns)
        keys = {frozenset(turn) - {"img_url", "blip_caption", "query"} for turn in turns}
        assert keys == {frozenset({"speaker", "dia_id", "text"})}


@each_conversation
def test_turns_stay_short(conversation: Conversation) -> None:
    lengths = [len(turn.text.split()) for turn in conversation.turns.values()]
    assert max(lengths) <= 45
    assert 1_700 <= sum(lengths) <= 4_000


@each_conversation
def test_every_picture_is_a_small_png_of_the_repository(conversation: Conversation) -> None:
    turns = image_turns(conversation)
    assert 3 <= len(turns) <= 4
    assert sum("blip_caption" not in turn for turn in turns) == 1
    for turn in turns:
        assert turn["query"]
        assert turn.get("blip_caption", "a photo of").startswith("a photo of")
        (url,) = turn["img_url"]
        picture = ROOT / url
        assert picture.parent == IMAGES
        assert picture.read_bytes().startswith(PNG_SIGNATURE)
        assert picture.stat().st_size < 8_000


def test_the_pictures_are_those_that_the_tool_draws(tmp_path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        subprocess.run([sys.executable, ROOT / "tools" / "draw_sample_images.py", folder], check=True)
    names = sorted(path.name for path in IMAGES.iterdir())
    used = {turn["img_url"][0].rpartition("/")[2] for c in CONVERSATIONS for turn in image_turns(c)}
    assert names == sorted(used) == sorted(path.name for path in first.iterdir())
    for name in names:
        drawn, committed = (first / name).read_bytes(), (IMAGES / name).read_bytes()
        assert drawn == (second / name).read_bytes()
        with Image.open(first / name) as new, Image.open(IMAGES / name) as old:
            assert new.convert("RGB").tobytes() == old.convert("RGB").tobytes(), name
        if PIL.__version__ == DRAWN_WITH_PILLOW:  # other versions may compress the same pixels otherwise
            assert drawn == committed, name


@each_conversation
def test_observations_cite_turns_of_their_session_and_speaker(conversation: Conversation) -> None:
    numbers = session_numbers(conversation.raw)
    assert list(conversation.raw["observation"]) == [f"session_{n}_observation" for n in numbers]
    for n in numbers:
        observation = conversation.raw["observation"][f"session_{n}_observation"]
        assert set(observation) == set(conversation.speakers)
        for speaker, facts in observation.items():
            assert 2 <= len(facts) <= 5
            for sentence, cited in facts:
                assert sentence.endswith(".")
                for dia_id in [cited] if isinstance(cited, str) else cited:
                    assert conversation.turns[dia_id].session == n, sentence
                    assert conversation.turns[dia_id].speaker == speaker, sentence


def test_some_observations_cite_several_turns() -> None:
    facts = [
        cited
        for conversation in CONVERSATIONS
        for observation in conversation.raw["observation"].values()
        for entries in observation.values()
        for _, cited in entries
    ]
    assert any(isinstance(cited, list) and len(cited) > 1 for cited in facts)
    assert sum(isinstance(cited, str) for cited in facts) > 0.9 * len(facts)


@each_conversation
def test_each_session_has_a_dated_summary_and_its_events(conversation: Conversation) -> None:
    numbers = session_numbers(conversation.raw)
    assert list(conversation.raw["session_summary"]) == [f"session_{n}_summary" for n in numbers]
    assert list(conversation.raw["event_summary"]) == [f"events_session_{n}" for n in numbers]
    for n in numbers:
        when = session_date(conversation.raw["conversation"][f"session_{n}_date_time"])
        summary = conversation.raw["session_summary"][f"session_{n}_summary"]
        assert f"{when.day} {when:%B} {when.year}" in summary
        assert 60 <= len(summary.split()) <= 120
        events = conversation.raw["event_summary"][f"events_session_{n}"]
        assert list(events) == [*conversation.speakers, "date"]
        assert events["date"] == f"{when.day} {when:%B}, {when.year}"
        assert any(events[speaker] for speaker in conversation.speakers)


def test_no_turn_is_taken_from_the_release() -> None:
    if not RELEASED.exists():
        pytest.skip("the released locomo10.json is not beside this checkout")
    released = read_conversations(RELEASED)

    def sentences(conversations: list[Conversation]) -> set[str]:
        turns = [turn for c in conversations for turn in c.turns.values()]
        parts = [part for turn in turns for part in re.split(r"(?<=[.!?])\s+", turn.text)]
        plain = {" ".join(re.findall(r"\w+", part.lower())) for part in [*parts, *(turn.text for turn in turns)]}
        return {part for part in plain if len(part.split()) >= 4}

    assert not sentences(CONVERSATIONS) & sentences(released)
    assert not {s for c in CONVERSATIONS for s in c.speakers} & {s for c in released for s in c.speakers}
