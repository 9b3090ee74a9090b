"""Hours of work are foretold, with the way to take less."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.llm.types import Capabilities
from locomo.pipeline.ahead import say_how_long
from locomo.tasks.baselines import qa_and_baseline_jobs
from locomo.tasks.protocol import asking_protocol

PROTOCOL = asking_protocol("paper")


def said(caplog: pytest.LogCaptureFixture, *, model: str = "smollm2-135m-instruct", cached: bool = False) -> list[str]:
    jobs = qa_and_baseline_jobs(
        read_conversations(SAMPLE),
        ["no_memory", "gold_evidence"],
        PROTOCOL,
        window=2048,
        max_tokens=32,
        seed=0,
        count_tokens=len,
    )
    provider = SimpleNamespace(name="gguf", model=model, revision=None, capabilities=Capabilities(2048))
    client: Any = SimpleNamespace(provider=provider, missing=lambda requests: [] if cached else requests)
    params: Any = SimpleNamespace(answer=SimpleNamespace(max_tokens=32), seed=0)
    with caplog.at_level(logging.INFO, logger="locomo"):
        say_how_long("qa", params, client, jobs * 20, PROTOCOL)
    return caplog.messages


def test_the_embedded_model_says_how_long_and_what_baselines_take(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_THREADS", "2")
    assert said(caplog) == [
        "qa: 7,860 new answers take the embedded model about 1 h 58 min on 2 threads; 1 h 1 min without the baselines: "
        "-S 'baselines=[]'; what is answered is kept if you stop it"
    ]


def test_nothing_is_said_of_answers_that_are_here_and_of_models_whose_speed_is_not_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert said(caplog, cached=True) == []
    assert said(caplog, model="other.gguf") == []
