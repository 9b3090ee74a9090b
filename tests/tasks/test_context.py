"""The context is the end of the conversation, as much of it as fits, as people would write it down."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.schema import Conversation
from locomo.tasks.context import conversation_context
from locomo.tasks.protocol import asking_protocol

CONVERSATION = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")[0]
ALL_IDS = [turn.dia_id for turn in CONVERSATION.turns]


def count_words(text: str) -> int:
    return len(text.split())


def written_down(conversation: Conversation, ids: list[str]) -> str:
    lines = []
    for session in conversation.sessions:
        turns = [turn for turn in session.turns if turn.dia_id in ids]
        if turns:
            lines.append(f"[Session {session.number}, {session.date_time}]")
        lines += [f"{turn.speaker}: {turn.text_with_caption}" for turn in turns]
    return "\n".join(lines)


@pytest.mark.parametrize("budget", [0, 20, 100, 333, 1_000, 2_000])
def test_the_latest_turns_that_fit_are_kept_and_one_more_would_not_fit(budget: int) -> None:
    context = conversation_context(CONVERSATION, asking_protocol("paper"), budget, count_words)
    kept = len(context.ids)
    assert context.ids == ALL_IDS[len(ALL_IDS) - kept :]
    assert context.text == written_down(CONVERSATION, context.ids)
    assert count_words(context.text) <= budget
    one_more = ALL_IDS[len(ALL_IDS) - kept - 1 :]
    assert count_words(written_down(CONVERSATION, one_more)) > budget


def test_a_text_of_exactly_the_budget_fits() -> None:
    last_ten = written_down(CONVERSATION, ALL_IDS[-10:])
    context = conversation_context(CONVERSATION, asking_protocol("paper"), count_words(last_ten), count_words)
    assert context.text == last_ten


def test_a_window_that_is_large_enough_holds_all() -> None:
    context = conversation_context(CONVERSATION, asking_protocol("paper"), 1_000_000, count_words)
    assert context.ids == ALL_IDS
    assert context.text.startswith(f"[Session 1, {CONVERSATION.sessions[0].date_time}]\nRuth: ")
    assert "(shares a photo: a photo of " in context.text
