"""GGUF files: the embedded model answers, and answers the same again; what is wrong with a file is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from gguf import GGUFWriter

from locomo.errors import InputError, ProviderError
from locomo.files import sha256
from locomo.llm import AnswerError, Message, Request, Response, open_model, structured
from locomo.llm.catalog import Facts
from locomo.llm.providers.gguf import MOST_COPIES, GgufModel
from locomo.llm.providers.gguf_copies import Copies
from locomo.models import smollm2

EMBEDDED = "gguf/smollm2-135m-instruct"
QUESTIONS = ("Ruth keeps bees. Who keeps bees?", "Ivo builds a canoe. What does Ivo build?", "Say a colour.")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A GGUF file that declares a window of 64 tokens and holds nothing else."""
    path = tmp_path / "tiny.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def ask(text: str) -> Request:
    return Request("gguf", EMBEDDED, (Message("user", text),), 8, seed=1)


def answers(*texts: str) -> list[Response]:
    """Load the model afresh and ask it in the order given."""

    async def main() -> list[Response]:
        model = open_model(EMBEDDED, context_window=256)
        try:
            return [await model.complete(ask(text)) for text in texts]
        finally:
            await model.close()

    return asyncio.run(main())


def test_the_embedded_model_answers_the_same_in_any_order_and_after_a_fresh_load() -> None:
    first = dict(zip(QUESTIONS, answers(*QUESTIONS), strict=True))
    again = dict(zip(reversed(QUESTIONS), answers(*reversed(QUESTIONS)), strict=True))
    assert {text: replace(response, reused_tokens=0) for text, response in first.items()} == {
        text: replace(response, reused_tokens=0) for text, response in again.items()
    }
    for response in first.values():
        assert response.text.strip()
        assert response.model == "smollm2-135m-instruct"
        assert 0 < response.output_tokens <= 8
    short, long = first[QUESTIONS[2]].input_tokens, first[QUESTIONS[1]].input_tokens
    assert 3 < short < long < 100


def texts(
    threads: int, monkeypatch: pytest.MonkeyPatch, copies: int | None, questions: Sequence[str] = QUESTIONS
) -> list[str]:
    """What the embedded model answers with so many threads or copies, asked all at once."""
    monkeypatch.setenv("LOCOMO_THREADS", str(threads))

    async def main() -> list[str]:
        model = GgufModel(
            "embedded", smollm2.embedded_file, smollm2.SHA256, 256, Facts(context_window=256), copies=copies
        )
        assert model.concurrency == (copies or 1)
        try:
            slots = asyncio.Semaphore(model.concurrency)

            async def one(text: str) -> str:
                async with slots:
                    return (await model.complete(ask(text))).text

            return await asyncio.gather(*map(one, questions))
        finally:
            await model.close()

    return asyncio.run(main())


def test_texts_do_not_depend_on_threads_or_on_what_is_asked_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = texts(1, monkeypatch, None)
    assert len(set(alone)) == len(QUESTIONS)
    assert texts(2, monkeypatch, 2) == alone
    assert texts(2, monkeypatch, None, QUESTIONS[:1]) == alone[:1]  # one: threads that wait for each other are slow


def test_the_embedded_model_is_loaded_once_for_each_thread_and_another_file_once(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_THREADS", "3")
    assert open_model(EMBEDDED, context_window=None).concurrency == 3
    assert open_model(f"gguf/{tiny}", context_window=None).concurrency == 1
    monkeypatch.setenv("LOCOMO_THREADS", "64")
    assert open_model(EMBEDDED, context_window=None).concurrency == MOST_COPIES


def test_a_copy_that_holds_the_beginning_of_a_prompt_answers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr("xllamacpp.Server", lambda params: loaded.append(object()) or loaded[-1])
    copies = Copies("gguf/x", lambda: Path("x.gguf"), window=64, most=2, threads=1)
    with copies.lent("bees on the hill") as first, copies.lent("a canoe") as second:
        assert [first, second] == loaded
    with copies.lent("a canoe in the barn") as third:
        assert third is second
        with copies.lent("a canoe, again") as fourth:
            assert fourth is first
    assert copies.any() in loaded
    assert len(loaded) == 2


def test_what_a_prompt_begins_with_like_the_last_one_is_not_evaluated_again() -> None:
    talk = "Ruth keeps bees on the hill. Ivo builds a canoe in the barn. " * 5
    first, second = answers(talk + "Who keeps bees?", talk + "What does Ivo build?")
    assert first.reused_tokens == 0
    assert second.input_tokens - 20 < second.reused_tokens < second.input_tokens


def test_tokens_are_counted_and_a_prompt_that_does_not_fit_is_refused() -> None:
    async def main() -> str:
        model = open_model(EMBEDDED, context_window=256)
        try:
            assert model.count_tokens("") == 0
            assert 300 <= model.count_tokens("bees " * 300) <= 302
            with pytest.raises(ProviderError) as caught:
                await model.complete(ask("bees " * 300))
            return str(caught.value)
        finally:
            await model.close()

    assert "the prompt is too long; set a smaller context window (" in asyncio.run(main())


def test_the_embedded_model_is_pinned_by_its_file() -> None:
    model = open_model(EMBEDDED, context_window=None)
    assert model.revision == f"sha256:{smollm2.SHA256}"
    assert model.capabilities.context_window == 8192


def test_a_file_is_known_by_its_content_and_its_window(tiny: Path) -> None:
    model = open_model(f"gguf/{tiny}", context_window=None)
    assert (model.model, model.revision) == ("tiny", f"sha256:{sha256(tiny)}")
    assert model.capabilities.context_window == 64
    assert open_model(f"gguf/{tiny}", context_window=32).capabilities.context_window == 32


@pytest.mark.parametrize("window", [65, 100_000])
def test_a_window_larger_than_trained_is_refused(tiny: Path, window: int) -> None:
    with pytest.raises(InputError, match=f"model 'gguf/tiny': a window of {window} tokens; the model has 64"):
        open_model(f"gguf/{tiny}", context_window=window)


def test_a_file_without_a_model_in_it_is_refused_when_it_is_loaded(tiny: Path) -> None:
    model = open_model(f"gguf/{tiny}", context_window=None)
    with pytest.raises(ProviderError, match=f"model 'gguf/tiny': llama.cpp cannot load {tiny}"):
        asyncio.run(model.complete(ask("Who?")))


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"GGUF\x03\0\0\0", b"GGUF\x03\0\0\0" + b"\xff" * 100, b"# A readme\n" * 50]
)
def test_a_file_that_is_not_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ProviderError) as caught:
        open_model(f"gguf/{path}", context_window=None)
    assert str(caught.value).startswith(f"{path}: not a GGUF file of a language model (")
    assert "\n" not in str(caught.value)


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    with smollm2.embedded_file().open("rb") as whole:
        path.write_bytes(whole.read(10_000))
    with pytest.raises(ProviderError, match="not a GGUF file of a language model"):
        open_model(f"gguf/{path}", context_window=None)


def by_schema(schema: dict, text: str, **fields: object) -> Response:
    async def main() -> Response:
        model = open_model(EMBEDDED, context_window=512)
        try:
            return await structured.complete(model, replace(ask(text), schema=schema, **fields))
        finally:
            await model.close()

    return asyncio.run(main())


def test_the_smallest_model_answers_by_a_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"enum": ["Ruth", "Ivo"]}, "bees": {"type": "boolean"}},
        "required": ["name", "bees"],
        "additionalProperties": False,
    }
    answer = by_schema(schema, QUESTIONS[0], max_tokens=60, stop=("\n",))
    assert set(json.loads(answer.text)) == {"name", "bees"}
    assert json.loads(answer.text)["name"] in ("Ruth", "Ivo")
    assert answer.finish_reason == "stop"
    assert answer.input_tokens < 100, "it is held to the schema by a grammar, and need not be told"


def test_an_answer_by_a_schema_that_is_cut_says_so() -> None:
    with pytest.raises(AnswerError, match="the answer was cut by max_tokens before its JSON ended; raise it"):
        by_schema({"type": "string", "minLength": 200}, QUESTIONS[0])


def test_a_schema_that_makes_no_grammar_is_told_in_words() -> None:
    with pytest.raises(AnswerError, match="no JSON by the schema in 3 attempts: "):
        by_schema({"type": "integer", "allOf": [{"$ref": "https://json-schema.org/draft/2020-12/schema"}]}, "Say: no")
