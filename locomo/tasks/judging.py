"""A model as judge: is an answer what the reference says? One call a vote, through the cache like any other.

Where a rubric says what a good answer has, each of its items is asked about by itself: so a verdict stays a yes or no,
which small models give and votes settle, and an item means the same whatever others stand beside it. Where a cue does,
the reply is graded.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any, Final

from locomo.llm import Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.prices import Price
from locomo.llm.run_requests import run_requests
from locomo.progress import Progress
from locomo.prompts.load import Prompts
from locomo.schema import Claim, Usage, Verdict
from locomo.tasks.judge_prompt import judge_prompt
from locomo.tasks.verdicts import REASONING, read_grade, read_verdict

CORRECT: Final = "correct"
MET: Final = "met"
"""What is asked of an answer for each item of a rubric, in the same words under every prompt."""
GRADE: Final = "grade"
GRADES: Final = {"correct": 1.0, "partial": 0.5, "wrong": 0.0}
"""What is asked of a reply to a cue, and what each grade earns; in the same words under every prompt."""
ABSTAINED: Final = "abstained"
"""What is asked of answers in category 5, where the dialogue does not tell: in the same words under every prompt."""


def _schema(field: str, kind: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {REASONING: {"type": "string"}, field: kind or {"type": "boolean"}},
        "required": [REASONING, field],
        "additionalProperties": False,
    }


SCHEMA: Final = _schema(CORRECT)
ABSTENTION: Final = _schema(ABSTAINED)
RUBRIC: Final = _schema(MET)
CUE: Final = _schema(GRADE, {"type": "string", "enum": list(GRADES)})
MAX_TOKENS: Final = 300
"""Of a verdict, unless params.yaml says otherwise."""
VOTING_TEMPERATURE: Final = 0.7
"""Of each call where there are several votes: at temperature 0 a judge would repeat itself."""
WINDOW: Final = 4096
"""Tokens that a judge is opened with, whatever the answering model has: its prompts are short."""

log = logging.getLogger("locomo")


def judge(
    claims: Sequence[Claim], client: Client, prompt: str, *, votes: int, seed: int, max_tokens: int = MAX_TOKENS
) -> list[Verdict]:
    """Return a verdict for each claim: what most of its `votes` say, which must be an odd number.

    By a rubric, most votes decide on each item, and an answer is correct that meets them all; without a verdict on one
    of them there is none. Of grades, the middle one counts. A verdict that failed permanently has its reason.

    IncompleteError if some failed temporarily, after all were asked.
    """
    requests = requests_for(claims, client.provider, prompt, votes=votes, seed=seed, max_tokens=max_tokens)
    asked = [_asks(claim) for claim in claims]
    count = sum(map(len, asked))
    log.info("judge: %s/%s, prompt %s, %d verdicts", client.provider.name, client.provider.model, prompt, count)
    progress = Progress("judge", len(requests), lambda: f"{client.tally.hits} from the cache")
    outcomes = run_requests(client, requests, progress, what="judgements", kept="all that were received")
    price = client.spending.price
    verdicts = iter(
        [
            _verdict(ask, outcomes[number * votes : (number + 1) * votes], price)
            for number, ask in enumerate(ask for asks in asked for ask in asks)
        ]
    )
    return [_together(claim, [next(verdicts) for _ in asks]) for claim, asks in zip(claims, asked, strict=True)]


def requests_for(
    claims: Sequence[Claim], provider: Provider, prompt: str, *, votes: int, seed: int, max_tokens: int = MAX_TOKENS
) -> list[Request]:
    """Return what is sent: `votes` requests a claim, or an item of its rubric, one after the other."""
    prompts = judge_prompt(prompt).prompts
    return [
        Request(
            **addressed(provider),
            messages=ask.messages(prompts),
            max_tokens=max_tokens,
            temperature=VOTING_TEMPERATURE if votes > 1 else 0.0,
            # A local model with the same seed would cast the same vote again.
            seed=seed + vote if provider.capabilities.seed else None,
            repeat=vote or None,
            schema=ask.schema,
            reader=ask.read,
        )
        for claim in claims
        for ask in _asks(claim)
        for vote in range(votes)
    ]


@dataclass(frozen=True, slots=True)
class _Ask:
    """One thing that a judge is asked about an answer."""

    system: str
    """Name of the template that says how to judge; `user` is that of the question."""
    user: str
    values: Mapping[str, str]
    field: str
    """Of the answer's JSON, which has the verdict."""
    schema: dict[str, Any]

    @property
    def read(self) -> Callable[[str], dict[str, Any]]:
        """What reads the answer."""
        if self.field == GRADE:
            return partial(read_grade, field=GRADE, grades=tuple(GRADES))
        return partial(read_verdict, field=self.field)

    def messages(self, prompts: Prompts) -> tuple[Message, Message]:
        """Return what is sent."""
        return Message("system", prompts.fill(self.system)), Message("user", prompts.fill(self.user, **self.values))


def _asks(claim: Claim) -> list[_Ask]:
    """Return what is asked about an answer: one thing, or each item of a rubric."""
    said = {"question": claim.question, "answer": claim.answer}
    if claim.rubric:
        return [_Ask("rubric", "user_rubric", said | {"item": item}, MET, RUBRIC) for item in claim.rubric]
    if claim.cue is not None:
        return [_Ask("cue", "user_cue", said | {"cue": claim.cue}, GRADE, CUE)]
    if claim.gold is None:
        return [_Ask("abstention", "user_abstention", said, ABSTAINED, ABSTENTION)]
    return [_Ask("rules", "user", said | {"gold": claim.gold}, CORRECT, SCHEMA)]


def _together(claim: Claim, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a whole answer."""
    if not claim.rubric:
        return verdicts[0]
    usage = Usage(cost_usd=0.0)
    for verdict in verdicts:
        usage = usage.plus(verdict.usage or Usage())
    failed = next((verdict for verdict in verdicts if verdict.correct is None), None)
    if failed is not None:
        return Verdict(None, failed.error, usage)
    share = fmean(bool(verdict.correct) for verdict in verdicts)
    return Verdict(share == 1.0, usage=usage, share=share)


def _verdict(ask: _Ask, outcomes: Sequence[Outcome], price: Price | None) -> Verdict:
    """Count the votes: those that failed decide nothing, and without them a majority of all must be reached."""
    usage = _usage(outcomes, price)
    votes: Counter[bool | str] = Counter()
    failures: list[str | None] = []
    for outcome in outcomes:
        try:
            if outcome.response is None:
                raise ValueError(outcome.error)
            votes[ask.read(outcome.response.text)[ask.field]] += 1
        except ValueError as error:  # kept in the cache by somebody who did not read it
            failures.append(str(error))
    if ask.field == GRADE:
        return _graded(votes, len(outcomes), failures, usage)
    for correct in (True, False):
        if votes[correct] > len(outcomes) / 2:
            return Verdict(correct, usage=usage)
    return Verdict(None, failures[0], usage)


def _graded(votes: Counter[bool | str], asked: int, failures: Sequence[str | None], usage: Usage) -> Verdict:
    """Return the middle one of the grades, the lower of two, where more than half of the votes have given one."""
    given = sorted(GRADES[str(grade)] for grade in votes.elements())
    if len(given) <= asked / 2:
        return Verdict(None, failures[0], usage)
    middle = given[(len(given) - 1) // 2]
    return Verdict(middle == 1.0, usage=usage, share=middle)


def _usage(outcomes: Sequence[Outcome], price: Price | None) -> Usage:
    """Return what the votes take when none is cached; what cannot be used is billed like any other answer."""
    taken = [found for outcome in outcomes if (found := outcome.response or outcome.refusal) is not None]
    return Usage(
        input_tokens=sum(each.input_tokens for each in taken),
        cached_tokens=sum(outcome.response.cached_tokens for outcome in outcomes if outcome.response),
        output_tokens=sum(each.output_tokens for each in taken),
        cost_usd=None if price is None else sum(price.cost(each.input_tokens, each.output_tokens) for each in taken),
    )
