"""Vectors for texts from a service, through the cache: what was embedded once is never paid again."""

from __future__ import annotations

import asyncio
import base64
import importlib
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from locomo.errors import InputError, LocomoError, ProviderError, did_you_mean
from locomo.llm import observing
from locomo.llm.accounting import Account
from locomo.llm.cache import RequestCache
from locomo.llm.catalog import read_catalog
from locomo.llm.chunks import chunks
from locomo.llm.contact import Contact
from locomo.llm.provider import TransientError, addressed
from locomo.llm.retry import retry
from locomo.llm.spending import Reserved, Spending
from locomo.llm.types import Message, Request, Response, Tally

EMBEDDERS = {"openai": "locomo.llm.providers.openai_embedding"}
"""Provider to module, which has `open_model(model, facts)`."""
PAUSE = 0.2
"""Seconds between two looks whether another machine has got what it asks for."""
BEGINNING = 40
"""Characters by which a text is named in errors."""

Vectors = npt.NDArray[np.float32]


class EmbeddingModel(Protocol):
    """One model that makes vectors. Trouble is reported as `locomo.llm.provider.Provider` says."""

    name: str
    model: str
    revision: str | None
    concurrency: int
    """Calls that it serves at once."""
    max_texts: int
    """In one call."""
    max_tokens: int
    """In one call."""
    window: int
    """Tokens of one text."""

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text, or a little more."""
        ...

    async def embed(self, texts: Sequence[str], dimensions: int | None) -> tuple[Vectors, int]:
        """Return one row for each text, in order, and the tokens that it took."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...


def is_bought(name: str) -> bool:
    """Return whether the vectors of an encoder come from a service: `openai/…`, a service by name, or an alias."""
    catalog = read_catalog()
    target, _ = catalog.resolve(name)
    family, slash, _ = target.partition("/")
    return bool(slash) and (family in EMBEDDERS or family in catalog.services)


def open_embedding_model(name: str) -> EmbeddingModel:
    """Open `provider/model`; InputError for a name that cannot be meant, ProviderError if it cannot be used here."""
    catalog = read_catalog()
    target, facts = catalog.resolve(name)
    provider, _, model = target.partition("/")
    named = catalog.service_of(target)
    speaks = named[1].speaks if named else provider
    if speaks not in EMBEDDERS or not model:
        known = ", ".join(f"{each}/…" for each in EMBEDDERS)
        raise InputError(
            f"embedding model '{name}': expected {known}, or a service of models.yaml that speaks like it"
            f"{did_you_mean(provider, [*EMBEDDERS, *catalog.services])}"
        )
    module = importlib.import_module(EMBEDDERS[speaks])
    opened: EmbeddingModel = module.open_model(model, facts, named) if named else module.open_model(model, facts)
    return opened


class EmbeddingClient:
    """Embeds texts with one model, through the cache."""

    def __init__(
        self,
        model: EmbeddingModel,
        cache: RequestCache,
        *,
        dimensions: int | None = None,
        offline: bool = False,
        spending: Spending | None = None,
    ) -> None:
        self.model = model
        self.cache = cache
        self.offline = offline
        self.dimensions = dimensions
        self.tally = Tally()
        self.spending = spending or Spending(None)
        self.account = Account(self.spending, self.tally)
        self._contact = Contact(f"{model.name}/{model.model}")
        if observing.observer is not None:
            usd, named = (lambda: self.spending.usd), f"{model.name}/{model.model}"
            observing.observer.opened(observing.Asking(named, self.spending.stage, self.tally, usd))

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text, in order. Each call's vectors are stored as it returns.

        InputError if a text is empty or too long; ProviderError offline, if the cache lacks some. ProviderError at the
        first permanent refusal and BudgetError before the call that could cross the budget: once the calls in flight
        have come in, since those are paid. TransientError if a call failed temporarily, once all others have ended.
        Where machines share the cache, what another one asks for is waited for.
        """
        for number, text in enumerate(texts, start=1):
            self._check(text, f"text {number} of {len(texts)}")
        requests = {text: self.request(text) for text in texts}
        rows = {text: row for text, request in requests.items() if (row := self._stored(request)) is not None}
        missing = [text for text in requests if text not in rows]
        self.tally.requests += len(texts)
        self.tally.hits += len(texts) - len(missing)

        if missing and self.offline:
            raise ProviderError(
                f"encoder '{self._name}': {len(missing)} texts are not in the cache; llm.offline=false asks the service"
            )
        while missing:
            ours = await self.cache.claim([requests[text] for text in missing])
            await self._ask([text for text in missing if requests[text].key in ours], requests, rows)
            rows |= {
                text: row for text in missing if text not in rows and (row := self._stored(requests[text])) is not None
            }
            if missing := [text for text in missing if text not in rows]:
                await asyncio.sleep(PAUSE)
        return self._stacked([rows[text] for text in texts])

    async def _ask(self, texts: Sequence[str], requests: Mapping[str, Request], rows: dict[str, Vectors]) -> None:
        """Ask for vectors, store them and add them to the rows."""
        slots = asyncio.Semaphore(self.model.concurrency)
        stopped: list[LocomoError] = []
        failed: list[TransientError] = []

        async def send(chunk: list[str]) -> None:
            try:
                found = await self._send(chunk, requests[chunk[0]], slots, stopped)
            except (TransientError, LocomoError) as error:  # what the other calls bring is paid: let them end
                await self.cache.give_up([requests[text] for text in chunk])
                if isinstance(error, LocomoError):
                    stopped.append(error)
                else:
                    self.tally.errors += len(chunk)
                    failed.append(error)
                return
            self.tally.answered += len(chunk)
            rows.update(zip(chunk, found, strict=True))
            await asyncio.gather(*(self._store(requests[text], rows[text]) for text in chunk))

        try:
            async with asyncio.TaskGroup() as group:
                for chunk in self.calls(texts):
                    group.create_task(send(chunk))
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        finally:
            self.spending.close()
        if errors := [*stopped, *failed]:
            raise errors[0]

    def calls(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the texts as they are sent, so many in each call."""
        return chunks(texts, most=self.model.max_texts, room=self.model.max_tokens, size=self.model.count_tokens)

    def _check(self, text: str, place: str) -> None:
        if not text.strip():
            raise InputError(f"model '{self._name}': {place} is empty; an embedding needs words")
        if (tokens := self.model.count_tokens(text)) > self.model.window:
            raise InputError(
                f"model '{self._name}': {place}, '{' '.join(text[:BEGINNING].split())}…', has about {tokens:,} tokens, "
                f"expected at most {self.model.window:,}; shorten it"
            )

    async def _send(
        self, chunk: list[str], first: Request, slots: asyncio.Semaphore, stopped: Sequence[LocomoError]
    ) -> Vectors:
        """Make one call, within the budget and booked as any other; its line in the journal names its first text.

        Once others have `stopped`, nothing is sent, and their error is raised.
        """

        async def call() -> Vectors:
            async with slots:
                if stopped:
                    raise stopped[0]
                reserved = await self.spending.reserve(sum(map(self.model.count_tokens, chunk)), 0)
                try:
                    await self.cache.look(first)  # returns when what comes can be stored
                    return await self._call(chunk, first, reserved)
                finally:
                    self.spending.release(reserved)

        def count(error: TransientError) -> None:
            self.tally.retries[error.counted] += 1

        return await retry(call, on_retry=count)

    async def _call(self, chunk: list[str], first: Request, reserved: Reserved) -> Vectors:
        began = time.monotonic()
        self._contact.sending()
        self.account.sending(first, reserved)
        try:
            vectors, tokens = await self.model.embed(chunk, self.dimensions)
        except TransientError as error:
            self.account.book(first, error, reserved, seconds=time.monotonic() - began)
            self._contact.failed(error)
            raise
        except ProviderError as error:
            self.account.book(first, error, reserved, seconds=time.monotonic() - began)
            raise
        except asyncio.CancelledError as cancelled:
            self.account.book_most(first, reserved, cancelled)
            raise
        received = Response("", self.model.model, input_tokens=tokens, output_tokens=0)
        self.account.book(first, received, reserved, seconds=time.monotonic() - began)
        return vectors

    def request(self, text: str) -> Request:
        """Return what stands for a text in the cache."""
        return Request(
            **addressed(self.model),
            messages=(Message("user", text),),
            max_tokens=0,
            kind="embedding",
            dimensions=self.dimensions,
        )

    async def _store(self, request: Request, vector: Vectors) -> None:
        """Store a vector as base64 of its numbers, little-endian: exact, and a third of what decimals take.

        The service counts tokens for whole calls, so there are none in the entry.
        """
        text = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        await self.cache.store(request, Response(text, self.model.model, input_tokens=0, output_tokens=0))

    def _stored(self, request: Request) -> Vectors | None:
        response = self.cache.get(request)
        if response is None:
            return None
        return np.frombuffer(base64.b64decode(response.text), dtype="<f4").astype(np.float32)

    def _stacked(self, rows: list[Vectors]) -> Vectors:
        lengths = sorted({len(row) for row in rows})
        if len(lengths) > 1:
            raise InputError(
                f"model '{self._name}': vectors of {' and '.join(map(str, lengths))} numbers; the server has given "
                "another model this name: use another request cache"
            )
        return np.stack(rows) if rows else np.zeros((0, self.dimensions or 0), dtype=np.float32)

    @property
    def _name(self) -> str:
        return f"{self.model.name}/{self.model.model}"
