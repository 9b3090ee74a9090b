"""Which files of locomo/ a script really uses, read from its imports: what dvc.yaml has to declare."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CANNOT_CHANGE_OUTPUTS = (
    "locomo/errors.py",
    "locomo/machine.py",
    "locomo/progress.py",
    "locomo/pipeline/",
    # Rules stop a stage or let it go on. Where they have changed, `locomo validate` checks again what is there.
    "locomo/validation/",
    "locomo/secrets/",
    # How a request is sent is pinned by its key in the request cache (locomo/llm/types.py): the stored answer stays.
    # What it costs (locomo/llm/prices.py) stands in outputs.
    *(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "locomo/llm").rglob("*.py")
        if path.name not in ("types.py", "prices.py")
    ),
    # Rooms that every stage shares: what stands there for other stages is no concern of this one.
    "locomo/dataset/__init__.py",
    "locomo/schema/__init__.py",
)


def module_file(module: str) -> Path | None:
    """The file of a dotted module, or None if it is not one of ours."""
    base = ROOT / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def imports(path: Path) -> frozenset[Path]:
    """The files that the names imported in `path` are defined in, and the packages that re-export them."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "locomo":
            for alias in node.names:
                found |= files_of(str(node.module), alias.name)
    return frozenset(found)


def files_of(module: str, name: str) -> set[Path]:
    """The file that defines a name, with those it is imported through."""
    if (submodule := module_file(f"{module}.{name}")) is not None:
        return {submodule}
    path = module_file(module)
    if path is None or path.name != "__init__.py":
        return {path} if path else set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return {path} | files_of(str(node.module), name)
    return {path}


def needed(script: Path) -> set[str]:
    """The script and all that it uses, as paths from the root, without what cannot change an output."""
    todo, seen = [script], {script}
    while todo:
        for path in imports(todo.pop()):
            relative = path.relative_to(ROOT).as_posix()
            if path not in seen and not relative.startswith(CANNOT_CHANGE_OUTPUTS):
                seen.add(path)
                if path.name != "__init__.py":  # what else a package re-exports is not used
                    todo.append(path)
    return {path.relative_to(ROOT).as_posix() for path in seen}
