"""Whether a key is taken is found out by the list of models, through each provider's own library."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, dropped, hanging, reply, serve
from services import ANTHROPIC, GENAI, GOOGLE, OPENAI, SERVICES, Service

from locomo.llm.checking import Check, check_provider

PLANTED = "sk-planted-3f9c51"
LISTS = {
    OPENAI.model: {"object": "list", "data": [{"id": "gpt-x", "object": "model", "created": 1, "owned_by": "x"}]},
    ANTHROPIC.model: {"data": [], "has_more": False, "first_id": None, "last_id": None},
    GOOGLE.model: {"models": [{"name": "models/gemini-x"}]},
    GENAI.model: {"models": [{"name": "models/gemini-x"}]},
}


@pytest.fixture(params=SERVICES, ids=lambda service: service.model.partition("/")[0])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Service:
    if request.param is GENAI:
        pytest.importorskip("google.genai")
    monkeypatch.setenv(request.param.key, PLANTED)
    return request.param


@pytest.fixture
def server(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv(service.address, running.address + service.base)
        yield running


def check(service: Service, *, offline: bool = False) -> Check:
    found = asyncio.run(check_provider(service.model.partition("/")[0], offline=offline))
    assert PLANTED not in repr(found)
    return found


def test_a_key_that_is_taken(service: Service, server: Server) -> None:
    server.reply = reply(200, LISTS[service.model])
    assert check(service) == Check("found", "environment", "the key is taken")
    assert PLANTED in str(server.headers)
    assert PLANTED not in server.path
    assert "models" in server.path


def test_a_key_that_is_refused(service: Service, server: Server) -> None:
    server.reply = reply(401, service.error(401, f"bad key {PLANTED}"))
    assert check(service) == Check(
        "invalid", "environment", f"the key was refused (401: bad key <key>); check {service.key}"
    )


@pytest.mark.parametrize("status", [403, 404])
def test_a_key_or_a_server_without_a_list_is_not_wrong(service: Service, server: Server, status: int) -> None:
    if service.key == "GOOGLE_API_KEY":
        pytest.skip("every server of this API has a list, and every key may see it")
    server.reply = reply(status, service.error(status, "no"))
    assert check(service).note == "reached, but it does not tell whether the key is taken"
    assert check(service).state == "found"


@pytest.mark.parametrize("kind", ["html", "dropped", "overloaded", "hangs"])
def test_a_server_that_does_not_answer_is_invalid(service: Service, server: Server, kind: str, monkeypatch) -> None:
    monkeypatch.setattr("locomo.llm.checking.LONGEST", 0.5)
    until = threading.Event()
    server.reply = {
        "html": reply(200, b"<html>hello</html>", Content_Type="text/html"),
        "dropped": dropped,
        "overloaded": reply(503, service.error(503, "overloaded")),
        "hangs": hanging(until),
    }[kind]
    found = check(service)
    until.set()
    assert found.state == "invalid"
    assert "\n" not in found.note


def test_offline_nothing_is_asked(service: Service, server: Server) -> None:
    assert check(service, offline=True) == Check("found", "environment", "not asked")
    assert not hasattr(server, "path")


def test_a_reference_is_resolved_to_ask(service: Service, server: Server, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "key"
    monkeypatch.setenv(service.key, f"file://{file}")
    server.reply = reply(200, LISTS[service.model])
    source = f"file://{file} (environment)"
    assert check(service) == Check("invalid", source, f"{service.key}: file://{file}: no such file")
    file.write_text(PLANTED)
    assert check(service) == Check("found", source, "the key is taken")


def test_what_needs_no_key_is_found() -> None:
    assert asyncio.run(check_provider("mock", offline=False)) == Check("found", None, "needs no key")


def test_a_reference_that_cannot_be_meant_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"vault://{PLANTED}")
    found = check(OPENAI)
    assert (found.state, found.source) == ("invalid", None)
    assert found.note.startswith("OPENAI_API_KEY: found a reference vault://…, expected one of")
