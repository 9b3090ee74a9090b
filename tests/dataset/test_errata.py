"""The errata overlay: well formed by itself, true to the released data, applied in memory and to nothing else."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.dataset.errata import (
    Errata,
    Erratum,
    apply,
    errata_version,
    every_errata,
    left_out,
    read_errata,
    repaired_evidence,
    unanswerable,
    without_evidence,
)
from locomo.dataset.errata.model import question_hash
from locomo.dataset.errata.read import parse_errata
from locomo.errors import InputError
from locomo.schema import Conversation

ENTRIES = [entry for overlay in every_errata() for entry in overlay.entries]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@pytest.fixture(scope="module")
def released(locomo10: Path) -> list[Conversation]:
    return read_conversations(locomo10)


@pytest.fixture(scope="module")
def errata(released: list[Conversation]) -> Errata:
    found = read_errata(released)
    assert found is not None
    return found


def entry_of(sample: Conversation, **changes: object) -> Erratum:
    """An accepted entry about the sample's first question."""
    usual = {
        "sample_id": sample.sample_id,
        "index": 0,
        "question_sha256": question_hash(sample.questions[0]),
        "field": "answer",
        "kind": "wrong_answer",
        "status": "accepted",
        "corrected": "something else",
        "sources": ["review"],
        "rationale": "For a test.",
    }
    return Erratum.model_validate(usual | changes)


def overlay_of(*entries: Erratum) -> Errata:
    return Errata(name="test", version=3, source="here", sha256="0" * 64, entries=list(entries))


@pytest.fixture
def sample() -> Conversation:
    return read_conversations(Path(__file__).parents[2] / "data/raw/sample.json")[0]


# By itself, without the released data


def test_the_file_is_sorted_and_every_field_of_a_question_comes_once() -> None:
    keys = [(entry.sample_id, entry.index) for entry in ENTRIES]
    assert keys == sorted(keys)
    assert len({(entry.id, entry.field) for entry in ENTRIES}) == len(ENTRIES) > 200


def test_every_entry_says_why_in_few_words() -> None:
    assert [entry.id for entry in ENTRIES if not 10 < len(entry.rationale) < 260] == []
    assert [entry.id for entry in ENTRIES if len(str(entry.corrected or "")) > 170] == []


def test_a_wrong_entry_is_named() -> None:
    text = """
version: 1
dataset: {name: x, source: y, sha256: z}
errata:
  - {sample_id: conv-1, index: 4, question_sha256: abcdefabcdef, field: answer, kind: wrong_date, status: aceppted,
     corrected: May, sources: [review], rationale: So.}
"""
    with pytest.raises(InputError, match=r"x\.yaml: errata\[0\] \(conv-1:4\)\.status: .*'accepted'"):
        parse_errata(text, "x.yaml")
    twice = text.replace("aceppted", "accepted")
    twice += twice[twice.index("  - ") :]
    with pytest.raises(InputError, match=r"x\.yaml: conv-1:4, answer: found twice"):
        parse_errata(twice, "x.yaml")
    with pytest.raises(InputError, match="'version', 'dataset' and 'errata'"):
        parse_errata("- nothing", "x.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {"corrected": None},
        {"replace": {"a": "b"}},
        {"field": "evidence", "corrected": "D1:1"},
        {"status": "duplicate", "corrected": None},
        {"duplicate_of": 3},
        {"field": "evidence", "corrected": ["D1"]},
    ],
)
def test_entries_that_contradict_themselves_are_refused(sample: Conversation, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"replace|list of turn ids|duplicate_of|pattern|evidence"):
        entry_of(sample, **changes)


# On a dataset


def test_other_datasets_have_no_errata(sample: Conversation) -> None:
    assert read_errata([sample]) is None
    assert errata_version([sample]) is None
    same_id = sample.model_copy(update={"sample_id": "conv-26"})  # foreign words under a released name
    assert read_errata([same_id]) is None
    assert len(repaired_evidence([sample], None)) == sum(bool(q.evidence) for q in sample.questions)


def test_entries_that_do_not_fit_are_refused(sample: Conversation) -> None:
    for changes, message in (
        ({"question_sha256": "0" * 12}, r"test/3, .*:0: found the question .* as it was released"),
        ({"index": 10**6}, "has only"),
        ({"sample_id": "elsewhere"}, "'elsewhere' is not in the dataset"),
        ({"evidence": ["D99:1"]}, "turn 'D99:1' is not in the conversation"),
        ({"corrected": None, "replace": {"no such words": ""}}, "no such words"),
    ):
        with pytest.raises(InputError, match=message):
            apply([sample], overlay_of(entry_of(sample, **changes)))


def test_only_accepted_entries_are_applied_and_only_to_a_copy(sample: Conversation) -> None:
    before = sample.model_dump_json()
    accepted = overlay_of(
        entry_of(sample), entry_of(sample, field="evidence", corrected=[next(iter(sample.turns)).dia_id])
    )
    (changed,) = apply([sample], accepted)
    assert changed.questions[0].answer == "something else"
    assert changed.questions[0].evidence == [next(iter(sample.turns)).dia_id]
    assert changed.questions[1:] == sample.questions[1:]
    assert sample.model_dump_json() == before
    for status in ("debatable", "rejected", "harmless", "excluded"):
        assert apply([sample], overlay_of(entry_of(sample, status=status))) == [sample]


def test_what_is_left_out_of_scores_and_of_recall(sample: Conversation) -> None:
    first, second = sample.question_id(0), sample.question_id(1)
    about_second = {"index": 1, "question_sha256": question_hash(sample.questions[1])}
    overlay = overlay_of(
        entry_of(sample, field="question", status="excluded", kind="wrong_speaker", corrected=None),
        entry_of(sample, field="evidence", status="excluded", kind="no_evidence", corrected=None, **about_second),
    )
    assert left_out(overlay) == {first: "wrong_speaker"}
    assert unanswerable(overlay) == {first}
    assert without_evidence(overlay) == {second}
    assert {first, second}.isdisjoint(repaired_evidence([sample], overlay))


# On the released data


def test_every_entry_is_about_the_released_file(locomo10: Path, released: list[Conversation], errata: Errata) -> None:
    assert hashlib.sha256(locomo10.read_bytes()).hexdigest() == errata.sha256
    assert errata.entries == ENTRIES
    assert errata_version(released) == errata.label
    by_id = {conversation.sample_id: conversation for conversation in released}
    for entry in ENTRIES:
        conversation = by_id[entry.sample_id]
        assert entry.is_about(conversation.questions[entry.index]), entry.id
        assert {turn.dia_id for turn in conversation.turns}.issuperset(entry.turns), entry.id


def test_applying_changes_every_accepted_field_and_not_the_file(
    locomo10: Path, released: list[Conversation], errata: Errata
) -> None:
    before = hashlib.sha256(locomo10.read_bytes()).hexdigest()
    corrected = apply(released, errata)
    assert hashlib.sha256(locomo10.read_bytes()).hexdigest() == before
    changed = {
        (old.question_id(index), field)
        for old, new in zip(released, corrected, strict=True)
        for index, (was, now) in enumerate(zip(old.questions, new.questions, strict=True))
        for field in ("question", "answer", "evidence", "category", "adversarial_answer")
        if getattr(was, field) != getattr(now, field)
    }
    assert changed == {(entry.id, entry.field) for entry in errata.of("accepted")}


def test_repaired_evidence_exists_and_names_no_turn_twice(released: list[Conversation], errata: Errata) -> None:
    turns = {c.sample_id: {turn.dia_id for turn in c.turns} for c in released}
    evidence = repaired_evidence(released, errata)
    for question_id, dia_ids in evidence.items():
        assert turns[question_id.rpartition(":")[0]].issuperset(dia_ids), question_id
        assert len(set(dia_ids)) == len(dia_ids) > 0, question_id
    assert len(evidence) == 1986 - len(left_out(errata)) - len(without_evidence(errata))


def test_duplicates_are_counted_once(released: list[Conversation], errata: Errata) -> None:
    by_id = {conversation.sample_id: conversation for conversation in released}
    asked = [
        (conversation.sample_id, question.question)
        for conversation in released
        for index, question in enumerate(conversation.questions)
        if conversation.question_id(index) not in left_out(errata)
    ]
    assert len(set(asked)) == len(asked)
    for entry in errata.of("duplicate"):
        questions = by_id[entry.sample_id].questions
        assert entry.duplicate_of is not None
        assert questions[entry.duplicate_of] == questions[entry.index]


def test_an_edited_copy_is_not_corrected_in_part(released: list[Conversation]) -> None:
    first = released[0]
    questions = [first.questions[0].model_copy(update={"question": "Anything else?"}), *first.questions[1:]]
    assert read_errata([first.model_copy(update={"questions": questions})]) is not None  # none of ours was edited
    questions[5] = questions[5].model_copy(update={"question": "Anything else?"})
    with pytest.raises(InputError, match=r"locomo10/3, conv-26:5: found the question 'Anything else\?'"):
        read_errata([first.model_copy(update={"questions": questions})])
    part = read_errata([first])
    assert part is not None
    assert {entry.sample_id for entry in part.entries} == {"conv-26"}


SAID = {  # question: the turn, the words in it, and the day they name counted from its session
    "conv-26:5": ("D2:1", "last Saturday", "2023-05-20"),
    "conv-41:48": ("D26:4", "Last Sunday", "2023-07-30"),
    "conv-43:60": ("D23:3", "last Friday", "2023-12-08"),
    "conv-49:74": ("D20:3", "last Tuesday", "2023-12-12"),
    "conv-49:80": ("D24:3", "Yesterday", "2024-01-09"),
    "conv-47:31": ("D16:9", "the day after tomorrow", "2022-07-11"),
}


def day_of(words: str, said_on: date) -> date:
    if words == "Yesterday":
        return said_on - timedelta(days=1)
    if words == "the day after tomorrow":
        return said_on + timedelta(days=2)
    back = (said_on.weekday() - WEEKDAYS.index(words.split()[1])) % 7 or 7
    return said_on - timedelta(days=back)


@pytest.mark.parametrize("question", SAID)
def test_corrected_dates_follow_from_what_was_said(question: str, released: list[Conversation], errata: Errata) -> None:
    dia_id, words, named = SAID[question]
    (entry,) = [entry for entry in errata.of("accepted") if entry.id == question and entry.field == "answer"]
    conversation = next(c for c in released if c.sample_id == entry.sample_id)
    session, turn = next((s, t) for s in conversation.sessions for t in s.turns if t.dia_id == dia_id)
    assert words in turn.text
    day = day_of(words, datetime.strptime(session.date, "%d %B, %Y").date())
    assert day.isoformat() == named
    corrected = str(entry.value(conversation.questions[entry.index]))
    if question == "conv-47:31":  # back on July 20
        assert corrected == f"{(date(2022, 7, 20) - day).days} days"
    else:
        assert f"{day:%A}" in corrected or f"{day:%B} {day.day}, {day.year}" == corrected
