"""A key that is changed while a run is on: what was refused is asked again with the new one, without a restart."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from loopback import Server, reply, serve
from moto_aws import aws_on_loopback
from services import GENAI, OPENAI, SERVICES, Service

from locomo.errors import ProviderError
from locomo.llm import Client, Message, Outcome, Request, RequestCache, open_model
from locomo.llm.embedding import EmbeddingClient, open_embedding_model
from locomo.secrets.reference import Reference

BEFORE, AFTER = "sk-planted-before-7d", "sk-planted-after-7d"
MANY = 12

pytestmark = pytest.mark.usefixtures("waits")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(BEFORE)
    return file


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that a reference is resolved."""
    noted: list[str] = []
    fetch = Reference.fetch
    monkeypatch.setattr(Reference, "fetch", lambda self: noted.append(str(self)) or fetch(self))
    return noted


@pytest.fixture(params=SERVICES, ids=lambda service: service.model.partition("/")[0])
def service(request: pytest.FixtureRequest) -> Service:
    if request.param is GENAI:
        pytest.importorskip("google.genai")
    return request.param


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Server]:
    service = request.getfixturevalue("service") if "service" in request.fixturenames else OPENAI
    with serve() as running:
        monkeypatch.setenv(service.address, running.address + service.base)
        yield running


def rotate(file: Path, text: str) -> None:
    """Write a file as those who mount secrets do: never half."""
    other = file.with_name(f"{file.name}-{threading.get_ident()}")
    other.write_text(text)
    os.replace(other, file)


def only_for(key: str, answer: object, refusal: object):
    """A reply to those who bring a key, and 401 to all others."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        (reply(200, answer) if key in str(handler.headers) else reply(401, refusal))(handler)

    return send


def ask(service: Service, cache: Path, numbers: range) -> list[Outcome]:
    provider, _, model = service.model.partition("/")
    requests = [Request(provider, model, (Message("user", f"Question {number}?"),), 64) for number in numbers]

    async def main() -> list[Outcome]:
        opened = open_model(service.model, context_window=None)
        try:
            return await Client(opened, RequestCache(cache)).ask_all(requests, lambda: None)
        finally:
            await opened.close()

    return asyncio.run(main())


def test_a_key_that_is_rotated_in_mid_run_is_found_again(
    service: Service, server: Server, key_file: Path, looked_up: list[str], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv(service.key, f"file://{key_file}")
    answer, refusal = service.answer("Ruth", service.reasons[0]), service.error(401, f"bad key {BEFORE}")
    accepting = only_for(AFTER, answer, refusal)

    def rotated(handler: BaseHTTPRequestHandler) -> None:
        rotate(key_file, AFTER)  # all calls of the first moment bring the old one
        accepting(handler)

    server.reply = rotated
    outcomes = ask(service, tmp_path / "cache", range(MANY))
    assert [outcome.response.text for outcome in outcomes if outcome.response] == ["Ruth"] * MANY
    assert looked_up == [f"file://{key_file}"] * 2


def test_a_key_that_stays_refused_ends_the_run_and_says_where_it_is_from(
    service: Service, server: Server, key_file: Path, looked_up: list[str], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv(service.key, f"file://{key_file}")
    server.reply = only_for(AFTER, {}, service.error(401, f"bad key {BEFORE}"))
    with pytest.raises(ProviderError) as caught:
        ask(service, tmp_path / "cache", range(MANY))
    shown = "<key>"
    where = f"{service.key}, which is file://{key_file} (environment)"
    assert str(caught.value) == f"model '{service.model}': the key was refused (401: bad key {shown}); check {where}"
    assert len(looked_up) == 2  # however many calls were refused


def test_a_store_that_is_gone_when_the_key_is_refused_is_one_line(
    server: Server, key_file: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"file://{key_file}")

    def refuse(handler: BaseHTTPRequestHandler) -> None:
        key_file.unlink(missing_ok=True)
        reply(401, OPENAI.error(401, "no"))(handler)

    server.reply = refuse
    with pytest.raises(ProviderError) as caught:
        ask(OPENAI, tmp_path / "cache", range(1))
    said = "the key was refused (401: no), and cannot be looked up again: OPENAI_API_KEY: file://"
    assert said in str(caught.value)
    assert str(caught.value).endswith("no such file")


def test_a_key_in_the_file_of_the_project_is_rotated_too(server: Server, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={BEFORE}\n")
    accepting = only_for(AFTER, OPENAI.answer("Ruth", "stop"), OPENAI.error(401, "no"))

    def rotated(handler: BaseHTTPRequestHandler) -> None:
        rotate(tmp_path / ".env", f"OPENAI_API_KEY={AFTER}\n")
        accepting(handler)

    server.reply = rotated
    (outcome,) = ask(OPENAI, tmp_path / "cache", range(1))
    assert outcome.response


def test_embeddings_find_a_rotated_key_too(server: Server, key_file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"file://{key_file}")
    vector = {"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}
    body = {"object": "list", "data": [vector], "model": "m-1", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    accepting = only_for(AFTER, body, OPENAI.error(401, "no"))

    def rotated(handler: BaseHTTPRequestHandler) -> None:
        rotate(key_file, AFTER)
        accepting(handler)

    server.reply = rotated

    async def main() -> np.ndarray:
        model = open_embedding_model("openai/e")
        try:
            return await EmbeddingClient(model, RequestCache(tmp_path / "cache")).embed(["a text"])
        finally:
            await model.close()

    assert asyncio.run(main()).tolist() == [[1.0, 2.0]]


def test_answers_from_the_cache_need_no_store(server: Server, key_file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"file://{key_file}")
    server.reply = reply(200, OPENAI.answer("Ruth", "stop"))
    before = ask(OPENAI, tmp_path / "cache", range(1))
    key_file.unlink()
    assert ask(OPENAI, tmp_path / "cache", range(1))[0].response == before[0].response


def test_from_aws_to_the_answer(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    with aws_on_loopback() as account:
        for name, value in account.items():
            monkeypatch.setenv(name, value)
        store = boto3.session.Session().client("secretsmanager")
        store.create_secret(Name="planted/rotation", SecretString=BEFORE)
        monkeypatch.setenv("OPENAI_API_KEY", "aws-sm://planted/rotation")
        accepting = only_for(AFTER, OPENAI.answer("Ruth", "stop"), OPENAI.error(401, "no"))

        def rotated(handler: BaseHTTPRequestHandler) -> None:
            if BEFORE in str(handler.headers):
                store.put_secret_value(SecretId="planted/rotation", SecretString=AFTER)
            accepting(handler)

        server.reply = rotated
        outcomes = ask(OPENAI, tmp_path / "cache", range(MANY))
    assert all(outcome.response for outcome in outcomes)
    kept = b"".join(file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file())
    assert b"sk-planted" not in kept
