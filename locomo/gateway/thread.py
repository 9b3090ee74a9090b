"""A gateway beside whatever else a process does: in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from locomo.gateway.embeddings import Embed
from locomo.gateway.gateway import LOOPBACK, Gateway
from locomo.llm import Client


@contextmanager
def running(
    *,
    chat: Client,
    embed: Embed,
    embedder: str = "",
    token: str | None = None,
    host: str = LOOPBACK,
    port: int = 0,
    in_turn: bool = True,
) -> Iterator[Gateway]:
    """Serve a model and an encoder until this ends; the model is closed then, the client's cache is not.

    What keeps it from starting is raised here.
    """
    gateway = Gateway(chat, embed, embedder=embedder, token=token)
    loop = asyncio.new_event_loop()
    started: Future[asyncio.Event] = Future()

    async def serve() -> None:
        ended = asyncio.Event()
        try:
            async with gateway.listening(host, port, in_turn=in_turn):
                started.set_result(ended)
                await ended.wait()
        finally:
            await chat.provider.close()

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=work, name="locomo-gateway", daemon=True)
    thread.start()
    ended = started.result()
    try:
        yield gateway
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
