"""Asking for turns of a dialogue: which ones, what is shown with them, and how answers are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted_model import Model

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.llm import AnswerError, Client, Request, RequestCache
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.tasks.dialogue.ask import ask_dialogue, read_turn
from locomo.tasks.dialogue.memory import Condition
from locomo.tasks.dialogue.turns import places
from locomo.tasks.dialogue.writings import Settings, Writing, chosen, with_queries, writings
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import Remembered

SAMPLE = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")
PROTOCOL = asking_protocol("paper")


class Newest:
    """Ranks the newest units first, those of later sessions too."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        return [[Hit(each, 1.0) for each in UNITS[unit](conversation)[::-1][:k]] for _ in questions]


def settings(*conditions: Condition, turns: int = 2, seed: int = 0) -> Settings:
    return Settings(conditions, turns, 1, 5, 3, seed)


def asked(*conditions: Condition, remembered: Sequence[Remembered] = ()) -> list[Writing]:
    of = settings(*conditions)
    return writings(chosen(SAMPLE, of), of, PROTOCOL, retriever=Newest(), remembered=remembered)


def written(model: Model, folder: Path, asks: Sequence[Writing], max_tokens: int = 100) -> list[DialogueRow]:
    return ask_dialogue(asks, Client(model, RequestCache(folder)), PROTOCOL, max_tokens=max_tokens, seed=0)


def hello(request: Request) -> object:
    return {"message": "Hello!", "photo": ""}


def test_the_same_turns_for_all_and_never_the_first_of_a_session() -> None:
    found = list(places(SAMPLE, 2, 0))
    assert len(found) == 2 * (6 + 7 + 8)
    assert all(place.index > 0 and place.turn.text.strip() for place in found)
    assert found == list(places(SAMPLE, 2, 0))
    assert found != list(places(SAMPLE, 2, 1))
    alone = [place.turn.dia_id for place in places(SAMPLE[1:2], 2, 0)]
    assert alone == [place.turn.dia_id for place in found if place.conversation.sample_id == "sample-2"]
    by_place: dict[str, list[str]] = {}
    for each in asked("base", "summary", "observation"):
        by_place.setdefault(f"{each.place.conversation.sample_id} {each.place.turn.dia_id}", []).append(
            each.notes.condition
        )
    assert set(map(tuple, by_place.values())) == {("base", "summary", "observation")}
    assert len(by_place) == 42


def test_more_turns_than_there_are_is_all_of_them() -> None:
    assert len(list(places(SAMPLE[:1], 1000, 0))) == sum(len(session.turns) - 1 for session in SAMPLE[0].sessions)


def test_the_model_sees_what_was_said_and_nothing_that_came_later(tmp_path: Path) -> None:
    model = Model(hello)
    asks = asked("base", "summary", "observation")
    rows = written(model, tmp_path, asks)
    assert [row.turn for row in rows] == [each.place.turn.dia_id for each in asks]
    by_key = {request.key: request.messages[-1].content for request in model.asked}
    for each, row in zip(asks, rows, strict=True):
        prompt, place = by_key[row.request], each.place
        assert place.said[-1].text in prompt
        assert place.turn.text not in prompt
        assert not any(turn.text in prompt for turn in place.session.turns[place.index :] if len(turn.text) > 20)
        summaries = [unit.text for unit in UNITS["summary"](place.conversation) if unit.text in prompt]
        earlier = [unit.text for unit in UNITS["summary"](place.conversation) if unit.session < place.session.number]
        assert summaries == (earlier[-1:] if each.notes.condition == "summary" else [])
        observed = [unit for unit in UNITS["observation"](place.conversation) if f"] {unit.text}\n" in prompt]
        assert all(unit.session < place.session.number for unit in observed)
        known = sum(unit.session < place.session.number for unit in UNITS["observation"](place.conversation))
        assert len(observed) == (min(5, known) if each.notes.condition == "observation" else 0)


def test_memories_that_may_be_of_later_sessions_are_left_out() -> None:
    of = settings("memory")
    found = chosen(SAMPLE[:1], of)
    (conversation,) = with_queries(found)
    assert [question.question for question in conversation.questions] == [place.query for place in found]
    units = UNITS["dialog"](SAMPLE[0])
    nameless = [unit.__class__((), 0, None, "no turn is named", "x") for unit in units[:1]]
    remembered = Remembered("mine", conversation, [[*nameless, *units] for _ in found], "dialog_unit")
    for each in writings(found, of, PROTOCOL, remembered=[remembered]):
        shown = [int(id_[1:].partition(":")[0]) for ids in each.notes.ids for id_ in ids]
        assert all(number < each.place.session.number for number in shown)
        assert len(shown) == (0 if each.place.session.number == 1 else 3)
        assert (each.notes.condition, each.notes.k) == ("mine", 3)


def test_prompts_fit_the_window_notes_go_first_and_a_window_without_room_is_said(tmp_path: Path) -> None:
    asks = [each for each in asked("observation") if each.place.index > 8 and each.place.session.number > 2]
    model = Model(hello, window=420)
    rows = written(model, tmp_path, asks)
    for request in model.asked:
        assert sum(len(message.content.split()) for message in request.messages) + 100 + 48 <= 420
    assert any(len(row.context_ids) < len(each.place.said) + 5 for each, row in zip(asks, rows, strict=True))
    assert all(row.context_ids[-1] == each.place.said[-1].dia_id for each, row in zip(asks, rows, strict=True))
    with pytest.raises(InputError, match=r"dialogue\.max_tokens"):
        written(Model(hello, window=250), tmp_path, asks)


@pytest.mark.parametrize(
    "said",
    [
        '{"message": "Look  at this!", "photo": "a canoe"}',
        '<think>{"message": "no"}</think> ```json\n{"message": "Look at this!", "photo": " a canoe "}\n```',
    ],
)
def test_an_answer_is_read_in_any_form(said: str) -> None:
    assert read_turn(said) == {"message": "Look at this!", "photo": "a canoe"}


@pytest.mark.parametrize("said", ["Look at this!", '{"message": " "}', '{"text": "x"}', '{"message": 3}', "[]"])
def test_what_is_no_turn_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="message"):
        read_turn(said)


def test_a_photo_is_none_where_nothing_is_on_it_and_failures_are_rows(tmp_path: Path) -> None:
    calls = iter(range(1000))

    def says(request: Request) -> object:
        number = next(calls)
        if number == 1:
            return AnswerError("filtered")
        return {"message": "Look!", "photo": "a canoe" if number == 2 else ""}

    rows = written(Model(says), tmp_path, asked("base")[:4])
    assert [(row.prediction, row.photo, row.error) for row in rows] == [
        ("Look!", None, None),
        (None, None, "filtered"),
        ("Look!", "a canoe", None),
        ("Look!", None, None),
    ]
    again = Model(lambda request: AssertionError("asked again"))
    assert written(again, tmp_path, asked("base")[:4]) == rows
