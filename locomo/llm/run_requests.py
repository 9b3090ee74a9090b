"""Asking many requests in an event loop of their own, until each is answered or has failed permanently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

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
    outcomes: dict[int, Outcome] = {}
    run_each(client, requests, outcomes.__setitem__, progress, what=what, kept=kept)
    return [outcomes[place] for place in range(len(requests))]


def run_each(
    client: Client,
    requests: Sequence[Request],
    on_outcome: Callable[[int, Outcome], None],
    progress: Progress,
    *,
    what: str,
    kept: str = "all answers received",
) -> None:
    """Do as `run_requests`, and hand over the place and the outcome of each as it comes, in place of keeping them."""
    failed: Counter[str | None] = Counter()

    def done(place: int, outcome: Outcome) -> None:
        if outcome.transient:
            failed[outcome.error] += 1
        on_outcome(place, outcome)
        progress.step()

    run(_ask(client, requests, done, progress))
    if failed:
        ((reason, _),) = failed.most_common(1)
        raise IncompleteError(
            f"{failed.total()} of {len(requests)} {what} failed temporarily, most often with {reason}; {kept} are "
            "kept, and running again asks only for the rest"
        )


async def _ask(
    client: Client, requests: Sequence[Request], on_outcome: Callable[[int, Outcome], None], progress: Progress
) -> None:
    try:
        await client.ask_each(requests, on_outcome)
    finally:
        progress.close()
        await client.provider.close()
