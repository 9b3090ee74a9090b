"""A Model Context Protocol server as a memory system: `python -m locomo.memory.adapters.mcp_server 'COMMAND OR URL'`.

The settings say which of its tools add and search, and what their arguments are made of (see `mcp_tools`). A command is
started for each store, and ends with this process.
"""

from __future__ import annotations

import os
import shlex
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import anyio.from_thread
from mcp import Client, StdioServerParameters

from locomo.memory.adapter import child
from locomo.memory.adapter.locomo_memory_adapter import serve
from locomo.memory.adapters.mcp_tools import Call, Tools, filled, memories, read_tools

STORE: Final = "store-id"


class Mcp:
    """The adapter of an MCP server."""

    def __init__(self) -> None:
        self._server = sys.argv[1]
        self._opened = ExitStack()

    def open(
        self,
        folder: str,
        conversation: str,
        settings: dict[str, Any],
        services: dict[str, Any],
    ) -> None:
        """Start the server or connect to it, and see that it has the tools that the settings name."""
        self._tools = read_tools(settings)
        store, new = _store_id(Path(folder), self._tools)
        self._known = {"conversation": conversation, "store": store}
        environment = filled(self._tools.environment, {"folder": folder, **services, **self._known})
        self._portal = self._opened.enter_context(anyio.from_thread.start_blocking_portal())
        server = _address_or_program(self._server, environment)
        with _plain_errors():
            self._client = self._opened.enter_context(self._portal.wrap_async_context_manager(Client(server)))
        self._check(self._listed())
        if new and self._tools.reset is not None:
            self._call(self._tools.reset, {})

    def add(self, session: dict[str, Any]) -> None:
        """Call the tool that adds, for each turn or once for the session."""
        dates = {"date": session["date"] or "", "date_text": session["date_text"], "session": session["number"]}
        if self._tools.add.each == "turn":
            for turn in session["turns"]:
                one = {**turn, "caption": turn["caption"] or "", "dia_ids": [turn["dia_id"]], "said": _said(turn)}
                self._call(self._tools.add, dates | one)
            return
        said, dia_ids = "\n".join(map(_said, session["turns"])), [turn["dia_id"] for turn in session["turns"]]
        self._call(self._tools.add, dates | {"said": said, "dia_ids": dia_ids})

    def search(self, question: str, k: int, asked_on: str | None = None) -> list[dict[str, Any]]:
        """Call the tool that searches, and read its memories."""
        search = self._tools.search
        answer = self._call(search, {"question": question, "k": k, "asked_on": asked_on or ""})
        return memories(search, answer.structured_content, _texts(answer))

    def close(self) -> None:
        """End the server, or leave it."""
        self._opened.close()

    def _call(self, call: Call, values: Mapping[str, Any]) -> Any:
        arguments = filled(call.arguments, {**self._known, **values})
        with _plain_errors():
            answer = self._portal.call(self._client.call_tool, call.tool, arguments)
        if answer.is_error:
            raise RuntimeError(f"tool '{call.tool}': {' '.join(_texts(answer)) or 'an error without a word'}")
        return answer

    def _listed(self) -> dict[str, dict[str, Any]]:
        """Return the schemas of the server's tools, by name."""
        schemas: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        while True:
            page = self._portal.call(lambda: self._client.list_tools(cursor=cursor))  # noqa: B023  (called at once)
            schemas |= {tool.name: tool.input_schema for tool in page.tools}
            cursor = page.next_cursor
            if cursor is None:
                return schemas

    def _check(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        """ValueError where the server lacks a tool, or a call lacks what its tool requires."""
        for call in (self._tools.add, self._tools.search, self._tools.reset):
            if call is None:
                continue
            if call.tool not in schemas:
                known = ", ".join(f"{name}({', '.join(each.get('properties', {}))})" for name, each in schemas.items())
                raise ValueError(f"the server has no tool '{call.tool}'; it has {known or 'none'}")
            for needed in schemas[call.tool].get("required", []):
                if needed not in call.arguments:
                    raise ValueError(f"tool '{call.tool}' needs the argument '{needed}': add it to the settings")


def _store_id(folder: Path, tools: Tools) -> tuple[str, bool]:
    """Return the id of a store, which stands in its folder from the time it is first opened, and whether that is now.

    It is random: a store that is made anew must not find what a server still has of an older one.
    """
    if not tools.needs_store_id:
        return "", False
    file = folder / STORE
    if new := not file.exists():
        file.write_text(uuid.uuid4().hex, encoding="ascii")
    return file.read_text(encoding="ascii"), new


def _address_or_program(server: str, environment: Mapping[str, Any]) -> str | StdioServerParameters:
    if server.startswith(("http://", "https://")):
        return server
    # The library gives it a session of its own, out of the pipeline's reach: it ends with this process.
    ends_with_us = ["-SE", child.__file__, str(os.getpid())]
    told = {name: str(value) for name, value in environment.items()}
    return StdioServerParameters(
        command=sys.executable, args=[*ends_with_us, *shlex.split(server)], env={**os.environ, **told}
    )


def _said(turn: Mapping[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


def _texts(answer: Any) -> list[str]:
    return [block.text for block in answer.content if block.type == "text"]


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Raise the error itself, where the library raises groups of errors of tasks."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


if __name__ == "__main__":
    serve(Mcp)
