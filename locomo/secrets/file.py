"""Secrets in files, as Docker and Kubernetes mount them."""

from __future__ import annotations

from pathlib import Path

from locomo.errors import InputError
from locomo.files import read_text
from locomo.secrets.errors import SecretError


def fetch(place: str) -> str:
    """Return what a file holds; SecretError if it cannot be read."""
    try:
        return read_text(Path(place))
    except InputError as error:
        raise SecretError(str(error).removeprefix(f"{place}: ")) from None
