"""Starting a memory system for one conversation."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from locomo.memory.messages import speakers
from locomo.memory.program import LONGEST_CALL, Program
from locomo.memory.services import Phase, Services
from locomo.memory.settings import TIMEOUT, effective
from locomo.memory.system import ADAPTERS, System
from locomo.schema import Conversation

LOGS: Final = Path("logs/memory")
_SECRETS: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS")


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts systems with their settings and with the models that they are given."""

    services: Services
    settings: Mapping[str, Mapping[str, Any]]
    """By name of the system."""
    logs: Path = LOGS

    def start(self, system: System, conversation: Conversation, phase: Phase, folder: Path) -> Program:
        """Start a system on a folder, empty or with its store; MemorySystemError if that fails."""
        own = self.settings.get(system.name, {})
        timeout = float(own.get(TIMEOUT, LONGEST_CALL))
        who = f"memory system '{system.name}', {conversation.sample_id}"
        given = self.services.given(system.name, conversation.sample_id, phase)
        program = Program(system.command(), environment(given), who, self.logs / f"{system.name}.log", timeout)
        try:
            program.open(
                folder,
                {turn.dia_id for turn in conversation.turns},
                conversation=conversation.sample_id,
                speakers=speakers(conversation),
                settings=effective(system.spec, own),
                services=given,
            )
        except BaseException:
            program.end()
            raise
        return program


def environment(services: Mapping[str, Any] = MappingProxyType({})) -> dict[str, str]:
    """Return the environment of a system: ours without keys, since its calls go through the services that it is given.

    What calls OpenAI by itself finds them there.
    """
    kept = {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in _SECRETS)}
    path = [str(ADAPTERS), str(Path.cwd()), kept.get("PYTHONPATH", "")]
    if services:
        kept |= {"OPENAI_BASE_URL": services["base_url"], "OPENAI_API_KEY": services["key"]}
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", ""))),
    }
