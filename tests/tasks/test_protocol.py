"""How questions are put and answers are read."""

from __future__ import annotations

import pytest

from locomo.errors import InputError
from locomo.schema import Question
from locomo.tasks.protocol import asking_protocol

PAPER = asking_protocol("paper")
NOT_MENTIONED = "Not mentioned in the conversation"
OPTIONS = {"a": NOT_MENTIONED, "b": "apple pie"}


def question(category: int, **fields: object) -> Question:
    gold = {"adversarial_answer": "apple pie"} if category == 5 else {"answer": "apple pie"}
    return Question(**{"question": " What did Ann {bake}? ", "category": category, "evidence": []} | gold | fields)


@pytest.mark.parametrize("category", [1, 2, 3, 4])
def test_only_temporal_questions_ask_for_a_date(category: int) -> None:
    text = PAPER.question_text(question(category), PAPER.options(question(category), "one:0", 0))
    assert text.startswith("Question: What did Ann {bake}?")
    assert ("Work out the date from the dates of the sessions." in text) == (category == 2)
    assert "(a)" not in text


def test_an_adversarial_question_is_a_choice() -> None:
    options = PAPER.options(question(5), "one:0", 0)
    assert sorted(options.values()) == [NOT_MENTIONED, "apple pie"]
    text = PAPER.question_text(question(5), options)
    assert text == f"Question: What did Ann {{bake}}? Choose (a) {options['a']} or (b) {options['b']}."


def test_an_adversarial_question_without_adversarial_answer_offers_its_answer() -> None:
    options = PAPER.options(question(5, adversarial_answer=None, answer="No"), "conv-26:167", 0)
    assert sorted(options.values()) == ["No", NOT_MENTIONED]


def refusal_is(seed: int, *ids: str, asked: Question | None = None) -> str:
    """Return the letter of the refusal for each id."""
    options = [PAPER.options(asked or question(5), question_id, seed) for question_id in ids]
    return "".join(letter for choice in options for letter, text in choice.items() if text == NOT_MENTIONED)


def test_the_order_of_the_options_is_never_changed_unawares() -> None:
    ids = [f"conv-26:{n}" for n in range(12)]
    assert refusal_is(0, *ids) == "abbbbbbbaaab"
    assert refusal_is(1, *ids) == "babaaababbba"


def test_the_order_depends_on_nothing_but_id_and_seed() -> None:
    other = question(5, question="Where?", adversarial_answer="here", evidence=["D1:1"])
    ids = [f"one:{n}" for n in range(200)]
    assert refusal_is(7, *ids) == refusal_is(7, *ids, asked=other)
    assert "".join(refusal_is(7, one) for one in reversed(ids)) == refusal_is(7, *ids)[::-1]
    assert refusal_is(7, *ids) != refusal_is(8, *ids)
    assert 80 <= refusal_is(7, *ids).count("a") <= 120


@pytest.mark.parametrize("raw", ["a", "A", "(a)", "a)", "A.", "(a).", " a \n", "**a**", '"a"', "a:"])
def test_a_letter_alone_is_the_option(raw: str) -> None:
    assert PAPER.parse(raw, OPTIONS) == NOT_MENTIONED


@pytest.mark.parametrize("raw", ["b", "(B)", "b.", "(b)."])
def test_the_other_letter_is_the_other_option(raw: str) -> None:
    assert PAPER.parse(raw, OPTIONS) == "apple pie"


@pytest.mark.parametrize(
    "raw", ["apple", "apple pie", "b or a", "ab", "a b", "Ann", "c", "(c)", NOT_MENTIONED, "a dog", ""]
)
def test_other_words_are_the_answer_themselves(raw: str) -> None:
    assert PAPER.parse(f" {raw}\n", OPTIONS) == raw


def test_a_letter_is_an_answer_where_there_was_no_choice() -> None:
    assert PAPER.parse("a", {}) == "a"


def test_an_unknown_protocol_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        InputError, match=r"protocol 'papers': expected one of paper, head, strict, judge; did you mean 'paper'\?"
    ):
        asking_protocol("papers")
