"""What dvc.yaml declares for one stage, and a fingerprint of all that the stage reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.files import canonical_json, parse_yaml, read_text, sha256
from locomo.pipeline.closure import Closure

PIPELINE: Final = Path("dvc.yaml")
COMPILED: Final = "__pycache__"
"""A folder that Python makes beside code, which DVC does not look at (see .dvcignore)."""
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_.]+)\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """One stage as declared: `params` are dotted names, `deps` and `outs` paths from the root of the project."""

    cmd: str
    params: list[str]
    """Of params.yaml."""
    other_params: dict[Path, list[str]]
    """Names in other files, by file."""
    deps: list[Path]
    outs: list[Path]
    always_runs: bool

    @classmethod
    def load(cls, stage: str, params: dict[str, Any]) -> Definition:
        """Read a stage of dvc.yaml, with `${name}` filled in from `params`; InputError if it is not there."""
        stages = parse_yaml(read_text(PIPELINE), str(PIPELINE))["stages"]
        if stage not in stages:
            raise InputError(f"{PIPELINE}: no stage '{stage}'")
        entry = stages[stage]

        def path(item: Any) -> Path:
            # An output with options is a mapping with one key.
            text = next(iter(item)) if isinstance(item, dict) else item
            return Path(_VARIABLE.sub(lambda match: str(_lookup(params, match[1])), text))

        outs = [item for kind in ("outs", "metrics", "plots") for item in entry.get(kind, [])]
        declared = entry.get("params", [])
        return cls(
            cmd=entry["cmd"],
            params=[item for item in declared if isinstance(item, str)],
            other_params={
                Path(file): names for item in declared if isinstance(item, dict) for file, names in item.items()
            },
            deps=[path(item) for item in entry.get("deps", [])],
            outs=[path(item) for item in outs],
            always_runs=entry.get("always_changed", False),
        )

    def undeclared(self) -> list[str]:
        """Return the files of the project that the stage's script uses and dvc.yaml does not declare for it."""
        script = next((Path(word) for word in self.cmd.split() if word.endswith(".py")), None)
        if self.always_runs or script is None or not script.is_file():
            return []
        root, declared = Path.cwd(), set(self.deps)
        needed = map(Path, Closure(root).needed(root / script))
        return sorted(file.as_posix() for file in needed if declared.isdisjoint((file, *file.parents)))

    def fingerprint(self, params: dict[str, Any]) -> dict[str, str]:
        """Return what stands for each thing read: the values of the params, the SHA-256 of the files."""
        found = {name: canonical_json(_lookup(params, name)) for name in self.params}
        for dep in self.deps:
            inside = (path for path in dep.rglob("*") if path.is_file() and COMPILED not in path.parts)
            files = sorted(inside) if dep.is_dir() else [dep]
            found |= {str(path): sha256(path) if path.is_file() else "missing" for path in files}
        return found


def _lookup(params: dict[str, Any], name: str) -> Any:
    value: Any = params
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
