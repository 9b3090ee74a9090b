"""A released dataset becomes one checked file a conversation, or a line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.dataset import read_conversations, read_folder
from locomo.dataset.released import split_released
from locomo.errors import InputError

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"


def test_each_conversation_gets_its_file(tmp_path: Path) -> None:
    assert split_released(RAW, "sample", tmp_path) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sample-1.json", "sample-2.json", "sample-3.json"]
    assert read_folder(tmp_path) == read_conversations(RAW / "sample.json")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        split_released(RAW, "sample", tmp_path / folder)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_an_unknown_dataset_is_refused_with_the_name_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "sample.json").touch()
    known = "beam100k, locomo10, locomo_plus, longmemeval_oracle, longmemeval_s, msc_personas_all, realtalk, sample"
    with pytest.raises(InputError, match=rf"expected one of {known}; did you mean 'sample'\?"):
        split_released(tmp_path, "simple", tmp_path / "out")


def test_a_dataset_that_is_not_there_yet_says_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        split_released(tmp_path, "locomo10", tmp_path / "out")
    assert str(caught.value) == f"{tmp_path / 'locomo10.json'}: not here; run `locomo datasets add locomo10`"


def test_nothing_is_written_of_a_dataset_with_an_error(tmp_path: Path) -> None:
    good = RAW / "sample.json"
    text = good.read_text(encoding="utf-8").replace('"sample_id": "sample-3"', '"sample_id": "../sample-3"')
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"\[2\]\.sample_id"):
        split_released(tmp_path, "bad", tmp_path / "out")
    assert not (tmp_path / "out").exists()
