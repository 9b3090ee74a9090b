"""The settings of a memory system: of a profile that the project ships, and of a file that `memory.settings` names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text
from locomo.memory.description import describe
from locomo.memory.shipped import shipped

TIMEOUT: Final = "timeout"
"""The setting that is ours, in seconds: how long a call may take. No store depends on it."""
PROFILE: Final = "profile"
"""The setting that chooses among the profiles of a shipped system."""
DEFAULT_PROFILE: Final = "one-protocol"


def read_settings(path: Path) -> dict[str, Any]:
    """Return what a file says, which the system is given when a store is opened; InputError if it is no mapping."""
    found = parse_yaml(read_text(path), str(path))
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise InputError(f"{path}: expected names with values, one a line, such as `top_k: 20`")
    return found


def effective(spec: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a system gets: those of its profile, and on top of them one's own, without `timeout`.

    InputError for a profile that it does not have.
    """
    settings = {name: value for name, value in own.items() if name != TIMEOUT}
    if shipped(spec) is None:
        return settings
    profiles, name = describe(spec).profiles, str(settings.pop(PROFILE, DEFAULT_PROFILE))
    if name not in profiles:
        known = ", ".join(profiles)
        raise InputError(
            f"memory system '{spec}': profile '{name}': expected one of {known}{did_you_mean(name, profiles)}"
        )
    return profiles[name].settings | settings
