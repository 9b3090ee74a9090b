"""The pictures of a run: had in one of three ways, and laid out by what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from locomo.captioning.folder import from_folder
from locomo.captioning.names import INDEX
from locomo.captioning.shared import Found, SharedPicture
from locomo.files import pretty_json, write_text

Source = Literal["none", "download", "folder"]


def find_images(pictures: Sequence[SharedPicture], source: Source, folder: Path) -> dict[str, Found]:
    """Return what became of each picture, by id; InputError and IncompleteError as each way says."""
    match source:
        case "none":
            return {picture.id: Found("not asked") for picture in pictures}
        case "folder":
            return from_folder(pictures, folder)
        case "download":
            from locomo.captioning.download import download
            from locomo.captioning.store import ImageStore

            return download(pictures, ImageStore())


def lay_out(found: Mapping[str, Found], out: Path) -> dict[str, Found]:
    """Copy pictures to `<SHA-256>.<type>` in a folder, each once, with a list of whose they are; return where they are.

    The list, `index.json`, is what `caption.folder` reads.
    """
    out.mkdir(parents=True, exist_ok=True)
    laid: dict[str, Found] = {}
    for name, each in found.items():
        if each.file is None or each.facts is None:
            laid[name] = each
            continue
        path = out / each.facts.name
        if not path.exists():
            shutil.copyfile(each.file, path)
        laid[name] = replace(each, file=path)
    index = {name: each.file.name for name, each in laid.items() if each.file is not None}
    write_text(out / INDEX, pretty_json(index))
    return laid
