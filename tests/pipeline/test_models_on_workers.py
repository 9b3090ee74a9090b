"""Whatever opens a stage's model, `llm.workers` is asked for it: agents and judges are no exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from locomo.llm.provider import Provider
from locomo.pipeline import models
from locomo.pipeline.params import parse_params


@pytest.mark.parametrize("opener", [None, models.open_whole, models.open_judge])
def test_models_of_answers_agents_and_judges_go_to_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opener: Any
) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))
    asked = []

    def on_workers(provider: Provider, open_it: Any, workers: Any) -> Provider:
        asked.append(workers)
        there = open_it()  # what each worker opens
        assert (there.name, there.model, there.capabilities) == (provider.name, provider.model, provider.capabilities)
        return provider

    monkeypatch.setattr(models, "on_workers", on_workers)
    models.new_client(
        parse_params("{dataset: sample, model: mock/words, protocol: paper, llm: {workers: 2}}"), "mock/words", opener
    ).cache.close()
    assert asked == [2]
