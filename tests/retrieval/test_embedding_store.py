"""What was embedded once is read from disk, bit for bit, and only what is new is computed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from tiny_encoders import save_encoder, save_sentence_files

from locomo.errors import InputError
from locomo.retrieval.embedding_store import EmbeddingStore, StoredEncoder, default_folder
from locomo.retrieval.encoder import open_encoder

TEXTS = ["Who?", "Ruth keeps bees.", "", "Where is Ivo?", "bee"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("store") / "tiny")


@pytest.fixture
def store(tmp_path: Path) -> EmbeddingStore:
    return EmbeddingStore(tmp_path / "store")


def stored(model: Path, store: EmbeddingStore) -> StoredEncoder:
    return StoredEncoder(open_encoder(f"hf/{model}"), store)


def test_only_what_is_new_is_computed(model: Path, store: EmbeddingStore) -> None:
    stored(model, store).encode(TEXTS[:3], side="passage")
    again = stored(model, EmbeddingStore(store.path.parent))  # another run
    vectors = again.encode([*TEXTS, TEXTS[0]], side="passage")
    assert again.computed == 2
    expected = open_encoder(f"hf/{model}").encode([*TEXTS, TEXTS[0]], side="passage")
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, expected)


def test_a_run_that_has_all_does_not_load_the_model(model: Path, store: EmbeddingStore) -> None:
    first = stored(model, store).encode(TEXTS, side="query")
    again = stored(model, store)
    np.testing.assert_array_equal(again.encode(TEXTS[::-1], side="query")[::-1], first)
    assert again.encoder._loaded == {}


def test_nothing_to_embed(model: Path, store: EmbeddingStore) -> None:
    assert stored(model, store).encode([], side="query").shape == (0, 16)


def test_another_side_or_model_or_declaration_is_another_vector(model: Path, store, tmp_path: Path) -> None:
    encoder = stored(model, store)
    encoder.encode(TEXTS, side="query")
    encoder.encode(TEXTS, side="passage")
    assert encoder.computed == 2 * len(TEXTS)
    other = save_encoder(tmp_path / "other", seed=1)
    plain = stored(other, store)
    before = plain.encode(TEXTS, side="query")
    assert plain.computed == len(TEXTS)
    save_sentence_files(other, pooling={"pooling_mode_cls_token": True})
    pooled = stored(other, store)
    assert np.abs(pooled.encode(TEXTS, side="query") - before).max() > 0.1


def test_a_run_that_is_stopped_keeps_what_it_has(model: Path, store: EmbeddingStore, monkeypatch) -> None:
    monkeypatch.setattr("locomo.retrieval.embedding_store._AT_ONCE", 2)
    encoder = stored(model, store)
    compute, calls = encoder.encoder.encode, []

    def stop_at_the_third(texts, *, side):
        calls.append(texts)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return compute(texts, side=side)

    monkeypatch.setattr(encoder.encoder, "encode", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(TEXTS, side="query")
    again = stored(model, store)
    again.encode(TEXTS, side="query")
    assert again.computed == 1


def test_processes_share_it(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from locomo.retrieval.embedding_store import EmbeddingStore\n"
        "store = EmbeddingStore(Path(sys.argv[1])); own = int(sys.argv[2])\n"
        "for n in range(60): store.add([bytes([n]), bytes([own, n])], np.full((2, 3), n, np.float32))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(own)], cwd=ROOT, stderr=subprocess.PIPE) for own in (1, 2, 3)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [b""] * 3
    keys = [bytes([n]) for n in range(60)] + [bytes([own, n]) for own in (1, 2, 3) for n in range(60)]
    found = EmbeddingStore(tmp_path).get(keys)
    assert [found[key].tolist() for key in keys] == [[key[-1]] * 3 for key in keys]


def test_more_keys_than_one_query_takes(store: EmbeddingStore) -> None:
    keys = [n.to_bytes(2) for n in range(1_300)]
    store.add(keys, np.arange(2_600, dtype=np.float32).reshape(1_300, 2))
    found = store.get([*keys, b"not there"])
    assert len(found) == 1_300
    assert found[keys[-1]].tolist() == [2598, 2599]


def test_a_broken_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(b"not a database, and long enough to be looked at" * 30)
    with pytest.raises(InputError, match=r"vectors\.sqlite: cannot be used \(.*\); move it away, and what"):
        EmbeddingStore(tmp_path)
    with pytest.raises(InputError, match=r"inside: no folder can be made here"):
        EmbeddingStore(tmp_path / "vectors.sqlite" / "inside")


def test_it_lies_beside_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", "/somewhere/cache")
    assert default_folder() == Path("/somewhere/cache/embeddings")
    monkeypatch.setenv("LOCOMO_CACHE_DIR", "redis://localhost:6379/0")
    usual = default_folder()
    monkeypatch.delenv("LOCOMO_CACHE_DIR")
    assert default_folder() == usual
    assert usual.parts[-2:] == ("locomo", "embeddings")
