"""Which files of the project a stage's script really uses, read from its imports: what dvc.yaml has to declare.

DVC hashes what is declared and nothing else. A file that is used and not declared could be edited, and `dvc repro`
would say that everything is up to date.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

UNDER_LLM: Final = "locomo/llm/"
CANNOT_CHANGE_OUTPUTS: Final = (
    "locomo/errors.py",
    "locomo/cache_folder.py",
    "locomo/loops.py",
    "locomo/threads.py",
    "locomo/progress.py",
    "locomo/pipeline/",
    # Rules stop a stage or let it go on. Where they have changed, `locomo validate` checks again what is there.
    "locomo/validation/",
    "locomo/secrets/",
    # Packages that every stage shares: what is re-exported there for other stages is no concern of this one.
    "locomo/dataset/__init__.py",
    "locomo/schema/__init__.py",
)
SHAPES_PROMPTS: Final = (
    "locomo/llm/catalog.py",
    "locomo/llm/providers/vocabulary.py",
    "locomo/llm/structured.py",
    "locomo/llm/tokens.py",
    "locomo/llm/types.py",
)
"""Of locomo/llm: what decides which words a prompt has, and how many."""
CHANGES_OUTPUTS: Final = (*SHAPES_PROMPTS, "locomo/llm/prices.py")
"""Of locomo/llm: these, and what computes a cost that is written into an output.

How a request is sent is pinned by its key in the request cache, and the stored answer stays. What a model's name stands
for is written down by the stage `resolve`.
"""
BESIDE: Final[dict[str, tuple[str, ...]]] = {
    "locomo/captioning/vision.py": ("locomo/prompts/caption.yaml",),
    "locomo/dataset/errata/read.py": ("locomo/dataset/errata/locomo10.yaml",),
    "locomo/generation/agents.py": ("locomo/prompts/generate.yaml",),
    "locomo/generation/reading.py": ("locomo/generation/reading.html",),
    "locomo/memory/conformance.py": ("locomo/memory/checks.json",),
    "locomo/memory/program.py": ("locomo/memory/adapter/child.py",),
    "locomo/memory/system.py": (
        "locomo/memory/adapters/http.py",
        "locomo/memory/adapter/locomo_memory_adapter.py",
        "locomo/memory/adapters/mcp_server.py",
        "locomo/memory/adapters/mcp_tools.py",
        "locomo/memory/adapters/own.py",
    ),
    # Vector databases are opened by name.
    "locomo/retrieval/vector_store.py": (
        "locomo/retrieval/chroma_store.py",
        "locomo/retrieval/lancedb_store.py",
        "locomo/retrieval/milvus_store.py",
        "locomo/retrieval/pgvector_store.py",
        "locomo/retrieval/pinecone_store.py",
        "locomo/retrieval/qdrant_store.py",
    ),
    # Models are opened by name, so that no import leads to what counts tokens and asks for JSON.
    "locomo/pipeline/models.py": SHAPES_PROMPTS,
    "locomo/pipeline/captioners.py": SHAPES_PROMPTS,
    "locomo/reporting/paper.py": ("locomo/reporting/paper.yaml",),
    "locomo/reporting/report.py": (
        "locomo/reporting/report.html",
        "locomo/reporting/report_charts.html",
        "locomo/reporting/report_errata.html",
        "locomo/reporting/report_memory.html",
        "locomo/reporting/report_paper.html",
        "locomo/reporting/report_script.html",
        "locomo/reporting/report_style.html",
        "locomo/reporting/report_tasks.html",
    ),
    "locomo/retrieval/learned.py": ("locomo/retrieval/learned.yaml",),
    "locomo/scoring/local_judge/judging.py": ("locomo/scoring/local_judge/weights.json",),
    "locomo/scoring/refusal.py": ("locomo/scoring/refusals.yaml",),
    "locomo/tasks/baselines.py": ("locomo/prompts/baselines.yaml",),
    "locomo/tasks/dialogue/ask.py": ("locomo/prompts/dialogue.yaml",),
    "locomo/tasks/events/asking.py": ("locomo/prompts/events.yaml",),
    "locomo/tasks/dialogue/persona.py": ("locomo/prompts/persona.yaml",),
    "locomo/tasks/events/facts.py": ("locomo/prompts/facts.yaml",),
    "locomo/tasks/judging.py": ("locomo/prompts/judge.yaml",),
    "locomo/tasks/protocol.py": ("locomo/prompts/paper.yaml",),
    "locomo/tasks/file_agent.py": ("locomo/prompts/file_agent.yaml",),
    "locomo/tasks/reranking.py": ("locomo/prompts/rerank.yaml",),
}
"""Files that a module reads, or opens by name, and does not import."""
_IMPORT: Final = re.compile(r"^[ \t]*(from locomo[\w.]* import (?:\([^)]*\)|.*))", re.M)
"""A statement that imports from the project, in full."""


class Closure:
    """The imports of one project, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._trees: dict[Path, list[ast.ImportFrom]] = {}
        self._files: dict[str, Path | None] = {}

    def needed(self, script: Path) -> set[str]:
        """Return the script and all that it uses, as paths from the root, without what cannot change an output."""
        todo, seen, touched = [script], {script}, set[str]()
        while todo:
            for path in self._imports(todo.pop()):
                touched.add(name := self._name(path))
                if path not in seen and _can_change_outputs(name):
                    seen.add(path)
                    if path.name != "__init__.py":  # what else a package re-exports is not used
                        todo.append(path)
        used = {self._name(path) for path in seen}
        return used | {file for module in used | touched for file in BESIDE.get(module, ())}

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _module_file(self, module: str) -> Path | None:
        """Return the file of a dotted module, or None if it is not one of ours."""
        if module not in self._files:
            base = self._root / Path(*module.split("."))
            paths = (base.with_suffix(".py"), base / "__init__.py")
            self._files[module] = next((path for path in paths if path.is_file()), None)
        return self._files[module]

    def _from_imports(self, path: Path) -> list[ast.ImportFrom]:
        if path not in self._trees:
            self._trees[path] = own_imports(path.read_text(encoding="utf-8"))
        return self._trees[path]

    def _imports(self, path: Path) -> set[Path]:
        """Return the files that the names imported in `path` are defined in, and the packages that re-export them."""
        return {
            file
            for node in self._from_imports(path)
            for alias in node.names
            for file in self._files_of(str(node.module), alias.name)
        }

    def _files_of(self, module: str, name: str) -> set[Path]:
        """Return the file that defines a name, with those it is imported through."""
        if (submodule := self._module_file(f"{module}.{name}")) is not None:
            return {submodule}
        path = self._module_file(module)
        if path is None or path.name != "__init__.py":
            return {path} if path else set()
        for node in self._from_imports(path):
            if any((alias.asname or alias.name) == name for alias in node.names):
                return {path} | self._files_of(str(node.module), name)
        return {path}


def own_imports(text: str) -> list[ast.ImportFrom]:
    """Return the imports from the project in a module's text. Only their lines are parsed, unless they are no code."""
    try:
        tree = ast.parse("\n".join(_IMPORT.findall(text)))
    except SyntaxError:  # cut off, such as at a backslash
        tree = ast.parse(text)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [node for node in found if (node.module or "").split(".")[0] == "locomo"]


def _can_change_outputs(name: str) -> bool:
    if name.startswith(UNDER_LLM) and name.endswith(".py"):
        return name in CHANGES_OUTPUTS
    return not name.startswith(CANNOT_CHANGE_OUTPUTS)
