"""A stage's model: opened as params.yaml says, with what it takes and costs written to `logs/` when it is done."""

from __future__ import annotations

import logging
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from locomo.cache_folder import kept_folder
from locomo.errors import IncompleteError, ProviderError
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.llm import Client, LlmSettings, MissingError, Provider, Spending, open_cache, open_model, read_prices
from locomo.llm.cache.read_only import ReadOnlyBackend
from locomo.llm.types import Tally
from locomo.llm.workers import on_workers
from locomo.pipeline.failures import check_failures, log_failures
from locomo.pipeline.guard import Stage
from locomo.pipeline.logs import LOGS, fields
from locomo.pipeline.params import PARAMS, Params
from locomo.pipeline.recorded import ask_only_what_is_new, why_not
from locomo.pipeline.runs import run_id
from locomo.tasks.judging import WINDOW

JOURNAL: Final = LOGS / "calls.jsonl"
"""One line for each call that is billed, of all stages and runs."""

log = logging.getLogger("locomo")


def open_provider(params: Params, model: str, *, to_ask: bool = True) -> Provider:
    """Open a model with the window, the weights and the thinking that params.yaml asks for (see `open_model`)."""
    answer = params.answer
    return open_model(
        model,
        context_window=answer.context_window,
        quantization=answer.quantization,
        effort=answer.effort,
        thinking_tokens=answer.thinking_tokens,
        to_ask=to_ask,
    )


class Opener(Protocol):
    """A way to open a model by name; `to_ask` says whether it is to be asked, which needs a key."""

    def __call__(self, model: str, *, to_ask: bool) -> Provider:
        """See `open_model`."""
        ...


def open_whole(model: str, *, to_ask: bool = True) -> Provider:
    """Open a model with all of its window, whatever `answer` says: for what must not depend on that."""
    return open_model(model, context_window=None, to_ask=to_ask)


def open_judge(model: str, *, to_ask: bool = True) -> Provider:
    """Open a model as judge (see `open_model`)."""
    return open_model(model, context_window=WINDOW, to_ask=to_ask)


def new_client(
    params: Params,
    model: str,
    opener: Opener | None = None,
    *,
    journal: Path | None = None,
    run: str = "",
    stage: str = "",
) -> Client:
    """Return a client of a model with the cache, the limits and the budget of params.yaml.

    Without an opener it is opened as params.yaml says of the model that answers (`open_provider`).
    """
    open_it = opener or partial(open_provider, params)
    provider = open_it(model, to_ask=not params.llm.offline)
    if not params.llm.offline:
        provider = on_workers(provider, partial(open_it, model, to_ask=True), params.llm.workers)
    return client_of(provider, params.llm, journal=journal, run=run, stage=stage)


def client_of(
    provider: Provider, settings: LlmSettings, *, journal: Path | None = None, run: str = "", stage: str = ""
) -> Client:
    """Return a client of an opened model."""
    price = read_prices().find(provider.name, provider.model)
    spending = Spending(price, budget=settings.budget_usd, journal=journal, run=run, stage=stage)
    spending.check(f"{provider.name}/{provider.model}")
    spending.book_lost()
    cache = open_cache(settings.cache)
    if isinstance(cache.backend, ReadOnlyBackend) and not settings.offline:
        # What is paid for has to be kept: nothing is asked whose answer could not be.
        log.warning("%s may be read and not written: as with llm.offline=true, nothing new is asked", cache.location)
        settings = settings.model_copy(update={"offline": True})
    return Client(provider, cache, settings, spending)


@contextmanager
def open_client(stage: Stage, model: str, opener: Opener | None = None, *, of_memory: bool = False) -> Iterator[Client]:
    """Open a model for a stage (see `new_client`). What was asked of it is logged at the end, come what may.

    `of_memory`: it is the model of memory systems, beside the one that answers, and its calls are logged apart.
    """
    client, what = _new_client(stage, model, opener), f"{stage.name}.memory" if of_memory else stage.name
    try:
        with asking(client, what, stage.params.llm.max_failed):
            yield client
    except MissingError as error:
        listed = LOGS / f"{what}.missing.jsonl"
        write_jsonl(listed, [request.fields() for request in error.missing])
        raise IncompleteError(
            f"{error}; all are listed in {listed}. `locomo cache import FILE` brings answers from elsewhere, "
            "llm.offline=false asks the model"
        ) from None
    finally:
        asked = stage.asked.setdefault(what, [])  # by each model of the stage: a judge asks for several things
        asked.append(ClientCalls.by(client))
        usage = summary(asked)
        if of_memory:
            stage.memory_usage = usage
        else:
            stage.usage = usage
        write_text(LOGS / f"{what}.usage.json", pretty_json(usage))


@contextmanager
def asking(client: Client, what: str, max_failed: float) -> Iterator[Client]:
    """Ask a client; at the end what was asked is logged, come what may, and the cache is closed.

    TooManyFailedError if a larger share of the requests than `max_failed` failed for good.
    """
    try:
        yield client
        check_failures(what, client.tally, max_failed)
    finally:
        usage = summary([ClientCalls.by(client)])
        log.info("%s: %s", what, in_words(usage), extra=fields(**usage))
        log_failures(what, client.tally)
        client.cache.close()


def journal() -> Path:
    """Return where calls are noted: in the logs of a project, and outside of one where answers are kept."""
    return JOURNAL if PARAMS.is_file() else kept_folder("calls") / JOURNAL.name


def _new_client(stage: Stage, model: str, opener: Opener | None) -> Client:
    """Open a model that asks for nothing that was recorded (see `locomo.pipeline.recorded`)."""
    try:
        client = new_client(stage.params, model, opener, journal=JOURNAL, run=run_id(), stage=stage.name)
    except ProviderError as error:  # without a key, say, as one who only wants to see the results
        if (recorded := why_not(stage.name, f"to make them again instead, {error}")) is not None:
            raise recorded from None
        raise
    name = f"{client.provider.name}/{client.provider.model}"
    client.spending.before_each = ask_only_what_is_new(stage.name, name, client.spending.price)
    return client


@dataclass(frozen=True, slots=True)
class ClientCalls:
    """What one client asked, without the client, whose model may be large."""

    model: str
    tally: Tally
    usd: float | None
    """What it cost; None where the price is unknown."""

    @classmethod
    def by(cls, client: Client) -> ClientCalls:
        """Return what a client has asked so far."""
        spending = client.spending
        name = f"{client.provider.name}/{client.provider.model}"
        return cls(name, client.tally, None if spending.price is None else spending.usd)


def summary(asked: Sequence[ClientCalls]) -> dict[str, Any]:
    """Return what clients have asked, how it went and what was really spent: it varies from run to run."""
    tallies = [each.tally for each in asked]
    requests, hits = sum(tally.requests for tally in tallies), sum(tally.hits for tally in tallies)
    seconds = sorted(taken for tally in tallies for taken in tally.seconds)
    costs = [each.usd for each in asked if each.usd is not None]
    return {
        "model": ", ".join(dict.fromkeys(each.model for each in asked)),
        "requests": requests,
        "from_cache": hits,
        "hit_rate": round(hits / requests, 4) if requests else None,
        "answered": sum(tally.answered for tally in tallies),
        "failed": sum(tally.errors for tally in tallies),
        "failures": dict(sum((tally.failures for tally in tallies), Counter[str]()).most_common()),
        "retries": dict(sum((tally.retries for tally in tallies), Counter[str]()).most_common()),
        "input_tokens": sum(tally.input_tokens for tally in tallies),
        "cached_tokens": sum(tally.cached_tokens for tally in tallies),
        "reused_tokens": sum(tally.reused_tokens for tally in tallies),
        "output_tokens": sum(tally.output_tokens for tally in tallies),
        "usd": round(sum(costs), 6) if len(costs) == len(asked) else None,
        "seconds_p50": _round(statistics.median(seconds) if seconds else None),
        "seconds_p95": _round(seconds[int(0.95 * (len(seconds) - 1))] if seconds else None),
    }


def in_words(usage: Mapping[str, Any]) -> str:
    """Return a summary as one line for people."""
    spent = "a price that is not known" if usage["usd"] is None else f"${usage['usd']:.4f}"
    parts = [
        f"{usage['model']}, {usage['requests']:,} requests, {usage['from_cache']:,} of them from the cache",
        f"{usage['input_tokens']:,} tokens in, {usage['output_tokens']:,} out for {spent}",
    ]
    parts += [f"{usage['failed']:,} failed"] if usage["failed"] else []
    if usage["retries"]:
        parts.append(f"{sum(usage['retries'].values()):,} retries")
    return "; ".join(parts)


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
