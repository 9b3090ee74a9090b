"""Messages that begin alike, such as the questions about one conversation, with that beginning in memory once."""

from __future__ import annotations

from typing import Any, Literal

from locomo.llm.types import Image, Message, ToolCall


class SharedMessage(Message):
    """A message whose text is put together whenever it is read, of a `start` that others hold too, and the rest.

    It stands for the same `Message` and becomes one where it leaves the process.
    """

    __slots__ = ("_rest", "_start")
    _start: str
    _rest: str

    def __init__(
        self,
        role: Literal["system", "user", "assistant", "tool"],
        content: str,
        images: tuple[Image, ...] | None = None,
        tool_calls: tuple[ToolCall, ...] | None = None,
        tool_call_id: str | None = None,
        *,
        start: str = "",
    ) -> None:
        """Take the fields of a message, `content` being what comes after the `start`."""
        values = {"role": role, "images": images, "tool_calls": tool_calls, "tool_call_id": tool_call_id}
        for name, value in (values | {"_start": start, "_rest": content}).items():
            object.__setattr__(self, name, value)  # it is frozen

    @property
    def content(self) -> str:
        """The whole text."""
        return self._start + self._rest

    def __reduce__(self) -> tuple[Any, ...]:
        """See `pickle`: a worker gets the text."""
        return Message, (self.role, self.content, self.images, self.tool_calls, self.tool_call_id)
