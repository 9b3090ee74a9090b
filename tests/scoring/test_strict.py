"""Protocol `strict`: its answer score, refusals and evidence, by cases worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.schema import Choice, Conversation, Question
from locomo.scoring import Answer, by_configuration, score_answers, scoring_protocol
from locomo.scoring.evidence import evidence_report, repaired
from locomo.scoring.f1 import list_f1, multiset_f1
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import list_parts, normalised_f1, one_sided_list_f1, strict_score, symmetric_list_f1

STRICT = scoring_protocol("strict")


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("May 7, 2023", "7 May 2023", 1),
        ("8 May 2023", "7 May 2023", 0),  # another day is another day
        ("7 May 2023", "May 2023", 1),  # more exact than was asked
        ("7 May 2023", "2023", 1),
        ("7 May 2023", "7 May", 1),
        ("May 2023", "7 May 2023", 0),  # less exact
        ("In 2022", "2022", 1),
        ("two", "2", 1),
        ("two dogs", "2 dog", 1),
        ("self-care", "self care", 1),
        ("happy", "not happy", 0),
        ("not happy", "happy", 0),
        ("she is not very happy", "happy", 0),
        ("she did not go to Paris", "go to Paris", 0),
        ("don't know", "do not know", 1),
        ("no country", "no specific country", Fraction(4, 5)),
        ("Sweden, not Norway", "Sweden", Fraction(1, 2)),
        ("No, she paints", "she paints", Fraction(2, 3)),  # "no" denies what came before, not what follows the comma
        ("cat", "dog", 0),
        ("", "dog", 0),
        ("the", "a", 0),
    ],
)
def test_normalised_f1(prediction: str, gold: str, expected: Fraction) -> None:
    assert normalised_f1(prediction, gold) == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("tea, cake", "cake, tea", 1),
        ("tea and cake", "cake, tea", 1),
        ("tea", "cake, tea", Fraction(2, 3)),  # P 1, R 1/2
        ("tea, cake, beer, nine, more", "cake, tea", Fraction(4, 7)),  # P 2/5, R 1
        ("tea, tea", "tea", Fraction(2, 3)),  # each part of the gold is had once
        ("7 May, 2023", "May 7, 2023", 1),  # the comma of a date is none of a list
        ("green tea, cake", "tea, cream cake", Fraction(2, 3)),
        ("", "cake", 0),
    ],
)
def test_a_list_is_compared_on_both_sides(prediction: str, gold: str, expected: Fraction) -> None:
    assert symmetric_list_f1(prediction, gold) == pytest.approx(float(expected), abs=1e-12)
    assert symmetric_list_f1(gold, prediction) == pytest.approx(float(expected), abs=1e-12)


def test_naming_everything_costs_here_and_not_in_the_paper() -> None:
    everything = "tea, cake, beer, wine, bread, jam, milk, rice, figs"
    assert list_f1(everything, "cake, tea") == one_sided_list_f1(everything, "cake, tea") == 1.0
    assert symmetric_list_f1(everything, "cake, tea") == pytest.approx(4 / 11)


def test_parts_of_a_list() -> None:
    assert list_parts("tea, cake and jam; 7 May, 2023 & more") == ["tea", "cake", "jam", "2023-05-07", "more"]
    assert list_parts(", and ,") == []


def test_each_category_has_its_rule() -> None:
    def question(category: int, answer: str | None) -> Question:
        return Question(question="?", category=category, evidence=[], answer=answer, adversarial_answer="x")

    assert strict_score(question(1, "a cake, tea"), "tea and cake") == 1.0
    assert strict_score(question(3, "Yes; she likes it"), "yes") == 1.0
    assert strict_score(question(4, "two"), "2") == 1.0
    assert strict_score(question(5, None), "That isn't mentioned.") == 1.0
    assert strict_score(question(5, None), "x") == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Not mentioned in the conversation",
        "No information available.",
        "It's not mentioned",
        "It was never mentioned",
        "I don't know",
        "Unknown",
        "The conversation doesn't say",
        "She did not mention it",
        "It cannot be determined from the notes",
        "Not enough information",
        "There is no mention of it",
        "I'm not sure",
        "N/A",
    ],
)
def test_refusals(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    ["No", "none", "not happy", "nothing", "Never", "a notebook", "", "No dogs", "She said no", "unknown artist"],
)
def test_answers_that_are_no_refusals(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    ("cited", "ids", "unusable", "changed"),
    [
        (["D1:1"], ("D1:1",), (), False),
        (["D1:1", "D1:1"], ("D1:1",), (), False),
        (["D8:6; D9:17"], ("D8:6", "D9:17"), (), True),
        (["D9:1 D4:4 D4:6"], ("D9:1", "D4:4", "D4:6"), (), True),
        (["D:11:26"], ("D11:26",), (), True),
        (["D30:05"], ("D30:5",), (), True),
        (["D1:1", "D", "D9:17"], ("D1:1", "D9:17"), ("D",), True),
        (["D1:1", "D10:19"], ("D1:1",), ("D10:19",), True),  # no such turn
        (["D"], (), ("D",), True),
        ([], (), (), False),
    ],
)
def test_evidence_is_repaired(cited: list[str], ids: tuple, unusable: tuple, changed: bool) -> None:
    turns = {"D1:1", "D8:6", "D9:17", "D9:1", "D4:4", "D4:6", "D11:26", "D30:5"}
    found = repaired(cited, turns)
    assert (found.ids, found.unusable, found.repaired) == (ids, unusable, changed)


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    """The sample, with malformed evidence in two questions and none in a third."""
    first, *others = read_conversations(SAMPLE)
    questions = list(first.questions)
    for index, evidence in ((0, ["D1:3; D1:04"]), (1, ["D"]), (2, [])):
        questions[index] = questions[index].model_copy(update={"evidence": evidence})
    return [first.model_copy(update={"questions": questions}), *others]


def answers(conversations: list[Conversation], text: str = "x") -> list[Answer]:
    return [
        Answer(c.question_id(i), "qa", text, ["D1:3", "D1:4"]) for c in conversations for i in range(len(c.questions))
    ]


def test_questions_without_usable_evidence_are_left_out_of_recall_and_listed(
    conversations: list[Conversation],
) -> None:
    scores = score_answers(conversations, answers(conversations), where="x", protocol=STRICT)
    assert [score.recall for score in scores[:3]] == [1.0, None, None]
    counted = [score.recall for score in scores if score.recall is not None]
    assert len(counted) == 131 - 2
    assert by_configuration(scores)["qa"]["overall"]["recall"] == pytest.approx(sum(counted) / len(counted))
    report = evidence_report(conversations, STRICT.categories)
    assert [(row["id"], row["used"]) for row in report["repaired"]] == [("sample-1:0", ["D1:3", "D1:4"])]
    assert [row["id"] for row in report["excluded"]] == ["sample-1:1", "sample-1:2"]


def test_both_orders_are_averaged_and_what_cannot_be_read_is_counted(conversations: list[Conversation]) -> None:
    asked = [(c.question_id(i), q) for c in conversations for i, q in enumerate(c.questions)]
    adversarial = [question_id for question_id, question in asked if question.category == 5]
    given = [Answer(question_id, "qa", "x", None) for question_id, question in asked if question.category != 5]
    taken = {adversarial[0]: ("a", "b"), adversarial[1]: ("a", "a"), adversarial[2]: (None, "b")}
    for question_id in adversarial:
        one, other = taken.get(question_id, ("b", "a"))
        given.append(Answer(question_id, "qa", "x", None, choice=Choice(refusal="a", taken=one)))
        given.append(Answer(question_id, "qa", "x", None, choice=Choice(refusal="b", taken=other)))
    scores = {score.id: score for score in score_answers(conversations, given, where="x", protocol=STRICT)}
    assert len(scores) == 131
    assert [scores[question_id].f1 for question_id in adversarial[:4]] == [1.0, 0.5, 0.5, 0.0]
    assert [scores[question_id].unparsable for question_id in adversarial[:4]] == [0.0, 0.0, 0.5, 0.0]
    means = by_configuration(list(scores.values()))["qa"]["adversarial"]
    assert (means["n"], means["unparsable"]) == (24, pytest.approx(0.5 / 24))


def test_always_refusing_is_seen(conversations: list[Conversation]) -> None:
    refusing = answers(conversations, "Not mentioned in the conversation")
    means = by_configuration(score_answers(conversations, refusing, where="x", protocol=STRICT))["qa"]
    assert means["overall"]["refusal"] == 1.0
    assert means["adversarial"]["f1"] == 1.0
    assert means["adversarial"]["refusal"] is None  # there it is right
    assert means["overall"]["f1"] < 0.2


def test_category_1_has_the_one_sided_score_as_well(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, answers(conversations), where="x", protocol=STRICT)
    assert all((score.f1_one_sided is not None) == (score.category == 1) for score in scores)
    paper = score_answers(conversations, answers(conversations), where="x")
    assert all(score.f1_one_sided is None for score in paper)


def test_golds_are_right_on_the_released_data(locomo10: Path) -> None:
    released = read_conversations(locomo10)
    golds = [
        Answer(c.question_id(i), "qa", q.reference if q.category != 5 else "Not mentioned", ["D1:1"])
        for c in released
        for i, q in enumerate(c.questions)
    ]
    scores = score_answers(released, golds, where="gold", protocol=STRICT)
    wrong = [score for score in scores if score.f1 < 1 and score.category != 3]
    assert wrong == []
    assert sum(score.recall is None for score in scores) == 4
    assert len(evidence_report(released, STRICT.categories)["repaired"]) == 9
    assert multiset_f1("two", "2") == 0.0  # the paper's stays as it is
