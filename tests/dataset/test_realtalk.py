"""REALTALK: its ten chats convert with known counts, and a chat in that shape that is wrong is refused in one line."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MIRROR

from locomo.dataset import read_conversations
from locomo.dataset.gold_events import gold_events
from locomo.dataset.optional import ConvertedDataset, optional_datasets
from locomo.dataset.realtalk import Converted, aliases, cited, convert, released_date
from locomo.errors import InputError
from locomo.files import pretty_json, read_json
from locomo.schema import Conversation


@pytest.fixture(scope="module")
def originals() -> dict[str, Any]:
    entry = optional_datasets()["realtalk"]
    assert isinstance(entry, ConvertedDataset)
    paths = {file.file: MIRROR / "files" / "md5" / file.md5[:2] / file.md5[2:] for file in entry.originals}
    if not all(path.is_file() for path in paths.values()):
        pytest.skip("REALTALK's files are not in ../shared/mirror")
    assert [path.stat().st_size for path in paths.values()] == [file.size for file in entry.originals]
    return {Path(name).stem: read_json(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def converted(originals: dict[str, Any]) -> Converted:
    return convert(originals)


@pytest.fixture(scope="module")
def conversations(converted: Converted, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Conversation]:
    path = tmp_path_factory.mktemp("realtalk") / "realtalk.json"
    path.write_text(pretty_json(converted.samples), encoding="utf-8")
    return {conversation.sample_id: conversation for conversation in read_conversations(path)}


def test_it_has_its_known_size(conversations: dict[str, Conversation]) -> None:
    every = conversations.values()
    assert len(every) == 10
    assert sum(len(each.sessions) for each in every) == 219
    turns = [turn for each in every for turn in each.turns]
    assert len(turns) == 8_944
    assert sum(turn.shares_image for turn in turns) == 314  # 313 photos with a caption, and a link
    assert Counter(q.category for each in every for q in each.questions) == {1: 301, 2: 319, 3: 108}
    assert sum(len(gold_events(each)) for each in every) == 593  # of 600, of which seven are blank


def test_ids_follow_the_sessions_and_keep_the_original(conversations: dict[str, Conversation]) -> None:
    differ = [turn for each in conversations.values() for turn in each.turns if not same_session(turn)]
    assert len(differ) == 2_338
    first = conversations["Chat_1_Emi_Elise"].sessions[3].turns[0]
    assert (first.dia_id, first.model_extra and first.model_extra["original_id"]) == ("D4:1", "D3:30")


def same_session(turn: Any) -> bool:
    return bool(turn.dia_id.split(":")[0] == turn.model_extra["original_id"].split(":")[0])


def test_evidence_is_mapped_or_counted_and_listed(
    originals: dict[str, Any], converted: Converted, conversations: dict[str, Conversation]
) -> None:
    assert (converted.items, converted.as_written, converted.repaired) == (1_742, 1_554, 175)
    assert [(lost.sample_id, lost.index, lost.item) for lost in converted.unmapped] == [
        ("Chat_1_Emi_Elise", 20, "D1:41"),
        ("Chat_1_Emi_Elise", 58, "D10:12"),
        ("Chat_3_Kevin_Paola", 32, "D8:13"),
        ("Chat_5_Nicolas_Nebraas", 28, ""),
        ("Chat_7_Nebraas_Vanessa", 2, ""),
        ("Chat_7_Nebraas_Vanessa", 14, "D:56"),
        ("Chat_7_Nebraas_Vanessa", 14, "D58"),
        ("Chat_8_Akib_Muhhamed", 4, "D20:1"),
        ("Chat_8_Akib_Muhhamed", 12, "D20:1"),
        ("Chat_8_Akib_Muhhamed", 14, "D20:1"),
        ("Chat_8_Akib_Muhhamed", 31, "D19:29"),
        ("Chat_8_Akib_Muhhamed", 61, ""),
        ("Chat_10_Fahim_Muhhamed", 71, "D18:6-D18:8"),
    ]
    without = []
    for name, each in conversations.items():
        turns = {turn.dia_id: turn for turn in each.turns}
        for index, question in enumerate(each.questions):
            assert turns.keys() >= set(question.evidence)
            assert (question.model_extra or {})["original_evidence"] == originals[name]["qa"][index]["evidence"]
            if not question.evidence:
                without.append(each.question_id(index))
    assert without == ["Chat_7_Nebraas_Vanessa:42", "Chat_7_Nebraas_Vanessa:43"]  # have none in the original either


@pytest.mark.parametrize(
    ("question", "photo", "turn"),
    [
        ("Chat_9_Fahim_Akib:48", "D2:38", "a plate with a sandwich"),  # sent a minute after its turn
        ("Chat_8_Akib_Muhhamed:12", "D4:17", "a waterfall that is frozen"),  # seven seconds before
    ],
)
def test_evidence_in_a_photo_is_the_turn_that_has_the_photo(
    conversations: dict[str, Conversation], question: str, photo: str, turn: str
) -> None:
    name, _, index = question.partition(":")
    asked = conversations[name].questions[int(index)]
    captions = {each.dia_id: each.blip_caption or "" for each in conversations[name].turns}
    assert photo in (asked.model_extra or {})["original_evidence"]
    assert any(turn in captions[dia_id] for dia_id in asked.evidence)


def test_speakers_are_named_as_questions_name_them(
    originals: dict[str, Any], conversations: dict[str, Conversation]
) -> None:
    for name, speakers in aliases().items():
        assert set(speakers) <= set(originals[name]["name"].values())
    for each in conversations.values():
        for speaker in (each.speaker_a, each.speaker_b):
            named = [q for q in each.questions if re.search(rf"\b{speaker}\b", q.question)]
            assert len(named) >= 25, (each.sample_id, speaker)
    kate = conversations["Chat_1_Emi_Elise"]
    introduced = next(turn for turn in kate.turns if (turn.model_extra or {})["original_id"] == "D1:32")
    assert (introduced.speaker, "I'm Kate" in introduced.text) == ("Kate", True)
    assert conversations["Chat_4_Emi_Paola"].speaker_a == "Emi"


def test_times_are_written_as_locomo_writes_them() -> None:
    assert released_date("29.12.2023, 22:42:04") == "10:42 pm on 29 December, 2023"
    assert released_date("01.01.2024, 00:05:59") == "12:05 am on 1 January, 2024"
    assert released_date("08.05.2023, 12:00:00") == "12:00 pm on 8 May, 2023"


@pytest.mark.parametrize(
    ("item", "ids"),
    [
        ("D3:7", [(3, 7)]),
        ("D5:3.", [(5, 3)]),
        ("D13:4. D14:4", [(13, 4), (14, 4)]),
        ("D5:12;D5:16", [(5, 12), (5, 16)]),
        ("D13:45:D20:19", [(13, 45), (20, 19)]),
        ("D17;39", [(17, 39)]),
        ("D 2:18", [(2, 18)]),
        ("23:29", [(23, 29)]),
        ("D12:3-D12:5;D13:1", [(12, 3), (12, 4), (12, 5), (13, 1)]),
        ("D12:3-D13:5", []),  # how long a session is, it does not say
        ("D12:5-D12:3", []),
        ("D:56", []),
        ("D58", []),
        ("", []),
        ("the third", []),
    ],
)
def test_evidence_is_read_in_each_way_of_writing_it(item: str, ids: list[tuple[int, int]]) -> None:
    assert cited(item) == ids


GOOD: dict[str, Any] = {
    "name": {"speaker_1": "Ines", "speaker_2": "Tom"},
    "session_1": [
        {"clean_text": "Morning!", "speaker": "Ines", "date_time": "02.03.2024, 08:00:00", "dia_id": "D1:1"},
        {
            "clean_text": "Look at this kettle.",
            "speaker": "Tom",
            "date_time": "02.03.2024, 08:01:00",
            "img_file": ["00000003-PHOTO-2024-03-02-08-01-30.jpg"],
            "img_url": [],
            "blip_caption": "a dented kettle",
            "dia_id": "D1:2",
        },
    ],
    "session_1_date_time": "02.03.2024, 08:00:00",
    "session_2": [{"clean_text": "Hi", "speaker": "Tom", "date_time": "03.03.2024, 13:09:00", "dia_id": "D1:4"}],
    "session_2_date_time": "03.03.2024, 13:09:00",
    "events_session_2": {"agent_a": [], "agent_b": [{"sub-event": "Tom says hi."}]},
    "qa": [
        {"question": "What is dented?", "answer": "a kettle", "evidence": ["D1:3"], "category": 1},
        {"question": "When did Tom say hi?", "answer": "3 March", "evidence": ["D1:4", "D9:9"], "category": 2},
    ],
}
"""A chat of our own."""


def test_a_chat_of_our_own_converts() -> None:
    converted = convert({"Chat_X": GOOD})
    sample = converted.samples[0]
    assert [turn["dia_id"] for turn in sample["conversation"]["session_2"]] == ["D2:1"]
    assert sample["event_summary"] == {
        "events_session_2": {"Ines": [], "Tom": ["Tom says hi."], "date": "3 March, 2024"}
    }
    assert sample["qa"][0]["evidence"] == ["D1:2"]
    assert sample["qa"][1]["evidence"] == ["D2:1"]
    assert sample["qa"][1]["unmapped_evidence"] == ["D9:9"]
    assert (converted.items, converted.as_written, converted.repaired) == (3, 1, 1)
    assert [str(lost) for lost in converted.unmapped] == [
        "Chat_X: qa[1].evidence: found 'D9:9', expected ids of turns; left out"
    ]


def put(*path_and_value: Any) -> Callable[[Any], None]:
    *path, last, value = path_and_value

    def corrupt(chat: Any) -> None:
        for part in path:
            chat = chat[part]
        if value is None:
            del chat[last]
        else:
            chat[last] = value

    return corrupt


@pytest.mark.parametrize(
    ("corrupt", "said"),
    [
        (put("session_1", None), "session_1: missing, though session_2 is there; expected a list of turns"),
        (put("session_2_date_time", None), "session_2_date_time: missing, expected text"),
        (put("session_2", {}), "session_2: found '{}', expected a list of turns"),
        (put("session_2", 0, "speaker", "Tim"), "session_2[0].speaker: found 'Tim', expected 'Ines' or 'Tom'"),
        (put("session_2", 0, "dia_id", "D1:1"), "session_2[0].dia_id: found 'D1:1' again, expected an id of its own"),
        (put("session_2", 0, "dia_id", "4"), "session_2[0].dia_id: found '4', expected an id such as 'D3:7'"),
        (put("session_2", 0, "clean_text", None), "session_2[0].clean_text: missing, expected text"),
        (
            put("session_2", 0, "date_time", "2024-03-03 13:09"),
            "session_2[0].date_time: found '2024-03-03 13:09', expected a date such as '29.12.2023, 22:42:04'",
        ),
        (
            put("session_1_date_time", "03/02/2024"),
            "session_1_date_time: found '03/02/2024', expected a date such as '29.12.2023, 22:42:04'",
        ),
        (put("name", None), "name: missing, expected an object with 'speaker_1' and 'speaker_2'"),
        (put("events_session_2", "agent_b", 0, "x"), "events_session_2.agent_b[0]: found 'x', expected an object"),
        (put("qa", None), "qa: missing, expected a list of questions"),
        (put("qa", 0, "evidence", "D1:1"), "qa[0].evidence: found 'D1:1', expected a list of ids such as ['D3:7']"),
    ],
)
def test_a_chat_that_is_wrong_is_refused_in_one_line(corrupt: Callable[[Any], None], said: str) -> None:
    chat = copy.deepcopy(GOOD)
    corrupt(chat)
    with pytest.raises(InputError) as caught:
        convert({"Chat_X": chat})
    assert str(caught.value) == f"Chat_X: {said}"


def test_what_is_no_chat_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        convert({"Chat_X": json.loads("[]")})
    assert str(caught.value) == "Chat_X: found '[]', expected an object with 'name', sessions and 'qa'"
