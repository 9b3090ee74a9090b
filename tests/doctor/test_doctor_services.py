"""`locomo doctor` looks at the server of each model that params.yaml names, as far as it can be looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, hanging, reply, serve
from test_doctor_command import PLANTED, doctor, empty_project, here

__all__ = ["empty_project", "here"]

HOUSE = "service house/qwen3"


def listing(*names: str) -> object:
    rows = [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in names]
    return reply(200, {"object": "list", "data": rows})


@pytest.fixture
def server(here: Path) -> Iterator[Server]:
    """The house's server; the model that answers and the judge are there, with the encoder of another one."""
    with serve() as running:
        (here / "models.yaml").write_text(
            f"services:\n  house: {{base_url: '{running.address}/v1', key: HOUSE_KEY}}\n"
            "  gone: {base_url: 'http://127.0.0.1:9/v1'}\n  unset: {address: UNSET_ADDRESS}\n"
            "aliases:\n  ours: {model: house/qwen3}\n"
        )
        name(here, model="model: mock/words -> model: house/qwen3", judge="  model: null -> model: ours")
        yield running


def name(here: Path, **changes: str) -> None:
    text = (here / "params.yaml").read_text(encoding="utf-8")
    for change in changes.values():
        old, new = change.split(" -> ")
        assert old in text
        text = text.replace(old, old[: len(old) - len(old.lstrip())] + new)
    (here / "params.yaml").write_text(text, encoding="utf-8")


def test_a_server_that_has_the_model_is_found_once_for_all_that_name_it(
    here: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    server.reply = listing("qwen3", "bge")
    code, found = doctor()
    assert (code, found[HOUSE]["state"], found[HOUSE]["source"]) == (0, "found", f"{server.address}/v1")
    assert found[HOUSE]["note"] == "reached; it lists the model (model, judge.model)"
    assert PLANTED in server.headers["Authorization"]
    assert [each for each in found if each.startswith("service")] == [HOUSE]

    server.reply = listing("qwen3:latest")  # as Ollama says it
    assert doctor()[1][HOUSE]["state"] == "found"
    server.reply = reply(404, {"error": {"message": "no such page"}})
    assert doctor()[1][HOUSE]["note"].startswith("reached; it does not list its models (")


def test_a_server_that_lacks_the_model_or_refuses_the_key_is_invalid(
    here: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = listing()
    code, found = doctor()
    assert (code, found[HOUSE]["state"]) == (1, "invalid")
    assert found[HOUSE]["note"].startswith("HOUSE_KEY is not set (")
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    assert "it lists no models: none is loaded there" in doctor()[1][HOUSE]["note"]
    server.reply = listing("qwen2", "bge")
    code, found = doctor()
    said = "reached; it does not list the model, but bge, qwen2; did you mean 'qwen2'? (model, judge.model)"
    assert (code, found[HOUSE]["state"], found[HOUSE]["note"]) == (1, "invalid", said)
    server.reply = reply(401, {"error": {"message": f"bad key {PLANTED}"}})
    assert doctor()[1][HOUSE]["note"].startswith("the key was refused (401: bad key <key>); check HOUSE_KEY")


def test_servers_that_cannot_be_reached_are_said_by_their_cause_and_soon(
    here: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    monkeypatch.setattr("locomo.llm.checking.LONGEST", 1.0)
    until = threading.Event()
    server.reply = hanging(until)
    name(
        here,
        encoder="encoder: minilm -> encoder: gone/bge",
        captioner="captioner: released -> captioner: unset/seer",
        images="images: none -> images: folder",
    )
    began = time.monotonic()
    code, found = doctor()
    assert time.monotonic() - began < 15
    until.set()
    assert code == 1
    assert found[HOUSE]["note"] == "no answer in 1 s (model, judge.model)"
    assert "http://127.0.0.1:9/v1: the connection is refused" in found["service gone/bge"]["note"]
    assert found["service gone/bge"]["note"].endswith("(embed.encoder)")
    unset = found["service unset/seer"]
    assert (unset["state"], unset["source"]) == ("invalid", None)
    assert unset["note"] == "UNSET_ADDRESS is not set; it holds the address of this service (caption.captioner)"


def test_offline_no_server_is_asked(here: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    assert doctor("--offline")[1][HOUSE]["note"] == "not asked (model, judge.model)"
    assert not hasattr(server, "path")
