"""The judge's way through whole datasets, with a judge that takes sentences for facts and finds them word for word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

import pytest
from scripted_model import Model

from locomo.dataset import read_conversations
from locomo.dataset.gold_events import GoldEvent, gold_events
from locomo.llm import Client, Request, RequestCache
from locomo.pipeline.models import open_model
from locomo.schema import Conversation
from locomo.schema.event import Event, EventRow
from locomo.schema.task_score import TaskScore
from locomo.scoring.events.facts import lists_of, with_facts
from locomo.scoring.events.score import Summary, summaries
from locomo.tasks.events.ask import Settings, ask_events
from locomo.tasks.events.facts import judge_facts
from locomo.tasks.protocol import asking_protocol

JUDGE = "scripted/judge"
NAMES = tuple(f"fact_{name}[{JUDGE}]" for name in ("precision", "recall", "f1"))
SENTENCE = re.compile(r"(?<=[.!?])\s+")
Pick = Callable[[list[GoldEvent]], Sequence[GoldEvent]]


@pytest.fixture(params=["sample", "locomo10"])
def conversations(request: pytest.FixtureRequest) -> list[Conversation]:
    if request.param == "locomo10":
        return read_conversations(request.getfixturevalue("locomo10"))  # skipped, with a reason, where it is not here
    return read_conversations(Path(__file__).resolve().parents[2] / "data/raw/sample.json")


def judge(request: Request) -> object:
    user = request.messages[-1].content
    if "\nAnswer as JSON with the list" in user:
        lines = [line[2:] for line in user.splitlines() if line.startswith("- ")]
        return {"facts": [sentence for line in lines for sentence in SENTENCE.split(line)]}
    record, _, rest = user.partition("\n\nThe fact: ")
    return {"reasoning": "", "supported": rest.split("\n\n")[0] in " ".join(record.split())}


def given(one: Conversation, pick: Pick = lambda events: events, of: Conversation | None = None) -> EventRow:
    """Gold events, or some of them, or those of another conversation, as if a model had listed them."""
    source = of or one
    names = dict(zip((source.speaker_a, source.speaker_b), (one.speaker_a, one.speaker_b), strict=True))
    events: dict[str, list[Event]] = {name: [] for name in names.values()}
    for speaker, name in names.items():
        own = [event for event in gold_events(source) if event.speaker == speaker]
        events[name] = [Event(text=" ".join(event.text.split())) for event in pick(own)]
    return EventRow(sample_id=one.sample_id, events=events)


def judged(conversations: Sequence[Conversation], rows: Sequence[EventRow], folder: Path) -> list[float]:
    """Precision, recall and F1 of facts: means over the speakers of all conversations."""
    found = summaries(conversations, rows)
    client = Client(Model(judge, window=10**6), RequestCache(folder))
    facts, failures = judge_facts(lists_of(found), client, seed=0, verdict_tokens=100)
    assert failures == []
    scores = with_facts([_bare(each) for each in found if each.session is None], facts, JUDGE)
    return [fmean(score.values[name] for score in scores if name in score.values) for name in NAMES]


def _bare(each: Summary) -> TaskScore:
    return TaskScore(
        sample_id=each.conversation.sample_id,
        configuration=each.configuration,
        part="conversation",
        place=each.place,
        values={},
    )


def test_gold_half_of_it_and_that_of_others_earn_what_they_must(
    conversations: list[Conversation], tmp_path: Path
) -> None:
    assert judged(conversations, [given(each) for each in conversations], tmp_path) == [1.0, 1.0, 1.0]
    halves = [given(each, lambda events: events[: round(len(events) / 2)]) for each in conversations]
    precision, recall, _ = judged(conversations, halves, tmp_path)
    assert precision == 1.0
    assert recall == pytest.approx(0.5, abs=0.02)
    others = [
        given(one, of=two) for one, two in zip(conversations, [*conversations[1:], conversations[0]], strict=True)
    ]
    assert max(judged(conversations, others, tmp_path)) < 0.01


def test_incremental_with_made_up_words_goes_through_all_conversations(
    conversations: list[Conversation], tmp_path: Path
) -> None:
    client = Client(open_model("mock/words", context_window=None, to_ask=True), RequestCache(tmp_path))
    rows = ask_events(
        conversations, client, asking_protocol("paper"), Settings(["incremental"], [], [1], max_tokens=700, seed=0)
    )
    assert [row.session for row in rows] == [s.number for each in conversations for s in each.sessions]
    assert all(row.error is None for row in rows)
    precision, recall, f1 = judged(conversations, rows, tmp_path)
    assert 0 <= precision < 0.2
    assert 0 <= recall < 0.2
    assert 0 <= f1 < 0.2
