"""Datasets that are imported when somebody asks for them: what they are, and the .dvc file of each.

Their .dvc files are not shipped: DVC would expect the data of each in every workspace, and `dvc pull` would fetch it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from locomo.files import parse_yaml

_NAME = "optional.yaml"


class OptionalDataset(BaseModel):
    """One file of somebody else's, at a pinned commit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    licence: str
    url: str
    md5: str
    import_md5: str
    size: int
    """Bytes."""

    @property
    def file(self) -> str:
        """Its name in data/raw/."""
        return self.url.rpartition("/")[2]

    @property
    def dvc_file(self) -> str:
        """The text of its .dvc file, as `dvc import-url` writes it."""
        return (
            f"md5: {self.import_md5}\nfrozen: true\ndeps:\n- size: {self.size}\n  hash: md5\n  path: \n    {self.url}\n"
            f"outs:\n- md5: {self.md5}\n  size: {self.size}\n  hash: md5\n  path: {self.file}\n"
        )


@cache
def optional_datasets() -> dict[str, OptionalDataset]:
    """Return all of them, by name."""
    text = files("locomo.dataset").joinpath(_NAME).read_text(encoding="utf-8")
    return {name: OptionalDataset.model_validate(entry) for name, entry in parse_yaml(text, _NAME).items()}


def how_to_fetch(file: str) -> str | None:
    """Return how a file of data/raw/ comes here; None if it is none of these datasets."""
    names = {entry.file: name for name, entry in optional_datasets().items()}
    return f"run `locomo datasets add {names[file]}`" if file in names else None
