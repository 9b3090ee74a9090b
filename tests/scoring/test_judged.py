"""What a judge is asked, how verdicts become scores, and the wrong answers that it is tried with."""

from __future__ import annotations

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.schema import Conversation, Verdict
from locomo.scoring import Answer, by_configuration, score_answers, scoring_protocol
from locomo.scoring.f1 import multiset_f1
from locomo.scoring.judging import claims_of, with_verdicts
from locomo.scoring.planted import ALIKE, plant
from locomo.scoring.strict import normalised_f1

JUDGE = scoring_protocol("judge")


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    return read_conversations(SAMPLE)


def answers(conversations: list[Conversation]) -> list[Answer]:
    return [Answer(c.question_id(i), "qa", "bees", None) for c in conversations for i in range(len(c.questions))]


def test_only_answers_with_a_gold_are_judged(conversations: list[Conversation]) -> None:
    given = answers(conversations)
    with_gold = [c.question_id(i) for c in conversations for i, q in enumerate(c.questions) if q.category != 5]
    failed, empty = with_gold[0], with_gold[1]
    given = [
        Answer(a.id, "qa", None, None, error="HTTP 500")
        if a.id == failed
        else Answer(a.id, "qa", " ", None)
        if a.id == empty
        else a
        for a in given
    ]
    claims = claims_of(conversations, given)
    assert [question_id for question_id, _ in claims] == with_gold[2:]
    scores = score_answers(conversations, given, where="x", protocol=JUDGE)
    verdicts = {key: Verdict(number % 2 == 0) for number, key in enumerate(claims)}
    last = list(claims)[-1]
    verdicts[last] = Verdict(None, "refused")
    judged = with_verdicts(scores, verdicts)
    assert [score.judged for score in judged[:4]] == [0.0, 0.0, 1.0, 0.0]
    assert (judged[-1].judged, judged[-1].judge_error) == (0.0, "refused")
    means = by_configuration(judged)["qa"]["overall"]
    assert (means["n"], means["judge_errors"]) == (107, 1)  # denominators keep what failed
    assert means["judged"] == pytest.approx(sum(v.correct is True for v in verdicts.values()) / 107)


def test_protocol_judge_counts_categories_1_to_4(conversations: list[Conversation]) -> None:
    means = by_configuration(score_answers(conversations, answers(conversations), where="x", protocol=JUDGE))["qa"]
    assert "adversarial" not in means
    assert means["overall"]["n"] == 107
    without = [a for a in answers(conversations) if claims_of(conversations, [a])]
    assert len(score_answers(conversations, without, where="x", protocol=JUDGE)) == 107
    with pytest.raises(InputError, match="1 of 107 questions have no prediction in 'qa'"):
        score_answers(conversations, without[1:], where="x", protocol=JUDGE)


def test_adversarial_questions_are_left_alone_by_verdicts(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, answers(conversations), where="x")
    assert {score.judged for score in with_verdicts(scores, {}) if score.category == 5} == {None}


def test_planted_answers_are_wrong_and_seeded(conversations: list[Conversation]) -> None:
    planted = plant(conversations, 30, seed=0)
    assert len(planted) == 60
    assert plant(conversations, 30, seed=0) == planted
    assert plant(conversations, 30, seed=1) != planted
    golds = {(c.sample_id, q.category, str(q.reference)) for c in conversations for q in c.questions if q.category != 5}
    questions = {c.question_id(i): q for c in conversations for i, q in enumerate(c.questions)}
    for each in planted:
        question, sample = questions[each.id], each.id.split(":")[0]
        assert each.claim.gold == question.reference
        if each.kind == "specific":  # another question's gold, of the same conversation and category
            assert (sample, question.category, each.claim.answer) in golds
            assert multiset_f1(each.claim.answer, each.claim.gold) <= ALIKE
            assert normalised_f1(each.claim.answer, each.claim.gold) <= ALIKE
        else:
            assert "or maybe" in each.claim.answer
    assert [each.id for each in planted[::2]] == [each.id for each in planted[1::2]]
    assert len({each.id for each in planted}) == 30


def test_asking_for_more_than_there_are_plants_all(conversations: list[Conversation]) -> None:
    assert 60 < len(plant(conversations, 10_000, seed=0)) <= 2 * 107
    assert plant(conversations, 0, seed=0) == []
