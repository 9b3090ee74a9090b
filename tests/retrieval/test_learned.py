"""Fitted weights: what fitting finds, and which weights a conversation gets."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import WordVectors, conversation

from locomo.errors import InputError
from locomo.retrieval.features import OBSERVATIONS, TURNS, TurnFeatures
from locomo.retrieval.fit import PENALTY, Lesson, fit, lesson
from locomo.retrieval.learned import ALL, NAMES, Fitted, marks_of, read_fitted
from locomo.retrieval.opened import Opened
from locomo.schema import Question

RNG = np.random.default_rng(0)
QUESTIONS = ["What is the name of Ann's dog?", "Who was there?"]


def random_lesson(questions: int = 60, turns: int = 12, useful: int = 1) -> Lesson:
    """Of three features the one numbered `useful` is highest for the turn that is wanted, in most questions."""
    features = RNG.normal(size=(questions, turns, 3)).astype(np.float32)
    wanted = np.zeros((questions, turns), dtype=np.float32)
    wanted[np.arange(questions), (features[..., useful] + 0.3 * RNG.normal(size=(questions, turns))).argmax(axis=1)] = 1
    return Lesson(features, wanted)


def test_weight_goes_to_what_tells_the_evidence() -> None:
    weights = fit([random_lesson(), random_lesson()])
    assert weights[1] > 1
    assert max(abs(weights[0]), abs(weights[2])) < 0.3 * weights[1]


def test_no_other_weights_make_the_evidence_likelier() -> None:
    one = random_lesson()
    spread = one.features.reshape(-1, 3).std(axis=0)

    def loss(weights: np.ndarray) -> float:
        total = 0.0
        for features, wanted in zip(one.features, one.wanted, strict=True):
            logits = features @ weights
            total += np.log(np.exp(logits).sum()) - float(wanted @ logits)
        return total / len(one.wanted) + PENALTY * float(((weights * spread) ** 2).sum())

    best = np.array(fit([one]))
    for _ in range(30):
        assert loss(best) <= loss(best + 0.02 * RNG.normal(size=3)) + 1e-6


def test_fitting_again_gives_the_same() -> None:
    one = random_lesson()
    assert fit([one]) == fit([one])


def test_a_feature_that_never_varies_weighs_nothing() -> None:
    one = random_lesson()
    one.features[..., 0] = 3.0
    assert fit([one])[0] == 0.0


def test_several_turns_are_equally_wanted_and_what_does_not_exist_is_left_out() -> None:
    asked = [
        Question(question="a?", category=1, evidence=["D1:1", "D2:2"], answer="x"),
        Question(question="b?", category=1, evidence=["D9:9"], answer="x"),
        Question(question="c?", category=1, evidence=["D9:9", "D1:2"], answer="x"),
    ]
    values = {"one": np.arange(15.0).reshape(3, 5)}
    found = lesson(conversation(questions=asked), values, ["one"])
    assert found.wanted.tolist() == [[0.5, 0, 0, 0, 0.5], [0, 1, 0, 0, 0]]
    assert found.features[..., 0].tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]]


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="no question with evidence"):
        fit([lesson(conversation(), {"one": np.zeros((0, 5))}, ["one"])])


def test_the_features_of_a_turn() -> None:
    found = TurnFeatures(Opened(conversation(), WordVectors())).of(QUESTIONS)
    assert tuple(found) == TURNS + OBSERVATIONS
    assert {values.shape for values in found.values()} == {(2, 5)}
    assert found["speaker"].tolist() == [[1, 0, 1, 0, 1], [0, 0, 0, 0, 0]]
    assert found["asks"][0].tolist() == [0, 1, 0, 0, 0]
    assert found["answers"][0].tolist() == [0, 0, 1, 0, 0]
    assert found["image"][0].tolist() == [0, 0, 0, 1, 0]
    assert found["cited"][0].tolist() == [1, 0, 1, 1, 0]
    assert found["observation"][0, 0] == found["observation"][0, 2] > found["observation"][0, 3]
    assert found["log_length"][0].tolist() == [np.log1p(n) for n in (11, 14, 11, 3, 4)]
    assert found["before_if_it_asks"][0].tolist() == [0, 0, found["before"][0, 2], 0, 0]
    assert found["bm25_session"][0].argmax() in (0, 1, 2)


def test_a_conversation_without_observations_has_the_features_of_turns() -> None:
    assert tuple(TurnFeatures(Opened(conversation(observed=False), WordVectors())).of(QUESTIONS)) == TURNS


def fitted() -> Fitted:
    """Weights fitted without `tiny` and without `other`, which is half of another text."""
    return Fitted(
        {"tiny": frozenset(marks_of(conversation())), "other": frozenset(marks_of(another()))},
        {name: {False: (), True: ()} for name in ("tiny", "other", ALL)},
    )


def another() -> object:
    session = conversation().sessions[0]
    turns = [
        turn.model_copy(update={"text": f"Quite another text that nobody else has, number {n}"})
        for n, turn in enumerate(session.turns)
    ]
    return conversation(sessions=[session.model_copy(update={"turns": turns})])


def test_a_conversation_gets_the_weights_fitted_without_it_whatever_it_is_called() -> None:
    assert fitted().unseen(conversation()) == "tiny"
    assert fitted().unseen(conversation("renamed", observed=False, summaries={})) == "tiny"
    assert fitted().unseen(conversation(sessions=conversation().sessions[:1])) == "tiny"
    assert fitted().unseen(another()) == "other"


def test_a_new_conversation_gets_the_weights_of_all() -> None:
    assert fitted().unseen(conversation(sessions=conversation().sessions[1:])) == ALL  # two greetings' worth of words


def test_a_mixture_of_two_is_refused() -> None:
    mixed = conversation("mixed", sessions=[*conversation().sessions, *another().sessions])
    with pytest.raises(InputError, match=r"mixed: has turns of tiny and other, .*; use 'hybrid'$"):
        fitted().unseen(mixed)


def test_the_weights_that_ship_are_as_many_as_the_features() -> None:
    shipped = read_fitted()
    assert len(shipped.marks) == 20
    assert set(shipped.weights) == {ALL, *shipped.marks}
    for weights in shipped.weights.values():
        assert {observed: len(values) for observed, values in weights.items()} == {
            observed: len(names) for observed, names in NAMES.items()
        }
