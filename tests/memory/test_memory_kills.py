"""SIGKILLs at random moments of ingestion and search, over a server that bills and now and then refuses.

Killed is the stage, DVC above it, or the memory system below it. Nothing is lost, nothing is paid twice, no process
stays, and in the end the stores and what is found in them are those of a run that nobody disturbed. Ten kills, or as
many as LOCOMO_KILLS says: `make memory-systems` has twenty.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from billing_server import PRICES, BillingServer, billing, some
from conftest import Project

from locomo.llm import RequestCache

KILLS = dict.fromkeys(("memory", "rag"), int(os.environ.get("LOCOMO_KILLS", "10")) // 2)
OUTPUTS = {"memory": "data/memory", "rag": "data/memories.jsonl"}
DELAY = 0.08
"""Seconds an answer, so that work is under way when a process is killed."""
CURIOUS = '''
from caller import Caller


class Curious(Caller):
    """A system that asks a model about every turn, and about every question."""

    def ask(self, text):
        asked = self.client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": text}], max_tokens=16
        )
        return asked.choices[0].message.content

    def add_session(self, session):
        for turn in session.turns:
            note = self.ask(f"Note: {turn.dia_id} {turn.speaker}: {turn.text}")
            self.notes.append((turn.dia_id, f"{session.date}: {note} {turn.text}", self.vector(turn.text)))

    def search(self, question, k):
        return super().search(f"{self.ask(f'Look for: {question}')} {question}", k)
'''


@pytest.fixture
def server() -> Iterator[BillingServer]:
    with billing() as server:
        server.answer = lambda prompt: f"about {len(prompt)} things"
        yield server


def prepare(project: Project, server: BillingServer) -> None:
    shutil.copy(Path(__file__).with_name("caller.py"), project.path("caller.py"))
    project.path("curious.py").write_text(CURIOUS)
    project.path("prices.yaml").write_text(PRICES)
    project.edit("params.yaml", "  systems: []", "  systems: [curious.py:Curious]")
    project.edit(
        "params.yaml", "  model: gguf/smollm2-135m-instruct # what systems", "  model: openai/gpt-billed # what"
    )
    project.environment |= {"OPENAI_BASE_URL": f"{server.address}/v1", "OPENAI_API_KEY": "planted"}


def paid(folder: Path) -> set[str]:
    """The prompts whose answers are stored, of those that the server is asked."""
    cache = RequestCache(folder)
    try:
        texts = [json.loads(text)["request"]["messages"][-1]["content"] for _, text in cache.backend.items()]
    finally:
        cache.close()
    return {text for text in texts if text.startswith(("Note: ", "Look for: "))}


def test_killed_ingestions_and_searches_end_like_undisturbed_ones(
    project: Project, tmp_path: Path, server: BillingServer
) -> None:
    (tmp_path / "calm").mkdir()
    prepare(project, server)
    calm = project.copy_to(tmp_path / "calm")
    calm.must("dvc", "repro", "rag")
    project.must("dvc", "repro", "resolve")
    server.fault = some(0.03, ("429", "503"))
    server.on_call = lambda: time.sleep(DELAY)
    rng, killed, requests = random.Random(20), [], project.root.parent / "requests"
    for stage, kills in KILLS.items():
        for kill in range(kills):
            before, already = len(server.prompts), paid(requests)
            by_dvc = kill % 5 == 4
            command = ["dvc", "repro", "--single-item", stage] if by_dvc else [sys.executable, f"stages/{stage}.py"]
            process = project.start(*command)
            here = psutil.Process(process.pid)
            deadline = time.monotonic() + 120
            while len(server.prompts) == before:
                assert process.poll() is None, process.communicate()[0]  # there is much left to ask
                assert time.monotonic() < deadline
                time.sleep(0.02)
            time.sleep(rng.uniform(0.0, 0.8))
            everyone = [here, *here.children(recursive=True)]
            chosen = rng.choice(everyone)
            os.kill(chosen.pid, signal.SIGKILL)
            killed.append(chosen)
            output, _ = process.communicate(timeout=120)
            _, alive = psutil.wait_procs(everyone, timeout=20)
            assert alive == [], f"{alive} outlived {chosen}"
            assert process.returncode != 0, output
            assert not already & set(server.prompts[before:]), "an answer that was received was paid for again"
            assert already <= paid(requests), "an answer was lost"
        server.on_call = lambda: None
        before, already = len(server.prompts), paid(requests)
        project.must("dvc", "repro", "--single-item", stage)
        assert not already & set(server.prompts[before:])
        server.on_call = lambda: time.sleep(DELAY)
        for path in files(calm.path(OUTPUTS[stage])):
            here = project.path(str(path.relative_to(calm.root)))
            assert here.read_bytes() == path.read_bytes(), f"{path.name} is another one"
    assert len(killed) == sum(KILLS.values())
    assert not list(project.path("data").rglob("*.partial*"))
    asked = len(server.prompts)
    assert project.stages_run(project.must("dvc", "repro", "memory", "rag")) == []
    assert len(server.prompts) == asked


def files(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
