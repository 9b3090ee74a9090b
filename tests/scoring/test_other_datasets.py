"""Categories of other datasets: how their questions are asked, scored without a judge, and judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from locomo.dataset.subset import numbers_of
from locomo.reporting.card import protocol_card
from locomo.reporting.means_table import means_table
from locomo.reporting.shown import Shown
from locomo.schema import CATEGORIES, DECLARATIONS, Conversation, Question, Score, Session, Turn, Verdict, declared
from locomo.scoring import Answer, by_configuration, score_answers, scoring_protocol
from locomo.scoring.judging import claims_of, with_verdicts
from locomo.scoring.local_judge import judge_here
from locomo.scoring.ranking import Evaluation
from locomo.tasks.protocol import asking_protocol


def question(category: int, **fields: Any) -> Question:
    return Question(**({"question": "What broke?", "evidence": ["D1:1"], "category": category} | fields))


COGNITIVE = question(6, question="Ines: I ordered an espresso.", cue="Ines: I gave up coffee.", date="15 May, 2023")
INSTRUCTION = question(15, rubric=["is in French", "is short"])
EXTRACTION = question(14, answer="the old kettle", rubric=["says: the kettle"])
ABSTENTION = question(11, evidence=[])


def conversation(dataset: str, *questions: Question) -> Conversation:
    turns = [
        Turn(speaker="Ines", dia_id="D1:1", text="I gave up coffee."),
        Turn(speaker="Tom", dia_id="D1:2", text="Oh"),
    ]
    return Conversation(
        sample_id="c",
        dataset=dataset,
        speaker_a="Ines",
        speaker_b="Tom",
        sessions=[Session(number=1, date_time="1:56 pm on 8 May, 2023", turns=turns)],
        questions=list(questions),
        observations=[],
        summaries={},
        raw_observation={},
        raw_event_summary={},
        conversation_extra={},
        extra={},
    )


def scored(dataset: str, protocol: str, pairs: list[tuple[Question, str]]) -> list[Score]:
    answers = [Answer(f"c:{n}", "rag_dialog_k5", text, ["D1:1"]) for n, (_, text) in enumerate(pairs)]
    return score_answers(
        [conversation(dataset, *(q for q, _ in pairs))], answers, where="x", protocol=scoring_protocol(protocol)
    )


def test_numbers_are_unique_and_names_are_within_a_dataset() -> None:
    for declaration in DECLARATIONS.values():
        assert len({category.name for category in declaration.categories}) == len(declaration.categories)
    assert declared([]) == declared(["locomo"]) == [1, 2, 3, 4, 5]
    assert declared(["locomo_plus"]) == [1, 2, 3, 4, 5, 6]
    assert numbers_of(["cognitive", "11", "temporal_reasoning"], "x") == [6, 11, 20, 25]
    assert len(CATEGORIES) == 23


@pytest.mark.parametrize("protocol", ["paper", "strict"])
def test_without_a_judge_evidence_counts_and_f1_where_there_is_an_answer(protocol: str) -> None:
    cognitive, instruction, extraction, abstaining, asserting = scored(
        "beam100k",
        protocol,
        [
            *((COGNITIVE, "So you drink coffee again?"), (INSTRUCTION, "Oui"), (EXTRACTION, "the old kettle")),
            *((ABSTENTION, "I don't know, that was never said."), (ABSTENTION, "the kettle")),
        ],
    )
    assert [score.f1 for score in (cognitive, instruction)] == [None, None]
    assert [score.recall for score in (cognitive, instruction, extraction, abstaining)] == [1.0, 1.0, 1.0, None]
    assert [score.f1 for score in (extraction, abstaining, asserting)] == [1.0, 1.0, 0.0]
    groups = by_configuration([cognitive, instruction, extraction, asserting])["rag_dialog_k5"]
    assert groups["overall"]["f1"] == 0.5  # over the two that it applies to
    assert (groups["cognitive"]["f1"], groups["cognitive"]["recall"]) == (None, 1.0)
    assert list(groups) == ["overall", "cognitive", "abstention", "information_extraction", "instruction_following"]


def test_a_judge_goes_by_the_cue_the_rubric_or_the_abstention() -> None:
    pairs = [(COGNITIVE, "Again?"), (INSTRUCTION, "Oui"), (EXTRACTION, "the kettle"), (ABSTENTION, "the kettle")]
    answers = [Answer(f"c:{n}", "qa", text, None) for n, (_, text) in enumerate(pairs)]
    conversations = [conversation("beam100k", *(q for q, _ in pairs))]
    claims = list(claims_of(conversations, answers).values())
    assert [(claim.gold, claim.rubric, claim.cue, claim.abstention) for claim in claims] == [
        (None, (), "Ines: I gave up coffee.", False),
        (None, ("is in French", "is short"), None, False),
        (None, ("says: the kettle",), None, False),
        (None, (), None, True),
    ]
    scores = score_answers(conversations, answers, where="x")
    said = [Verdict(False, share=0.5), Verdict(False, share=0.5), Verdict(True, share=1.0), Verdict(False)]
    judged = with_verdicts(scores, dict(zip(claims_of(conversations, answers), said, strict=True)))
    assert [(score.judged, score.abstained) for score in judged] == [(0.5, None), (0.5, None), (1.0, None), (None, 0.0)]
    assert [verdict.correct for verdict in judge_here(claims)] == [None, None, None, False]  # knows golds alone


def test_a_question_is_put_with_its_date_and_a_cue_asks_for_a_reply() -> None:
    protocol = asking_protocol("paper")
    assert protocol.question_text(COGNITIVE, {}) == (
        "It is 15 May, 2023 now. Ines: I ordered an espresso. "
        "Reply to that in one or two sentences, as the other speaker."
    )
    assert protocol.question_text(EXTRACTION, {}) == "Question: What broke?"
    assert protocol.options(ABSTENTION, "c:0", 0) == {}  # there is nothing to offer
    assert COGNITIVE.dated == "Ines: I ordered an espresso. (asked on 15 May, 2023)"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"category": 7}, "unknown category"),
        ({"category": 15}, r"no item in 'rubric', which category 15 \(instruction_following\) needs"),
        ({"category": 15, "rubric": [" "]}, r"no item in 'rubric'"),
        ({"category": 6}, r"no 'cue', which category 6 \(cognitive\) needs"),
        ({"category": 24}, r"no 'answer', which category 24 \(multi_session\) needs"),
    ],
)
def test_what_a_category_needs(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        question(**fields)


@pytest.mark.parametrize(
    ("dataset", "protocol", "line"),
    [
        ("locomo", "paper", "paper, scored by paper-2"),
        ("beam100k", "paper", "paper, scored by paper-2; made for LoCoMo, not for BEAM"),
        ("realtalk", "head", "head, scored by paper-2; made for LoCoMo, not for REALTALK"),
        ("beam100k", "strict", "strict, scored by strict-2"),
    ],
)
def test_the_card_says_where_a_protocol_does_not_fit(dataset: str, protocol: str, line: str) -> None:
    found = protocol_card(
        [conversation(dataset)],
        scoring_protocol(protocol),
        models=(),
        answered=(),
        dataset="x",
        prompts="p",
        parameters={},
        resolved="",
    )
    assert found["protocol"] == line


def test_the_table_has_a_row_for_each_category_of_another_dataset() -> None:
    scores = scored("beam100k", "paper", [(EXTRACTION, "the old kettle"), (INSTRUCTION, "Oui"), (COGNITIVE, "Again?")])
    table = Shown(means_table(by_configuration(scores), {"f1": "f1_stemmed_multiset"}))
    rows = [line.split() for line in str(table).splitlines()]
    assert ["rag_dialog_k5", "3", "100.0", "100.0", "100.0", "–", "0"] in rows
    assert ["cognitive", "1", "–", "100.0", "–", "–", "0"] in rows
    assert ["information-extraction", "1", "100.0", "100.0", "100.0", "–", "0"] in rows


def test_categories_that_another_dataset_names_alike_are_not_lost() -> None:
    numbers = DECLARATIONS["beam100k"].numbers
    names = [*(CATEGORIES[number] for number in numbers), "overall"]
    values = np.ones((len(numbers), 1))
    found = Evaluation((5,), np.zeros(len(numbers), dtype=np.int64), np.array(numbers), {"recall": values})
    assert list(found.means("recall")) == names
    asked = [question(number, answer="x", rubric=["x"]) for number in numbers]
    assert list(by_configuration(scored("beam100k", "paper", [(each, "x") for each in asked]))["rag_dialog_k5"]) == [
        "overall",
        *names[:-1],
    ]
