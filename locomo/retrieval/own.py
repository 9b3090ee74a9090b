"""A retriever or memory system in a file of one's own, by name: `path/to/file.py:Class` or `package.module:Class`.

Nothing has to be installed or registered. The class is made without arguments.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from locomo.errors import InputError, did_you_mean

_IDENTIFIER: Final = r"[A-Za-z_]\w*"
_SPEC: Final = re.compile(
    rf"(?P<place>[^:]*\.py|{_IDENTIFIER}(?:\.{_IDENTIFIER})*|[A-Za-z]:.*\.py):(?P<name>{_IDENTIFIER})"
)
MEMORY_METHODS: Final = ("reset", "add_session", "search")
"""What makes a memory system (see `locomo.retrieval.memory.MemorySystem`)."""
RETRIEVER_METHODS: Final = ("rank",)
"""What makes a retriever (see `locomo.retrieval.retriever.Retriever`)."""


def is_own(name: str) -> bool:
    """Return whether a name has the form `path/to/file.py:Class` or `module:Class`."""
    return _SPEC.fullmatch(name) is not None


def has_methods(thing: object, methods: tuple[str, ...]) -> bool:
    """Return whether an object, or the instances of a class, have all these methods."""
    return all(callable(getattr(thing, method, None)) for method in methods)


def load_own(name: str) -> Any:
    """Import what a name stands for: a class or a function.

    InputError if there is no such file, module or name in it. What the file itself raises is raised as it is.
    """
    place, attribute = parts(name)
    module = _from_file(place) if place.endswith(".py") else _from_module(place, name)
    if not hasattr(module, attribute):
        defined = [each for each, value in vars(module).items() if inspect.getmodule(value) is module]
        known = f"expected one of {', '.join(defined)}" if defined else "it defines nothing"
        raise InputError(f"'{name}': {place} has no '{attribute}'; {known}{did_you_mean(attribute, defined)}")
    return getattr(module, attribute)


def is_memory_system(name: str) -> bool:
    """Return whether a name of this form is a memory system, and no retriever; InputError if it is neither."""
    found = load_own(name)
    if has_methods(found, MEMORY_METHODS):
        return True
    if has_methods(found, RETRIEVER_METHODS):
        return False
    raise InputError(
        f"'{name}': found {found!r}, expected a class with the methods {', '.join(MEMORY_METHODS)} (a memory system) "
        f"or {', '.join(RETRIEVER_METHODS)} (a retriever)"
    )


def make_own(name: str) -> Any:
    """Make the retriever or memory system that a name of this form stands for; InputError if it is neither."""
    is_memory_system(name)
    found = load_own(name)
    return found() if inspect.isclass(found) else found


def parts(name: str) -> tuple[str, str]:
    """Return the file or module of such a name, and what is looked up in it."""
    place, _, attribute = name.rpartition(":")
    return place, attribute


def _from_file(place: str) -> ModuleType:
    path = Path(place).expanduser().resolve()
    if not path.is_file():
        raise InputError(f"{place}: no such file; expected the Python file of a class, as in path/to/file.py:Class")
    found = path.stat()
    return _import_file(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _import_file(path: Path, _changed: int, _size: int) -> ModuleType:
    """Import a file, anew once it has changed: in a notebook one edits and tries again."""
    if str(path.parent) not in sys.path:  # for what it imports from beside it, as when Python runs the file
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(f"locomo_own_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look for it there
    spec.loader.exec_module(module)
    return module


def _from_module(module: str, name: str) -> ModuleType:
    _see_this_folder()
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and what it imports is not
        raise InputError(
            f"'{name}': no module '{error.name}'; expected one that is installed or in this folder"
        ) from None


def _see_this_folder() -> None:
    """Let modules of the current folder be imported, after those that are installed."""
    if str(Path.cwd()) not in sys.path and "" not in sys.path:
        sys.path.append(str(Path.cwd()))
    importlib.invalidate_caches()
