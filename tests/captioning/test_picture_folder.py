"""Pictures of the user's own: how they are found, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from picture_server import painted

from locomo.captioning.folder import from_folder
from locomo.captioning.shared import Found, SharedPicture
from locomo.errors import InputError


def shared(dia_id: str, *addresses: str) -> SharedPicture:
    return SharedPicture("sample-1", dia_id, addresses, None, None)


def save(path: Path, data: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(painted() if data is None else data)
    return path


def find(folder: Path, *pictures: SharedPicture) -> list[Found]:
    return list(from_folder(pictures, folder).values())


@pytest.mark.parametrize("name", ["D1-9.png", "D1_9.jpg", "D1:9.webp", "D1-9.gif", "D1-9.jpeg"])
def test_a_file_is_found_by_its_turn(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "sample-1" / name)
    found, other = find(tmp_path, shared("D1:9", "https://example.org/a.png"), shared("D1:10"))
    assert (found.status, found.file, found.source) == ("found", path, f"sample-1/{name}")
    assert (other.status, other.file) == ("missing", None)


def test_a_path_in_the_data_is_found_by_its_name_and_a_web_address_is_not(tmp_path: Path) -> None:
    path = save(tmp_path / "bees.png")
    here, web, parent = find(
        tmp_path,
        shared("D1:1", "data/raw/pictures/bees.png"),
        shared("D1:2", "https://x/bees.png"),
        shared("D1:3", ".."),
    )
    assert here.file == path
    assert (web.status, parent.status) == ("missing", "missing")


def test_a_list_says_whose_a_file_is_before_names_do(tmp_path: Path) -> None:
    save(tmp_path / "sample-1" / "D1-9.png")
    path = save(tmp_path / "all" / "7.png", painted("blue"))
    (tmp_path / "index.json").write_text(json.dumps({"sample-1:D1:9": "all/7.png"}))
    (found,) = find(tmp_path, shared("D1:9"))
    assert found.file == path


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (
            {"sample-1:D9:9": "a.png"},
            "index.json: 'sample-1:D9:9': no turn that shares a picture; expected an id such as",
        ),
        (
            {"sample-1:D1:9": "../a.png"},
            "index.json: 'sample-1:D1:9': found '../a.png', expected the name of a file in",
        ),
        ({"sample-1:D1:9": 7}, "index.json: 'sample-1:D1:9': found 7, expected the name of a file in"),
        ({"sample-1:D1:9": "gone.png"}, "index.json: 'sample-1:D1:9': no file gone.png in "),
        (["a.png"], "index.json: expected an object of ids with file names"),
    ],
)
def test_a_wrong_list_is_named(tmp_path: Path, index: object, said: str) -> None:
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match=said):
        find(tmp_path, shared("D1:9"))


@pytest.mark.parametrize("data", [b"", b"not a picture", painted(size=(600, 500))[:500]])
def test_a_file_that_is_no_picture_is_named(tmp_path: Path, data: bytes) -> None:
    path = save(tmp_path / "sample-1" / "D1-9.png", data)
    with pytest.raises(InputError, match="expected a JPEG, PNG, WebP or GIF picture") as caught:
        find(tmp_path, shared("D1:9"))
    assert str(caught.value).startswith(f"{path}: ")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"caption\.folder: .*no such folder"):
        find(tmp_path / "nowhere", shared("D1:9"))
