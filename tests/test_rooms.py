"""The rooms of locomo/ know those below them and no others."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import ROOT

FLOORS = [  # a room may import from lower floors, and from itself
    {"errors"},
    {"extras", "files", "loops", "threads", "cache_folder", "output", "pages", "progress"},
    {"schema", "secrets", "models", "number_store", "repository"},
    {"dataset", "llm", "prompts"},
    {"retrieval", "captioning", "gateway"},
    {"generation", "memory"},
    {"tasks", "scoring", "validation"},
    {"reporting", "pipeline"},
    {"remotes"},
    {"costs", "doctor", "evaluation", "publishing"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
KNOWS_NOTHING_OF = {
    "llm": {"schema", "dataset"},
    "prompts": {"llm"},
    "retrieval": {"llm"},
    "gateway": {"schema", "dataset", "prompts"},
    "generation": {"tasks", "scoring"},
    "memory": {"llm", "gateway", "tasks", "scoring"},
    "tasks": {"scoring"},
    "scoring": {"tasks", "llm", "prompts"},
    "validation": {"llm", "prompts", "generation", "captioning"},
}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "locomo").parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "locomo":
            inside = str(node.module).split(".")[1:]
            found |= {inside[0]} if inside else {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "locomo").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downwards(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    others = imported_rooms(path) - {room}
    assert {other for other in others if FLOOR[other] >= FLOOR[room]} == set()
    assert others & KNOWS_NOTHING_OF.get(room, set()) == set()
