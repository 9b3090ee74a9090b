"""The protocol of captioners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from locomo.captioning.image_format import ImageFacts


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image to caption."""

    path: Path
    facts: ImageFacts


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption, or the reason why there is none."""

    text: str | None
    error: str | None = None


class Captioner(Protocol):
    """Makes captions. The same image, model and revision give the same caption."""

    @property
    def name(self) -> str:
        """The name in params.yaml."""
        ...

    @property
    def revision(self) -> str | None:
        """What pins it: the hash of a model's files, a commit, or, for a service, the prompt's version."""
        ...

    def caption(self, images: Sequence[ImageFile]) -> list[Caption]:
        """Return a caption for each image, in order.

        InputError or ProviderError if the model cannot be used, IncompleteError if some calls failed temporarily.
        """
        ...


def one_line(text: str) -> str:
    """Return a model's text as a caption: on one line, without surrounding quotes."""
    line = " ".join(text.split())
    return line[1:-1].strip() if len(line) > 1 and line[0] == line[-1] == '"' else line
