"""What git tracks of a run: full names, a protocol card in each file, and only what was computed."""

from __future__ import annotations

import pytest
from conftest import SAMPLE

from locomo.dataset import fingerprint, read_conversations
from locomo.reporting.card import judge_line, parameters_of, protocol_card
from locomo.reporting.join import join
from locomo.reporting.metrics import metric_files, usage_file
from locomo.schema import Choice, Conversation, Prediction, Usage
from locomo.scoring import METRICS, Answer, field_of, metric_names, score_answers, scoring_protocol


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    return read_conversations(SAMPLE)


def predictions(conversations: list[Conversation], *, orders: bool = False) -> list[Prediction]:
    """Refusals of every question; adversarial ones twice if both orders are asked."""
    return [
        Prediction(
            id=c.question_id(i),
            sample_id=c.sample_id,
            index=i,
            category=q.category,
            question=q.question,
            reference=q.reference,
            prediction="Not mentioned",
            raw="Not mentioned",
            context_ids=["D1:1"],
            task="qa",
            unit=None,
            k=None,
            model="m",
            protocol="strict",
            usage=Usage(input_tokens=10, output_tokens=2, cost_usd=0.5),
            request="0",
            choice=Choice(refusal=letter, taken="a") if letter else None,
        )
        for c in conversations
        for i, q in enumerate(c.questions)
        for letter in (("a", "b") if orders and q.category == 5 else (None,))
    ]


@pytest.mark.parametrize(
    ("protocol", "names"),
    [
        (
            "paper",
            {
                "f1.json": ["f1_stemmed_multiset", "f1_token_set"],
                "recall.json": ["recall_evidence"],
                "overlap.json": ["bleu_1", "rouge_1", "rouge_2", "rouge_l"],
                "verdicts.json": ["over_refusal"],
            },
        ),
        (
            "strict",
            {
                "f1.json": ["f1_normalised", "f1_normalised_one_sided", "f1_token_set"],
                "recall.json": ["recall_evidence_repaired"],
                "overlap.json": ["bleu_1", "rouge_1", "rouge_2", "rouge_l"],
                "verdicts.json": ["over_refusal", "unparsable"],
            },
        ),
    ],
)
def test_names_say_what_was_computed(protocol: str, names: dict, conversations: list[Conversation]) -> None:
    rules = scoring_protocol(protocol)
    rows = [Answer.of(row) for row in predictions(conversations, orders=protocol == "strict")]
    files = metric_files({}, score_answers(conversations, rows, where="x", protocol=rules), metric_names(rules))
    assert {name: list(contents) for name, contents in files.items()} == names


def test_what_a_metric_depends_on_stands_in_brackets() -> None:
    names = metric_names(scoring_protocol("paper"), bertscore="minilm", judge="lenient")
    assert set(names) == set(METRICS)
    assert (names["bertscore_f1"], names["judged"]) == ("bertscore_f1[minilm]", "judge_accuracy[lenient]")
    for protocol in ("paper", "strict"):
        public = metric_names(scoring_protocol(protocol), bertscore="roberta-large", judge="strict")
        assert {field_of(name) for name in public.values()} == set(METRICS)
    assert field_of("dataset") is None


def test_a_card_says_all_that_a_number_depends_on(conversations: list[Conversation]) -> None:
    rows = predictions(conversations)
    card = protocol_card(
        conversations,
        scoring_protocol("judge"),
        models={row.model for row in rows},
        answered={row.category for row in rows},
        dataset="sample",
        prompts="paper-1",
        parameters={"rag.k": [5, 10], "rag.retriever": "hybrid", "answer.context_window": None},
        resolved="0123456789ab",
        judge=judge_line("openai/gpt-4o-mini", "strict", "judge-1", 3),
        errata="sample/2",
    )
    assert card == {
        "dataset": f"sample {fingerprint(conversations)[:12]}",
        "errata": "sample/2",
        "protocol": "judge, scored by paper-2",
        "prompts": "paper-1",
        "questions": "131: multi_hop 21, temporal 33, open_domain 15, single_hop 38, adversarial 24",
        "parameters": 'rag.k [5, 10]; rag.retriever "hybrid"; answer.context_window null',
        "model": "m",
        "resolved": "0123456789ab",
        "judge": "openai/gpt-4o-mini, prompt strict of judge-1, 3 votes",
    }
    values = {"rag.k": "[5, 10]", "rag.retriever": "hybrid", "answer.context_window": "null"}
    assert parameters_of(card["parameters"]) == values
    assert judge_line(None, "strict", "judge-1", 1) is None


def test_the_hash_of_a_dataset_is_that_of_its_content(conversations: list[Conversation]) -> None:
    first, *others = conversations
    assert fingerprint(read_conversations(SAMPLE)) == fingerprint(conversations)
    question = first.questions[0].model_copy(update={"answer": "another"})
    edited = first.model_copy(update={"questions": [question, *first.questions[1:]]})
    assert fingerprint([edited, *others]) != fingerprint(conversations)


def test_usage_counts_questions_once_and_every_call_that_was_paid(conversations: list[Conversation]) -> None:
    usage = usage_file({}, predictions(conversations, orders=True))["usage"]["qa"]
    assert (usage["questions"], usage["errors"]) == (131, 0)
    assert usage["input_tokens"] == 10 * (131 + 24)
    assert usage["cost_usd"] == 0.5 * (131 + 24)


def test_the_report_shows_both_orders_as_one_answer(conversations: list[Conversation]) -> None:
    rows = predictions(conversations, orders=True)
    scores = score_answers(
        conversations, [Answer.of(row) for row in rows], where="x", protocol=scoring_protocol("strict")
    )
    joined = join(conversations, rows, scores)
    assert len(joined) == 131
    twice = next(answer for answer in joined if answer.score.category == 5)
    assert (twice.input_tokens, twice.cost_usd) == (20, 1.0)
    assert twice.score.f1 == 0.5  # it takes (a) both times
