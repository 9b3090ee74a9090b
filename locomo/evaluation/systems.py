"""What is evaluated: a model, a retriever, a memory system or a function, by its name or as an object."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from locomo.errors import InputError, did_you_mean
from locomo.llm.catalog import read_catalog
from locomo.retrieval.memory import MemoryRetriever, make_memory_system
from locomo.retrieval.names import MEMORY, RETRIEVERS
from locomo.retrieval.own import MEMORY_METHODS, RETRIEVER_METHODS, has_methods, is_own, load_own
from locomo.retrieval.retriever import Retriever

_EXPECTED: Final = (
    f"a retriever ({', '.join(RETRIEVERS)}), a memory system ({MEMORY}<name>), a class or function of yours "
    "(path/to/file.py:Name or module:Name), or a model (provider/model)"
)


@dataclass(frozen=True, slots=True)
class System:
    """Something to evaluate."""

    kind: Literal["model", "retriever", "memory", "function"]
    name: str
    """What parameters and protocol cards call it."""
    retriever: Retriever | None = None
    """None for a retriever of this project, which has yet to be opened."""
    function: Callable[..., Any] | None = None


def system_of(thing: object) -> System:
    """Return what a name or an object is; a class is made, without arguments. InputError for what is none of them."""
    if isinstance(thing, str):
        return _named(thing)
    return _of_object(thing, _name(thing))


def _named(name: str) -> System:
    plain = name.removeprefix(MEMORY)
    if is_own(plain):
        found = _of_object(load_own(plain), name)
        if plain != name and found.kind != "memory":
            raise InputError(f"system '{name}': {plain} is a {found.kind}; leave out '{MEMORY}'")
        return found
    if name.startswith(MEMORY):
        return System("memory", name, MemoryRetriever(make_memory_system(plain)))
    if name in RETRIEVERS:
        return System("retriever", name)
    aliases = read_catalog().aliases
    if "/" in name or name in aliases:
        return System("model", name)
    raise InputError(f"system '{name}': expected {_EXPECTED}{did_you_mean(name, [*RETRIEVERS, *aliases])}")


def _of_object(thing: Any, name: str) -> System:
    is_memory, is_retriever = has_methods(thing, MEMORY_METHODS), has_methods(thing, RETRIEVER_METHODS)
    if inspect.isclass(thing):
        if not is_memory and not is_retriever:
            raise InputError(
                f"system {thing.__name__}: expected a class with the methods {', '.join(MEMORY_METHODS)} (a memory "
                f"system) or {', '.join(RETRIEVER_METHODS)} (a retriever)"
            )
        if needed := _needed(thing):
            raise InputError(
                f"system {thing.__name__}: its class needs {', '.join(needed)}; expected one that is made without "
                "arguments, or pass an object of it"
            )
        thing = thing()
    if is_memory:
        return System("memory", name, MemoryRetriever(thing))
    if is_retriever:
        return System("retriever", name, thing)
    if callable(thing):
        return System("function", f"function/{name.rpartition(':')[2]}", function=thing)
    raise InputError(f"system: found {thing!r}, expected {_EXPECTED}, or an object or a function that is one")


def _needed(kind: type) -> list[str]:
    """Return the arguments that a class cannot be made without."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def _name(thing: Any) -> str:
    """Return 'module:Name' of an object's class, or of a class or function itself."""
    named = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    name = re.sub(r"\W", "", getattr(named, "__name__", "")) or type(thing).__name__
    module = getattr(named, "__module__", None) or "__main__"
    return f"{module}:{name}"
