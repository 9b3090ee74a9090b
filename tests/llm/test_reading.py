"""From what a server says to what the answer is: wherever a model's thinking stands, it is no answer."""

from __future__ import annotations

import pytest

from locomo.llm import AnswerError, Response
from locomo.llm.providers.reading import OnlyThoughtError, with_answer

RECEIVED = Response("", "m", 9, 2, finish_reason="stop")
ANSWERS = {
    "nothing to take out": "Ruth <think> keeps bees",
    "tags": "<think>Who?\nIvo? No.</think>\n\nRuth <think> keeps bees",
    "tags of another family": "[THINK]Ivo?[/THINK]Ruth <think> keeps bees",
    "tags of a third": "◁think▷Ivo?\n◁/think▷\nRuth <think> keeps bees",
    "twice": "<think>a</think><think>b</think>Ruth <think> keeps bees",
    "an answer in tags": "<think>a</think><answer>Ruth <think> keeps bees</answer>",
    "channels": "<|channel|>analysis<|message|>Ivo?<|end|><|start|>assistant<|channel|>final<|message|>"
    "Ruth <think> keeps bees<|return|>",
    "channels without marks": "analysisThe user asks who.assistantfinalRuth <think> keeps bees",
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
def test_thinking_before_an_answer_is_taken_out_and_nothing_else(said: str) -> None:
    assert with_answer(RECEIVED, said).text == "Ruth <think> keeps bees"


@pytest.mark.parametrize(
    "said", ["Hm, Ivo?\nNo.\n</think>\n\nRuth", [{"type": "text", "text": "Ruth"}], ["Ru", "th"], {"text": "Ruth"}]
)
def test_an_answer_is_found_in_every_form(said: object) -> None:
    assert with_answer(RECEIVED, said).text == "Ruth"


def test_parts_that_are_thinking_are_left_out() -> None:
    parts = [
        {"type": "thinking", "thinking": "Ivo?"},
        {"type": "reasoning", "text": "No."},
        {"type": "text", "text": "Ruth "},
        {"type": "output_text", "text": "keeps bees"},
    ]
    assert with_answer(RECEIVED, parts).text == "Ruth keeps bees"


def test_an_answer_without_thinking_is_kept_to_the_last_space() -> None:
    assert with_answer(RECEIVED, " Ruth \n").text == " Ruth \n"


def test_a_stop_sequence_cuts_the_answer_and_not_the_thinking() -> None:
    found = with_answer(RECEIVED, "<think>Who?\nIvo?\n</think>\n\nRuth\nor Ivo", stop=("\n",))
    assert (found.text, found.finish_reason) == ("Ruth", "stop")


@pytest.mark.parametrize(
    ("said", "reason", "thoughts", "words"),
    [
        ("<think>", "stop", None, "it was cut while it thought; raise answer.thinking_tokens"),
        ("<think>Who?\nIvo?", "length", None, "all of max_tokens went into what is not shown; raise answer.thinking"),
        ("<|channel|>analysis<|message|>Who", "stop", None, "it was cut while it thought"),
        (None, "stop", "Who? Ivo?", "it thought and said no more"),
        ("", "length", 32, "all of max_tokens went into what is not shown"),
    ],
)
def test_thinking_alone_is_no_answer(said: str | None, reason: str, thoughts: object, words: str) -> None:
    received = Response("", "m", 9, 32, finish_reason=reason)
    with pytest.raises(OnlyThoughtError, match=words) as caught:
        with_answer(received, said, thoughts=thoughts)
    assert caught.value.billed == (received,)


@pytest.mark.parametrize("said", [None, "", " \n", [], [{"type": "image"}], 7])
def test_nothing_is_no_answer(said: object) -> None:
    with pytest.raises(AnswerError, match=r"^the model gave an empty answer$") as caught:
        with_answer(RECEIVED, said)
    assert not isinstance(caught.value, OnlyThoughtError)
