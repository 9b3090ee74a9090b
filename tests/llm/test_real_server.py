"""The embedded model behind llama.cpp's own HTTP server, in OpenAI's and in Anthropic's shapes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from locomo.llm import AnswerError, Message, Request, Response, open_model, structured
from locomo.models.smollm2 import embedded_file

QUESTION = "Ruth keeps bees. Who keeps bees?"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(embedded_file())
    params.n_ctx = 1024
    params.n_parallel = 1
    params.warmup = False
    params.verbosity = -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    yield server.listening_address
    del server


@pytest.fixture(params=["openai", "anthropic"])
def name(request: pytest.FixtureRequest, address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "x")
    return f"{request.param}/smollm2"


def complete(name: str, text: str = QUESTION, **fields: object) -> Response:
    provider, _, model = name.partition("/")
    messages = (Message("system", "Be brief."), Message("user", text))
    request = Request(provider, model, messages, fields.pop("max_tokens", 12), **fields)

    async def main() -> Response:
        opened = open_model(name, context_window=None)
        try:
            return await (structured.complete(opened, request) if request.schema else opened.complete(request))
        finally:
            await opened.close()

    return asyncio.run(main())


def test_it_answers_and_says_what_that_took(name: str) -> None:
    first, again = complete(name), complete(name)
    assert first.text == again.text
    assert "Ruth" in first.text or "bee" in first.text
    assert 20 < first.input_tokens == again.input_tokens < 60
    assert 0 < first.output_tokens <= 12
    assert first.finish_reason in ("stop", "length")


def test_an_answer_is_cut_by_its_limit_and_by_a_stop_sequence(name: str) -> None:
    whole = complete(name, max_tokens=12)
    short = complete(name, max_tokens=3)
    assert (short.output_tokens, short.finish_reason) == (3, "length")
    assert whole.text.startswith(short.text)
    word = whole.text.split()[2]
    cut = complete(name, max_tokens=12, stop=(word,))
    assert (cut.text, cut.finish_reason) == (whole.text.partition(word)[0], "stop")


def test_a_beginning_that_is_marked_for_the_cache_changes_no_answer(name: str) -> None:
    text = "Ruth keeps bees. " * 190 + "Who keeps bees?"
    marked = complete(name, text, max_tokens=6, shared_prefix=len(text) - 15)
    assert marked.text == complete(name, text, max_tokens=6).text
    assert marked.input_tokens > 600


SCHEMA = {
    "type": "object",
    "properties": {"name": {"enum": ["Ruth", "Ivo"]}, "bees": {"type": "boolean"}},
    "required": ["name", "bees"],
    "additionalProperties": False,
}


@pytest.fixture
def held(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> str:
    """The model is said to be one that can be held to a schema."""
    (tmp_path / "models.yaml").write_text(f"models: {{{name}: {{json_schema: true}}}}\n")
    monkeypatch.chdir(tmp_path)
    return name


# llama.cpp's server reads no schema in Anthropic's shape.
by_openai = pytest.mark.parametrize("name", ["openai"], indirect=True)


@by_openai
def test_it_answers_by_a_schema(held: str) -> None:
    answer = json.loads(complete(held, max_tokens=60, schema=SCHEMA).text)
    assert answer["name"] in ("Ruth", "Ivo")
    assert set(answer) == {"name", "bees"}


@by_openai
def test_an_answer_by_a_schema_that_is_cut_says_so(held: str) -> None:
    with pytest.raises(AnswerError, match="the answer was cut by max_tokens before its JSON ended; raise it"):
        complete(held, max_tokens=3, schema=SCHEMA)
