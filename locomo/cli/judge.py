"""What the commands that judge have in common: a judge outside of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo.errors import InputError
from locomo.schema import LOCAL, Claim, Verdict

if TYPE_CHECKING:
    from locomo.llm import Client


@dataclass(frozen=True)
class Judging:
    """A judge that is open: a model, or the local one (without a client)."""

    client: Client | None
    votes: int
    seed: int

    @property
    def name(self) -> str:
        """The model."""
        return f"{self.client.provider.name}/{self.client.provider.model}" if self.client else LOCAL

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts it can be asked under; the local judge has one way to judge."""
        from locomo.tasks.judge_prompt import PROMPTS

        return PROMPTS if self.client else (self.version,)

    @property
    def version(self) -> str:
        """Of the prompts' words, or of the local judge's weights."""
        from locomo.prompts import load
        from locomo.scoring.local_judge import local_version

        return load("judge").version if self.client else local_version()

    def judge(self, claims: Sequence[Claim], prompt: str) -> list[Verdict]:
        """Return a verdict for each claim (see `locomo.tasks.judging.judge`)."""
        from locomo.scoring.local_judge import judge_here
        from locomo.tasks.judging import judge

        if self.client is None:
            return judge_here(claims)
        return judge(claims, self.client, prompt, votes=self.votes, seed=self.seed)


@contextmanager
def open_judging(model: str, prompt: str | None, votes: int) -> Iterator[tuple[Judging, int]]:
    """Open a judge, and say with which seed it is asked; with `llm` and `seed` of params.yaml where there is one.

    InputError for an unknown prompt, an even number of votes, or a model that cannot be meant.
    """
    from locomo.llm import LlmSettings
    from locomo.pipeline.models import JOURNAL, client_of, open_judge
    from locomo.pipeline.params import PARAMS, read_params
    from locomo.pipeline.runs import run_id
    from locomo.tasks.judge_prompt import check_prompt

    if prompt is not None:
        check_prompt(prompt)
    if votes % 2 == 0:
        raise InputError(f"--votes: found {votes}, expected an odd number: most votes decide")
    if PARAMS.is_file():
        params = read_params()
        settings, seed, journal = params.llm, params.seed, JOURNAL
    else:
        settings, seed, journal = LlmSettings(), 0, None
    if model == LOCAL:
        yield Judging(None, votes, seed), seed
        return
    client = client_of(open_judge(model, to_ask=not settings.offline), settings, journal=journal, run=run_id())
    try:
        yield Judging(client, votes, seed), seed
    finally:
        client.cache.close()
