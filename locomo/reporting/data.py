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


def dataset_name(name: str, conversations: Sequence[Conversation]) -> str:
    """Return the name of a dataset, which says where a model made it or its notes: 'generated(seed 0, gguf/…)'.

    `name` is that of the file that it is read from, or would be.
    """
    made = {
        f"generated(seed {source.get('seed')}, {source.get('model')})"
        for source in _sources(conversations, "generated")
    }
    noted = {f"{name}, notes by {source.get('model')}" for source in _sources(conversations, "annotated")}
    return " and ".join(sorted(made or noted)) or name


def _sources(conversations: Sequence[Conversation], key: str) -> list[Mapping[str, Any]]:
    found = [conversation.extra.get(key) for conversation in conversations]
    return [source for source in found if isinstance(source, dict)]
