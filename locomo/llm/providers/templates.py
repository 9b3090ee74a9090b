"""Putting messages into a model's own chat template, whether or not it knows a system role."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from locomo.llm.providers.messages import merge_system, split_system
from locomo.llm.types import Message

Turns = list[dict[str, str]]


def in_template(messages: Sequence[Message], render: Callable[[Turns], str], *, system: bool) -> str | None:
    """Return the messages as `render` writes them; None if the template refuses them.

    The system text goes into the first turn unless `system` is set, and where the template refuses or drops it.
    """
    text = _render(list(messages), render) if system else None
    if text is not None and split_system(messages)[0] in text:
        return text
    return _render(merge_system(messages), render)


def _render(messages: list[Message], render: Callable[[Turns], str]) -> str | None:
    from jinja2 import TemplateError

    try:
        return render([{"role": message.role, "content": message.content} for message in messages])
    except TemplateError:
        return None
