"""Functions that a model may call, as OpenAI's chat completions have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo.llm.tools import NAMED
from locomo.llm.types import Message, Request, ToolCall


def tool_fields(request: Request) -> dict[str, Any]:
    """Return the fields of a body that say which functions there are, and whether one has to be called."""
    if not request.tools:
        return {}
    fields: dict[str, Any] = {"tools": [{"type": "function", "function": dict(tool)} for tool in request.tools]}
    if (choice := request.tool_choice) is not None:
        named = {"type": "function", "function": {"name": choice.removeprefix(NAMED)}}
        fields["tool_choice"] = named if choice.startswith(NAMED) else choice
    if request.parallel_tools is not None:
        fields["parallel_tool_calls"] = request.parallel_tools
    return fields


def message_with_tools(message: Message, content: Any) -> dict[str, Any]:
    """Return a message with the calls in it, or with the call whose result it is."""
    made: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        made["tool_calls"] = [call_fields(call) for call in message.tool_calls]
        made["content"] = content or None
    if message.tool_call_id is not None:
        made["tool_call_id"] = message.tool_call_id
    return made


def call_fields(call: ToolCall) -> dict[str, Any]:
    """Return a call as it stands in a message."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def tool_calls_in(message: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    """Return the calls in an answer, whose JSON may hold anything."""
    found = message.get("tool_calls")
    return tuple(
        ToolCall(str(call.get("id")), str(function.get("name")), str(function.get("arguments") or ""))
        for call in (found if isinstance(found, list) else ())
        if isinstance(call, dict) and isinstance(function := call.get("function"), dict)
    )
