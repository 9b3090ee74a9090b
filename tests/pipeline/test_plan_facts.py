"""What `locomo plan` says of the judge's facts of events: an estimate before, and nothing new after."""

from __future__ import annotations

from pathlib import Path

from locomo.dataset import read_conversations
from locomo.dataset.gold_events import gold_events
from locomo.llm import Client, LlmSettings, RequestCache
from locomo.pipeline.models import open_judge
from locomo.pipeline.params import Params
from locomo.pipeline.plan_facts import FEWEST, MOST, plan_facts
from locomo.pipeline.plan_generate import Conversations
from locomo.pipeline.plan_numbers import Counter, StagePlan
from locomo.schema.event import Event, EventRow
from locomo.scoring.events.facts import lists_of
from locomo.scoring.events.score import summaries
from locomo.tasks.events.facts import judge_facts

ROOT = Path(__file__).resolve().parents[2]
JUDGE = "mock/words"
PARAMS = Params.model_validate({"dataset": "sample", "model": JUDGE, "protocol": "paper", "judge": {"model": JUDGE}})


def test_facts_are_estimated_before_and_known_after(tmp_path: Path) -> None:
    conversations = read_conversations(ROOT / "data/raw/sample.json")[:1]
    gold = gold_events(conversations[0])
    events = {name: [Event(text=f"Later, {e.text}") for e in gold if e.speaker == name] for name in ("Ruth", "Ivo")}
    rows = [EventRow(sample_id=conversations[0].sample_id, events=events)]
    cache = RequestCache(tmp_path / "cache")

    def planned() -> StagePlan:
        return plan_facts(PARAMS, Conversations(conversations, False, []), rows, Counter(cache, LlmSettings()))

    before = planned()
    facts = 2 * len(gold)  # of both sides, before they are split
    splits = before.requests - FEWEST * facts
    assert 4 <= splits <= 8
    assert (before.cached, before.most) == (0, splits + MOST * facts)
    assert before.note.startswith("an estimate")
    assert before.input_tokens[1] > before.input_tokens[0] > 100 * before.requests
    client = Client(open_judge(JUDGE), cache)
    judge_facts(lists_of(summaries(conversations, rows)), client, seed=PARAMS.seed, verdict_tokens=300)
    after = planned()
    assert (after.new, after.most, after.note) == (0, None, "")
    assert after.cached == after.requests > splits
