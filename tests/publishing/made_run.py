"""Runs of the sample as the stages leave them, made in a second: answers, scores and metrics, but no requests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.reporting.card import PARAMETERS, protocol_card
from locomo.reporting.intervals import sums_file
from locomo.reporting.metrics import metric_files, usage_file
from locomo.schema import Conversation, Prediction, Usage
from locomo.scoring import Answer, metric_names, score_answers, scoring_protocol
from locomo.scoring.repeats import averaged
from locomo.scoring.sums import sums_of

JUDGE = {"qa": {"answers": 131, "without_verdict": 1, "input_tokens": 4000, "output_tokens": 131, "cost_usd": 0.25}}
EVENTS = {"long_context": {"calls": 6, "input_tokens": 900, "output_tokens": 60}}


@cache
def sample() -> list[Conversation]:
    return read_conversations(SAMPLE)


def answers(model: str, words: int, cost_usd: float | None) -> list[Prediction]:
    """The first so many words of the gold answers: more words, higher scores. `rag` is asked twice."""
    asked = [
        ("qa", None, None, 0),
        ("rag", "dialog", 5, 0),
        ("rag", "dialog", 5, 1),
        ("baseline", "no_memory", None, 0),
    ]
    return [
        Prediction(
            id=conversation.question_id(index),
            sample_id=conversation.sample_id,
            index=index,
            category=question.category,
            question=question.question,
            reference=question.reference,
            prediction="" if task == "baseline" else " ".join((question.reference or "").split()[:words]),
            raw=None,
            context_ids=["D1:1"] if task == "rag" else [],
            task=task,
            unit=unit,
            k=k,
            model=model,
            protocol="paper",
            usage=Usage(input_tokens=1000 if task == "qa" else 100, output_tokens=5, cost_usd=cost_usd),
            request="",
            repeat=repeat,
        )
        for task, unit, k, repeat in asked
        for conversation in sample()
        for index, question in enumerate(conversation.questions)
    ]


def make_run(
    folder: Path,
    *,
    model: str = "openai/gpt-4o-mini",
    words: int = 2,
    cost_usd: float | None = 0.0001,
    card: dict[str, str] | None = None,
) -> Path:
    """Write a run whose card has `card`'s lines in place of its own."""
    predictions = answers(model, words, cost_usd)
    protocol = scoring_protocol("paper")
    scores = score_answers(sample(), [Answer.of(row) for row in predictions], where="made", protocol=protocol)
    parameters: dict[str, Any] = {"dataset": "sample", "model": model, "rag.k": [5], "answer.words": words}
    lines = protocol_card(
        sample(),
        protocol,
        models={model},
        answered={row.category for row in predictions},
        dataset="sample",
        prompts="paper-1",
        parameters=parameters,
        resolved="0",
    ) | (card or {})
    identity = {"dataset": "sample", "model": model, "protocol": "paper"}
    short = identity | {"card": {line: value for line, value in lines.items() if line != PARAMETERS}}
    names = metric_names(protocol)
    means = averaged(scores)
    files = metric_files(short, means, names)
    files["usage.json"] = usage_file(short, predictions) | {"judge": JUDGE}
    files["events.json"] = short | {"events_usage": EVENTS}
    files["conversations.json"] = sums_file(identity | {"card": lines}, sums_of(means), names)
    for name, contents in files.items():
        write_text(folder / "metrics" / name, pretty_json(contents))
    write_jsonl(folder / "data/predictions/qa.jsonl", [row.model_dump(mode="json") for row in predictions])
    write_jsonl(folder / "data/scores/scores.jsonl", [row.model_dump(mode="json") for row in scores])
    captioned = folder / "data/captioned"
    for entry in json.loads(SAMPLE.read_text(encoding="utf-8")):
        write_text(captioned / f"{entry['sample_id']}.json", json.dumps(entry))
    return folder
