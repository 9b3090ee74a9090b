"""Reading a file of prompt templates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Prompts:
    """Templates by name, in `str.format` syntax, and the version that stands for their exact words."""

    version: str
    templates: dict[str, str]

    def fill(self, template: str, **values: object) -> str:
        """Return a template with its fields filled in."""
        return self.templates[template].format(**values)


@cache
def load(name: str) -> Prompts:
    """Load `<name>.yaml`, once: it comes with the package. Not to be changed."""
    data = yaml.safe_load(files("locomo.prompts").joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
    return Prompts(version=data["version"], templates=data["templates"])
