"""From answers to scores: recall, overlap, failed calls, and that every question counts exactly once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.models import embedded
from locomo.schema import Conversation, Score
from locomo.scoring import METRICS, Answer, by_configuration, score_answers
from locomo.scoring.bertscore import bertscore
from locomo.scoring.overlap import rouge
from locomo.scoring.recall import evidence_recall


@pytest.mark.parametrize(
    ("evidence", "shown", "expected"),
    [
        (["D1:1", "D2:3"], ["D2:3", "D9:9"], 0.5),
        (["D1:1", "D1:1"], ["D1:1"], 1.0),
        (["D1:1"], [], 0.0),
        ([], ["D1:1"], 1.0),
        ([], [], 1.0),
        (["D8:6; D9:17"], ["D8:6", "D9:17"], 0.0),  # malformed evidence is compared as it is written
        (["D8:6; D9:17"], ["S8"], 1.0),  # by session: what stands before the first colon
        (["D:11:26"], ["S11"], 0.0),
        (["D"], ["S1"], 0.0),
        (["D30:05"], ["S30"], 1.0),
        (["D30:05"], ["D30:5"], 0.0),
        (["D1:1", "D12:2"], ["S1", "S2"], 0.5),
    ],
)
def test_evidence_recall(evidence: list[str], shown: list[str], expected: float) -> None:
    assert evidence_recall(evidence, shown) == expected


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    return read_conversations(SAMPLE)


def all_answers(conversations: list[Conversation], text: str = "x") -> list[Answer]:
    return [Answer(c.question_id(i), "qa", text, None) for c in conversations for i in range(len(c.questions))]


def test_rows_come_in_the_order_of_the_dataset(conversations: list[Conversation]) -> None:
    answers = all_answers(conversations)
    shuffled = [*answers[50:], *answers[:50]]
    assert [score.id for score in score_answers(conversations, shuffled, where="x")] == [a.id for a in answers]


def test_a_system_that_never_names_a_turn_has_no_recall(conversations: list[Conversation]) -> None:
    silent = [replace(answer, configuration="rag_langmem_k10", context_ids=[]) for answer in all_answers(conversations)]
    found = [replace(answer, configuration="rag_mem0_k10") for answer in silent]
    found[5] = replace(found[5], context_ids=["D1:1"])  # of one question alone
    whole = [replace(answer, configuration="qa") for answer in silent]
    means = by_configuration(score_answers(conversations, [*silent, *found, *whole], where="x"))
    assert means["rag_langmem_k10"]["overall"]["recall"] is None
    assert means["rag_mem0_k10"]["overall"]["recall"] is not None
    assert means["qa"]["overall"]["recall"] is not None


def test_a_failed_call_counts_as_0_and_is_counted(conversations: list[Conversation]) -> None:
    answers = all_answers(conversations, "not mentioned")
    adversarial = next(i for i, q in enumerate(conversations[0].questions) if q.category == 5)
    answers[adversarial] = Answer(answers[adversarial].id, "qa", None, None, error="HTTP 500")
    scores = score_answers(conversations, answers, where="x")
    assert (scores[adversarial].f1, scores[adversarial].error) == (0.0, "HTTP 500")
    adversarials = by_configuration(scores)["qa"]["adversarial"]
    assert adversarials["errors"] == 1
    assert adversarials["f1"] == pytest.approx((adversarials["n"] - 1) / adversarials["n"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a[1:], "x: 1 of 131 questions have no prediction in 'qa', the first is 'sample-1:0'"),
        (lambda a: [*a, a[3]], "x: question 'sample-1:3' is answered twice in 'qa'"),
        (lambda a: [*a, Answer("conv-26:0", "qa", "", None)], "x: sample 'conv-26' (of 'conv-26:0') is not in the"),
        (lambda a: [*a, Answer("sample-1:999", "qa", "", None)], "x: question 'sample-1:999' is not in the dataset"),
        (lambda a: [*a, Answer("nonsense", "qa", "", None)], "x: sample '' (of 'nonsense') is not in the dataset"),
    ],
)
def test_every_question_is_answered_exactly_once(conversations: list[Conversation], change, said: str) -> None:
    with pytest.raises(InputError) as caught:
        score_answers(conversations, change(all_answers(conversations)), where="x")
    assert str(caught.value).startswith(said)


def test_overlap_is_given_where_there_is_a_gold_answer(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, all_answers(conversations), where="x")
    assert all((score.rougeL is None) == (score.category == 5) for score in scores)
    assert all(score.bertscore_f1 is None for score in scores)


def test_rouge_by_hand() -> None:
    exact, half, none = rouge([("the red kite", "the red kite"), ("red kites", "the red kite"), ("", "kite")])
    assert exact == {"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0}
    assert half["rouge1"] == pytest.approx(0.8)  # P 1, R 2/3, with stemming
    assert half["rouge2"] == pytest.approx(2 / 3)  # P 1, R 1/2
    assert none == {"rouge1": 0.0, "rouge2": 0.0, "rougeL": 0.0}


def test_bertscore_with_the_embedded_model_equals_its_definition() -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    pairs = [("a red kite", "a crimson kite"), ("nine bees", "She paid forty euros"), ("", "kite"), ("kite", "kite")]
    folder = str(embedded.minilm())
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def states(text: str) -> torch.Tensor:
        with torch.inference_mode():
            hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        return torch.nn.functional.normalize(hidden, dim=1)

    def plain(prediction: str, gold: str) -> float:
        """Greedy matching of token states (Zhang et al. 2020, equation 1); [CLS] and [SEP] weigh nothing."""
        similar = states(prediction) @ states(gold).T
        precision = similar.max(dim=1).values[1:-1].mean()
        recall = similar.max(dim=0).values[1:-1].mean()
        return float(2 * precision * recall / (precision + recall))

    found = bertscore(pairs, "minilm")
    assert found[2] == 0.0
    for i in (0, 1, 3):
        assert found[i] == pytest.approx(plain(*pairs[i]), abs=1e-5)
    assert found[3] > found[0] > found[1]


def test_means_of_nothing_are_nothing() -> None:
    score = Score(id="a:0", configuration="qa", category=5, f1=1.0, recall=1.0, has_evidence=False, has_context=False)
    means = by_configuration([score])["qa"]
    assert list(means) == ["overall", "adversarial"]
    assert means["overall"] == dict.fromkeys(METRICS) | {"n": 1, "errors": 0, "f1": 1.0}
