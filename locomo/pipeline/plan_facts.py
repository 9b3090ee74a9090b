"""What a judge of events would be asked: lists are split into facts, and each is held against the other list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from locomo.files import canonical_json
from locomo.llm import Request
from locomo.pipeline.models import open_judge
from locomo.pipeline.params import Params
from locomo.pipeline.plan_generate import STAND_INS, Conversations
from locomo.pipeline.plan_numbers import Counter, StagePlan
from locomo.pipeline.rehearsal import Rehearsal
from locomo.schema.event import EventRow
from locomo.scoring.events.facts import lists_of
from locomo.scoring.events.score import summaries
from locomo.tasks.events.facts import EVENT, SPLIT, judge_facts

FEWEST: Final = 2
MOST: Final = 4
"""Facts of an event, where nobody has split it yet: no measured number, but what a sentence of twelve words holds."""
NOTE: Final = f"an estimate: {FEWEST} to {MOST} facts an event are assumed where lists are not split yet"


class _Splitter:
    """Gives stand-ins for lists of facts, and counts them."""

    def __init__(self) -> None:
        self.facts = 0

    def __call__(self, request: Request) -> str | None:
        if request.schema != SPLIT:
            return None
        facts = []
        for line in request.messages[-1].content.splitlines():
            if line.startswith(EVENT):
                words = line.removeprefix(EVENT).split()
                size = -(-len(words) // FEWEST)
                facts += [" ".join(words[first : first + size]) for first in range(0, len(words), size)]
        self.facts += len(facts)
        return canonical_json({"facts": facts})


def plan_facts(params: Params, made: Conversations, rows: Sequence[EventRow], counter: Counter) -> StagePlan:
    """Plan the judge's calls for rows of events, some of which may be stand-ins."""
    provider, splitter = open_judge(str(params.judge.model), to_ask=False), _Splitter()
    client = Rehearsal(provider, counter.cache, splitter)
    judge_facts(
        lists_of(summaries(made.listed, rows)), client, seed=params.seed, verdict_tokens=params.judge.max_tokens
    )
    more = splitter.facts * (MOST - FEWEST) // FEWEST
    whole = len({request.key for request in client.asked}) + more
    said = "; ".join(each for each in (STAND_INS if made.stand_ins else "", NOTE if splitter.facts else "") if each)
    most = made.most(whole) or (whole if more else None)
    return counter.plan("score", "facts of events", client.asked, provider, note=said, most=most)
