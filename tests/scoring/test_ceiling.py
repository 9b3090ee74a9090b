"""What a perfect reader scores with the golds as released, and F1 by corrected golds."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.dataset.errata import apply, left_out, read_errata, unanswerable
from locomo.reporting.errata import errata_file
from locomo.schema import Conversation, Question
from locomo.scoring import Answer, score_answers
from locomo.scoring.ceiling import REFUSAL, ceilings, perfect_answer
from locomo.scoring.corrected import released_and_corrected

SAMPLE = Path(__file__).parents[2] / "data/raw/sample.json"
CARD = {"dataset": "x", "model": "y", "protocol": "paper"}


def conversation(*questions: Question) -> Conversation:
    (first, *_) = read_conversations(SAMPLE)
    return first.model_copy(update={"questions": list(questions)})


def question(category: int, answer: str | None, adversarial: str | None = None) -> Question:
    return Question(question="When?", category=category, evidence=[], answer=answer, adversarial_answer=adversarial)


RELEASED = conversation(
    question(2, "7 May 2023"),
    question(2, "8 May 2023"),
    question(4, "a red bicycle"),
    question(5, None, "a trophy"),
    question(5, None, "a medal"),
)
CORRECTED = conversation(
    question(2, "7 May 2023"),
    question(2, "9 May 2023"),  # two of three words the same: F1 2/3
    *RELEASED.questions[2:],
)
IDS = [RELEASED.question_id(index) for index in range(5)]
OUT = {IDS[2]: "wrong_speaker", IDS[3]: "answerable"}


def test_ceilings_by_hand() -> None:
    found = ceilings([RELEASED], [CORRECTED], OUT)
    assert found == pytest.approx(
        {
            "temporal": (1 + 2 / 3) / 2,
            "single_hop": 0.0,  # refuses what the conversation does not say
            "adversarial": 0.5,  # and answers what it does
            "overall": (1 + 2 / 3 + 0 + 0 + 1) / 5,
        }
    )
    assert set(ceilings([RELEASED], [RELEASED]).values()) == {1.0}


def test_the_perfect_reader_gives_what_is_compared_with() -> None:
    assert perfect_answer(question(3, "Likely no; since it went badly")) == "Likely no"
    assert perfect_answer(question(5, "No")) == perfect_answer(question(4, "x"), unanswerable=True) == REFUSAL
    assert perfect_answer(question(5, None, "a trophy"), unanswerable=True) == "a trophy"


def test_scores_follow_the_corrected_golds() -> None:
    texts = ["7 May 2023", "9 May 2023", "a red bicycle", "a trophy", "Not mentioned"]
    answers = [Answer(id_, "qa", text, None) for id_, text in zip(IDS, texts, strict=True)]
    scores = score_answers([RELEASED], answers, where="here")
    released, corrected = released_and_corrected([RELEASED], [CORRECTED], answers, scores, OUT)
    assert released["qa"] == pytest.approx(
        {"overall": (1 + 2 / 3 + 1 + 0 + 1) / 5, "temporal": 5 / 6, "single_hop": 1, "adversarial": 0.5}
    )
    assert corrected == {"qa": {"overall": 1, "temporal": 1, "adversarial": 1}}
    assert released["qa"]["overall"] == pytest.approx(sum(score.f1 for score in scores) / 5)


def test_a_failed_call_counts_as_nought() -> None:
    answers = [Answer(id_, "qa", None, None, "refused") for id_ in IDS]
    scores = score_answers([RELEASED], answers, where="here")
    for means in released_and_corrected([RELEASED], [CORRECTED], answers, scores):
        assert set(means["qa"].values()) == {0.0}


def test_a_dataset_without_errata_says_so() -> None:
    conversations = read_conversations(SAMPLE)
    contents = errata_file(CARD, conversations, [], [])
    assert contents["errata"] is None
    assert set(contents["ceiling"].values()) == {1.0}
    assert "corrected_f1" not in contents


@pytest.fixture(scope="module")
def released(locomo10: Path) -> list[Conversation]:
    return read_conversations(locomo10)


def test_the_released_golds_stop_a_perfect_reader_short(released: list[Conversation]) -> None:
    assert set(ceilings(released, released).values()) == {1.0}
    errata = read_errata(released)
    assert errata is not None
    found = ceilings(released, apply(released, errata), unanswerable(errata))
    assert all(0 < value < 1 for value in found.values())
    assert min(found, key=found.__getitem__) == "temporal"  # dates suffer most
    assert found["adversarial"] == pytest.approx(442 / 446)


def test_both_sides_are_written(released: list[Conversation]) -> None:
    errata = read_errata(released)
    assert errata is not None
    corrected = apply(released, errata)
    answers = [
        Answer(c.question_id(index), "qa", perfect_answer(q, c.question_id(index) in unanswerable(errata)), None)
        for c in corrected
        for index, q in enumerate(c.questions)
    ]
    contents = errata_file(CARD, released, answers, score_answers(released, answers, where="here"))
    assert contents["errata"] == errata.label
    assert contents["questions"] == {"released": 1986, "corrected": 1986 - len(left_out(errata))}
    assert contents["released_f1"]["qa"] == contents["ceiling"]
    assert set(contents["corrected_f1"]["qa"].values()) == {1.0}
    assert contents["left_out"]["conv-30:95"] == "answerable"
    assert contents["left_out"]["conv-48:89"] == "duplicate"


def test_an_edited_copy_is_scored_as_it_is(released: list[Conversation]) -> None:
    questions = list(released[0].questions)
    questions[5] = questions[5].model_copy(update={"question": "Anything else?"})
    contents = errata_file(CARD, [released[0].model_copy(update={"questions": questions})], [], [])
    assert contents["errata"] is None
    assert "conv-26:5: found the question 'Anything else?'" in contents["why"]
