"""Answer files of other harnesses, in their shapes with facts of our own, are read or refused with all troubles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.schema import Question
from locomo.scoring.answers import read_answers

CONVERSATIONS = read_conversations(SAMPLE)
EVERY = {each.question_id(index): question for each in CONVERSATIONS for index, question in enumerate(each.questions)}


def read(tmp_path: Path, value: Any, *, indent: int | None = None) -> dict[str, str | None]:
    path = tmp_path / "answers.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=indent), encoding="utf-8")
    return {answer.id: answer.text for answer in read_answers(path, CONVERSATIONS)}


def by_place(row: Any) -> dict[str, list[Any]]:
    """Rows by the place of their conversation."""
    return {
        str(place): [row(question, f"{each.sample_id} {index}") for index, question in enumerate(each.questions)]
        for place, each in enumerate(CONVERSATIONS)
    }


EXPECTED = {name: name.replace(":", " ") for name in EVERY}


def mem0(question: Question, answer: str) -> dict[str, Any]:
    gold = question.reference or question.adversarial_answer
    return {"question": question.question, "answer": gold, "response": answer, "category": str(question.category)}


def with_scores(question: Question, answer: str) -> dict[str, Any]:
    return mem0(question, answer) | {"bleu_score": 0.1, "f1_score": 0.2, "llm_score": 1}


def memos(question: Question, answer: str) -> dict[str, Any]:
    return {"question": question.question, "answer": answer, "golden_answer": question.reference, "search_context": "x"}


@pytest.mark.parametrize("row", [mem0, with_scores, memos])
@pytest.mark.parametrize("name", ["{}", "locomo_exp_user_{}", "conversation-{}"])
@pytest.mark.parametrize("indent", [None, 2])
def test_grouped_by_place(tmp_path: Path, row: Any, name: str, indent: int | None) -> None:
    value = {name.format(place): rows for place, rows in by_place(row).items()}
    assert read(tmp_path, value, indent=indent) == EXPECTED


def test_grouped_by_category_inside_results(tmp_path: Path) -> None:
    groups: dict[str, list[Any]] = {}
    for name, question in EVERY.items():
        row = {"sample_id": name.partition(":")[0], "query": question.question, "generated_answer": EXPECTED[name]}
        groups.setdefault(f"type_{question.category}", []).append(row)
    value = {"model": "x", "results": {"by_type": groups}, "summary": {"f1": 0.3}}
    assert read(tmp_path, value) == EXPECTED
    assert read(tmp_path, value, indent=1) == EXPECTED


def test_a_flat_list_and_json_lines(tmp_path: Path) -> None:
    rows = [
        {"conv_id": name.partition(":")[0], "question": question.question, "hypothesis": EXPECTED[name]}
        for name, question in EVERY.items()
    ]
    assert read(tmp_path, rows) == EXPECTED
    assert read(tmp_path, "\n".join(json.dumps(row) for row in rows)) == EXPECTED


def test_a_question_that_repeats_in_its_conversation_is_found_in_order(tmp_path: Path) -> None:
    (first, *_) = CONVERSATIONS
    twice = first.model_copy(update={"questions": [first.questions[0], first.questions[1], first.questions[0]]})
    path = tmp_path / "answers.jsonl"
    rows = [{"question": question.question, "response": str(place)} for place, question in enumerate(twice.questions)]
    for text in ("\n".join(map(json.dumps, rows)), json.dumps({"0": rows})):
        path.write_text(text, encoding="utf-8")
        found = {answer.id: answer.text for answer in read_answers(path, [twice])}
        assert found == {"sample-1:0": "0", "sample-1:1": "1", "sample-1:2": "2"}


def test_one_conversation_of_the_originals_shape_alone(tmp_path: Path) -> None:
    each = CONVERSATIONS[1]
    qa = [{"question": question.question, "gpt_prediction": "x"} for question in each.questions]
    for indent in (None, 2):
        found = read(tmp_path, {"sample_id": each.sample_id, "qa": qa}, indent=indent)
        assert found == {each.question_id(index): "x" for index in range(len(qa))}


def test_our_rows_as_one_list_or_one_object(tmp_path: Path) -> None:
    rows = [{"id": "sample-1:0", "prediction": "x"}, {"id": "sample-1:1", "prediction": ["tea", "cake", 2]}]
    assert read(tmp_path, rows, indent=2) == {"sample-1:0": "x", "sample-1:1": "tea, cake, 2"}
    assert read(tmp_path, rows[0], indent=2) == {"sample-1:0": "x"}
    assert read(tmp_path, json.dumps(rows[1])) == {"sample-1:1": "tea, cake, 2"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('{\n"a": [\n"b"', "line 3, column 4: not valid JSON"),
        ('{\n"results": []}', "no answers in it; expected rows with 'id' and 'prediction'"),
        ([{"question": "Who?", "response": "x"}], ": [0]: question 'Who?' is not in the dataset"),
        ([{"id": "sample-1:0", "prediction": {"answer": "x"}}], ": [0]: prediction: found an object, expected text"),
        ([{"id": "sample-1:0", "prediction": [["x"]]}], "found a list of other things than text, expected text"),
        ([{"id": "sample-1:0", "prediction": True}], "prediction: found true, expected text"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, value)
    assert said.removeprefix(": ") in str(caught.value)


def test_all_troubles_are_told_at_once(tmp_path: Path) -> None:
    question = CONVERSATIONS[0].questions[0].question
    rows = [{"question": question}, *({"question": f"Who is {n}?", "response": "x"} for n in range(7))]
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"0": rows})
    said = str(caught.value)
    assert ": 0[0]: no answer; expected one of the fields prediction, response" in said
    assert ": 0[1]: question 'Who is 0?' is not in the dataset" in said
    assert said.endswith("; and 3 more (8 of 8 rows cannot be read)")
    assert "\n" not in said


def test_troubles_of_our_rows_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, '{"id": 1, "prediction": "x"}\n{"id": "a:0"}\n{"id": "a:1", "prediction": "x"}')
    assert "row 1: id: found 1" in str(caught.value)
    assert "row 2: prediction: missing" in str(caught.value)
    assert str(caught.value).endswith("(2 of 3 rows cannot be read)")


def test_a_question_that_occurs_in_two_conversations_needs_its_sample(tmp_path: Path) -> None:
    one, other = (each.model_copy(deep=True) for each in CONVERSATIONS[:2])
    same = one.questions[0].model_copy()
    twins = [one, other.model_copy(update={"questions": [same, *other.questions[1:]]})]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"question": same.question, "response": "x"}]), encoding="utf-8")
    with pytest.raises(InputError, match="is in the dataset as sample-1:0 and sample-2:0; say which"):
        read_answers(path, twins)


def test_an_empty_gold_is_refused(tmp_path: Path) -> None:
    samples = json.loads(SAMPLE.read_text(encoding="utf-8"))
    samples[1]["qa"][0]["answer"] = " "
    path = tmp_path / "data.json"
    path.write_text(json.dumps(samples), encoding="utf-8")
    with pytest.raises(InputError, match=r"\[1\]\.qa\[0\]\.answer: found an empty text, which nothing can match"):
        read_conversations(path)
