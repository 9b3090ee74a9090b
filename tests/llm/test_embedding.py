"""Embeddings of a service: a row for each text in its place, and no text paid twice."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from loopback import Server, dropped, reply, serve

from locomo.errors import InputError, ProviderError
from locomo.llm import Message, Request, RequestCache, TransientError
from locomo.llm.embedding import EmbeddingClient, open_embedding_model

MODEL = "openai/text-embedding-3-small"
TEXTS = ["Ruth keeps bees.", "Où est « Ivo » ? 🛶", "蜂蜜"]


@pytest.fixture
def cache(tmp_path: Path) -> RequestCache:
    return RequestCache(tmp_path)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-3f9c51")
        running.asked = []
        running.reply = vectors
        yield running


def vector(text: str) -> list[float]:
    return [len(text), sum(map(ord, text)), 0.1]


def answer(texts: Sequence[str], **change: object) -> dict:
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(np.array(vector(text), "<f4").tobytes()).decode(),
        }
        for index, text in enumerate(texts)
    ]
    return {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 7, "total_tokens": 7}} | change


def vectors(handler: BaseHTTPRequestHandler) -> None:
    handler.server.asked.append(handler.server.body["input"])
    reply(200, answer(handler.server.body["input"]))(handler)


def embed(cache: RequestCache, texts: Sequence[str], name: str = MODEL, **more: object) -> np.ndarray:
    return embedded(EmbeddingClient(open_embedding_model(name), cache, **more), texts)


def embedded(client: EmbeddingClient, texts: Sequence[str]) -> np.ndarray:
    async def main() -> np.ndarray:
        try:
            return await client.embed(texts)
        finally:
            await client.model.close()

    return asyncio.run(main())


def expected(texts: Sequence[str]) -> np.ndarray:
    return np.array([vector(text) for text in texts], dtype=np.float32)


# Against llmock.


def test_vectors_come_from_the_service_and_then_from_the_cache(llmock, cache: RequestCache) -> None:
    from llmock.simulation import build_mock_embedding

    first = embed(cache, TEXTS)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, np.array([build_mock_embedding(text) for text in TEXTS], dtype=np.float32))
    llmock.outage()
    np.testing.assert_array_equal(embed(cache, TEXTS[::-1]), first[::-1])
    assert len(llmock.requests) == 1


def test_a_busy_service_is_asked_again(llmock, cache: RequestCache, waits: list[float]) -> None:
    llmock.rate_limit(times=2, retry_after=90)
    client = EmbeddingClient(open_embedding_model(MODEL), cache)
    assert embedded(client, TEXTS).shape == (3, 1536)
    assert waits == [90, 90]
    assert client.tally.retries == {"HTTP 429": 2}


@pytest.mark.parametrize(("status", "cure"), [(401, "check OPENAI_API_KEY"), (404, "knows no such model")])
def test_a_refusal_for_good_is_one_line(llmock, cache: RequestCache, status: int, cure: str) -> None:
    llmock.fail(status)
    with pytest.raises(ProviderError, match=cure):
        embed(cache, TEXTS)
    assert len(llmock.requests) == 1


def test_a_service_that_asks_for_shorter_vectors_and_gets_long_ones_says_so(llmock, cache: RequestCache) -> None:
    with pytest.raises(ProviderError, match="vectors of 1536 numbers where 256 were asked for"):
        embed(cache, TEXTS, dimensions=256)
    assert len(cache) == 0


# Against a server of ours.


def test_what_is_sent(server: Server, cache: RequestCache) -> None:
    embed(cache, TEXTS, dimensions=3)
    assert server.path == "/v1/embeddings"
    model = "text-embedding-3-small"
    assert server.body == {"model": model, "input": TEXTS, "dimensions": 3, "encoding_format": "base64"}
    assert server.headers["Authorization"] == "Bearer sk-planted-3f9c51"
    embed(cache, TEXTS)
    assert "dimensions" not in server.body


def test_equal_texts_are_sent_once_and_each_has_its_row(server: Server, cache: RequestCache) -> None:
    client = EmbeddingClient(open_embedding_model(MODEL), cache)
    texts = ["a", "bb", "a", "a"]
    np.testing.assert_array_equal(embedded(client, texts), expected(texts))
    assert server.asked == [["a", "bb"]]
    assert (client.tally.requests, client.tally.hits, client.tally.input_tokens) == (4, 2, 7)


def test_only_what_is_not_in_the_cache_is_sent(server: Server, cache: RequestCache) -> None:
    embed(cache, ["a", "bb"])
    np.testing.assert_array_equal(embed(cache, ["a", "ccc", "bb"]), expected(["a", "ccc", "bb"]))
    assert server.asked == [["a", "bb"], ["ccc"]]


def test_no_texts_are_no_rows(server: Server, cache: RequestCache) -> None:
    assert embed(cache, [], dimensions=5).shape == (0, 5)
    assert server.asked == []


def test_rows_go_by_index(server: Server, cache: RequestCache) -> None:
    server.reply = reply(200, answer(TEXTS, data=answer(TEXTS)["data"][::-1]))
    np.testing.assert_array_equal(embed(cache, TEXTS), expected(TEXTS))


def test_a_vector_is_the_same_bit_for_bit_from_the_cache(server: Server, cache: RequestCache) -> None:
    numbers = np.array([[1 / 3, -0.0, np.finfo(np.float32).tiny / 8, 3e38]], dtype=np.float32)
    data = [{"object": "embedding", "index": 0, "embedding": base64.b64encode(numbers.tobytes()).decode()}]
    server.reply = reply(200, answer(["a"], data=data))
    assert embed(cache, ["a"]).tobytes() == numbers.tobytes()
    assert embed(cache, ["a"]).tobytes() == numbers.tobytes()


@pytest.mark.parametrize(
    ("texts", "sizes"),
    [
        ([f"text {number}" for number in range(5000)], [2048, 2048, 904]),
        ([f"{number} " + "x" * 23_990 for number in range(80)], [37, 37, 6]),  # of about 8,000 tokens each
    ],
    ids=["by number", "by tokens"],
)
def test_more_than_fits_goes_in_several_calls(server: Server, cache, texts, sizes, monkeypatch) -> None:
    np.testing.assert_array_equal(embed(cache, texts), expected(texts))
    assert sorted(map(len, server.asked), reverse=True) == sizes


def test_what_arrived_is_kept_when_another_call_fails(server: Server, cache, waits, monkeypatch) -> None:
    def only_a(handler: BaseHTTPRequestHandler) -> None:
        (vectors if handler.server.body["input"] == ["a"] else reply(503, {}))(handler)

    server.reply = only_a
    model = open_embedding_model(MODEL)
    model.max_texts = 1
    client = EmbeddingClient(model, cache)
    with pytest.raises(TransientError, match="HTTP 503"):
        embedded(client, ["b", "a"])
    assert client.tally.errors == 1
    server.reply, server.asked = vectors, []
    embed(cache, ["a", "b"])
    assert server.asked == [["b"]]


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (answer(TEXTS[:2]), TransientError, "2 vectors for 3 texts"),
        (answer([*TEXTS, "more"]), TransientError, "4 vectors for 3 texts"),
        (answer(TEXTS, data=[]), TransientError, "cannot be read"),
        (answer(TEXTS, data=[{**each, "index": 0} for each in answer(TEXTS)["data"]]), TransientError, "cannot be"),
        (answer(TEXTS, data=[{**each, "embedding": "?"} for each in answer(TEXTS)["data"]]), TransientError, "cannot"),
        (answer(TEXTS, data=[{**each, "embedding": []} for each in answer(TEXTS)["data"]]), TransientError, "none"),
        (answer(TEXTS, data=[{**each, "embedding": None} for each in answer(TEXTS)["data"]]), TransientError, "cannot"),
        ({"error": "none"}, TransientError, "cannot be read"),
        (b"<html>hello</html>", ProviderError, "does not answer with embeddings; check OPENAI_BASE_URL"),
    ],
    ids=["too few", "too many", "none", "same index", "garbled", "empty", "null", "another object", "page"],
)
def test_an_answer_that_cannot_be_is_not_kept(server: Server, cache: RequestCache, waits, body, kind, said) -> None:
    def answered(handler: BaseHTTPRequestHandler) -> None:
        page = {"Content_Type": "text/html"} if isinstance(body, bytes) else {}
        reply(200, body, **page)(handler)

    server.reply = answered
    with pytest.raises(kind, match=said):
        embed(cache, TEXTS)
    assert len(cache) == 0


def test_a_dropped_connection_is_tried_again(server: Server, cache: RequestCache, waits: list[float]) -> None:
    def once_dropped(handler: BaseHTTPRequestHandler) -> None:
        server.reply = vectors
        dropped(handler)

    server.reply = once_dropped
    np.testing.assert_array_equal(embed(cache, TEXTS), expected(TEXTS))


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_is_refused(server: Server, cache: RequestCache, text: str) -> None:
    with pytest.raises(InputError, match="text 2 of 2 is empty"):
        embed(cache, ["a", text])
    assert server.asked == []


def test_a_text_that_is_too_long_is_named(server: Server, cache: RequestCache) -> None:
    with pytest.raises(
        InputError, match=r"text 1 of 1, 'Once upon .*…', has about 21,2\d\d tokens, expected at most 8"
    ):
        embed(cache, ["Once\nupon a time " * 3_750])
    assert server.asked == []


def test_vectors_of_another_length_under_the_same_name_are_said_to_be(server: Server, cache: RequestCache) -> None:
    embed(cache, ["a"])
    data = [{"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}]
    server.reply = reply(200, answer(["b"], data=data))
    with pytest.raises(InputError, match="vectors of 2 and 3 numbers"):
        embed(cache, ["a", "b"])


@pytest.mark.parametrize("name", ["mock/words", "openai/", "opennai/x"])
def test_a_name_that_cannot_be_meant_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"embedding model '{name}': expected openai/…"):
        open_embedding_model(name)


def test_a_missing_key_is_one_line(cache: RequestCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ProviderError, match="OPENAI_API_KEY is not set"):
        embed(cache, ["a"])


def vector_request(text: str, dimensions: int | None = None) -> Request:
    messages = (Message("user", text),)
    return Request("openai", "text-embedding-3-small", messages, 0, kind="embedding", dimensions=dimensions)


def test_the_key_of_a_vector_is_never_changed_unawares() -> None:
    """A change here throws away every vector that anybody has paid for."""
    request = vector_request("蜂蜜", dimensions=256)
    assert request.key == "1-72189dacac90828e5c4d7dd8ee6d28dd8b86c619487c13281ae971122c5f66dc"


def test_a_vector_and_an_answer_never_share_a_key(server: Server, cache: RequestCache) -> None:
    embed(cache, ["a"])
    (key,) = cache.keys()
    assert key == replace(vector_request("a"), service=f"{server.address}/v1").key
    assert cache.get(Request("openai", "text-embedding-3-small", (Message("user", "a"),), 8)) is None
