"""The embedded model is made once from its package's file, the same bytes everywhere, and altered files are noticed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize, quantize

from locomo.errors import InputError
from locomo.files import sha256
from locomo.models import embedded, requantise, smollm2
from locomo.models.requantise import q4_1_to_q8_0

Q4_1, Q8_0 = GGMLQuantizationType.Q4_1, GGMLQuantizationType.Q8_0


@pytest.fixture(scope="module")
def made() -> Path:
    """The file where it is kept."""
    return smollm2.embedded_file()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of one's own to keep the model in."""
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))
    smollm2._file_in.cache_clear()
    yield tmp_path / "models"
    smollm2._file_in.cache_clear()


def test_only_tensors_of_the_slow_format_are_changed(made: Path) -> None:
    before, after = GGUFReader(embedded.smollm2()), GGUFReader(made)
    for name, field in before.fields.items():
        if name != "general.file_type":
            assert after.fields[name].contents() == field.contents(), name
    assert after.fields["general.file_type"].contents() == 7
    for old, new in zip(before.tensors, after.tensors, strict=True):
        assert (old.name, list(old.shape)) == (new.name, list(new.shape))
        assert new.tensor_type == (Q8_0 if old.tensor_type == Q4_1 else old.tensor_type)
        if old.tensor_type != Q4_1:
            assert np.array_equal(old.data, new.data)
    for old, new in list(zip(before.tensors, after.tensors, strict=True))[1:20]:
        if old.tensor_type == Q4_1:
            numbers, rounded = dequantize(old.data, Q4_1), dequantize(new.data, Q8_0)
            largest = np.abs(numbers.reshape(-1, 32)).max(axis=1, keepdims=True)
            step = largest / 127 * (0.5 + 127 / 2**11)  # the second part: a step is itself rounded, to float16
            assert (np.abs(numbers - rounded).reshape(-1, 32) <= step).all()


def test_blocks_are_rounded_as_the_gguf_package_rounds_them() -> None:
    """Its code is the reference, down to halves, blocks of zeros and negative scales."""
    blocks = np.random.default_rng(0).integers(0, 256, (1, 20 * 500), dtype=np.uint8)
    with_scales = blocks.reshape(500, 20)
    with_scales[:, :4] = np.random.default_rng(1).normal(size=(500, 2)).astype("<f2").view(np.uint8)
    with_scales[0] = 0
    with_scales[1, :4] = np.array([127 / 30, 0], "<f2").view(np.uint8)
    expected = quantize(dequantize(blocks, Q4_1), Q8_0)
    assert q4_1_to_q8_0(blocks.tobytes()) == expected.tobytes()


def test_it_is_made_once_and_kept(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="locomo"):
        path = smollm2.embedded_file()
        written = path.stat().st_mtime_ns
        smollm2._file_in.cache_clear()
        assert smollm2.embedded_file() == path == cache / smollm2.FILE
    assert sha256(path) == smollm2.SHA256
    assert path.stat().st_mtime_ns == written
    assert [message.partition(":")[0] for message in caplog.messages] == ["gguf/smollm2-135m-instruct"]
    assert sorted(each.name for each in cache.iterdir() if each.suffix != ".lock") == [smollm2.FILE]


def test_a_file_that_was_kept_needs_no_package_and_no_writing(
    cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    (cache / smollm2.FILE).symlink_to(made)
    monkeypatch.setattr(smollm2, "_make", lambda path: pytest.fail(f"{path} is made"))
    assert smollm2.embedded_file() == cache / smollm2.FILE
    assert [each.name for each in cache.iterdir()] == [smollm2.FILE]


def test_an_altered_file_is_made_anew(
    cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(requantise, "requantise", lambda source: made.read_bytes())
    cache.mkdir()
    (cache / smollm2.FILE).write_bytes(b"altered")
    assert sha256(smollm2.embedded_file()) == smollm2.SHA256
    assert f"expected {smollm2.SHA256}: it is made anew" in caplog.text


def test_other_bytes_are_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requantise, "requantise", lambda source: b"rounded otherwise")
    with pytest.raises(InputError, match=f"as Q8_0 its SHA-256 is [0-9a-f]{{64}}, expected {smollm2.SHA256}"):
        smollm2.embedded_file()
    assert not (cache / smollm2.FILE).exists()


def test_where_nothing_can_be_kept_it_is_made_for_this_process(
    tmp_path: Path, cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(requantise, "requantise", lambda source: made.read_bytes())
    cache.write_text("a file, so that there can be no folder")
    with caplog.at_level(logging.INFO, logger="locomo"):
        path = smollm2.embedded_file()
    assert not path.is_relative_to(tmp_path)
    assert sha256(path) == smollm2.SHA256
    assert f"{cache}: the embedded model cannot be kept here (File exists)" in caplog.text
