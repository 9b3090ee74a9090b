"""A file that cannot be used is refused in one line: the file, the place in it, what was found and expected."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo.dataset import read_conversations
from locomo.errors import InputError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json"
GOOD = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
CATEGORIES = "expected 1 to 5 (1 multi_hop, 2 temporal, 3 open_domain, 4 single_hop, 5 adversarial)"
EVIDENCE = "expected a list of turn ids such as ['D3:7']"
NAME = "expected a name of letters, digits, '.', '_' and '-'"
TURN = "conversation.session_2[3]"
REMOVE = object()


def put(*path_and_value: Any) -> Callable[[dict], None]:
    """Return a corruption that sets (or, given REMOVE, removes) the value at a path of keys and indexes."""
    *path, last, value = path_and_value

    def corrupt(sample: Any) -> None:
        for part in path:
            sample = sample[part]
        if value is REMOVE:
            del sample[last]
        else:
            sample[last] = value

    return corrupt


def turn(key: str, value: Any) -> Callable[[dict], None]:
    return put("conversation", "session_2", 3, key, value)


def question(key: str, value: Any) -> Callable[[dict], None]:
    return put("qa", 4, key, value)


def observation(value: Any) -> Callable[[dict], None]:
    return put("observation", "session_1_observation", {"Ruth": value})


CASES: list[tuple[Callable[[dict], None], str]] = [
    (put("sample_id", "../x"), f"sample_id: found text ('../x'), {NAME}"),
    (put("sample_id", "x\n"), f"sample_id: found text ('x\\n'), {NAME}"),
    (put("sample_id", ""), f"sample_id: found text (''), {NAME}"),
    (put("sample_id", REMOVE), f"sample_id: missing, {NAME}"),
    (
        put("dataset", "locomo_pluss"),
        "dataset: found 'locomo_pluss', expected one of locomo, realtalk, locomo_plus, beam100k, longmemeval; "
        "did you mean 'locomo_plus'?",
    ),
    (question("category", 11), f"qa[4].category: found a number (11), {CATEGORIES}"),
    (put("sample_id", 3), f"sample_id: found a number (3), {NAME}"),
    (put("conversation", REMOVE), "conversation: missing, expected an object of speakers and sessions"),
    (put("conversation", []), "conversation: found a list, expected an object of speakers and sessions"),
    (put("conversation", "speaker_a", REMOVE), "conversation.speaker_a: missing, expected a speaker's name"),
    (put("conversation", "speaker_b", "Ruth"), "conversation.speaker_b: found 'Ruth' again, expected another name"),
    (
        put("conversation", {"speaker_a": "Ruth", "speaker_b": "Ivo"}),
        "conversation.session_1: missing; expected a list of turns",
    ),
    (
        put("conversation", "session_2", REMOVE),
        "conversation.session_2: missing, though session_6 is there; expected a list of turns",
    ),
    (put("conversation", "session_2", None), "conversation.session_2: found null, expected a list of turns"),
    (put("conversation", "session_0", []), "conversation.session_0: unknown key, expected one like 'session_1'"),
    (put("conversation", "session_02", []), "conversation.session_02: unknown key, expected one like 'session_1'"),
    (
        put("conversation", "session_2_date_time", REMOVE),
        "conversation.session_2_date_time: missing, expected a date such as '1:56 pm on 8 May, 2023'",
    ),
    (
        put("conversation", "session_2_date_time", 2023),
        "conversation.session_2_date_time: found a number (2023), expected a date such as '1:56 pm on 8 May, 2023'",
    ),
    (put("conversation", "session_2", 3, "hi"), f"{TURN}: found text ('hi'), expected an object"),
    (turn("dia_id", REMOVE), f"{TURN}.dia_id: missing, expected an id such as 'D3:7'"),
    (turn("dia_id", "2:4"), f"{TURN}.dia_id: found text ('2:4'), expected an id such as 'D3:7'"),
    (turn("dia_id", "D3:4"), f"{TURN}.dia_id: found 'D3:4', expected 'D2:…' in this session"),
    (
        turn("dia_id", "D2:3"),
        f"{TURN}.dia_id: found 'D2:3' of conversation.session_2[2] again, expected an id of its own",
    ),
    (turn("text", REMOVE), f"{TURN}.text: missing, expected text"),
    (turn("text", 5), f"{TURN}.text: found a number (5), expected text"),
    (turn("speaker", "Bob"), f"{TURN}.speaker: found 'Bob', expected 'Ruth' or 'Ivo'"),
    (turn("speaker", "a\nb"), f"{TURN}.speaker: found 'a\\nb', expected 'Ruth' or 'Ivo'"),
    (turn("img_url", "https://x"), f"{TURN}.img_url: found text ('https://x'), expected a list of links"),
    (turn("blip_caption", ["x"]), f"{TURN}.blip_caption: found a list, expected text"),
    (put("qa", {}), "qa: found an object, expected a list of questions"),
    (put("qa", 4, "Who?"), "qa[4]: found text ('Who?'), expected an object"),
    (question("question", REMOVE), "qa[4].question: missing, expected the words of a question"),
    (question("question", " "), "qa[4].question: found text (' '), expected the words of a question"),
    (question("category", 7), f"qa[4].category: found a number (7), {CATEGORIES}"),
    (question("category", "2"), f"qa[4].category: found text ('2'), {CATEGORIES}"),
    (question("category", True), f"qa[4].category: found a truth value (True), {CATEGORIES}"),
    (question("category", None), f"qa[4].category: found null, {CATEGORIES}"),
    (question("category", REMOVE), f"qa[4].category: missing, {CATEGORIES}"),
    (question("evidence", "D1:2"), f"qa[4].evidence: found text ('D1:2'), {EVIDENCE}"),
    (question("evidence", [1, 2]), f"qa[4].evidence[0]: found a number (1), {EVIDENCE}"),
    (question("evidence", REMOVE), f"qa[4].evidence: missing, {EVIDENCE}"),
    (question("answer", ["x"]), "qa[4].answer: found a list, expected text or a number"),
    (question("answer", True), "qa[4].answer: found a truth value (True), expected text or a number"),
    (
        put("qa", 0, {"question": "Who?", "category": 1, "evidence": []}),
        "qa[0]: no 'answer', which categories 1 to 4 need",
    ),
    (
        put("qa", 0, {"question": "Who?", "category": 5, "evidence": []}),
        "qa[0]: neither 'adversarial_answer' nor 'answer', one of which category 5 needs",
    ),
    (
        observation([["fact", "D1:999"]]),
        "observation.session_1_observation.Ruth[0][1]: found 'D1:999', expected ids of existing turns",
    ),
    (
        observation([["fact", ["D1:1", "D1:999"]]]),
        "observation.session_1_observation.Ruth[0][1]: found ['D1:1', 'D1:999'], expected ids of existing turns",
    ),
    (
        observation([["fact", [1, 2]]]),
        "observation.session_1_observation.Ruth[0][1]: found [1, 2], expected ids of existing turns",
    ),
    (observation(["fact"]), "observation.session_1_observation.Ruth[0]: found text ('fact'), expected [fact, dia_id]"),
    (observation("fact"), "observation.session_1_observation.Ruth: found text ('fact'), expected a list of [fact, "),
    (
        put("observation", "session_1_observation", []),
        "observation.session_1_observation: found a list, expected an object of speakers and their facts",
    ),
    (
        put("observation", "session_99_observation", {}),
        "conversation.session_99: missing, though observation.session_99_observation is about it",
    ),
    (
        put("session_summary", "session_99_summary", "x"),
        "conversation.session_99: missing, though session_summary.session_99_summary is about it",
    ),
    (put("session_summary", "first", "x"), "session_summary.first: unknown key, expected one like 'session_1_summary'"),
    (
        put("session_summary", "session_1_summary", 4),
        "session_summary.session_1_summary: found a number (4), expected text",
    ),
    (
        put("event_summary", "events_session_99", {}),
        "conversation.session_99: missing, though event_summary.events_session_99 is about it",
    ),
]


def refusal(path: Path) -> str:
    """Return what is said about a file, which is one line that begins with its path."""
    with pytest.raises(InputError) as caught:
        read_conversations(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("corrupt", "expected"), CASES, ids=[expected[:60] for _, expected in CASES])
def test_a_bad_value_is_named_with_its_place(corrupt, expected: str, tmp_path: Path) -> None:
    sample = copy.deepcopy(GOOD)
    corrupt(sample)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps([GOOD | {"sample_id": "first"}, sample]), encoding="utf-8")
    assert refusal(path).startswith(f"[1].{expected}")
    path.write_text(json.dumps(sample), encoding="utf-8")
    assert refusal(path).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1: not valid JSON: Expecting value (the file seems to be cut off: fetch it again)"),
        (json.dumps([GOOD], indent=1)[:20_000], "(the file seems to be cut off: fetch it again)"),
        ("<html>", "line 1, column 1: not valid JSON: Expecting value"),
        ('[{"a": 1},\n {"b" 2}]', "line 2, column 7: not valid JSON: Expecting ':' delimiter"),
        ("[]", "found an empty list, expected a list of conversations"),
        ("null", "found null, expected a list of conversations"),
        ("[1, 2]", "[0]: found a number (1), expected a conversation (an object)"),
        ("[[]]", "[0]: found a list, expected a conversation (an object)"),
        ("{}", "conversation: missing, expected an object of speakers and sessions"),
        ('[{"a": "NaN",\n "b": NaN}]', "line 2, column 7: found NaN, expected a finite number"),
        ('[{"a": "-Infinity", "b": -Infinity}]', "line 1, column 26: found -Infinity, expected a finite number"),
        ('[{"a": 1e999}]', "line 1, column 8: found 1e999, expected a finite number"),
        (r'[{"a": "\ud83d"}]', r"found \ud83d without its other half, expected whole characters"),
        ("[" * 100_000, "cannot be read as JSON: "),
        ("1" * 5_000, "cannot be read as JSON: "),
        (json.dumps([GOOD, GOOD]), "sample_id 'sample-1' occurs 2 times, expected once"),
    ],
    ids=lambda value: value[:30],
)
def test_a_bad_file_is_named_with_the_place_in_it(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    assert expected in refusal(path)


def test_what_is_not_a_readable_file_is_said_to_be_so(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent.json") == "no such file"
    assert refusal(tmp_path) == "is a folder, expected a file"
    latin = tmp_path / "latin.json"
    latin.write_bytes('[{"name": "Zoë"}]'.encode("latin-1"))
    assert refusal(latin) == "byte 13 is not UTF-8 text; save the file as UTF-8"


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text("\ufeff" + json.dumps(GOOD), encoding="utf-8")
    assert read_conversations(path)[0].sample_id == "sample-1"
