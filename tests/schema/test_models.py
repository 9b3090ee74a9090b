"""What the typed models derive from their fields."""

from __future__ import annotations

import sys

import pytest
from pydantic import ValidationError

from locomo.schema import Prediction, Question, Turn, Usage, category_name, declared

PREDICTION = {
    "id": "conv-1:0",
    "sample_id": "conv-1",
    "index": 0,
    "category": 4,
    "question": "Who?",
    "reference": "Ann",
    "prediction": "Ann",
    "raw": "Ann",
    "context_ids": ["D1:1"],
    "model": "mock",
    "protocol": "paper",
    "usage": Usage(),
    "request": "1-00",
}


def test_rows_hold_the_names_of_their_fields_once() -> None:
    row, other = (Prediction(**PREDICTION, task="qa", unit=None, k=None, error=error) for error in (None, "HTTP 500"))
    assert sys.getsizeof(vars(row)) < sys.getsizeof(dict(vars(row).items()))
    assert (row.error, other.error) == (None, "HTTP 500")
    assert row.model_copy(update={"error": "HTTP 500"}) == other != row
    assert Prediction.model_validate(row.model_dump()) == row


def test_the_five_categories_have_the_names_of_the_paper() -> None:
    assert [category_name(n) for n in declared([])] == [
        "multi_hop",
        "temporal",
        "open_domain",
        "single_hop",
        "adversarial",
    ]


@pytest.mark.parametrize(
    ("fields", "shares", "text"),
    [
        ({}, False, "Look!"),
        ({"img_url": ["https://x/1.png"]}, True, "Look!"),
        ({"blip_caption": "a photo of a dog"}, True, "Look! (shares a photo: a photo of a dog)"),
    ],
)
def test_a_turn_says_its_text_with_the_caption_of_its_photo(fields: dict, shares: bool, text: str) -> None:
    turn = Turn(speaker="Ann", dia_id="D1:1", text="Look!", **fields)
    assert (turn.shares_image, turn.text_with_caption) == (shares, text)


@pytest.mark.parametrize(("answer", "reference"), [("a dog", "a dog"), (2022, "2022"), (0, "0"), (1.5, "1.5")])
def test_the_gold_answer_is_text(answer: object, reference: str) -> None:
    assert Question(question="What?", category=1, evidence=[], answer=answer).reference == reference


def test_an_adversarial_question_has_no_right_answer() -> None:
    assert Question(question="What?", category=5, evidence=[], adversarial_answer="a dog").reference is None


def test_a_configuration_has_one_name() -> None:
    assert Prediction(**PREDICTION, task="qa", unit=None, k=None).configuration == "qa"
    assert Prediction(**PREDICTION, task="rag", unit="dialog", k=5).configuration == "rag_dialog_k5"


def test_models_cannot_be_changed_by_mistake() -> None:
    question = Question(question="What?", category=1, evidence=[], answer="x")
    with pytest.raises(ValidationError, match="frozen"):
        question.category = 2


def test_rows_hold_what_is_the_same_in_them_once() -> None:
    text = Prediction(**PREDICTION, task="qa", unit=None, k=None).model_dump_json(exclude_unset=True)
    one, other = (Prediction.model_validate_json(text) for _ in range(2))
    assert one.__pydantic_fields_set__ is other.__pydantic_fields_set__
    assert one.context_ids[0] is other.context_ids[0]
    assert one.question is other.question
    failed = one.model_copy(update={"error": "refused"})
    assert failed.model_fields_set - one.model_fields_set == {"error"}
    assert one.model_fields_set == other.model_fields_set == {*PREDICTION, "task", "unit", "k"}
