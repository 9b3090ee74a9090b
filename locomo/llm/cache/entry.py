"""One stored answer: JSON of the request and of the response, under the key of the request.

In place of a response there may be a refusal: why the request has no usable answer, whenever it is asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from locomo.errors import InputError
from locomo.files import canonical_json, parse_json
from locomo.llm.provider import AnswerError
from locomo.llm.types import KEY_VERSION, Request, Response


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request has no usable answer (filtered, refused, empty), and what finding that out has taken."""

    reason: str
    input_tokens: int = 0
    output_tokens: int = 0

    @classmethod
    def of(cls, error: AnswerError) -> Refusal:
        """Return what is remembered of an error."""
        return cls(
            str(error),
            sum(response.input_tokens for response in error.billed),
            sum(response.output_tokens for response in error.billed),
        )

    @property
    def error(self) -> AnswerError:
        """The error that it stands for."""
        return AnswerError(self.reason, billed=(Response("", "", self.input_tokens, self.output_tokens),))


Found = Response | Refusal
"""What is stored of a request."""


@dataclass(frozen=True, slots=True)
class _Answered:
    response: Response | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Stored(_Answered):
    request: Request = field(kw_only=True)


_ANSWERED = TypeAdapter(_Answered)
_STORED = TypeAdapter(_Stored)


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored answer or refusal as JSON values, for looking at and passing on: one of the two is None."""

    key: str
    request: dict[str, Any]
    response: dict[str, Any] | None
    refusal: dict[str, Any] | None = None

    @property
    def model(self) -> str:
        """The model that was asked, as `provider/model`."""
        return f"{self.request['provider']}/{self.request['model']}"

    @property
    def answer(self) -> str:
        """What the model said, or why it has said nothing that can be used."""
        return str(self.response["text"] if self.response else f"[{self.told['reason']}]")

    @property
    def told(self) -> dict[str, Any]:
        """The response or the refusal: both have tokens."""
        return self.response or self.refusal or {}

    @property
    def fields(self) -> dict[str, Any]:
        """The entry as it is passed on, without what it does not have."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def text(self) -> str:
        """The entry as it is stored."""
        return canonical_json({name: value for name, value in self.fields.items() if name != "key"})


def entry_text(request: Request, found: Found) -> str:
    """Return what is stored: canonical JSON, with the request beside the answer for people to read."""
    kind = "refusal" if isinstance(found, Refusal) else "response"
    values = {name: value for name, value in asdict(found).items() if (name, value) != ("tool_calls", None)}
    text = canonical_json({"request": request.fields(), kind: values})
    text.encode()  # half a character fails here, and not with others in one transaction
    return text


def read_found(text: str, where: str) -> Found:
    """Return the answer or the refusal of a stored text; InputError if it has another shape.

    Fields of newer versions are skipped.
    """
    try:
        stored = _ANSWERED.validate_json(text, strict=True)
    except ValidationError as error:
        raise misshapen(error, where) from None
    return _one_of(stored, where)


def read_entry(key: str, text: str, where: str) -> Entry:
    """Return the whole entry; InputError if it is no JSON or has another shape."""
    try:
        _one_of(_STORED.validate_json(text, strict=True), where)
    except ValidationError as error:
        raise misshapen(error, where) from None
    value = parse_json(text, where)
    return Entry(key, value["request"], value.get("response"), value.get("refusal"))


def _one_of(stored: _Answered, where: str) -> Found:
    found = stored.response or stored.refusal
    if found is None:
        raise InputError(f"{where}: response: field required")
    return found


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
