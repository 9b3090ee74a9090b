"""Pictures that the user has: in one folder, found by turn, by the name in `img_url`, or by a list.

For turn `D1:9` of `sample-1`: what `index.json` of the folder says of `sample-1:D1:9`; else `sample-1/D1-9.png` (or
with `:` or `_`; .jpg, .jpeg, .png, .webp, .gif); else, where `img_url` is a path and no web address, a file of that
name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from locomo.captioning.image_format import MOST_BYTES, NotAPictureError, inspect
from locomo.captioning.names import INDEX
from locomo.captioning.shared import Found, SharedPicture
from locomo.errors import InputError
from locomo.files import read_json

_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def from_folder(pictures: Sequence[SharedPicture], folder: Path) -> dict[str, Found]:
    """Return what the folder has of each picture, by id.

    InputError where there is no such folder, where its list is wrong, and where a file is no picture.
    """
    if not folder.is_dir():
        raise InputError(f"caption.folder: {folder}: no such folder; expected one with images")
    listed = _read_index(folder)
    if listed and (unknown := sorted(listed.keys() - {picture.id for picture in pictures})):
        expected = f" such as {pictures[0].id}" if pictures else ""
        raise InputError(f"{folder / INDEX}: '{unknown[0]}': no turn that shares a picture; expected an id{expected}")
    return {picture.id: _find(picture, folder, listed) for picture in pictures}


def _find(picture: SharedPicture, folder: Path, listed: Mapping[str, str]) -> Found:
    path = next((path for path in _candidates(picture, folder, listed) if path.is_file()), None)
    if path is None:
        if picture.id in listed:
            raise InputError(f"{folder / INDEX}: '{picture.id}': no file {listed[picture.id]} in {folder}")
        return Found("missing", reason="no file for it in the folder")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotAPictureError(f"larger than {MOST_BYTES // 2**20} MB")
        facts = inspect(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except NotAPictureError as error:
        raise InputError(f"{path}: {error}; expected a JPEG, PNG, WebP or GIF picture") from None
    return Found("found", file=path, facts=facts, source=path.relative_to(folder).as_posix())


def _candidates(picture: SharedPicture, folder: Path, listed: Mapping[str, str]) -> list[Path]:
    if picture.id in listed:
        return [folder / listed[picture.id]]
    names = [picture.dia_id.replace(":", sign) for sign in "-_:"]
    by_turn = [folder / picture.sample_id / f"{name}{suffix}" for name in names for suffix in _SUFFIXES]
    paths = [address for address in picture.addresses if "://" not in address]
    by_name = [folder / name for address in paths if (name := PurePosixPath(address).name) not in ("", "..")]
    return [*by_turn, *by_name]


def _read_index(folder: Path) -> dict[str, str]:
    path = folder / INDEX
    if not path.is_file():
        return {}
    listed = read_json(path)
    if not isinstance(listed, dict):
        raise InputError(f"{path}: expected an object of ids with file names")
    for name, file in listed.items():
        inside = isinstance(file, str) and (folder / file).resolve().is_relative_to(folder.resolve())
        if not inside:
            raise InputError(f"{path}: '{name}': found {file!r}, expected the name of a file in {folder}")
    return listed
