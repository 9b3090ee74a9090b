"""How questions are put and answers are read."""

from __future__ import annotations

import pytest

from locomo.errors import InputError
from locomo.schema import Letter, Question
from locomo.tasks.protocol import Put, asking_protocol

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


def read(raw: str, options: dict[Letter, str] = OPTIONS, protocol: str = "paper", model: str = "openai/gpt-4o") -> str:
    return asking_protocol(protocol, model).read(raw, Put(options))[0]


@pytest.mark.parametrize("protocol", ["paper", "head"])
@pytest.mark.parametrize(
    ("raw", "service", "hugging_face"),
    [
        *[(raw, NOT_MENTIONED, NOT_MENTIONED) for raw in ("(a)", "(A)", " (a) \n")],
        *[(raw, NOT_MENTIONED, "apple pie") for raw in ("a", "A", " a \n")],
        *[(raw, "apple pie", "apple pie") for raw in ("b", "B", "(b)", "c", "(c)", "1", "Ann", "no.", "yes", "a).")],
        *[
            (raw, raw, NOT_MENTIONED)
            for raw in ("(a).", "**(a)**", "(a) not mentioned", "(b) or (a)", "The answer is (a)")
        ],
        *[(raw, raw, "apple pie") for raw in ("A.", "a)", "b or a", "ab", "(b).", "apple", NOT_MENTIONED, "", "42")],
    ],
)
def test_options_are_read_as_the_original_code_for_the_kind_of_model_does(
    protocol: str, raw: str, service: str, hugging_face: str
) -> None:
    assert read(raw, protocol=protocol) == service
    assert read(raw, protocol=protocol, model="gguf/smollm2-135m-instruct") == service
    assert read(raw, protocol=protocol, model="hf/mistralai/Mistral-7B-Instruct-v0.2") == hugging_face


def test_without_options_words_are_the_answer_themselves() -> None:
    assert read("a", {}) == "a"
    assert read(" (b) Paris\n", {}) == "(b) Paris"
    assert read("Answer: (b) Paris\nor Rome", {}, model="hf/x/y") == "Paris"
    assert read("Answer: (b) Paris", {}, "strict", "hf/x/y") == "Answer: (b) Paris"


def test_an_unknown_protocol_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        InputError, match=r"protocol 'papers': expected one of paper, head, strict, judge; did you mean 'paper'\?"
    ):
        asking_protocol("papers")
