"""The gateway as a program: the models of params.yaml behind one address, until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from locomo.errors import InputError
from locomo.gateway import Gateway
from locomo.gateway.embeddings import Embed, Vectors
from locomo.gateway.gateway import LOOPBACK
from locomo.llm import Client
from locomo.pipeline.encoders import open_stored_encoder
from locomo.pipeline.garbage import few_collections
from locomo.pipeline.models import journal, new_client, open_whole
from locomo.pipeline.params import Params
from locomo.pipeline.runs import run_id
from locomo.retrieval.encoder import Encoder

STAGE = "gateway"
"""What the journal says in place of a stage."""
LOOPBACKS = (LOOPBACK, "::1", "localhost")

log = logging.getLogger("locomo")


def embedder(params: Params, name: str, stage: str = "") -> Embed:
    """Return what makes vectors for a gateway: opened when it is first needed, and used by one thread at a time."""
    lock = threading.Lock()
    opened: list[Encoder] = []

    def embed(texts: Sequence[str]) -> Vectors:
        with lock:
            if not opened:
                opened.append(open_stored_encoder(name, params.llm, stage=stage))
            return opened[0].encode(list(texts), side="passage")

    return embed


def open_gateway_client(params: Params, model: str) -> Client:
    """Return the client that a gateway asks, with all of the model's window."""
    return new_client(params, model, open_whole, journal=journal(), run=run_id(), stage=STAGE)


def check_reach(host: str, token: str | None) -> None:
    """InputError if others than this machine could call a gateway without knowing a token that was chosen for it."""
    if host not in LOOPBACKS and not token:
        raise InputError(
            f"--host {host}: others than this machine could call the gateway; choose a token that they have to send "
            "(--token, or LOCOMO_GATEWAY_TOKEN)"
        )


def serve(
    params: Params,
    *,
    model: str,
    encoder: str,
    host: str,
    port: int,
    token: str | None,
    on_start: Callable[[Gateway], None],
) -> None:
    """Serve until Ctrl-C or SIGTERM; what is under way then is answered. InputError if the port cannot be used."""
    check_reach(host, token)
    client = open_gateway_client(params, model)
    gateway = Gateway(client, embedder(params, encoder), embedder=encoder, token=token)

    async def until_ended() -> None:
        ended = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # not on Windows
                asyncio.get_running_loop().add_signal_handler(name, ended.set)
        try:
            async with gateway.listening(host, port, in_turn=False):
                on_start(gateway)
                await ended.wait()
        except OSError as error:
            raise InputError(f"--host {host} --port {port}: cannot listen there ({error.strerror or error})") from None
        finally:
            await client.provider.close()

    few_collections()
    try:
        asyncio.run(until_ended())
    finally:
        client.cache.close()
