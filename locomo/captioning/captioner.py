"""What makes captions of pictures, whichever way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from locomo.captioning.image_file import ImageFacts


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A picture to caption."""

    path: Path
    facts: ImageFacts


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption, or the reason why there is none."""

    text: str | None
    error: str | None = None


class Captioner(Protocol):
    """Makes captions: the same for the same picture, model and revision."""

    @property
    def name(self) -> str:
        """As params.yaml has it."""
        ...

    @property
    def revision(self) -> str | None:
        """What pins it: the hash of a model's files, a commit; the prompt's version, where a service tells no more."""
        ...

    def caption(self, images: Sequence[ImageFile]) -> list[Caption]:
        """Return a caption of each picture, in their order.

        InputError or ProviderError if the model cannot be used, IncompleteError if some calls failed for now.
        """
        ...


def one_line(text: str) -> str:
    """Return a model's words as a caption is kept: on one line, without quotes around them."""
    line = " ".join(text.split())
    return line[1:-1].strip() if len(line) > 1 and line[0] == line[-1] == '"' else line
