"""A stage's model: opened as params.yaml says, with what it takes and costs written to `logs/` when it is done."""

from __future__ import annotations

import json
import logging
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from locomo.errors import IncompleteError
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.llm import Client, LlmSettings, MissingError, Provider, Spending, open_cache, open_model, read_prices
from locomo.pipeline.guard import LOGS, Stage
from locomo.pipeline.params import Params
from locomo.tasks.judging import WINDOW

JOURNAL: Final = LOGS / "calls.jsonl"
"""One line for each call that was paid, of all stages and runs."""

log = logging.getLogger("locomo")


def open_provider(params: Params, model: str, *, to_ask: bool = True) -> Provider:
    """Open a model with the window and the weights that params.yaml asks for (see `open_model`)."""
    answer = params.answer
    return open_model(model, context_window=answer.context_window, quantization=answer.quantization, to_ask=to_ask)


def open_judge(model: str, *, to_ask: bool = True) -> Provider:
    """Open a model as judge (see `open_model`)."""
    return open_model(model, context_window=WINDOW, to_ask=to_ask)


def new_client(params: Params, model: str, *, journal: Path | None = None, run: str = "") -> Client:
    """Return a client of the answering model with the cache, the limits and the budget of params.yaml."""
    provider = open_provider(params, model, to_ask=not params.llm.offline)
    return client_of(provider, params.llm, journal=journal, run=run)


def client_of(provider: Provider, settings: LlmSettings, *, journal: Path | None = None, run: str = "") -> Client:
    """Return a client of an opened model."""
    price = read_prices().find(provider.name, provider.model)
    spending = Spending(price, budget=settings.budget_usd, journal=journal, run=run)
    spending.check(f"{provider.name}/{provider.model}")
    return Client(provider, open_cache(settings.cache), settings, spending)


@contextmanager
def open_client(stage: Stage, model: str, *, judge: bool = False) -> Iterator[Client]:
    """Open a model for a stage. What was asked of it is logged at the end, whether or not the stage succeeds."""
    if judge:
        settings = stage.params.llm
        client = client_of(open_judge(model, to_ask=not settings.offline), settings, journal=JOURNAL, run=run_id())
    else:
        client = new_client(stage.params, model, journal=JOURNAL, run=run_id())
    try:
        yield client
    except MissingError as error:
        listed = LOGS / f"{stage.name}.missing.jsonl"
        write_jsonl(listed, [request.fields() for request in error.missing])
        raise IncompleteError(
            f"{error}; all are listed in {listed}. `locomo cache import FILE` brings answers from elsewhere, "
            "llm.offline=false asks the model"
        ) from None
    finally:
        usage = summary(client)
        write_text(LOGS / f"{stage.name}.usage.json", pretty_json(usage))
        log.info("%s: %s", stage.name, json.dumps(usage))
        client.cache.close()


def summary(client: Client) -> dict[str, Any]:
    """Return what a client has asked, how it went and what was really spent: it varies from run to run."""
    tally, spending = client.tally, client.spending
    seconds = sorted(tally.seconds)
    return {
        "model": f"{client.provider.name}/{client.provider.model}",
        "requests": tally.requests,
        "from_cache": tally.hits,
        "hit_rate": round(tally.hits / tally.requests, 4) if tally.requests else None,
        "answered": tally.answered,
        "failed": tally.errors,
        "retries": dict(tally.retries.most_common()),
        "input_tokens": tally.input_tokens,
        "cached_tokens": tally.cached_tokens,
        "reused_tokens": tally.reused_tokens,
        "output_tokens": tally.output_tokens,
        "usd": None if spending.price is None else round(spending.usd, 6),
        "seconds_p50": _round(statistics.median(seconds) if seconds else None),
        "seconds_p95": _round(seconds[int(0.95 * (len(seconds) - 1))] if seconds else None),
    }


def run_id() -> str:
    """Return what stands for this run: the DVC process that runs all its stages, else this process."""
    process = psutil.Process(os.getppid() if "DVC_STAGE" in os.environ else os.getpid())
    return f"{process.pid}-{process.create_time():.2f}"


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
