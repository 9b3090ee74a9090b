"""How long the embedded model takes for what a stage is about to ask, said before it asks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from locomo.llm import Client
from locomo.models import smollm2
from locomo.pipeline.params import Params
from locomo.progress import duration
from locomo.tasks.job import Job, requests_for
from locomo.tasks.protocol import Protocol
from locomo.threads import thread_count

SECONDS: Final = {"qa": 1.4, "rag": 1.0, "gold_evidence": 1.0, "no_memory": 0.3}
"""Of an answer, by what is asked, with the params that ship and `THREADS` threads, measured with the Q4_1 file: a bound
from above for what is said ahead. While a stage asks, its progress says how long the rest takes at the speed so far."""
THREADS: Final = 2
LONG: Final = 600.0
"""Seconds from which on it is worth saying."""
_EMBEDDED: Final = ("gguf", smollm2.NAME)

log = logging.getLogger("locomo")


def say_how_long(what: str, params: Params, client: Client, jobs: Sequence[Job], protocol: Protocol) -> None:
    """Log about how long the embedded model takes, if that is long, and how to take less; `what` asks.

    The speed of other models is not known before they are asked.
    """
    if (client.provider.name, client.provider.model) != _EMBEDDED:
        return
    requests = requests_for(jobs, client.provider, protocol, max_tokens=params.answer.max_tokens, seed=params.seed)
    missing = {request.key for request in client.missing(requests)}
    asked = [job for job, request in zip(jobs, requests, strict=True) if request.key in missing]
    seconds = how_long(asked)
    if seconds < LONG:
        return
    without = how_long([job for job in asked if job.task != "baseline"])
    less = f"; {duration(without)} without the baselines: -S 'baselines=[]'" if 0 < without < seconds else ""
    log.info(
        "%s: %s new answers take the embedded model about %s on %d threads%s; what is answered is kept if you stop it",
        *(what, f"{len(asked):,}", duration(seconds), thread_count(), less),
    )


def how_long(jobs: Sequence[Job]) -> float:
    """Return about how many seconds the embedded model takes for jobs."""
    seconds = sum(SECONDS[(job.unit or job.task) if job.task == "baseline" else job.task] for job in jobs)
    return seconds * THREADS / thread_count()
