"""Which option an answer takes: known verdicts."""

from __future__ import annotations

import pytest

from locomo.tasks.options import parse_option

REFUSAL = "Not mentioned in the conversation"
OPTIONS = {"a": REFUSAL, "b": "apple pie"}


@pytest.mark.parametrize(
    "raw",
    [
        *("(a)", "a", "A", "A.", "a)", "(a).", "(A)", "[a]", "a:", "(a", "**a**", '"a"', " a \n"),
        *("Option A", "option (a)", "Option A.", "Choice A", "Option (a): Not mentioned in the conversation"),
        *("(a) Not mentioned in the conversation", "a) not mentioned", "a. Not mentioned in the conversation"),
        *("A - Not mentioned in the conversation", "(a) because it was never said", "a, because nobody said so"),
        *(REFUSAL, "not mentioned in the conversation.", "Not mentioned", "It is not mentioned in the conversation"),
        *("The answer is (a).", "The correct answer is a", "Answer: A", "I choose (a)", "I would choose option (a)."),
        *("The correct option is (a) Not mentioned in the conversation.", "It's (a)", "(a) - she made no apple tart"),
    ],
)
def test_the_first_option(raw: str) -> None:
    assert parse_option(raw, OPTIONS) == "a"


@pytest.mark.parametrize(
    "raw",
    [
        *("(b)", "b", "B", "b.", "b)", "B:", "Option B"),
        *("apple pie", "Apple pie.", "“apple pie”", "The answer is apple pie", "Answer: Apple Pie"),
        *("(b) apple pie", "b) Apple Pie", "Option B: apple pie", "The answer is (b) apple pie.", "B: apple pie"),
    ],
)
def test_the_second_option(raw: str) -> None:
    assert parse_option(raw, OPTIONS) == "b"


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "c", "(c)", "ab", "42", "Ann", "option c"),
        *("a b", "a or b", "(a) or (b)", "(a) or b", "b or a", "(a)(b)", "(a). (b)", "(a) and (b)", "A and B", "a, b"),
        *("a/b", "B. a", "both", "neither", "Neither (a) nor (b)", "not (a)", "It is not (a)"),
        *("(a) apple pie", "b) Not mentioned in the conversation"),  # letter and words contradict each other
        *("apple", "a dog", "A dog ate it", "I don't know", "The answer is unclear"),
    ],
)
def test_what_takes_no_option_or_both(raw: str) -> None:
    assert parse_option(raw, OPTIONS) is None


def test_the_order_of_the_options_does_not_matter_to_words() -> None:
    swapped = {"a": "apple pie", "b": REFUSAL}
    assert parse_option("apple pie", swapped) == "a"
    assert parse_option("Not mentioned", swapped) == "b"


def test_options_that_look_like_letters_or_like_each_other() -> None:
    assert parse_option("A blue kite", {"a": REFUSAL, "b": "A blue kite"}) == "b"
    assert parse_option("No", {"a": "No", "b": REFUSAL}) == "a"
    assert parse_option("(b) Not mentioned in the conversation", {"a": "not", "b": REFUSAL}) == "b"
    assert parse_option("same", {"a": "same", "b": "same"}) is None
    assert parse_option("b", {"a": "same", "b": "same"}) == "b"
