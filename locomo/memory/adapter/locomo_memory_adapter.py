"""The adapter's side of the protocol: `serve(Adapter)` answers one request a line on stdin with one line on stdout.

It runs in the memory system's own environment, where this project is not installed, and needs the standard library
alone. What the system prints goes to stderr, which the pipeline keeps as its log.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

PROTOCOL = 1
"""The version of the protocol. `open` tells the one that the pipeline speaks."""


def serve(adapter: Callable[[], Any]) -> None:
    """Make an adapter and answer requests until stdin ends or `close` is asked for.

    The adapter has the methods `open`, `add`, `search` and `close`, whose arguments are the fields of the requests. A
    field that a method does not name is left out.
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the system prints is no answer
    sys.stdout = sys.stderr
    made: Any = None
    for line in requests:
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request.pop("id")}
        verb = request.pop("do")
        try:
            made = adapter() if made is None else made
            method = getattr(made, verb)
            found = method(**_named(method, request))
            answer |= {"hits": [dict(hit) for hit in found]} if verb == "search" else {"ok": True}
            text = json.dumps(answer)
        except Exception as error:  # the system is somebody else's: whatever it raises is told in one line
            traceback.print_exc()
            text = json.dumps({"id": answer["id"], "error": f"{type(error).__name__}: {error}"})
        answers.write(f"{text}\n")
        answers.flush()
        if verb == "close":
            return


def _named(method: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    """Return those fields of a request that a method has arguments for."""
    parameters = inspect.signature(method).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return request
    return {name: value for name, value in request.items() if name in parameters}
