"""Functions for models that cannot call any by themselves: they are asked for JSON that says which ones to call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from locomo.files import canonical_json
from locomo.llm import structured
from locomo.llm.types import Message, Request, Response, ToolCall

NAMED: Final = "tool:"
"""What a tool_choice begins with that names the one function to call."""
CALLS: Final = "tool_calls"
ANSWER: Final = "answer"
_TELL: Final = "Functions that you may call:"


async def complete(provider: structured.Asked, request: Request) -> Response:
    """Answer a request that has tools; its answer has calls, or a text where none has to be called.

    Trouble is as `structured.complete` says.
    """
    response = await structured.complete(provider, as_schema(request))
    value = json.loads(response.text)
    wanted = value.get(CALLS) or []
    calls = tuple(
        ToolCall(_id(request, number), call["name"], canonical_json(call.get("arguments") or {}))
        for number, call in enumerate(wanted)
    )
    if not calls:
        return replace(response, text=str(value.get(ANSWER) or ""))
    return replace(response, text="", tool_calls=calls, finish_reason="tool_calls")


def as_schema(request: Request) -> Request:
    """Return the same request without tools: they are described in its last message, and its schema asks for calls."""
    tools, choice = request.tools or (), request.tool_choice or "auto"
    bare = plain(request)
    if choice.startswith(NAMED):
        tools = tuple(tool for tool in tools if tool["name"] == choice.removeprefix(NAMED))
    *others, last = bare.messages
    told = replace(last, content=f"{last.content}\n\n{_TELL}\n{_described(tools)}")
    schema = _schema(tools, must=choice != "auto", parallel=request.parallel_tools is not False)
    return replace(bare, messages=(*others, told), schema=schema, shared_prefix=0)


def plain(request: Request) -> Request:
    """Return a request whose tools are not to be called without them, and without tools in its messages."""
    spoken_of = any(message.role == "tool" or message.tool_calls for message in request.messages)
    if not request.tools and not spoken_of:
        return request
    messages = without_tools(request.messages)
    return replace(request, tools=None, tool_choice=None, parallel_tools=None, messages=messages)


def without_tools(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return a chat in which calls and their results stand as texts."""
    names = {call.id: call.name for message in messages for call in message.tool_calls or ()}
    return tuple(_plain(message, names) for message in messages)


def arguments_of(call: ToolCall) -> str:
    """Return a call's arguments as JSON of an object, whatever a model has made of them."""
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        value = None
    return canonical_json(value if isinstance(value, dict) else {"arguments": call.arguments})


def _plain(message: Message, names: Mapping[str, str]) -> Message:
    if message.role == "tool":
        name = names.get(message.tool_call_id or "", "a function")
        return Message("user", f"Result of {name}: {message.content}")
    if not message.tool_calls:
        return message
    calls = [{"name": call.name, "arguments": json.loads(arguments_of(call))} for call in message.tool_calls]
    said = canonical_json({CALLS: calls})
    return replace(message, content=f"{message.content}\n{said}".strip(), tool_calls=None)


def _described(tools: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"- {tool['name']}: {' '.join(str(tool.get('description') or '').split())}" for tool in tools)


def _schema(tools: Sequence[Mapping[str, Any]], *, must: bool, parallel: bool) -> dict[str, Any]:
    """Return the schema of an answer that calls one of the tools, or some of them; or says something, unless `must`."""
    definitions: dict[str, Any] = {}
    kinds = []
    for tool in tools:
        parameters = dict(tool.get("parameters") or {"type": "object"})
        definitions |= parameters.pop("$defs", {})  # their references name the root of the document
        kinds.append(_object({"name": {"const": tool["name"]}, "arguments": parameters}))
    items = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    calls: dict[str, Any] = {"type": "array", "minItems": 1, "items": items}
    if not parallel:
        calls["maxItems"] = 1
    calling = _object({CALLS: calls})
    schema = calling if must else {"type": "object", "anyOf": [calling, _object({ANSWER: {"type": "string"}})]}
    return schema | ({"$defs": definitions} if definitions else {})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _id(request: Request, number: int) -> str:
    """Return an id that is the same whenever the same is asked: systems send ids back, and replays have to hit."""
    return f"call_{hashlib.sha256(f'{request.key} {number}'.encode()).hexdigest()[:24]}"
