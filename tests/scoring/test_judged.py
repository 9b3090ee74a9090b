"""What a judge is asked, how verdicts become scores, and the wrong answers that it is tried with."""

from __future__ import annotations

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.schema import Choice, Conversation, Verdict
from locomo.scoring import Answer, by_configuration, score_answers, scoring_protocol
from locomo.scoring.f1 import multiset_f1
from locomo.scoring.judging import claims_of, settled, with_verdicts
from locomo.scoring.planted import ALIKE, plant, plant_abstentions
from locomo.scoring.refusal import refuses
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
    assert [question_id for (question_id, _), claim in claims.items() if claim.gold is not None] == with_gold[2:]
    assert sum(claim.gold is None for claim in claims.values()) == 24
    scores = score_answers(conversations, given, where="x", protocol=JUDGE)
    verdicts = {key: Verdict(number % 2 == 0) for number, key in enumerate(claims)}
    last = next(key for key in claims if key[0] == with_gold[-1])
    verdicts[last] = Verdict(None, "refused")
    judged = with_verdicts(scores, verdicts)
    assert [score.judged for score in judged[:4]] == [0.0, 0.0, 1.0, 0.0]
    (of_last,) = [score for score in judged if score.id == last[0]]
    assert (of_last.judged, of_last.judge_error, of_last.no_verdict) == (0.0, "refused", 1.0)
    means = by_configuration(judged)["qa"]["overall"]
    assert (means["n"], means["judge_errors"]) == (131, 1)  # denominators keep what failed
    assert means["no_verdict"] == pytest.approx(1 / 131)
    right = {key for key, verdict in verdicts.items() if verdict.correct}
    assert means["judged"] == pytest.approx(len([key for key in right if claims[key].gold is not None]) / 107)
    assert means["judged_all"] == pytest.approx(len(right) / 131)


def test_no_accuracy_stands_where_more_than_two_percent_have_no_verdict(conversations: list[Conversation]) -> None:
    given = answers(conversations)
    scores = score_answers(conversations, given, where="x", protocol=JUDGE)
    claims = claims_of(conversations, given)
    with_gold = [key for key, claim in claims.items() if claim.gold is not None]
    fine = dict.fromkeys(claims, Verdict(True))
    means = {}
    for missing in (2, 3):  # of 107: 1.9% and 2.8%
        verdicts = fine | dict.fromkeys(with_gold[:missing], Verdict(None, "what?"))
        (found,) = by_configuration(with_verdicts(scores, verdicts)).values()
        means[missing] = found["overall"]
    assert means[2]["judged"] == pytest.approx(105 / 107)
    assert (means[3]["judged"], means[3]["judged_all"], means[3]["abstained"]) == (None, None, 1.0)
    assert means[3]["no_verdict"] == pytest.approx(3 / 131)


def test_an_answer_that_is_an_option_needs_no_judge(conversations: list[Conversation]) -> None:
    adversarial = [(c.question_id(i), q) for c in conversations for i, q in enumerate(c.questions) if q.category == 5]
    texts = ["Not mentioned in the conversation", "trap", "Who knows?"]
    given = [
        Answer(name, "qa", str(q.adversarial_answer) if text == "trap" else text, None)
        for (name, q), text in zip(adversarial[:3], texts, strict=True)
    ]
    given += [Answer(adversarial[3][0], "qa", "(a)", None, choice=Choice(refusal=r, taken="a")) for r in ("a", "b")]
    assert settled(conversations, given) == {
        (adversarial[0][0], "qa"): 1.0,
        (adversarial[1][0], "qa"): 0.0,
        (adversarial[3][0], "qa"): 0.5,
    }
    assert [name for name, _ in claims_of(conversations, given)] == [adversarial[2][0]]


def test_protocol_judge_counts_all_categories_or_those_with_gold(conversations: list[Conversation]) -> None:
    means = by_configuration(score_answers(conversations, answers(conversations), where="x", protocol=JUDGE))["qa"]
    assert means["adversarial"]["n"] == 24
    assert means["overall"]["n"] == 131
    with_gold = {c.question_id(i) for c in conversations for i, q in enumerate(c.questions) if q.category != 5}
    without = [a for a in answers(conversations) if a.id in with_gold]
    assert len(score_answers(conversations, without, where="x", protocol=JUDGE)) == 107
    with pytest.raises(InputError, match="1 of 107 questions have no prediction in 'qa'"):
        score_answers(conversations, without[1:], where="x", protocol=JUDGE)


def test_adversarial_questions_are_left_alone_by_verdicts(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, answers(conversations), where="x")
    adversarial = [score for score in with_verdicts(scores, {}) if score.category == 5]
    assert {score.judged for score in adversarial} == {None}
    assert {score.abstained for score in adversarial} == {0.0}


def test_planted_answers_are_wrong_and_seeded(conversations: list[Conversation]) -> None:
    planted = plant(conversations, 30, seed=0)
    assert len(planted) == 90
    assert plant(conversations, 30, seed=0) == planted
    assert plant(conversations, 30, seed=1) != planted
    golds = {(c.sample_id, q.category, str(q.reference)) for c in conversations for q in c.questions if q.category != 5}
    questions = {c.question_id(i): q for c in conversations for i, q in enumerate(c.questions)}
    for each in planted:
        question, sample = questions[each.id], each.id.split(":")[0]
        assert each.claim.gold == question.reference
        if each.kind == "specific":  # another question's gold, of the same conversation and category
            others = [
                g for s, c, g in golds if (s, c) == (sample, question.category) and g.rstrip(".") in each.claim.answer
            ]
            assert any(max(multiset_f1(g, each.claim.gold), normalised_f1(g, each.claim.gold)) <= ALIKE for g in others)
        elif each.kind == "vague":
            assert normalised_f1(each.claim.answer, each.claim.gold) < 0.5
    assert (
        [each.id for each in planted[::3]] == [each.id for each in planted[1::3]] == [each.id for each in planted[2::3]]
    )
    assert [each.kind for each in planted[:3]] == ["right", "vague", "specific"]
    assert len({each.id for each in planted}) == 30


def test_asking_for_more_than_there_are_plants_all(conversations: list[Conversation]) -> None:
    assert 90 < len(plant(conversations, 10_000, seed=0)) <= 3 * 107
    assert plant(conversations, 0, seed=0) == []


def test_a_judge_without_a_single_verdict_is_unknown_and_not_0(conversations: list[Conversation]) -> None:
    given = answers(conversations)
    scores = score_answers(conversations, given, where="x", protocol=JUDGE)
    claims = list(claims_of(conversations, given))
    none = with_verdicts(scores, dict.fromkeys(claims, Verdict(None, "no JSON")))
    (means,) = by_configuration(none).values()
    assert means["overall"]["judged"] is None
    assert means["overall"]["judge_errors"] == len(claims)
    assert means["overall"]["no_verdict"] == 1.0


def test_planted_abstentions_and_assertions_are_what_they_are_called(conversations: list[Conversation]) -> None:
    planted = plant_abstentions(conversations, 10, seed=0)
    assert [each.kind for each in planted[:2]] == ["abstained", "asserted"]
    assert len(planted) == 20
    traps = {c.question_id(i): q.adversarial_answer for c in conversations for i, q in enumerate(c.questions)}
    for each in planted:
        assert each.claim.gold is None
        assert (str(traps[each.id]).rstrip(".") in each.claim.answer) == (each.kind == "asserted")
        assert each.kind == "abstained" or not refuses(each.claim.answer)
