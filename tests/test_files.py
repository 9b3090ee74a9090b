"""Files are written whole or not at all, and read with errors that name the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.files import canonical_json, each_jsonl, read_jsonl, sha256, write_jsonl, write_text


def test_a_write_that_fails_half_way_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "x" * 100_000 + "\ud83d")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_makes_folders_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "text.txt"
    for text in ("first and longer", "second ✓\n"):
        write_text(path, text)
    assert path.read_bytes() == "second ✓\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_canonical_json_is_one_text_whatever_the_order_of_keys() -> None:
    assert canonical_json({"b": [1, {"d": None, "c": "é"}], "a": 0.5}) == '{"a":0.5,"b":[1,{"c":"é","d":null}]}'
    assert canonical_json({"x": 1, "y": 2}) == canonical_json({"y": 2, "x": 1})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_canonical_json_refuses_what_is_not_json(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": number})


def test_json_lines_come_back_with_their_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"text": "one\ntwo \u2028 three"}, {"text": "é"}]
    write_jsonl(path, rows)
    assert read_jsonl(path) == [(1, rows[0]), (2, rows[1])]


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\n{"a": \n')
    with pytest.raises(InputError) as caught:
        read_jsonl(path)
    assert str(caught.value).startswith(f"{path}, row 3: line 1, column 7: not valid JSON: Expecting value")


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """Parsers differ in which of the two they take."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": {"prediction": "x", "prediction": "y"}}\n')
    with pytest.raises(InputError) as caught:
        read_jsonl(path)
    assert str(caught.value) == f"{path}, row 2: an object has the key 'prediction' twice; keep one of the two"


def test_a_file_is_known_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no such device on this system")
def test_a_device_is_written_to_and_not_replaced() -> None:
    with pytest.raises(OSError, match="No space left"):
        write_text(Path("/dev/full"), "text")
    assert Path("/dev/full").is_char_device()


def test_rows_are_read_one_by_one_and_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\n{"a": ')
    rows = each_jsonl(path)
    assert next(rows) == (1, {"a": 1})
    with pytest.raises(InputError, match="row 3"):
        next(rows)
    write_jsonl(path, (next(each_jsonl(path))[1] for _ in range(2)))
    assert path.read_text() == '{"a": 1}\n{"a": 1}\n'


@pytest.mark.parametrize(("data", "said"), [(b"{}\n\xff\n", "byte 3 is not UTF-8"), (None, "no such file")])
def test_a_file_of_rows_that_cannot_be_read_is_told(data: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_jsonl(path)
