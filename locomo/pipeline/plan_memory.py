"""What ingesting into memory systems would ask: estimated from what an earlier ingestion took, a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.files import read_jsonl
from locomo.llm import read_prices
from locomo.llm.identity import identity
from locomo.memory.description import Rate
from locomo.memory.ingestions import INGESTIONS
from locomo.memory.shipped import shipped
from locomo.memory.store import KeptStore, fingerprint
from locomo.memory.system import System
from locomo.pipeline.params import Params
from locomo.pipeline.plan_numbers import Counter, StagePlan
from locomo.pipeline.resolution import Resolver, store_identities
from locomo.schema import Conversation

STORES: Final = Path("data/memory")
UNKNOWN: Final = "nothing is known of its calls before it has run once"
ESTIMATE: Final = "an estimate, from what {of} took a session"


def plan_memory(params: Params, conversations: Sequence[Conversation], counter: Counter) -> list[StagePlan]:
    """Return a plan for each system that has sessions to ingest; nothing is started or sent."""
    identities = store_identities(Resolver().resolve(params)["memory"])
    plans = []
    for system in params.memory.named:
        if not system.has_store:
            continue
        sessions = sum(_left(identities[system.name], conversation) for conversation in conversations)
        if sessions:
            plans.append(_plan(system, sessions, params, counter))
    return plans


def _left(store: Mapping[str, Any], conversation: Conversation) -> int:
    """Return how many sessions of a conversation are not in the store."""
    state = KeptStore(fingerprint(store, conversation)).state
    return len(conversation.sessions) - state.sessions


def _plan(system: System, sessions: int, params: Params, counter: Counter) -> StagePlan:
    rate = _measured(system)
    found = identity(params.memory.model)
    a_session = (0.0, 0.0, 0.0) if rate is None else (rate.calls, rate.input_tokens, rate.output_tokens)
    calls, inputs, outputs = (round(sessions * each) for each in a_session)
    price = read_prices().find(str(found["provider"]), str(found["model"]))
    cost = None if price is None or rate is None else price.cost(inputs, outputs)
    return StagePlan(
        stage="memory",
        purpose=f"{sessions} sessions into {system.name}",
        model=f"{found['provider']}/{found['model']}",
        requests=calls,
        cached=0,
        input_tokens=(inputs, inputs),
        output_tokens=(outputs, outputs),
        usd=None if cost is None else (cost, cost),
        minutes=counter.minutes(calls, inputs + outputs),
        note=UNKNOWN if rate is None else ESTIMATE.format(of=rate.of),
    )


def _measured(system: System) -> Rate | None:
    """Return what a session took in the last run here, else what the project has measured of a shipped system."""
    rows = STORES / system.name / INGESTIONS
    if rows.is_file():
        found = [row for _, row in read_jsonl(rows)]
        if sessions := sum(row["sessions"] for row in found):
            calls, inputs, outputs = (
                sum(row[name] for row in found) / sessions for name in ("calls", "input_tokens", "output_tokens")
            )
            return Rate(calls=calls, input_tokens=inputs, output_tokens=outputs, of="the last run")
    known = shipped(system.spec)
    return None if known is None else known.rate
