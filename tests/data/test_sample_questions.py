"""The questions of the sample: each is answered, or left unanswered, by the turns that it cites."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from relative_dates import resolve
from sample_reading import (
    ADVERSARIAL,
    CATEGORIES,
    MULTI_HOP,
    OPEN_DOMAIN,
    SINGLE_HOP,
    TEMPORAL,
    Conversation,
    content_words,
    read_conversations,
)

CONVERSATIONS = read_conversations()
DATED_ANSWER = re.compile(r"(the (week|weekend) before )?\d{1,2} [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{4}|\d{4}")

# Adversarial questions that name the speaker of the cited turn, and swap another detail instead.
SWAPPED_DETAIL = {
    "What did the vet say after Pickle ate sandpaper?": "Pickle",
    "What did Pascal give his old master for the spruce?": "spruce",
    "What did Amara's mother give Kofi for his birthday?": "birthday",
}


def questions(*categories: int) -> pytest.MarkDecorator:
    """Parametrise a test over the questions of some categories."""
    cases = [
        pytest.param(c, q, id=f"{c.id}-{i}")
        for c in CONVERSATIONS
        for i, q in enumerate(c.raw["qa"])
        if q["category"] in categories
    ]
    return pytest.mark.parametrize(("conversation", "question"), cases)


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda c: c.id)
def test_there_are_enough_questions_of_every_category(conversation: Conversation) -> None:
    counts = Counter(question["category"] for question in conversation.raw["qa"])
    assert set(counts) == set(CATEGORIES)
    assert min(counts.values()) >= 4
    assert counts.total() >= 32
    assert sum(len(c.raw["qa"]) for c in CONVERSATIONS) >= 96


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda c: c.id)
def test_no_question_is_asked_twice(conversation: Conversation) -> None:
    asked = [question["question"].lower() for question in conversation.raw["qa"]]
    assert len(set(asked)) == len(asked)


@questions(*CATEGORIES)
def test_shape_and_evidence(conversation: Conversation, question: dict) -> None:
    answer_key = "adversarial_answer" if question["category"] == ADVERSARIAL else "answer"
    assert set(question) == {"question", answer_key, "evidence", "category"}
    assert question["question"].endswith("?")
    assert str(question[answer_key]).strip()
    assert question["evidence"]
    assert len(set(question["evidence"])) == len(question["evidence"])
    assert set(question["evidence"]) <= set(conversation.turns)


@questions(SINGLE_HOP)
def test_single_hop_answers_are_in_the_cited_turn(conversation: Conversation, question: dict) -> None:
    assert len(question["evidence"]) == 1
    wanted = content_words(question["answer"])
    assert wanted
    assert wanted <= conversation.cited_words(question)


@questions(MULTI_HOP)
def test_multi_hop_answers_need_several_sessions(conversation: Conversation, question: dict) -> None:
    turns = conversation.cited(question)
    assert len({turn.session for turn in turns}) >= 2
    parts = question["answer"].split(", ")
    for part in parts:
        wanted = content_words(part)
        assert wanted
        assert wanted <= conversation.cited_words(question), part
    # No single session holds the whole answer, or one of the cited turns would do without the others.
    whole = content_words(question["answer"])
    for session in {turn.session for turn in turns}:
        assert not whole <= set().union(*(turn.words for turn in turns if turn.session == session))


@questions(TEMPORAL)
def test_temporal_answers_follow_from_the_session_date(conversation: Conversation, question: dict) -> None:
    answer = str(question["answer"])
    assert DATED_ANSWER.fullmatch(answer)
    assert not any(answer in turn.text for turn in conversation.turns.values())
    (turn,) = conversation.cited(question)
    assert resolve(turn.text, turn.date.date()) == [answer]


@questions(OPEN_DOMAIN)
def test_open_domain_answers_are_not_simply_said(conversation: Conversation, question: dict) -> None:
    answer, _, reason = question["answer"].partition("; ")
    assert reason
    assert not any(answer.lower() in turn.text.lower() for turn in conversation.turns.values())


@questions(ADVERSARIAL)
def test_adversarial_answers_belong_to_something_else(conversation: Conversation, question: dict) -> None:
    wanted = content_words(question["adversarial_answer"])
    assert wanted
    assert wanted <= conversation.cited_words(question)
    named = [speaker for speaker in conversation.speakers if speaker in question["question"]]
    if question["question"] in SWAPPED_DETAIL:
        swapped = content_words(SWAPPED_DETAIL[question["question"]])
        assert swapped <= content_words(question["question"])
        assert not swapped & conversation.cited_words(question)
    else:
        assert len(named) == 1
        assert named[0] not in {turn.speaker for turn in conversation.cited(question)}


def test_the_list_of_swapped_details_has_no_strangers() -> None:
    asked = {q["question"] for c in CONVERSATIONS for q in c.raw["qa"] if q["category"] == ADVERSARIAL}
    assert set(SWAPPED_DETAIL) <= asked
