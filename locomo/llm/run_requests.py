"""Asking many requests in an event loop of their own, until each is answered or has failed permanently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from locomo.errors import IncompleteError
from locomo.llm.client import Client, Outcome
from locomo.llm.types import Request
from locomo.loops import run
from locomo.progress import Progress


def run_requests(
    client: Client, requests: Sequence[Request], progress: Progress, *, what: str, kept: str = "all answers received"
) -> list[Outcome]:
    """Return an outcome for each request, in their order, and close the progress and the model.

    IncompleteError if some failed temporarily, after all were asked: `what` names what failed, `kept` what did not.
    """
    outcomes = run(_ask(client, requests, progress))
    if failed := [outcome.error for outcome in outcomes if outcome.transient]:
        ((reason, _),) = Counter(failed).most_common(1)
        raise IncompleteError(
            f"{len(failed)} of {len(outcomes)} {what} failed temporarily, most often with {reason}; {kept} are kept, "
            "and running again asks only for the rest"
        )
    return outcomes


async def _ask(client: Client, requests: Sequence[Request], progress: Progress) -> list[Outcome]:
    try:
        return await client.ask_all(requests, progress.step)
    finally:
        progress.close()
        await client.provider.close()
