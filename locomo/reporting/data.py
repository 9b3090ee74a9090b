"""What a dataset holds, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from locomo.schema import Conversation, category_name


def data_file(conversations: Sequence[Conversation], captions: Mapping[str, int]) -> dict[str, Any]:
    """Return the counts of a dataset."""
    categories = Counter(question.category for conversation in conversations for question in conversation.questions)
    return {
        "data": {
            "conversations": len(conversations),
            "sessions": sum(len(conversation.sessions) for conversation in conversations),
            "turns": sum(1 for conversation in conversations for _ in conversation.turns),
            "questions": {category_name(category): count for category, count in sorted(categories.items())},
            "captions": dict(captions),
        }
    }
