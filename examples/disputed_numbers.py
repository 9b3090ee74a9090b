"""Answers of a made-up system, in the form of a harness that published a number: for docs/explain.md.

    python examples/disputed_numbers.py WAY DATASET > answers.json

WAY is `numerator` (about 56% of categories 1 to 4 are right, and every question of category 5 is declined) or `lenient`
(about 35% are right, nearly all others name the topic and not the answer, and a lenient judge accepted those too).
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

RIGHT = {"numerator": 0.56, "lenient": 0.35}
VAGUE = 0.86
"""Share of the wrong answers that stay on the topic, in `lenient`."""


def row(way: str, question: dict[str, Any], pick: random.Random) -> dict[str, Any]:
    """Return the answer to one question, with the verdict that the harness published."""
    category, asked = question["category"], question["question"]
    gold = question.get("answer", question.get("adversarial_answer"))
    found = {"question": asked, "answer": str(gold), "category": str(category)}
    if category == 5:
        return found | {"response": "The conversation does not mention that.", "llm_score": 1}
    if pick.random() < RIGHT[way]:
        return found | {"response": str(gold), "llm_score": 1}
    if way == "lenient" and pick.random() < VAGUE:
        return found | {"response": f"They talked about it: {asked.rstrip('?').lower()}.", "llm_score": 1}
    return found | {"response": "I am not sure.", "llm_score": 0}


def main() -> None:
    """Print the answers, grouped by the place of the conversation; `lenient` leaves category 5 out."""
    way, path = sys.argv[1:]
    pick = random.Random(0)  # noqa: S311  (no secret)
    with open(path, encoding="utf-8") as file:
        samples = json.load(file)
    kept = [[q for q in each["qa"] if way == "numerator" or q["category"] != 5] for each in samples]
    rows = {str(place): [row(way, question, pick) for question in asked] for place, asked in enumerate(kept)}
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
