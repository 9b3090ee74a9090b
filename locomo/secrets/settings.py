"""A setting by its name: from the environment, else from the file `.env` of the project."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from locomo.secrets.errors import SecretError

ENVIRONMENT: Final = "environment"
FILE: Final = ".env"
"""Ignored by git."""
EXPERIMENTS: Final = ".dvc"
"""DVC runs queued experiments in folders inside this one, to which ignored files are not copied."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a name stands for, and where that was read."""

    text: str = field(repr=False)
    source: str
    """`environment` or `.env`."""


def setting(name: str) -> Setting | None:
    """Return what a name stands for, read anew each time; None where it is nowhere, or blank.

    SecretError if `.env` cannot be read.
    """
    if text := os.environ.get(name, "").strip():
        return Setting(text, ENVIRONMENT)
    file = _file()
    if file is None:
        return None
    from dotenv import dotenv_values

    try:
        text = (dotenv_values(file, encoding="utf-8-sig").get(name) or "").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise SecretError(f"{file}: cannot be read ({reason})") from None
    return Setting(text, FILE) if text else None


def _file() -> Path | None:
    """Return the `.env` of the current folder, or of the project that runs it as an experiment."""
    here = Path.cwd()
    folders = [here]
    if EXPERIMENTS in here.parts:
        folders.append(Path(*here.parts[: here.parts.index(EXPERIMENTS)]))
    return next((file for folder in folders if (file := folder / FILE).is_file()), None)
