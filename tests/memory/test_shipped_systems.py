"""Each shipped memory system that is installed here, run for real: through the gateway, without a key or a network.

`make memory-systems` installs all of them first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from locomo.gateway import Gateway, running
from locomo.llm import Client, RequestCache, open_model
from locomo.memory.description import describe, described
from locomo.memory.environments import environment_of
from locomo.memory.program import Program
from locomo.memory.start import environment
from locomo.pipeline.params import read_params
from locomo.pipeline.serving import embedder
from locomo.schema import Session, Turn

SPEAKERS = ["Ruth", "Ivo"]
SAID = [
    ("1:56 pm on 8 May, 2023", ["I keep eleven hives of bees behind my house.", "My brother sells honey in Basel."]),
    ("9:10 am on 2 June, 2023", ["I sold my old trumpet to a museum yesterday.", "We painted the kitchen bright red."]),
]
SESSIONS = [
    Session(
        number=number,
        date_time=date,
        turns=[
            Turn(speaker=speaker, dia_id=f"D{number}:{place}", text=text)
            for place, (speaker, text) in enumerate(zip(SPEAKERS, texts, strict=True), start=1)
        ],
    )
    for number, (date, texts) in enumerate(SAID, start=1)
]
TURNS = {turn.dia_id for session in SESSIONS for turn in session.turns}

pytestmark = pytest.mark.slow


@contextmanager
def program(name: str, gateway: Gateway, store: Path, phase: str, log: Path) -> Iterator[Program]:
    services: dict[str, Any] = {
        "base_url": gateway.url(name, "test", phase),
        "key": gateway.token,
        "model": "gpt-4o-mini",
        "embedder": gateway.embedder,
        "dimensions": 384,
    }
    store.mkdir(exist_ok=True)
    settings = describe(name).profiles["one-protocol"].settings
    with Program(environment_of(name).command(), environment(), name, log) as started:
        started.open(store, TURNS, conversation="test", speakers=SPEAKERS, settings=settings, services=services)
        yield started  # and ends it, with whatever it has not written


@pytest.mark.parametrize("name", described())
def test_a_system_ingests_is_killed_goes_on_and_finds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not environment_of(name).installed:
        if os.environ.get("LOCOMO_MEMORY_SYSTEMS") == "all":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed here: locomo memory install {name}")
    embed, log, cache = embedder(read_params(()), "minilm"), tmp_path / "log", RequestCache(tmp_path / "cache")
    found = []
    for run in ("first", "second"):
        store = tmp_path / run
        chat = Client(open_model("mock/extract", context_window=None), cache)
        with running(chat=chat, embed=embed, embedder="minilm") as gateway:
            with program(name, gateway, store, "ingest", log) as killed:
                killed.add(SESSIONS[0])
            with program(name, gateway, store, "ingest", log) as started:
                started.add(SESSIONS[1])
                started.close()
            with program(name, gateway, store, "search", log) as started:
                found.append([started.search(asked, 3) for asked in ("Who keeps bees?", "Who sold a trumpet?")])
                started.close()
            assert gateway.failures(name, "test") == []
            usage = gateway.usage(name, "test")
            assert (usage.calls > 0) == describe(name).calls_models
            if run == "second":
                assert usage.from_cache == usage.calls, "a second ingestion asks for nothing that is new"
    cache.close()
    assert found[0] == found[1]
    expected = [("bees", "D1:1", "8 May"), ("trumpet", "D2:1", "2 June")]
    for hits, (words, dia_id, day) in zip(found[0], expected, strict=True):
        best = next(hit for hit in hits if words in hit.text)
        assert "Ruth" in best.text
        assert day in (best.date or "")
        if not describe(name).provenance.startswith("none"):
            assert dia_id in best.dia_ids
