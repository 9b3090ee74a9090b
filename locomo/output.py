"""What is printed where the terminal or the file cannot hold every character: near ones instead of a traceback."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import Final

_NEAR: Final = {
    "±": "+-",
    "–": "-",
    "—": "-",
    "…": "...",
    "─": "-",
    "━": "-",
    "│": "|",
    "✅": "OK",
    "❌": "STALE",
    "×": "x",
}
_NAME: Final = "near"


def _near(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = "".join(map(_one, error.object[error.start : error.end]))
    return found, error.end


def _one(character: str) -> str:
    if character in _NEAR:
        return _NEAR[character]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain or "?"


def print_what_fits() -> None:
    """Let stdout and stderr take any text, whatever their encoding."""
    codecs.register_error(_NAME, _near)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)
