"""The names of captioners, and what can be wrong with them before any is opened."""

from __future__ import annotations

from typing import Final

from locomo.errors import InputError, did_you_mean

INDEX: Final = "index.json"
"""In a folder of pictures, the list of whose they are."""
RELEASED: Final = "released"
BLIP: Final = "blip"
HF: Final = "hf/"
"""What the name of a BLIP of one's own begins with: a folder or a hub id follows."""


def is_local(name: str) -> bool:
    """Whether captions are made here, or not at all: every other name is one of a model of the LLM layer."""
    return name in (RELEASED, BLIP) or name.startswith(HF)


def check_captioner(name: str) -> None:
    """InputError for a name that cannot be meant."""
    if name not in (RELEASED, BLIP) and not name.partition("/")[2]:
        raise InputError(
            f"captioner '{name}': expected {RELEASED}, {BLIP}, hf/<folder or hub id> of a BLIP, or a vision model, "
            f"such as openai/gpt-4o-mini{did_you_mean(name, [RELEASED, BLIP])}"
        )


def check_pictures(captioner: str, images: str) -> None:
    """InputError for a captioner that has nothing to look at."""
    if captioner != RELEASED and images == "none":
        raise InputError(
            f"found 'none', but captioner '{captioner}' needs images: set it to download or folder "
            "(or caption.captioner to released)"
        )
