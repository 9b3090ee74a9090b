"""One stored answer: JSON of the request and of the response, under the key of the request."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from locomo.errors import InputError
from locomo.files import canonical_json, parse_json
from locomo.llm.types import KEY_VERSION, Request, Response


@dataclass(frozen=True, slots=True)
class _Answered:
    response: Response


@dataclass(frozen=True, slots=True)
class _Stored:
    request: Request
    response: Response


_ANSWERED = TypeAdapter(_Answered)
_STORED = TypeAdapter(_Stored)


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer as JSON values, for looking at and passing on."""

    key: str
    request: dict[str, Any]
    response: dict[str, Any]

    @property
    def model(self) -> str:
        """The model that was asked, as `provider/model`."""
        return f"{self.request['provider']}/{self.request['model']}"

    @property
    def answer(self) -> str:
        """What the model said."""
        return str(self.response["text"])

    @property
    def text(self) -> str:
        """The entry as it is stored."""
        return canonical_json({"request": self.request, "response": self.response})


def entry_text(request: Request, response: Response) -> str:
    """Return what is stored: canonical JSON, with the request beside the answer for people to read."""
    text = canonical_json({"request": request.fields(), "response": asdict(response)})
    text.encode()  # half a character fails here, and not with others in one transaction
    return text


def read_response(text: str, where: str) -> Response:
    """Return the answer of a stored text; InputError if it has another shape. Fields of newer versions are skipped."""
    try:
        return _ANSWERED.validate_json(text, strict=True).response
    except ValidationError as error:
        raise misshapen(error, where) from None


def read_entry(key: str, text: str, where: str) -> Entry:
    """Return the whole entry; InputError if it is no JSON or has another shape."""
    try:
        _STORED.validate_json(text, strict=True)
    except ValidationError as error:
        raise misshapen(error, where) from None
    value = parse_json(text, where)
    return Entry(key, value["request"], value["response"])


def check_key(entry: Entry, where: str) -> None:
    """InputError where the request under a key is not the one that the key was made from."""
    version, _, digest = entry.key.partition("-")
    made = hashlib.sha256(canonical_json(entry.request).encode()).hexdigest()
    if digest != made or not version.isdecimal():
        raise InputError(f"{where}: its key is not the one of its request, expected {KEY_VERSION}-{made}")


def misshapen(error: ValidationError, where: str) -> InputError:
    """Return the error that names the first place where JSON has another shape."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    return InputError(f"{where}: {place and place + ': '}{first['msg'][0].lower()}{first['msg'][1:]}")
