"""The words that a judge is asked in: one of three of ours, or those of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.prompts import load
from locomo.prompts.load import Prompts
from locomo.prompts.own import read_own

PROMPTS: Final = ("strict", "balanced", "lenient")
"""From the one that lets least pass to the one that lets most pass."""
_NAME: Final = re.compile(r"[\w.-]+")
_RULES: Final = "rules"
_SHARED: Final = ("user", "abstention", "user_abstention", "rubric", "user_rubric", "cue", "user_cue")


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """What a judge is told and asked: the templates `rules` and `user`, and pairs for abstention, rubrics and cues."""

    name: str
    """What accuracies are named after."""
    prompts: Prompts


def check_prompt(name: str) -> str:
    """Return what `judge_prompt` takes; InputError for all else."""
    judge_prompt(name)
    return name


def judge_prompt(name: str) -> JudgePrompt:
    """Return a judge's prompt by name, or by the path of a YAML file; InputError says what is wrong with it."""
    if name in PROMPTS:
        return JudgePrompt(name, _with_rules(name))
    if not name.endswith((".yaml", ".yml")):
        raise InputError(
            f"judge's prompt '{name}': expected one of {', '.join(PROMPTS)}, or the path of a YAML file"
            f"{did_you_mean(name, PROMPTS)}"
        )
    own = read_own(Path(name).expanduser(), _with_rules(PROMPTS[0]), final=False).prompts
    said, _, _ = own.version.rpartition(" ")
    if not _NAME.fullmatch(said) or said in PROMPTS:
        raise InputError(
            f"{name}: version: found '{said}', expected a name of letters, digits, '.', '_' and '-' other than "
            f"{', '.join(PROMPTS)}: accuracies are named after it"
        )
    if own.templates[_RULES] == _with_rules(PROMPTS[0]).templates[_RULES]:
        raise InputError(f"{name}: templates.{_RULES}: missing; it says when an answer is correct")
    return JudgePrompt(said, own)


@lru_cache(maxsize=len(PROMPTS))
def _with_rules(name: str) -> Prompts:
    packaged = load("judge")
    templates = {each: packaged.templates[each] for each in _SHARED}
    return Prompts(packaged.version, {_RULES: packaged.templates[name], **templates})
