"""Which files make up a class of one's own, so that an edit of one of them counts as another class."""

from __future__ import annotations

import ast
import importlib.util
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from locomo.retrieval.own import parts

PROJECT: Final = "locomo"
"""This package, which lies beside a file in the project's own folder: its code is declared where it is used."""


def files_of(name: str) -> list[Path]:
    """Return the files that make up what a name stands for, sorted; nothing is run.

    These are the file, and what it imports from its own folder, or from that in which its package lies.
    """
    place, _ = parts(name)
    if place.endswith(".py"):
        path = Path(place).expanduser()
        return _closure([path], path.parent) if path.is_file() else []
    top = place.partition(".")[0]
    importlib.invalidate_caches()
    # As `load_own` finds it, and without importing anything: what is installed goes before this folder.
    try:
        spec = importlib.util.find_spec(top) or PathFinder.find_spec(top, [str(Path.cwd())])
    except ValueError:  # `__main__`, as that of a notebook
        return []
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if spec.submodule_search_locations:
        return sorted(origin.parent.rglob("*.py"))
    return _closure([origin], origin.parent)


def _closure(todo: list[Path], folder: Path) -> list[Path]:
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        todo += [file for name in _imported(path) - {PROJECT} for file in _beside(folder, name)]
    return sorted(seen)


def _imported(path: Path) -> set[str]:
    """Return the first part of the name of each module that a file imports; none of a file that is no Python."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return set()
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | froms}


def _beside(folder: Path, name: str) -> list[Path]:
    module = folder / f"{name}.py"
    if module.is_file():
        return [module]
    return sorted((folder / name).rglob("*.py")) if (folder / name / "__init__.py").is_file() else []
