"""A model is found by its name, or the name that was meant is suggested."""

from __future__ import annotations

import asyncio

import pytest

from locomo.errors import InputError
from locomo.llm import Message, Request, open_model


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opnai/gpt-4o", "model 'opnai/gpt-4o': expected provider/model with one of gguf/…, mock/…, openai/…; "),
        ("opnai/gpt-4o", "did you mean 'openai'?"),
        ("gpt-4o", "model 'gpt-4o': expected provider/model"),
        ("openai/", "model 'openai/': expected provider/model"),
        ("", "model '': expected provider/model"),
        ("mock/refus", "model 'mock/refus': expected one of refuse, words; did you mean 'refuse'?"),
        (
            "gguf/smollm2-135m",
            "no such file; expected 'smollm2-135m-instruct' or the path of a .gguf file; did you mean",
        ),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        open_model(name, context_window=None)
    assert said in str(caught.value)


def test_a_mock_answers_the_same_again_and_otherwise_to_others() -> None:
    model = open_model("mock/words", context_window=1000)

    def answer(text: str) -> str:
        request = Request("mock", "words", (Message("user", text),), 8)
        return asyncio.run(model.complete(request)).text

    prompt = "the quick brown fox jumps over the lazy dog"
    assert answer(prompt) == answer(prompt) != answer(prompt + " twice")
    assert set(answer(prompt).split()) <= set(prompt.split())
    assert model.capabilities.context_window == 1000
