"""Functions that a model may call, as Anthropic's messages have them: blocks of content on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from locomo.files import canonical_json
from locomo.llm.tools import NAMED, arguments_of
from locomo.llm.types import Message, Request, ToolCall

_CHOICES: Final = {"auto": "auto", "required": "any", "none": "none"}


def tool_fields(request: Request) -> dict[str, Any]:
    """Return the fields of a body that say which functions there are, and whether one has to be called."""
    if not request.tools:
        return {}
    tools = [
        {
            "name": tool["name"],
            "description": tool.get("description") or "",
            "input_schema": tool.get("parameters") or {"type": "object", "properties": {}},
        }
        for tool in request.tools
    ]
    said = request.tool_choice or "auto"
    choice: dict[str, Any] = (
        {"type": "tool", "name": said.removeprefix(NAMED)} if said.startswith(NAMED) else {"type": _CHOICES[said]}
    )
    if request.parallel_tools is not None and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = not request.parallel_tools
    return {"tools": tools, "tool_choice": choice}


def turns_with_tools(turns: Sequence[Message], content: Callable[[Message], Any]) -> list[dict[str, Any]]:
    """Return the turns, with calls as blocks of the assistant's and all their results in the user's next turn."""
    made: list[dict[str, Any]] = []
    before: Message | None = None
    for turn in turns:
        if turn.role == "tool":
            block = {"type": "tool_result", "tool_use_id": turn.tool_call_id, "content": turn.content}
            if before is not None and before.role == "tool":
                made[-1]["content"].append(block)
            else:
                made.append({"role": "user", "content": [block]})
        elif turn.tool_calls:
            said = [{"type": "text", "text": turn.content}] if turn.content.strip() else []
            made.append({"role": turn.role, "content": [*said, *map(_use, turn.tool_calls)]})
        else:
            made.append({"role": turn.role, "content": content(turn)})
        before = turn
    return made


def tool_calls_in(blocks: Sequence[Any]) -> tuple[ToolCall, ...]:
    """Return the calls in an answer's content."""
    return tuple(
        ToolCall(block.id, block.name, canonical_json(block.input)) for block in blocks if block.type == "tool_use"
    )


def _use(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(arguments_of(call))}
