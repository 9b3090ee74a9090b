"""Hand-set weights, against the same reckoned one turn at a time."""

from __future__ import annotations

import numpy as np
from tiny import WordVectors, conversation

from locomo.retrieval.bm25 import Bm25
from locomo.retrieval.hybrid import hybrid
from locomo.retrieval.opened import Opened
from locomo.schema import Conversation, Observation

QUESTIONS = ["What is the name of Ann's dog?", "When did Ann paint?", "Does Ben have a cat?", "Who was there in June?"]
ASKED = ["What is the name of my dog?", "When did I paint?", "Does I have a cat?", "Who was there in June?"]
SESSIONS = [1, 1, 1, 2, 2]
SPEAKERS = ["Ann", "Ben", "Ann", "Ben", "Ann"]
KEYS = [
    "(8 May, 2023) Ann: I have a dog and my dog barks at the boat.",
    "(8 May, 2023) Ben: What is the name of your dog, and does it swim behind the boat?",
    "(8 May, 2023) Ann: Rex, and he hates water more than anything in the world.",
    "(9 June, 2023) Ben: My cat sleeps. (shares a photo: a cat on a sofa)",
    "(9 June, 2023) Ann: I paint my fence.",
]


def z(row: np.ndarray) -> np.ndarray:
    return (row - row.mean()) / row.std() if row.std() else np.zeros(len(row))


def turns_one_by_one() -> np.ndarray:
    vectors = WordVectors()
    keys = vectors.encode([key.split(") ", maxsplit=1)[1] for key in KEYS]).astype(float)
    rows = []
    for question, asked, words in zip(QUESTIONS, ASKED, Bm25(KEYS).scores(QUESTIONS), strict=True):
        dense = z(keys @ vectors.encode([asked])[0].astype(float))
        h = 0.7 * dense + 0.3 * z(words)
        row = []
        for i in range(5):
            score = h[i] + 0.3 * max(h[j] for j in range(5) if SESSIONS[j] == SESSIONS[i])
            score += 0.2 * sum(h[j] for j in (i - 1, i + 1) if 0 <= j < 5 and SESSIONS[j] == SESSIONS[i])
            score += 0.1 * h[i - 1] * (i > 0 and SESSIONS[i - 1] == SESSIONS[i] and "?" in KEYS[i - 1])
            score += 0.6 * (SPEAKERS[i] in question) - 0.5 * ("?" in KEYS[i]) + 0.15 * ("photo" in KEYS[i])
            said = KEYS[i].split(": ", 1)[1].split(" (shares")[0]
            row.append(score + 0.3 * np.log(len(said.split()) + 1))
        rows.append(row)
    return np.array(rows)


def scores(of: Conversation, kind: str) -> np.ndarray:
    return hybrid(Opened(of, WordVectors()), kind, QUESTIONS)


def test_turns() -> None:
    np.testing.assert_allclose(scores(conversation(), "dialog"), turns_one_by_one(), atol=1e-6)


def test_the_answer_is_found_beside_the_question_about_it() -> None:
    assert scores(conversation(), "dialog")[0].argsort()[::-1].tolist().index(2) < 3


def test_a_summary_is_worth_the_best_turn_of_its_session() -> None:
    turns = turns_one_by_one()
    best = np.stack([turns[:, :3].max(axis=1), turns[:, 3:].max(axis=1)], axis=1)
    # Of two, z-scores are 1 and -1, whatever the distance.
    linked = np.sign(best - best.mean(axis=1, keepdims=True))
    own = (scores(conversation(), "summary") - linked) / 0.3
    assert np.abs(own).max() < 1.01
    assert scores(conversation(), "summary").argmax(axis=1).tolist() == [0, 1, 1, 1]


def test_an_observation_is_worth_the_best_turn_that_it_cites() -> None:
    nothing = Observation(session=1, speaker="Ann", text="x", dia_ids=("D1:2",))
    something = nothing.model_copy(update={"dia_ids": ("D1:2", "D2:2")})
    paints = scores(conversation(observations=[nothing, something]), "observation")[1]
    assert paints[1] > paints[0]
    same = scores(conversation(observations=[nothing, nothing]), "observation")
    np.testing.assert_array_equal(same[:, 0], same[:, 1])


def test_an_observation_without_a_turn_that_exists_stands_for_its_session() -> None:
    lost = Observation(session=2, speaker="Ben", text="x", dia_ids=("D9:1",))
    other = lost.model_copy(update={"session": 1})
    found = scores(conversation(observations=[lost, other]), "observation")
    assert found[1, 0] > found[1, 1]  # the fence is painted in session 2
    assert found[0, 0] < found[0, 1]
