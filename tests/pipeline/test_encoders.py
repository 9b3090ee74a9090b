"""The pipeline's encoders: of services through the request cache, local ones through their store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Project

from locomo.errors import IncompleteError, InputError, ProviderError
from locomo.llm.settings import LlmSettings
from locomo.pipeline.encoders import open_stored_encoder, question_encoders
from locomo.pipeline.vectors import counting
from locomo.retrieval.encoder import open_encoder

TEXTS = ["Ruth keeps bees.", "Where is Ivo?"]


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize("model", ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002", "own"])
def test_texts_are_sent_once(llmock, model: str) -> None:
    from llmock.simulation import build_mock_embedding

    encoder = open_stored_encoder(f"openai/{model}", LlmSettings())
    assert (encoder.name, encoder.revision) == (f"openai/{model}", model)
    first = encoder.encode(TEXTS, side="passage")
    np.testing.assert_array_equal(first, np.array([build_mock_embedding(text) for text in TEXTS], dtype=np.float32))
    again = question_encoders(LlmSettings())(f"openai/{model}")  # as a retriever opens it
    np.testing.assert_array_equal(again.encode([*TEXTS, "new"], side="query")[:2], first)
    assert [request.body["input"] for request in llmock.requests] == [TEXTS, ["new"]]


def test_what_is_bought_is_counted(llmock) -> None:
    with counting() as vectors:
        encoder = open_stored_encoder("openai/text-embedding-3-small", LlmSettings())
        encoder.encode(TEXTS, side="passage")
        encoder.encode([*TEXTS, "new"], side="query")
    entry = vectors.entry()
    assert (entry["texts"], entry["hits"]) == (5, 2)
    assert entry["usd"] == pytest.approx(entry["input_tokens"] * 0.02 / 1e6, abs=1e-6)
    assert entry["input_tokens"] > 0
    with counting() as unknown:
        open_stored_encoder("openai/own", LlmSettings()).encode(TEXTS, side="passage")
    assert unknown.entry()["usd"] is None
    with counting() as nothing:
        pass
    assert nothing.entry() is None


def test_offline_the_cache_answers_and_nothing_is_sent(llmock, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "openai/text-embedding-3-small"
    first = open_stored_encoder(name, LlmSettings()).encode(TEXTS, side="passage")
    monkeypatch.delenv("OPENAI_API_KEY")
    offline = open_stored_encoder(name, LlmSettings(offline=True))
    np.testing.assert_array_equal(offline.encode(TEXTS, side="passage"), first)
    with pytest.raises(
        ProviderError, match=r"^encoder 'openai/text-embedding-3-small': 1 texts are not in the cache; "
    ):
        offline.encode([*TEXTS, "new"], side="passage")
    assert len(llmock.requests) == 1


def test_a_service_that_fails_for_now_is_incomplete(llmock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(call, *, on_retry):
        return await call()

    monkeypatch.setattr("locomo.llm.embedding.retry", at_once)
    llmock.outage()
    with pytest.raises(IncompleteError, match="vectors received so far are kept: run it again"):
        open_stored_encoder("openai/text-embedding-3-small", LlmSettings()).encode(TEXTS, side="query")


def test_where_no_services_are_set_up_one_is_told_so() -> None:
    with pytest.raises(InputError, match=r"^encoder 'openai/ada': services are not set up here; run it as a stage"):
        open_encoder("openai/ada")


def test_embeddings_are_the_same_bytes_from_a_cold_and_a_warm_store(project: Project) -> None:
    files = sorted(path for path in project.path("data/index").rglob("*") if path.is_file())
    assert {path.suffix for path in files} == {".faiss", ".json", ".npy"}
    before = [path.read_bytes() for path in files]
    project.must("dvc", "repro", "--force", "-s", "embed")
    assert [path.read_bytes() for path in files] == before
    store = project.root.parent / "requests" / "embeddings"
    assert store.is_dir()
    # Half of the texts are new, as after an edit: what they share a block with is another text than before.
    import sqlite3

    with sqlite3.connect(store / "vectors.sqlite") as database:
        database.execute("DELETE FROM vectors WHERE hex(substr(key, 1, 1)) < '80'")
    database.close()
    project.must("dvc", "repro", "--force", "-s", "embed")
    assert [path.read_bytes() for path in files] == before


def test_another_index_by_parameter_answers_alike(project: Project) -> None:
    exact = project.path("data/predictions/rag.jsonl").read_text(encoding="utf-8").splitlines()
    project.edit("params.yaml", "index: flat", "index: hnsw")
    assert project.stages_run(project.must("dvc", "repro", "rag")) == ["embed", "rag"]
    found = project.path("data/predictions/rag.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(found) == len(exact)
    assert sum(a == b for a, b in zip(exact, found, strict=True)) > 0.9 * len(exact)
