"""`locomo memory check`: a system with models of its own behind a gateway, told the scripted life."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo.memory.check import Property, check
from locomo.memory.start import Starter
from locomo.memory.system import system
from locomo.pipeline.memory_models import behind_gateway
from locomo.pipeline.models import journal, new_client, open_whole
from locomo.pipeline.params import Params
from locomo.pipeline.runs import run_id
from locomo.pipeline.serving import embedder


def check_system(params: Params, name: str, settings: Mapping[str, Any], logs: Path) -> list[Property]:
    """Return what a system keeps and what it ignores, with the models of `memory` in params.yaml.

    InputError for an unknown system, MemorySystemError if it fails.
    """
    found, memory = system(name), params.memory
    client = new_client(params, memory.model, open_whole, journal=journal(), run=run_id(), stage="memory check")
    try:
        with (
            behind_gateway(client, embedder(params, memory.embedder), memory.embedder) as services,
            tempfile.TemporaryDirectory(prefix="locomo-memory-check-") as folder,
        ):
            return check(found, Starter(services, {found.name: settings}, logs), Path(folder))
    finally:
        client.cache.close()
