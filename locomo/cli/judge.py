"""What the commands that judge have in common: a judge outside of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locomo.errors import InputError
from locomo.schema import Claim, Verdict

if TYPE_CHECKING:
    from locomo.llm import Client


@contextmanager
def open_judging(model: str, prompt: str | None, votes: int) -> Iterator[tuple[Client, int]]:
    """Open a judge, and say with which seed it is asked; with `llm` and `seed` of params.yaml where there is one.

    InputError for an unknown prompt, an even number of votes, or a model that cannot be meant.
    """
    from locomo.llm import LlmSettings
    from locomo.pipeline.models import JOURNAL, client_of, open_judge, run_id
    from locomo.pipeline.params import PARAMS, read_params
    from locomo.tasks.judging import check_prompt

    if prompt is not None:
        check_prompt(prompt)
    if votes % 2 == 0:
        raise InputError(f"--votes: found {votes}, expected an odd number: most votes decide")
    if PARAMS.is_file():
        params = read_params()
        settings, seed, journal = params.llm, params.seed, JOURNAL
    else:
        settings, seed, journal = LlmSettings(), 0, None
    client = client_of(open_judge(model, to_ask=not settings.offline), settings, journal=journal, run=run_id())
    try:
        yield client, seed
    finally:
        client.cache.close()


def ask_judge(claims: Sequence[Claim], client: Client, prompt: str, votes: int, seed: int) -> list[Verdict]:
    """Return a verdict for each claim (see `locomo.tasks.judging.judge`)."""
    from locomo.tasks.judging import judge

    return judge(claims, client, prompt, votes=votes, seed=seed)
