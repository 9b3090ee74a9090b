"""Answers that are JSON by a schema: from models that can be held to one, and from all others by asking again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from jsonschema.exceptions import SchemaError as InvalidSchema
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from locomo.errors import InputError, ProviderError
from locomo.files import canonical_json, parse_json
from locomo.llm.provider import AnswerError, SchemaError
from locomo.llm.types import Capabilities, Message, Request, Response

ATTEMPTS = 3
_TELL = "Answer with JSON alone, by this JSON schema: "
CUT = "the answer was cut by max_tokens before its JSON ended"

_LONGEST_COMPLAINT = 300
"""Characters: a validator repeats the whole value that it complains of."""
_VALUE = re.compile(r"""\{|\[(?=\s*(?:[\[{"'\]\d-]|true|false|null))""")
"""Where an object or a list begins, in words of a model that may hold brackets of other kinds."""
_FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


class Asked(Protocol):
    """A model that can be asked, through whatever each call has to go through: part of what a `Provider` is."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        ...


async def complete(provider: Asked, request: Request) -> Response:
    """Answer a request that has a schema; the text is canonical JSON, and usage that of all attempts.

    Its stop sequences are not sent: JSON says itself where it ends. InputError if the schema is none, AnswerError if no
    attempt satisfied it; trouble in calling the provider is its own. Each attempt is a call of its own: `provider` is
    where it is paid for.
    """
    schema = request.schema or {}
    validator = _validator(canonical_json(schema))
    request = replace(request, stop=None)
    if provider.capabilities.json_schema:
        try:
            return await _attempts(provider, request, validator, held=True)
        except SchemaError:
            pass
    *others, last = request.messages
    told = replace(last, content=last.content + instruction(schema))
    return await _attempts(provider, replace(request, messages=(*others, told), schema=None), validator, held=False)


def instruction(schema: Mapping[str, Any]) -> str:
    """Return what is added to the last message for a model that cannot be held to a schema."""
    return f"\n\n{_TELL}{canonical_json(schema)}"


def told_schema(messages: Sequence[Message]) -> Mapping[str, Any] | None:
    """Return the schema that a prompt tells its model of (see `instruction`); None if it tells of none."""
    for message in messages:
        _, told, schema = message.content.rpartition(_TELL)
        if told:
            value: Mapping[str, Any] = json.loads(schema)
            return value
    return None


def read(response: Response, schema: Mapping[str, Any]) -> Any:
    """Return the JSON value of an answer that was told its schema; ValueError with what is wrong with it."""
    return json.loads(_checked(response, _validator(canonical_json(schema))))


async def _attempts(provider: Asked, request: Request, validator: Validator, *, held: bool) -> Response:
    """Ask until the answer satisfies the schema. A model that is `held` to it and cut would be cut again."""
    asked, answers = request, list[Response]()
    complaint = ""
    for _ in range(ATTEMPTS):
        try:
            response = await provider.complete(asked)
        except ProviderError as error:
            if not answers:
                raise
            # What is asked again is longer than the prompt was: no reason for the run to end.
            raise AnswerError(
                f"{complaint} (and it could not be asked again: {error})", billed=tuple(answers)
            ) from None
        answers.append(response)
        try:
            text = _checked(response, validator, request.reader)
        except ValueError as error:
            complaint = str(error)
            if held and complaint == CUT:
                raise AnswerError(f"{CUT}; raise it", billed=tuple(answers)) from None
            again = Message("user", f"That cannot be used: {complaint}. Answer again, with JSON alone.")
            messages = (*asked.messages, Message("assistant", response.text), again)
            asked = replace(asked, messages=messages, shared_prefix=0)
        else:
            return _summed(answers, text)
    raise AnswerError(f"no JSON by the schema in {ATTEMPTS} attempts: {complaint}", billed=tuple(answers))


@lru_cache(maxsize=8)
def _validator(text: str) -> Validator:
    schema = json.loads(text)
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema, format_checker=kind.FORMAT_CHECKER)
    except InvalidSchema as error:
        place = " → ".join(map(str, error.absolute_path)) or "its root"
        raise InputError(f"JSON schema of an answer: {place}: {_short(error.message)}") from None
    return kind(schema, registry=Registry())  # an empty one: references are never fetched


def _checked(response: Response, validator: Validator, reader: Callable[[str], Any] | None = None) -> str:
    """Return the first JSON value of an answer, or what a `reader` makes of its text, as JSON.

    ValueError with the complaint if there is none or it is a wrong one.
    """
    value = first_value(response) if reader is None else reader(response.text)
    try:
        text = canonical_json(value)
        error = best_match(validator.iter_errors(value))
    except Unresolvable as unresolvable:
        raise InputError(f"JSON schema of an answer: {unresolvable.ref} cannot be found in it") from None
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if error is not None:
        place = " → ".join(map(str, error.absolute_path))
        raise ValueError(f"{place}: {_short(error.message)}" if place else _short(error.message))
    return text


def first_value(response: Response) -> Any:
    """Return the first JSON value in an answer, be it fenced or among words; ValueError says why there is none."""
    for text in (response.text, *_FENCED.findall(response.text)):
        try:
            return parse_json(text, "the answer")
        except InputError:
            continue
    cut = response.finish_reason == "length"
    begin = _VALUE.search(response.text)
    if begin is None:
        raise ValueError(CUT if cut else "the answer holds no JSON")
    rest = response.text[begin.start() :]
    try:
        _, end = json.JSONDecoder().raw_decode(rest)
        return parse_json(rest[:end], "the answer's JSON")
    except InputError as error:
        raise ValueError(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(CUT if cut else f"its JSON is broken: {error}") from None


def _summed(answers: list[Response], text: str) -> Response:
    return replace(
        answers[-1],
        text=text,
        input_tokens=sum(answer.input_tokens for answer in answers),
        output_tokens=sum(answer.output_tokens for answer in answers),
        cached_tokens=sum(answer.cached_tokens for answer in answers),
        cache_write_tokens=sum(answer.cache_write_tokens for answer in answers),
        reused_tokens=sum(answer.reused_tokens for answer in answers),
    )


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_COMPLAINT else f"{line[:_LONGEST_COMPLAINT]}…"
