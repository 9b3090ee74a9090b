"""Weights in data/models/ are the very files that the manifest names, or it is said how to get them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import yaml

from locomo.errors import InputError, ProviderError
from locomo.files import sha256
from locomo.llm.registry import open_model
from locomo.models import manifest
from locomo.retrieval.encoder_files import find_model


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF and more")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-model"
    (path / "1_Pooling").mkdir(parents=True)
    (path / "1_Pooling/config.json").write_text("{}")
    (path / "weights").write_bytes(b"weights")
    os.symlink(path / "weights", path / "model.safetensors")  # as in the hub's cache
    (path / "config.json").write_text("{}")
    return path


def test_what_is_added_is_copied_and_pinned(gguf: Path, folder: Path) -> None:
    assert manifest.add(gguf, source="https://example.org/tiny", licence="apache-2.0") == Path("data/models/tiny.gguf")
    kept = manifest.add(folder, source=None, licence=None)
    assert not (kept / "model.safetensors").is_symlink()
    written = yaml.safe_load(Path("data/models/manifest.yaml").read_text())
    assert written["tiny.gguf"] == {
        "source": "https://example.org/tiny",
        "licence": "apache-2.0",
        "files": {"tiny.gguf": {"sha256": hashlib.sha256(b"GGUF and more").hexdigest(), "size": 13}},
    }
    assert sorted(written["tiny-model"]["files"]) == [
        "tiny-model/1_Pooling/config.json",
        "tiny-model/config.json",
        "tiny-model/model.safetensors",
        "tiny-model/weights",
    ]
    assert manifest.verify() == []


def test_added_again_it_is_replaced_and_its_source_stays(gguf: Path) -> None:
    manifest.add(gguf, source="https://example.org/tiny", licence=None)
    kept = manifest.add(gguf, source=None, licence="mit")
    kept.write_bytes(b"GGUF, another")
    manifest.add(kept, source=None, licence=None)
    (weights,) = manifest.read_manifest().values()
    assert (weights.source, weights.licence) == ("https://example.org/tiny", "mit")
    assert manifest.verify() == []


def test_an_altered_file_is_refused_when_its_model_is_opened(gguf: Path, folder: Path) -> None:
    kept = manifest.add(gguf, source=None, licence=None)
    expected = sha256(kept)
    kept.write_bytes(b"GGUF and less")
    for provider in ("gguf", "ctransformers"):
        with pytest.raises(InputError) as caught:
            open_model(f"{provider}/data/models/tiny.gguf", context_window=None)
        assert str(caught.value) == (
            f"data/models/tiny.gguf: SHA-256 is {sha256(kept)}, data/models/manifest.yaml expects {expected}; remove "
            "it and `locomo pull data/models/tiny.gguf.dvc` brings the right one, or `locomo models add "
            "data/models/tiny.gguf` takes what is there"
        )

    (manifest.add(folder, source=None, licence=None) / "model.safetensors").unlink()
    for find in (find_model, lambda path: open_model(f"hf/{path}", context_window=None)):
        with pytest.raises(InputError, match=r"data/models/tiny-model/model\.safetensors: missing, .* expects it"):
            find("data/models/tiny-model")
    assert len(manifest.verify()) == 2


def test_a_model_that_is_not_here_yet_is_said_to_be_had(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    manifest.add(gguf, source=None, licence=None).unlink()
    for provider in ("gguf", "ctransformers", "hf"):
        with pytest.raises((InputError, ProviderError)) as caught:
            open_model(f"{provider}/data/models/tiny.gguf", context_window=None)
        assert "data/models/manifest.yaml knows it: `locomo pull data/models/tiny.gguf.dvc` brings it" in str(
            caught.value
        )


def test_files_that_the_manifest_does_not_know_are_nobodys_concern(gguf: Path) -> None:
    manifest.check_weights(gguf)
    manifest.add(gguf, source=None, licence=None)
    Path("data/models/other.gguf").write_bytes(b"x")
    manifest.check_weights(Path("data/models/other.gguf"))
    manifest.check_weights(Path("data/models/nothing-there"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x: {files: {x: {sha256: abc, size: 1}}}", "manifest.yaml: x.files.x.sha256: .*found 'abc'"),
        ("x: {file: y}", "manifest.yaml: x.file"),
        ("- x", "expected models by name"),
        ("x: [", "manifest.yaml: line 1"),
    ],
)
def test_a_broken_manifest_is_named_with_the_place(text: str, said: str) -> None:
    manifest.MODELS.mkdir(parents=True)
    manifest.MANIFEST.write_text(text)
    with pytest.raises(InputError, match=said):
        manifest.verify()


def test_what_cannot_be_added_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no such file or folder"):
        manifest.add(tmp_path / "nothing", source=None, licence=None)
    with pytest.raises(InputError, match="an empty folder"):
        manifest.add(tmp_path / "empty", source=None, licence=None)
    assert not manifest.MANIFEST.exists()
