"""A chat completion as a stream of events: whole in one of them, since it was whole when it came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def events(completion: Mapping[str, Any], *, with_usage: bool) -> Iterator[bytes]:
    """Yield server-sent events: what was said, why it ended, what it took if that is wanted, and the end."""
    head = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    choices = completion["choices"]
    said = [{"index": one["index"], "delta": _delta(one["message"]), "finish_reason": None} for one in choices]
    ended = [{"index": one["index"], "delta": {}, "finish_reason": one["finish_reason"]} for one in choices]
    yield _event(head | {"choices": said})
    yield _event(head | {"choices": ended})
    if with_usage:
        yield _event(head | {"choices": [], "usage": completion["usage"]})
    yield b"data: [DONE]\n\n"


def _delta(message: Mapping[str, Any]) -> dict[str, Any]:
    delta = {name: value for name, value in message.items() if name in ("role", "content")}
    if calls := message.get("tool_calls"):
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(calls)]
    return delta


def _event(chunk: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
