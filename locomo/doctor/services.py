"""The servers that params.yaml has asked: whether each can be reached with its key, and has the model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from locomo.captioning.names import is_local
from locomo.doctor.finding import Finding
from locomo.errors import LocomoError
from locomo.llm.checking import Check, check_model
from locomo.llm.embedding import is_bought
from locomo.pipeline.params import Params, read_params
from locomo.schema import LOCAL
from locomo.tasks.reranking import LLM


async def services(*, offline: bool) -> list[Finding]:
    """Look at the server of each model that the parameters name; nothing of models that run here."""
    try:
        params = read_params()
        wanted = list(_asked(params))
        offline = offline or params.llm.offline
        checks = await asyncio.gather(*(check_model(name, offline=offline) for _, name in wanted))
    except LocomoError:
        return []  # the finding about params.yaml tells of it
    found: dict[str, tuple[Check, list[str]]] = {}
    for (parameter, _), checked in zip(wanted, checks, strict=True):
        if checked is not None:
            target, check = checked
            found.setdefault(target, (check, []))[1].append(parameter)
    return [
        Finding("service", target, check.state, f"{check.note} ({', '.join(parameters)})", check.source)
        for target, (check, parameters) in found.items()
    ]


def _asked(params: Params) -> Iterator[tuple[str, str]]:
    """Yield each parameter that names a model that a run asks, with the model's name."""
    if params.generate.mode != "released":
        yield "generate.model", params.generate.model
    if not is_local(params.caption.captioner):
        yield "caption.captioner", params.caption.captioner
    if is_bought(params.embed.encoder):
        yield "embed.encoder", params.embed.encoder
    yield "model", params.model
    if params.rag.reranker == LLM:
        yield "rag.reranker", params.model
    if params.judge.model not in {None, LOCAL}:
        yield "judge.model", params.judge.model
