"""Asking for events: how answers are read, what prompts hold, and what a judge is asked about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_model import Model

from locomo.dataset import read_conversations
from locomo.dataset.gold_events import gold_events
from locomo.errors import IncompleteError, InputError
from locomo.llm import AnswerError, Client, Request, RequestCache, TransientError
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation
from locomo.schema.event import EventRow
from locomo.schema.event_lists import Lists
from locomo.tasks.events.answers import events_of, most_events
from locomo.tasks.events.ask import Settings, ask_events
from locomo.tasks.events.facts import judge_facts
from locomo.tasks.protocol import asking_protocol

CONVERSATION = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")[0]
SPEAKERS = ("Ruth", "Ivo")


class Newest:
    """Ranks the newest units first."""

    def rank(self, conversation: Conversation, unit: str, questions: list[str], k: int) -> list[list[Hit]]:
        assert questions == ["What significant events have happened in the lives of Ruth and Ivo?"]
        return [[Hit(each, 1.0) for each in UNITS[unit](conversation)[::-1][:k]]]


def listed(model: Model, folder: Path, *ways: str, k: int = 3, max_tokens: int = 320) -> list[EventRow]:
    settings = Settings(ways, ["dialog"], [k], max_tokens, 0)
    client = Client(model, RequestCache(folder))
    return ask_events([CONVERSATION], client, asking_protocol("paper"), settings, retriever=Newest())


def numbered(request: Request) -> object:
    """An event of Ruth's that tells the session it was found in."""
    day = request.messages[-1].content.partition("Now the session of ")[2].partition(":\n")[0]
    return {"Ruth": [{"date": "", "event": f"Ruth talks at {day}."}], "Ivo": []}


@pytest.mark.parametrize(
    "said",
    [
        '{"Ruth": [{"date": "May 2023", "event": "Ruth keeps  bees."}], "Ivo": []}',
        '<think>{"Ruth": []}</think>\n```json\n{"ruth": [{"event": "Ruth keeps bees.", "date": "May 2023"}]}\n```',
    ],
)
def test_an_answer_is_read_in_any_form_that_means_one_thing(said: str) -> None:
    found = events_of(said, SPEAKERS, 3)
    assert [(event.text, event.date) for event in found["Ruth"]] == [("Ruth keeps bees.", "May 2023")]
    assert found["Ivo"] == []


def test_plain_sentences_are_events_without_a_date_and_no_list_is_longer_than_allowed() -> None:
    found = events_of('{"Ruth": ["One.", "Two.", " ", "Three."], "Ivo": null}', SPEAKERS, 2)
    assert [(event.text, event.date) for event in found["Ruth"]] == [("One.", None), ("Two.", None)]


@pytest.mark.parametrize("said", ["Ruth keeps bees.", '{"events": []}', "[]", '{"Ruth": [', ""])
def test_what_lists_nothing_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="lists Ruth and Ivo"):
        events_of(said, SPEAKERS, 3)


def test_the_record_is_carried_from_session_to_session(tmp_path: Path) -> None:
    model = Model(numbered)
    rows = listed(model, tmp_path, "incremental")
    assert [row.session for row in rows] == [session.number for session in CONVERSATION.sessions]
    assert [row.configuration for row in rows] == ["incremental"] * 6
    for number, request in enumerate(model.asked):
        prompt = request.messages[-1].content
        record = prompt.partition("The record so far:\n")[2].partition("\n\nNow the session")[0]
        days = [session.date_time for session in CONVERSATION.sessions[:number]]
        assert record == ("\n".join(f"- Ruth talks at {day}." for day in days) or "nothing yet")
        assert CONVERSATION.sessions[number].turns[0].text in prompt
        assert request.temperature == 0.0
    again = Model(lambda request: AssertionError("asked again"))
    assert listed(again, tmp_path, "incremental") == rows
    assert again.asked == []


def test_prompts_fit_the_window_and_the_newest_stays(tmp_path: Path) -> None:
    long = {"Ruth": [{"date": "", "event": f"Ruth {'very ' * 30}{number}."} for number in range(2)], "Ivo": []}
    model = Model(lambda request: long, window=1100)
    listed(model, tmp_path, "incremental", "whole")
    last = model.asked[-1]
    (whole,) = [request for request in model.asked if "The conversation:\n" in request.messages[-1].content]
    for request in model.asked:
        assert sum(len(message.content.split()) for message in request.messages) + 320 + 48 <= 1100
    assert 0 < last.messages[-1].content.count("- Ruth very") < 2 * 5  # not all of the record
    assert CONVERSATION.sessions[-1].turns[-1].text in last.messages[-1].content
    assert CONVERSATION.sessions[-1].turns[-1].text in whole.messages[-1].content
    assert CONVERSATION.sessions[0].turns[0].text not in whole.messages[-1].content


@pytest.mark.parametrize("way", ["incremental", "whole", "retrieved"])
def test_a_window_without_room_is_said(tmp_path: Path, way: str) -> None:
    with pytest.raises(InputError, match=r"events\.max_tokens"):
        listed(Model(numbered, window=600), tmp_path, way)


def test_what_was_retrieved_is_shown_in_the_order_of_the_conversation(tmp_path: Path) -> None:
    model = Model(numbered)
    (row,) = listed(model, tmp_path, "retrieved", k=2)
    assert (row.configuration, row.session) == ("dialog_k2", None)
    last, newest = CONVERSATION.sessions[-1].turns[-2:]
    notes = model.asked[0].messages[-1].content.partition("Notes of the conversation:\n")[2].partition("\n\n")[0]
    assert sorted(notes.splitlines()) == sorted(
        f"[24 September, 2023] {turn.speaker}: {turn.text_with_caption}" for turn in (last, newest)
    )


def test_a_call_that_failed_for_good_is_a_row_and_the_record_goes_on(tmp_path: Path) -> None:
    calls = iter(range(100))
    model = Model(lambda request: AnswerError("filtered") if next(calls) == 1 else numbered(request))
    rows = listed(model, tmp_path, "incremental")
    assert [row.error for row in rows] == [None, "filtered", None, None, None, None]
    assert rows[1].events == {"Ruth": [], "Ivo": []}
    assert model.asked[2].messages[-1].content.count("- Ruth talks at") == 1


def test_a_call_that_failed_for_now_ends_the_run_and_keeps_what_was_said(tmp_path: Path, waits: list[float]) -> None:
    calls = iter(range(100))
    with pytest.raises(IncompleteError, match="session 3"):
        listed(Model(lambda r: TransientError("busy") if next(calls) > 1 else numbered(r)), tmp_path, "incremental")
    again = Model(numbered)
    assert len(listed(again, tmp_path, "incremental")) == 6
    assert len(again.asked) == 4


def test_a_longer_answer_has_room_for_more_events() -> None:
    assert [most_events(tokens, 5) for tokens in (100, 320, 700, 4000)] == [1, 2, 4, 5]


def splits_by_line(request: Request) -> object:
    """Takes each sentence for a fact, and what the record has word for word for supported."""
    user = request.messages[-1].content
    if "facts" in user:
        return {"facts": [line[2:] for line in user.splitlines() if line.startswith("- ")]}
    record, _, rest = user.partition("\n\nThe fact: ")
    return {"reasoning": "", "supported": f"- {rest.splitlines()[0]}" in record.splitlines()}


def test_facts_of_each_side_are_held_against_the_other(tmp_path: Path) -> None:
    gold = tuple(event.text for event in gold_events(CONVERSATION) if event.speaker == "Ivo")
    lists = [
        Lists("sample-1", "whole", "Ivo", gold, gold),
        Lists("sample-1", "half", "Ivo", gold[: len(gold) // 2], gold),
        Lists("sample-1", "nothing", "Ivo", (), gold),
    ]
    model = Model(splits_by_line)
    facts, failures = judge_facts(lists, Client(model, RequestCache(tmp_path)), seed=0, verdict_tokens=100)
    assert failures == []

    def share(configuration: str, side: str) -> tuple[int, int]:
        its = [fact for fact in facts if (fact.configuration, fact.side) == (configuration, side)]
        return sum(fact.supported is True for fact in its), len(its)

    count = len(gold)
    assert (share("whole", "predicted"), share("whole", "gold")) == ((count, count), (count, count))
    assert share("half", "predicted") == (count // 2, count // 2)
    assert share("half", "gold") == (count // 2, count)
    assert (share("nothing", "predicted"), share("nothing", "gold")) == ((0, 0), (0, count))


def test_a_list_that_cannot_be_split_has_no_facts_and_a_verdict_that_failed_has_its_reason(tmp_path: Path) -> None:
    def says(request: Request) -> object:
        if "facts" in request.messages[-1].content:
            filtered = "Ivo sings" in request.messages[-1].content
            return AnswerError("filtered") if filtered else splits_by_line(request)
        return AnswerError("too long")

    lists = [Lists("sample-1", "whole", "Ivo", ("Ivo sings.",), ("Ivo builds a canoe.",))]
    facts, failures = judge_facts(lists, Client(Model(says), RequestCache(tmp_path)), seed=0, verdict_tokens=100)
    assert failures == ["filtered"]
    assert [(fact.side, fact.fact, fact.supported, fact.error) for fact in facts] == [
        ("gold", "Ivo builds a canoe.", None, "too long")
    ]
