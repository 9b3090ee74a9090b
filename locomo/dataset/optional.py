"""Datasets that are imported when somebody asks for them: what they are, and the .dvc file of each.

Their .dvc files are not shipped: DVC would expect the data of each in every workspace, and `dvc pull` would fetch it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from locomo.files import parse_yaml

_NAME = "optional.yaml"


class ImportedFile(BaseModel):
    """One file of somebody else's, at a pinned commit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    md5: str
    import_md5: str
    size: int
    """Bytes."""
    name: str | None = None
    """Its name in the folder that it is imported to, where that is not the one it has."""

    @property
    def file(self) -> str:
        """Its name in the folder that it is imported to."""
        return self.name or self.url.rpartition("/")[2]

    @property
    def dvc_file(self) -> str:
        """The text of its .dvc file, as `dvc import-url` writes it."""
        return (
            f"md5: {self.import_md5}\nfrozen: true\ndeps:\n- size: {self.size}\n  hash: md5\n  path: \n    {self.url}\n"
            f"outs:\n- md5: {self.md5}\n  size: {self.size}\n  hash: md5\n  path: {self.file}\n"
        )


class OptionalDataset(ImportedFile):
    """A dataset of one file, which is read as it is; imported to data/raw/."""

    what: str
    licence: str


class ConvertedDataset(BaseModel):
    """A dataset in a shape of its own: its files go to a folder of data/raw/, and are converted to a file beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    what: str
    licence: str
    converter: Literal["realtalk", "locomo_plus", "beam100k", "longmemeval"]
    """A module of `locomo.dataset` with a function `convert`."""
    originals: tuple[ImportedFile, ...] = ()
    needs: tuple[str, ...] = ()
    """Datasets of data/raw/ that the conversion reads too."""
    source: str | None = None
    """The page that its file is downloaded from by hand, where there are no `originals` to import."""

    @property
    def file(self) -> str:
        """The name of the converted file in data/raw/."""
        return f"{self.name}.json"

    @property
    def folder(self) -> str:
        """The name of the folder of the originals in data/raw/."""
        return self.name


@cache
def optional_datasets() -> dict[str, OptionalDataset | ConvertedDataset]:
    """Return all of them, by name."""
    text = files("locomo.dataset").joinpath(_NAME).read_text(encoding="utf-8")
    kinds: TypeAdapter[dict[str, OptionalDataset | ConvertedDataset]] = TypeAdapter(
        dict[str, OptionalDataset | ConvertedDataset]
    )
    entries = parse_yaml(text, _NAME)
    named = {name: {"name": name} if "converter" in entry else {} for name, entry in entries.items()}
    return kinds.validate_python({name: entry | named[name] for name, entry in entries.items()})


def how_to_fetch(file: str) -> str | None:
    """Return how a file of data/raw/ comes here; None if it is none of these datasets."""
    found = {entry.file: (name, entry) for name, entry in optional_datasets().items()}
    if file not in found:
        return None
    name, entry = found[file]
    by_hand = isinstance(entry, ConvertedDataset) and entry.source is not None
    return f"run `locomo datasets add {name}{' --from FILE' if by_hand else ''}`"
