"""From the body of a chat completion to requests of the LLM layer; what cannot be kept to is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from locomo.gateway.trouble import RefusedError, field_error
from locomo.llm import Message
from locomo.llm.providers.schemas import ANY_OBJECT
from locomo.llm.tools import NAMED
from locomo.llm.types import ToolCall

TEMPERATURE: Final = 1.0
"""Of a body that names none, as in OpenAI's API."""
MOST_CHOICES: Final = 16
ROLES: Final[Mapping[str, Literal["system", "user", "assistant", "tool"]]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
TAKEN: Final = {
    *("messages", "model", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed"),
    *("response_format", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options"),
}
WITHOUT_EFFECT: Final = {
    *("user", "store", "metadata", "service_tier", "prompt_cache_key", "prompt_cache_retention"),
    *("safety_identifier",),
}
"""Fields that no answer depends on."""
DEFAULTS: Final[Mapping[str, Any]] = {
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "top_logprobs": 0,
    "logit_bias": {},
    "modalities": ["text"],
}
"""Fields that are taken with the value that they have by default, and with no other."""


@dataclass(frozen=True, slots=True)
class ChatBody:
    """What a body asks for."""

    messages: tuple[Message, ...]
    fields: Mapping[str, Any]
    """Of `Request`, besides messages and model."""
    n: int
    stream: bool
    usage_in_stream: bool
    json: bool
    """Whether its answer has to be JSON, as far as the body says."""


def read_chat(body: Any, *, max_tokens: int) -> ChatBody:
    """Read a body, whose answers have `max_tokens` where it does not say how many; RefusedError names a wrong field."""
    if not isinstance(body, dict):
        raise RefusedError("the body is no JSON object", code="invalid_body")
    _check_names(body)
    wanted = body.get("messages")
    if not isinstance(wanted, list) or not wanted:
        raise field_error(body, "messages", "a list of messages")
    messages = tuple(_message(message, f"messages[{place}]") for place, message in enumerate(wanted))
    schema = _schema(body.get("response_format"))
    tools = _tools(body)
    stream = bool(_typed(body, "stream", bool))
    options = _typed(body, "stream_options", dict) or {}
    return ChatBody(
        messages=messages,
        fields={
            "max_tokens": _max_tokens(body) or max_tokens,
            "temperature": _number(body, "temperature", TEMPERATURE, most=2.0),
            "top_p": _number(body, "top_p", None, most=1.0),
            "stop": _stop(body),
            "seed": _typed(body, "seed", int),
            "schema": schema,
            "tools": tools,
            "tool_choice": _tool_choice(body, tools),
            "parallel_tools": _typed(body, "parallel_tool_calls", bool) if tools else None,
        },
        n=_choices(body),
        stream=stream,
        usage_in_stream=bool(options.get("include_usage")),
        json=schema is not None or "json" in " ".join(message.content for message in messages).lower(),
    )


def _check_names(body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        if name in TAKEN | WITHOUT_EFFECT or value is None or (name in DEFAULTS and value == DEFAULTS[name]):
            continue
        expected = f"only {DEFAULTS[name]!r}" if name in DEFAULTS else "a request without it"
        raise RefusedError(
            f"{name}: this gateway takes {expected}: it serves models of many providers",
            param=name,
            code="unsupported_parameter",
        )


def _message(message: Any, place: str) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise RefusedError(f"{place}: expected an object with a role of {', '.join(ROLES)}", param=place)
    calls = tuple(_call(call, place) for call in message.get("tool_calls") or ())
    call_id = message.get("tool_call_id")
    return Message(
        ROLES[message["role"]],
        _text(message.get("content"), place),
        tool_calls=calls or None,
        tool_call_id=None if call_id is None else str(call_id),
    )


def _text(content: Any, place: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise RefusedError(f"{place}.content: expected a text or a list of parts", param=place)
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            kind = part.get("type") if isinstance(part, dict) else part
            raise RefusedError(f"{place}.content: found a part of type {kind!r}, expected texts alone", param=place)
    return "".join(part["text"] for part in content)


def _call(call: Any, place: str) -> ToolCall:
    try:
        return ToolCall(str(call["id"]), str(call["function"]["name"]), str(call["function"]["arguments"]))
    except (KeyError, TypeError):
        raise RefusedError(f"{place}.tool_calls: expected id, function.name and arguments", param=place) from None


def _schema(wanted: Any) -> Mapping[str, Any] | None:
    if wanted is None:
        return None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return ANY_OBJECT
    described = wanted.get("json_schema") if kind == "json_schema" else None
    schema = described.get("schema") if isinstance(described, dict) else None
    if not isinstance(schema, dict):
        raise field_error(
            {"response_format": wanted}, "response_format", "type text, json_object or json_schema with a schema"
        )
    return schema


def _tools(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    tools = _typed(body, "tools", list)
    if not tools:
        return None
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise field_error(body, "tools", "functions, each with a name")
    kept = ("name", "description", "parameters", "strict")
    return tuple(
        {name: tool["function"][name] for name in kept if tool["function"].get(name) is not None} for tool in tools
    )


def _tool_choice(body: Mapping[str, Any], tools: tuple[Mapping[str, Any], ...] | None) -> str | None:
    choice = body.get("tool_choice")
    if choice is None or not tools or choice == "auto":
        return None
    if choice in ("none", "required"):
        return str(choice)
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if name not in [tool["name"] for tool in tools]:
        raise field_error(body, "tool_choice", "none, auto, required, or one of the functions")
    return f"{NAMED}{name}"


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        if (value := _typed(body, name, int)) is not None:
            if value < 1:
                raise field_error(body, name, "at least 1")
            return int(value)
    return None


def _choices(body: Mapping[str, Any]) -> int:
    count = _typed(body, "n", int)
    if count is not None and not 1 <= count <= MOST_CHOICES:
        raise field_error(body, "n", f"1 to {MOST_CHOICES}")
    return count or 1


def _stop(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    stop = body.get("stop")
    sequences = [stop] if isinstance(stop, str) else stop
    if sequences is None or sequences == []:
        return None
    if not isinstance(sequences, list) or not all(isinstance(one, str) and one for one in sequences):
        raise field_error(body, "stop", "a text or a list of texts")
    return tuple(sequences)


def _number(body: Mapping[str, Any], name: str, default: float | None, *, most: float) -> float | None:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise field_error(body, name, f"a number from 0 to {most:g}")
    return float(value)


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise field_error(body, name, {bool: "true or false", int: "a whole number"}.get(kind, f"a {kind.__name__}"))
    return value
