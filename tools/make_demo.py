"""Makes data/raw/demo.json, which the first run asks about: the sample's conversations with fewer questions.

The first questions of each category stay: few enough for a model on a laptop's CPU to answer in a few minutes, and of
each category as many, so that no column of the table of scores rests on one question.

    python tools/make_demo.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

RAW = Path(__file__).resolve().parents[1] / "data" / "raw"
OF_EACH_CATEGORY = 3


def demo() -> list[dict[str, Any]]:
    """Return the demo's conversations."""
    conversations = json.loads((RAW / "sample.json").read_text(encoding="utf-8"))
    for conversation in conversations:
        conversation["sample_id"] = conversation["sample_id"].replace("sample", "demo")
        kept: Counter[int] = Counter()
        questions = []
        for question in conversation["qa"]:
            kept[question["category"]] += 1
            if kept[question["category"]] <= OF_EACH_CATEGORY:
                questions.append(question)
        conversation["qa"] = questions
    return list(conversations)


def text() -> str:
    """Return the file as it is written."""
    return json.dumps(demo(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (RAW / "demo.json").write_text(text(), encoding="utf-8")
