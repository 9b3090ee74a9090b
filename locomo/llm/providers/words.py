"""What a server says of a failed call, in whichever form it says it: its own words, for errors, and its codes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST: Final = 300
"""Characters of a server's words that an error repeats."""
LOOKED_AT: Final = 2_000
"""Characters in which a page says that it is one."""

_MARKUP: Final = re.compile(r"<(!doctype|html|head|body|title)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LOGIN: Final = re.compile(
    r"log ?in|sign ?in|single sign|password|authenticat|captcha|access denied|<form\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a server said of an error."""

    text: str
    """Its words on one line; empty if it said nothing."""
    code: str | None = None
    kind: str | None = None
    """Its name for this type of error."""
    parameter: str | None = None
    """Which part of the request it complains of."""
    page: bool = False
    """Whether it is a web page."""
    login: bool = False
    """Whether that page asks somebody to log in."""

    @property
    def names(self) -> set[str]:
        """The codes that it gives the error."""
        return {name for name in (self.code, self.kind) if name}


def words_of(body: object) -> Words:
    """Return what the body of an answer says: JSON values as they were parsed, or text."""
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    if isinstance(body, str):
        if _MARKUP.search(body[:LOOKED_AT]):
            return _page(body)
        try:
            body = json.loads(body)
        except ValueError:
            return Words(short(body))  # type: ignore[arg-type]
    if isinstance(body, list) and body and isinstance(body[0], Mapping) and "error" in body[0]:
        body = body[0]
    if not isinstance(body, Mapping):
        return Words(short(body) if isinstance(body, str) else "")
    error = body.get("error")
    inner: Mapping[str, Any] = error if isinstance(error, Mapping) else body
    said = inner.get("message") or inner.get("detail") or inner.get("msg") or inner.get("errors")
    if isinstance(error, str):
        said = error
    metadata = inner.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None  # what OpenRouter passes on
    whole = " ".join(filter(None, (_text(said), _text(raw))))
    if _MARKUP.search(whole[:LOOKED_AT]):
        return _page(whole)
    text = short(whole)
    loc = _loc(said)
    return Words(
        text,
        code=_name(inner.get("code")),
        kind=_name(inner.get("type") or inner.get("status")),
        parameter=_name(inner.get("param")) or loc,
    )


def short(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _page(text: str) -> Words:
    title = _TITLE.search(text)
    said = html.unescape(title.group(1) if title else _TAG.sub(" ", text))
    return Words(f"a web page, '{short(said)[:80].strip()}'", page=True, login=bool(_LOGIN.search(text)))


def _text(said: object) -> str:
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return "; ".join(filter(None, map(_text, said)))
    if isinstance(said, Mapping):
        place = ".".join(str(part) for part in said.get("loc", ()) if part != "body")
        words = _text(said.get("msg") or said.get("message"))
        return f"{place}: {words}" if place else words
    return ""


def _loc(said: object) -> str | None:
    """Return the parameter that FastAPI's list of complaints names first."""
    if isinstance(said, list) and said and isinstance(said[0], Mapping):
        parts = [part for part in said[0].get("loc", ()) if isinstance(part, str) and part != "body"]
        return parts[0] if parts else None
    return None


def _name(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
