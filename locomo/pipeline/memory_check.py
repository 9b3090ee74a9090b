"""`locomo memory check`: a system with models of its own behind a gateway, told the scripted life."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from locomo.errors import InputError
from locomo.memory.check import Property, check
from locomo.memory.conformance import Checked, models_hash, system_hash
from locomo.memory.settings import DEFAULT_PROFILE, PROFILE, read_settings
from locomo.memory.shipped import shipped
from locomo.memory.start import Starter
from locomo.memory.system import System, system
from locomo.pipeline.memory_models import behind_gateway
from locomo.pipeline.models import journal, new_client, open_whole
from locomo.pipeline.params import Params
from locomo.pipeline.resolution import Resolver, store_identities
from locomo.pipeline.runs import run_id
from locomo.pipeline.serving import embedder


def check_system(params: Params, name: str, logs: Path) -> tuple[list[Property], Checked]:
    """Return what a system keeps and what it ignores, with the settings and models of `memory` in params.yaml.

    InputError for an unknown system and for one without a store, MemorySystemError if it fails.
    """
    found, memory = system(name), params.memory
    if not found.has_store:
        raise InputError(f"system '{name}': it keeps no store, so there is nothing to check")
    path = memory.settings.get(found.name)
    settings = read_settings(Path(path)) if path else {}
    identity = identity_of(params, name)
    client = new_client(params, memory.model, open_whole, journal=journal(), run=run_id(), stage="memory check")
    try:
        with (
            behind_gateway(client, embedder(params, memory.embedder), memory.embedder) as services,
            tempfile.TemporaryDirectory(prefix="locomo-memory-check-") as folder,
        ):
            properties = check(found, Starter(services, {found.name: settings}, logs), Path(folder))
    finally:
        client.cache.close()
    profile = None if shipped(found.spec) is None else str(settings.get(PROFILE, DEFAULT_PROFILE))
    return properties, _checked(found, profile, identity, params, properties)


def identity_of(params: Params, name: str) -> dict[str, Any]:
    """Return what determines the stores of a system: itself, its settings and its models."""
    alone = {"systems": [name], "settings": {}}
    if path := params.memory.settings.get(key := system(name).name):
        alone["settings"] = {key: path}
    memory = params.memory.model_copy(update=alone)
    resolved = Resolver().resolve(params.model_copy(update={"memory": memory}))
    return store_identities(resolved["memory"])[key]


def _checked(
    found: System, profile: str | None, identity: dict[str, Any], params: Params, properties: Sequence[Property]
) -> Checked:
    return Checked(
        name=found.name,
        profile=profile,
        system=system_hash(identity),
        models=models_hash(identity),
        model=params.memory.model,
        embedder=params.memory.embedder,
        outcomes={each.name: each.outcome for each in properties},
    )
