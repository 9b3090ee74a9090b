"""LoCoMo-Plus, BEAM and LongMemEval in the released shape: what they hold, what is mapped, and what is refused."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MIRROR

from locomo.dataset import read_conversations
from locomo.dataset.converters import CONVERTERS
from locomo.dataset.converting import Converted
from locomo.dataset.locomo_plus import days_of
from locomo.dataset.optional import ConvertedDataset, OptionalDataset, optional_datasets
from locomo.errors import InputError
from locomo.files import pretty_json, read_json
from locomo.schema import Conversation


def originals(name: str) -> dict[str, Any]:
    entry = optional_datasets()[name]
    assert isinstance(entry, ConvertedDataset)
    needed = [optional_datasets()[each] for each in entry.needs]
    files = [*entry.originals, *(each for each in needed if isinstance(each, OptionalDataset))]
    paths = {file.file: MIRROR / "files" / "md5" / file.md5[:2] / file.md5[2:] for file in files}
    if not all(path.is_file() for path in paths.values()):
        pytest.skip(f"the files of {name} are not in ../shared/mirror")
    assert [path.stat().st_size for path in paths.values()] == [file.size for file in files]
    return {Path(file).stem: read_json(path) for file, path in paths.items()}


def read_again(converted: Converted, folder: Path) -> list[Conversation]:
    """Return the conversations as every stage reads them, with evidence that exists."""
    path = folder / "converted.json"
    path.write_text(pretty_json(converted.samples), encoding="utf-8")
    found = read_conversations(path)
    for conversation in found:
        turns = {turn.dia_id for turn in conversation.turns}
        if conversation.dataset != "locomo_plus":  # LoCoMo's own has some that does not
            assert all(turns.issuperset(question.evidence) for question in conversation.questions)
    return found


def counted(conversations: list[Conversation]) -> dict[str, int]:
    return dict(sorted(Counter(question.kind.name for each in conversations for question in each.questions).items()))


def test_locomo_plus_keeps_locomo_and_adds_cues(tmp_path: Path) -> None:
    files = originals("locomo_plus")
    converted = CONVERTERS["locomo_plus"](files)
    assert CONVERTERS["locomo_plus"](originals("locomo_plus")) == converted  # of the same files the same
    conversations = read_again(converted, tmp_path)
    assert (len(conversations), sum(len(each.sessions) for each in conversations)) == (10, 272)
    assert sum(1 for each in conversations for _ in each.turns) == 5_882 + 2 * 401
    assert counted(conversations) == {
        **{"adversarial": 446, "cognitive": 401, "multi_hop": 282, "open_domain": 96, "single_hop": 841},
        **{"temporal": 321},
    }
    assert (converted.items, converted.as_written, converted.unmapped) == (401, 401, [])
    before = {sample["sample_id"]: sample for sample in files["locomo10"]}
    for each in conversations:
        asked = [question for question in each.questions if question.kind.name == "cognitive"]
        assert len(asked) in {39, 40, 41}
        assert len({question.cue for question in asked}) == len(asked)
        turns = {turn.dia_id: turn for turn in each.turns}
        for question in asked:
            turn = turns[question.evidence[0]]
            assert question.cue is not None
            assert question.cue.startswith(f"{turn.speaker}: {turn.text}\n{each.speaker_b}: ")
            assert question.question.startswith(f"{each.speaker_a}: ")
        for n, session in enumerate(each.sessions, start=1):
            said = before[each.sample_id]["conversation"][f"session_{n}"]
            assert [turn.text for turn in session.turns[: len(said)]] == [turn["text"] for turn in said]
            assert all((turn.model_extra or {}).get("cue_of") is not None for turn in session.turns[len(said) :])


def test_beam_has_ten_abilities(tmp_path: Path) -> None:
    converted = CONVERTERS["beam100k"](originals("beam100k"))
    conversations = read_again(converted, tmp_path)
    assert (len(conversations), sum(len(each.sessions) for each in conversations)) == (10, 40)
    assert [sum(1 for _ in each.turns) for each in conversations] == [188, 200, 194, 212, 238, 258, 260, 268, 270, 344]
    abilities = counted(conversations)
    assert (len(abilities), set(abilities.values())) == (10, {20})
    assert (converted.items, converted.as_written, converted.unmapped) == (569, 569, [])
    questions = {each.question_id(i): q for each in conversations for i, q in enumerate(each.questions)}
    assert sum(len(question.rubric or ()) for question in questions.values()) == 524
    without = [name for name, q in questions.items() if not q.evidence and not q.kind.abstention]
    assert without == ["beam-100k-9:15"]  # its list of turns is empty
    no_answer = {question.kind.name for question in questions.values() if question.reference is None}
    assert no_answer == {"abstention", "instruction_following", "preference_following"}
    turns = [turn for each in conversations for turn in each.turns]
    assert not any("->->" in turn.text for turn in turns)
    shortened = [length for turn in turns if (length := (turn.model_extra or {}).get("original_length"))]
    assert sorted(shortened) == [18_385, 53_108, 348_853]
    assert max(len(turn.text) for turn in turns) == 14_170


HAYSTACK: dict[str, Any] = {
    "question_id": "q1",
    "question_type": "multi-session",
    "question": "How many kettles do I have?",
    "answer": 2,
    "question_date": "2024/03/09 (Sat) 10:05",
    "haystack_dates": ["2024/03/02 (Sat) 14:00", "2024/03/01 (Fri) 00:30"],
    "haystack_session_ids": ["answer_b", "other"],
    "haystack_sessions": [
        [
            {"role": "user", "content": "I bought a second kettle.", "has_answer": True},
            {"role": "assistant", "content": "A good day for tea."},
        ],
        [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello to you."}],
    ],
    "answer_session_ids": ["answer_b", "gone"],
}
"""Questions of our own in the shape that LongMemEval's authors document."""


def of_longmemeval(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(HAYSTACK) | changes


def test_longmemeval_has_a_conversation_for_each_question(tmp_path: Path) -> None:
    entries = [
        of_longmemeval(),
        of_longmemeval(question_id="q2_abs", answer="You did not say how many spoons you have."),
        of_longmemeval(question_id="q3", question_type="single-session-preference", answer="Likes green tea best."),
    ]
    converted = CONVERTERS["longmemeval"]({"longmemeval_s": entries})
    one, abstaining, preference = read_again(converted, tmp_path)
    assert [session.date_time for session in one.sessions] == ["12:30 am on 1 March, 2024", "2:00 pm on 2 March, 2024"]
    assert [(turn.speaker, turn.dia_id) for turn in one.sessions[1].turns] == [("User", "D2:1"), ("Assistant", "D2:2")]
    (question,) = one.questions
    assert (question.reference, question.evidence, question.date) == ("2", ["D2:1"], "10:05 am on 9 March, 2024")
    assert counted([one, abstaining, preference]) == {
        **{"abstention": 1, "multi_session": 1, "single_session_preference": 1}
    }
    assert (abstaining.questions[0].reference, abstaining.questions[0].evidence) == (None, [])
    assert preference.questions[0].rubric == ["Likes green tea best."]
    assert (converted.items, converted.as_written) == (4, 2)
    assert str(converted.unmapped[0]) == (
        "q1: qa[0].evidence: found 'gone', expected a session of the haystack with a turn that `has_answer`; left out"
    )


PAIR = {
    "cue_dialogue": "A: I gave up coffee.\nB: Well done.",
    "trigger_query": "A: I ordered an espresso.",
    "time_gap": "a week later",
}
SAMPLE = {
    "sample_id": "c",
    "conversation": {
        "speaker_a": "Ines",
        "speaker_b": "Tom",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [{"speaker": "Ines", "dia_id": "D1:1", "text": "Morning!"}],
    },
    "qa": [],
}
CHAT = [
    {
        "batch_number": 1,
        "time_anchor": None,
        "turns": [
            [
                {"role": "user", "id": 0, "time_anchor": "March-15-2024", "content": "My kettle broke. ->-> 1,1"},
                {"role": "assistant", "id": 1, "content": "Sorry to hear that."},
            ]
        ],
    }
]
ASKED = {
    "information_extraction": [
        {"question": "What broke?", "answer": "The kettle", "source_chat_ids": [0, 7], "rubric": ["says: the kettle"]}
    ],
    "abstention": [{"question": "Who broke it?", "ideal_response": "It was not said.", "rubric": ["says so"]}],
}
GOOD: dict[str, dict[str, Any]] = {
    "locomo_plus": {"locomo_plus": [PAIR], "locomo10": [SAMPLE]},
    "beam100k": {"chat_1": CHAT, "questions_1": ASKED},
    "longmemeval": {"longmemeval_s": [HAYSTACK]},
}


def test_what_is_left_of_small_files_of_our_own() -> None:
    woven = CONVERTERS["locomo_plus"](copy.deepcopy(GOOD["locomo_plus"])).samples[0]
    assert [turn["dia_id"] for turn in woven["conversation"]["session_1"]] == ["D1:1", "D1:2", "D1:3"]
    assert woven["qa"][0]["evidence"] == ["D1:2"]
    assert woven["qa"][0]["date"] == "15 May, 2023"
    assert woven["qa"][0]["cue"] == "Ines: I gave up coffee.\nTom: Well done."
    beam = CONVERTERS["beam100k"](GOOD["beam100k"])
    assert [turn["text"] for turn in beam.samples[0]["conversation"]["session_1"]] == [
        "My kettle broke.",
        "Sorry to hear that.",
    ]
    assert beam.samples[0]["qa"][0]["evidence"] == ["D1:1"]
    assert [(lost.sample_id, lost.index, lost.item) for lost in beam.unmapped] == [("beam-100k-1", 0, "7")]


@pytest.mark.parametrize(
    ("gap", "days"),
    [
        ("two weeks later", 14),
        ("around six months later", 180),
        ("a year after", 365),
        ("a couple of months later", 60),
        ("several weeks later", 21),
        ("around one week after the birth", 7),
        ("later", None),
    ],
)
def test_time_gaps(gap: str, days: int | None) -> None:
    assert days_of(gap) == days


def put(*path_and_value: Any) -> Callable[[Any], None]:
    *path, last, value = path_and_value

    def corrupt(files: Any) -> None:
        for part in path:
            files = files[part]
        if value is None:
            del files[last]
        else:
            files[last] = value

    return corrupt


TURN = ("chat_1", 0, "turns", 0, 1)
FIRST = ("longmemeval_s", 0)
HERE = "longmemeval_s: [0] (q1): "


@pytest.mark.parametrize(
    ("converter", "corrupt", "said"),
    [
        ("locomo_plus", put("locomo_plus", {}), "locomo_plus: found '{}', expected a list of cues and triggers"),
        ("locomo_plus", put("locomo10", None), "locomo10: missing, expected a list of samples"),
        (
            "locomo_plus",
            put("locomo_plus", 0, "cue_dialogue", "I gave up coffee."),
            "locomo_plus: [0].cue_dialogue: found 'I gave up coffee.', expected a turn of A and one of B",
        ),
        (
            "locomo_plus",
            put("locomo_plus", 0, "trigger_query", "B: Fine."),
            "locomo_plus: [0].trigger_query: found 'B: Fine.', expected a turn of A",
        ),
        (
            "locomo_plus",
            put("locomo_plus", 0, "time_gap", "much later"),
            "locomo_plus: [0].time_gap: found 'much later', expected a time such as 'two months later'",
        ),
        (
            "locomo_plus",
            put("locomo10", 0, "conversation", "session_1_date_time", "2023-05-08"),
            "locomo10: [0]: conversation.session_1_date_time: found '2023-05-08', expected a date such as "
            "'1:56 pm on 8 May, 2023'",
        ),
        (
            "locomo_plus",
            put("locomo10", 0, "conversation", "session_1", None),
            "locomo10: [0]: conversation.session_1: missing, expected a list of turns",
        ),
        ("beam100k", put("chat_1", {}), "chat_1: found '{}', expected a list of batches"),
        (
            "beam100k",
            put("questions_1", None),
            "questions_1: missing, expected an object of abilities, each a list of questions",
        ),
        (
            "beam100k",
            put(*TURN, "role", "system"),
            "chat_1: [0].turns[0][1].role: found 'system', expected 'user' or 'assistant'",
        ),
        ("beam100k", put(*TURN, "id", 0), "chat_1: [0].turns[0][1].id: found 0 again, expected an id of its own"),
        (
            "beam100k",
            put(*TURN[:-1], 0, "time_anchor", "2024-03-15"),
            "chat_1: [0].turns[0][0].time_anchor: found '2024-03-15', expected a date such as 'March-15-2024'",
        ),
        (
            "beam100k",
            put(*TURN[:-1], 0, "time_anchor", None),
            "chat_1: [0].time_anchor: missing, expected a date such as 'March-15-2024'",
        ),
        (
            "beam100k",
            put("questions_1", "information_extraction", 0, "rubric", []),
            "questions_1: information_extraction[0].rubric: found no item, expected at least one",
        ),
        (
            "beam100k",
            put("questions_1", "information_extraction", 0, "answer", None),
            "questions_1: information_extraction[0].answer: missing, expected text",
        ),
        (
            "longmemeval",
            put("longmemeval_s", {}),
            "longmemeval_s: found '{}', expected a list of questions with their haystacks",
        ),
        (
            "longmemeval",
            put(*FIRST, "haystack_dates", ["2024/03/02 (Sat) 14:00"]),
            f"{HERE}haystack_dates: found 1, expected 2, one a session",
        ),
        (
            "longmemeval",
            put(*FIRST, "haystack_dates", 1, "1 March"),
            f"{HERE}haystack_dates[1]: found '1 March', expected a date such as '2023/05/20 (Sat) 02:21'",
        ),
        (
            "longmemeval",
            put(*FIRST, "question_date", None),
            f"{HERE}question_date: missing, expected a date such as '2023/05/20 (Sat) 02:21'",
        ),
        (
            "longmemeval",
            put(*FIRST, "haystack_sessions", 0, 1, "role", "system"),
            f"{HERE}haystack_sessions[0][1].role: found 'system', expected 'user' or 'assistant'",
        ),
        (
            "longmemeval",
            put(*FIRST, "question_type", "riddle"),
            f"{HERE}question_type: found 'riddle', expected one of single-session-user, single-session-assistant, "
            "single-session-preference, multi-session, temporal-reasoning, knowledge-update",
        ),
        ("longmemeval", put(*FIRST, "answer", ""), f"{HERE}answer: found '', expected text or a number"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(converter: str, corrupt: Callable[[Any], None], said: str) -> None:
    files = copy.deepcopy(GOOD[converter])
    corrupt(files)
    with pytest.raises(InputError) as caught:
        CONVERTERS[converter](files)
    assert str(caught.value) == said
