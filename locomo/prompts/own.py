"""Prompts of one's own: a file that takes the place of some templates, with a rule that finds the final answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text
from locomo.prompts.load import Prompts

_HASH: Final = 12
_KEYS: Final = ("version", "templates")
_REQUIRED: Final = frozenset(("context", "question", "a", "b", "text", "gold", "answer", "item", "cue", "date"))
"""Fields without which a template would not say what it is for."""


@dataclass(frozen=True, slots=True)
class OwnPrompts:
    """Templates, and what finds the final answer in a longer text."""

    prompts: Prompts
    final: re.Pattern[str] | None = None

    def answer_in(self, raw: str) -> str:
        """Return the last thing that the rule finds: its group, if it has one; without a rule or a match the text."""
        matches = list(self.final.finditer(raw)) if self.final else []
        if not matches:
            return raw
        last = matches[-1]
        return next((group for group in last.groups() if group is not None), last[0])


def read_own(path: Path, base: Prompts, *, final: bool = True) -> OwnPrompts:
    """Return the templates of a file over those of `base`; InputError names the template and the field that is wrong.

    The file has `version`, `templates` (each with the fields that `base` has there, those that matter all) and, where
    `final` allows it, may have `final`, a regular expression. Its version goes with the hash of its bytes.
    """
    text = read_text(path)
    data = parse_yaml(text, str(path))
    if not isinstance(data, dict) or not isinstance(data.get("templates"), dict) or "version" not in data:
        raise InputError(f"{path}: expected 'version' and 'templates', names with texts")
    keys = (*_KEYS, "final") if final else _KEYS
    if unknown := [key for key in data if key not in keys]:
        raise InputError(
            f"{path}: {unknown[0]}: unknown{did_you_mean(str(unknown[0]), keys)}; expected {', '.join(keys)}"
        )
    for name, template in data["templates"].items():
        _check(name, template, base.templates, str(path))
    version = f"{data['version']} {hashlib.sha256(text.encode()).hexdigest()[:_HASH]}"
    return OwnPrompts(Prompts(version, base.templates | data["templates"]), _final(data.get("final"), str(path)))


def _check(name: Any, template: Any, known: Mapping[str, str], where: str) -> None:
    if name not in known:
        raise InputError(f"{where}: templates.{name}: unknown{did_you_mean(str(name), known)}")
    if not isinstance(template, str) or not template.strip():
        raise InputError(f"{where}: templates.{name}: expected text")
    allowed = _fields(known[name], f"{where}: templates.{name}")
    found = _fields(template, f"{where}: templates.{name}")
    if unknown := sorted(found - allowed):
        raise InputError(f"{where}: templates.{name}: unknown field {{{unknown[0]}}}; expected {_braced(allowed)}")
    if missing := sorted((allowed & _REQUIRED) - found):
        raise InputError(f"{where}: templates.{name}: the field {{{missing[0]}}} is missing")


def _fields(template: str, where: str) -> set[str]:
    try:
        return {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        raise InputError(f"{where}: {error}; a brace that is meant as such is written twice") from None


def _braced(fields: Collection[str]) -> str:
    return ", ".join(f"{{{field}}}" for field in sorted(fields)) or "none"


def _final(pattern: Any, where: str) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(str(pattern))
    except re.error as error:
        raise InputError(f"{where}: final: {error}; expected a regular expression such as 'Answer: *(.+)'") from None
