"""The server: which address does what, who may call, and what is counted."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from locomo.errors import LocomoError
from locomo.gateway.chat import Chat, completion
from locomo.gateway.chat_body import read_chat
from locomo.gateway.counts import Caller, Counts, Usage
from locomo.gateway.embeddings import Embed, check_dimensions, listed, texts_of
from locomo.gateway.metrics import Metrics
from locomo.gateway.stream import events
from locomo.gateway.trouble import RefusedError, refusal_of, response_of
from locomo.llm import Client

LOOPBACK: Final = "127.0.0.1"
MAX_TOKENS: Final = 4096
"""Of an answer where the caller does not say how long it may become; at most half of the model's window."""
GONE: Final = 499
"""The status of a request whose caller did not wait, as nginx counts it."""
LARGEST_BODY: Final = 64 * 2**20
"""Bytes."""
NAMED: Final = "/{system}/{conversation}/{phase}"

Handler = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]


class Gateway:
    """One model and one encoder behind OpenAI's API. To be used in one event loop."""

    def __init__(self, chat: Client, embed: Embed, *, embedder: str = "", token: str | None = None) -> None:
        self.client = chat
        self.token = token or secrets.token_urlsafe(24)
        """What callers have to send as bearer token."""
        self.embedder = embedder or "embedder"
        self.address = ""
        """Where it listens, without a path."""
        self.counts = Counts(chat.spending.price)
        self.metrics = Metrics(chat.spending.price)
        self.trouble: LocomoError | None = None
        """The first error that would end a run: of the budget, of the key, or working offline."""
        self._embed = embed
        self._chat = Chat(chat, self.counts, self.metrics)
        window = chat.provider.capabilities.context_window
        self._max_tokens = min(MAX_TOKENS, max(1, window // 2))

    @property
    def model(self) -> str:
        """The model that answers, whatever requests name."""
        return f"{self.client.provider.name}/{self.client.provider.model}"

    def url(self, system: str = "", conversation: str = "", phase: str = "") -> str:
        """Return the base URL for a caller, or the plain one."""
        named = "".join(f"/{quote(part, safe='')}" for part in (system, conversation, phase) if part)
        return f"{self.address}{named}/v1"

    def failures(self, system: str, conversation: str) -> list[str]:
        """Return a line for each request of a system that has got no usable answer in the end.

        Systems pass over such answers as if there had been nothing to remember.
        """
        return self.counts.failures(system, conversation)

    def usage(self, system: str, conversation: str, phase: str | None = None) -> Usage:
        """Return what a system has used for a conversation."""
        return self.counts.usage(system, conversation, phase)

    @asynccontextmanager
    async def listening(self, host: str = LOOPBACK, port: int = 0, *, in_turn: bool = True) -> AsyncIterator[None]:
        """Serve until this ends; port 0 takes a free one. `in_turn`: see `Client.serving`."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=5)
        async with self.client.serving(in_turn=in_turn):
            await runner.setup()
            try:
                site = web.TCPSite(runner, host, port)
                await site.start()
                bound = runner.addresses[0]
                shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
                self.address = f"http://{shown}:{bound[1]}"
                yield
            finally:
                await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        endpoints: dict[str, tuple[str, Handler]] = {
            "chat/completions": ("POST", self._complete),
            "embeddings": ("POST", self._vectors),
            "models": ("GET", self._models),
        }
        for name, (method, handler) in endpoints.items():
            for prefix in ("", NAMED):
                app.router.add_route(method, f"{prefix}/v1/{name}", self._served(name, handler))
        app.router.add_get("/metrics", self._served("metrics", self._metrics))
        app.router.add_route("*", "/{rest:.*}", self._served("unknown", self._unknown))
        return app

    def _served(self, endpoint: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            names = ("system", "conversation", "phase")
            caller = Caller(*(request.match_info.get(name, "") for name in names))
            began, status = time.perf_counter(), 500
            self.metrics.began()
            try:
                self._check_token(request)
                answer = await handler(request, caller)
                status = answer.status
                return answer
            except RefusedError as error:
                status = error.status
                return response_of(error)
            except ConnectionError:  # the caller has gone: nobody reads what is said
                status = GONE
                return web.Response(status=GONE)
            finally:
                self.metrics.ended(endpoint, caller, status, time.perf_counter() - began)

        return serve

    def _check_token(self, request: web.Request) -> None:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(sent.encode(), self.token.encode()):
            raise RefusedError(
                "this gateway wants its token: Authorization: Bearer …", status=401, code="invalid_api_key"
            )

    async def _complete(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        body = read_chat(await _json(request), max_tokens=self._max_tokens)
        try:
            answers = await self._chat.complete(body, caller)
        except LocomoError as error:
            raise self._refusal(error) from None
        made = completion(answers)
        if not body.stream:
            return web.json_response(made)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        for event in events(made, with_usage=body.usage_in_stream):
            await response.write(event)
        await response.write_eof()
        return response

    async def _vectors(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        body = await _json(request)
        texts = texts_of(body)
        try:
            vectors = await asyncio.to_thread(self._embed, texts)
        except LocomoError as error:
            self.counts.bad(caller, f"embedding {texts[0]}", str(error))
            raise self._refusal(error) from None
        check_dimensions(body, vectors)
        self.counts.embedded(caller, len(texts))
        return web.json_response(listed(body, texts, vectors, self.embedder))

    def _refusal(self, error: LocomoError) -> RefusedError:
        refusal = refusal_of(error)
        if refusal.status != 400:
            self.trouble = self.trouble or error
        return refusal

    async def _models(self, _: web.Request, __: Caller) -> web.StreamResponse:
        names = (self.model, self.embedder)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "locomo"} for name in names]
        return web.json_response({"object": "list", "data": data})

    async def _metrics(self, _: web.Request, __: Caller) -> web.StreamResponse:
        return web.Response(body=self.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _unknown(self, request: web.Request, _: Caller) -> web.StreamResponse:
        raise RefusedError(
            f"{request.method} {request.path}: expected /v1/chat/completions, /v1/embeddings, /v1/models or /metrics, "
            "as a rule behind /SYSTEM/CONVERSATION/PHASE",
            status=404,
            code="unknown_url",
        )


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise RefusedError(f"the body is no JSON: {error}", code="invalid_body") from None
