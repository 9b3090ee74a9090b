"""The report as its reader meets it: right means, visible errors, and no model's words that act as HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from report_page import CARD, HOSTILE, conversation, pair, report

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.reporting.report import write_report
from locomo.schema import Conversation, Prediction, Score

SAMPLE = Path(__file__).parents[2] / "data" / "raw" / "sample.json"


@pytest.fixture
def tiny() -> Conversation:
    return conversation(
        [
            {"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]},
            {"question": "Whose idea?", "category": 4, "answer": "Ada's", "evidence": []},
            {"question": "When?", "category": 2, "answer": 2023, "evidence": ["D1:1; D1:2"]},
            {"question": "Which dog?", "category": 5, "adversarial_answer": "a poodle", "evidence": ["D1:1", "D"]},
        ]
    )


def rag(tiny: Conversation, k: int) -> list[tuple[Prediction, Score]]:
    shared = {"unit": "dialog", "k": k, "context": ("D1:1", "D1:2")[:k]}
    return [
        pair(tiny, 0, 1.0, tokens=100, rouge=0.8, **shared),
        pair(tiny, 1, 0.5, tokens=200, rouge=0.4, **shared),  # no evidence: counts 0 in recall
        pair(tiny, 2, 0.0, recall=0.5, error="rate limited", **shared),  # a failed call: counts with 0
        pair(tiny, 3, 0.0, recall=0.5, tokens=300, prediction="a poodle", **shared),
    ]


def test_table_has_the_means(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], rag(tiny, 1))
    # multi-hop, temporal, open-domain, single-hop, adversarial, overall: (1 + 0.5 + 0 + 0) / 4
    f1 = ["–", "0.0", "–", "75.0", "0.0", "37.5"]
    # ROUGE-L over two; recall (1 + 0 + 0.5 + 0.5) / 4; tokens over the three that were answered; one error of four
    assert page.line(0, "rag_dialog_k1") == [*f1, "60.0", "–", "50.0", "–", "200", "1", "4"]
    assert page.line(0, "questions")[:6] == ["0", "1", "0", "2", "1", "4"]
    assert page.line(1, "rag_dialog_k1") == ["recall@1", "–", "50.0", "–", "50.0", "50.0", "50.0"]


def test_best_of_a_column_is_marked(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], [pair(tiny, 0, 0.25), pair(tiny, 0, 0.75, unit="summary", k=2, context=("S1",))])
    assert '<td class="best">75.0</td>' in page.html
    assert '<td class="best">25.0</td>' not in page.html


def test_recall_of_qa_is_named_evidence_in_context(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], [pair(tiny, 0, 1.0, recall=0.5, context=("D1:2",))])
    assert page.line(0, "qa")[8:10] == ["–", "50.0"]  # not under recall@k
    assert page.line(1, "qa")[0] == "evidence in context"


def test_errors_are_loud(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], rag(tiny, 1))
    assert "1 of 4 calls failed permanently" in page.text
    assert re.search(r"1 × rate limited", page.text)
    assert '<td class="error">1</td>' in page.html
    assert "failed permanently" not in report(tmp_path, [tiny], [pair(tiny, 0, 1.0)]).text


def test_run_without_rag_says_so(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], [pair(tiny, 0, 1.0)])
    assert "no rag configuration" in page.text
    assert "no recall to compute" in page.text


def test_run_without_predictions_says_so(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], [])
    assert "no predictions" in page.text
    assert page.tables == []


def test_recall_over_k_is_drawn_for_several_k(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], rag(tiny, 2) + rag(tiny, 1))
    labels = [value for name, value in page.attributes if name == "aria-label" and value and value.startswith("dialog")]
    assert labels == [
        "dialog, in percent: recall 50.0 at k = 1, recall 50.0 at k = 2; F1 37.5 at k = 1, F1 37.5 at k = 2"
    ]
    assert "more than one" in report(tmp_path, [tiny], rag(tiny, 1)).text


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    hostile = conversation(
        [{"question": HOSTILE, "category": 4, "answer": HOSTILE, "evidence": [HOSTILE]}], text=HOSTILE
    )
    pairs = [
        pair(hostile, 0, 0.0, prediction=HOSTILE, raw=f"b) {HOSTILE}"),
        pair(hostile, 0, 0.0, error=HOSTILE, unit=HOSTILE, k=5),
    ]
    page = report(tmp_path, [hostile], pairs, {HOSTILE: HOSTILE})
    plain = conversation([{"question": "q", "category": 4, "answer": "a", "evidence": []}], text="t")
    harmless = report(
        tmp_path, [plain], [pair(plain, 0, 0.0), pair(plain, 0, 0.0, error="e", unit="u", k=5)], {"a": "b"}
    )
    assert page.tags == harmless.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in harmless.attributes]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    # Nothing but the page's own script and the data, which read back as they were.
    assert page.scripts[2:] == harmless.scripts[2:]
    question = page.data["questions"][0]
    assert (question["question"], question["reference"], question["evidence"]) == (HOSTILE, HOSTILE, [HOSTILE])
    assert question["answers"][0][1:3] == [HOSTILE, f"b) {HOSTILE}"]
    assert question["answers"][1][7] == HOSTILE
    assert page.turns[0][0] == ["D1:1", "Ada", HOSTILE]


def test_data_give_back_every_answer_and_context(tmp_path: Path) -> None:
    conversations = read_conversations(SAMPLE)
    pairs = []
    for one in conversations:
        ids = [turn.dia_id for turn in one.turns]
        for index in range(len(one.questions)):
            ranked = ids[index:] + ids[:index]
            pairs.append(pair(one, index, 1.0, context=tuple(ids)))
            pairs += [pair(one, index, 0.5, context=tuple(ranked[:k]), unit="dialog", k=k) for k in (5, 10)]
            pairs.append(pair(one, index, 0.0, context=tuple(reversed(ranked[:3])), unit="observation", k=3))
    data = report(tmp_path, conversations, pairs).data
    found = {
        (question["id"], data["configurations"][c]["name"]): (prediction, data["contexts"][context][:length])
        for question in data["questions"]
        for c, prediction, _, _, _, context, length, _, _ in question["answers"]
    }
    assert found == {(p.id, p.configuration): (p.prediction, p.context_ids) for p, _ in pairs}
    # The conversation, which is the context of each of its questions in qa, is stored once.
    assert sum(len(context) > 10 for context in data["contexts"]) == len(conversations)


def test_run_together_evidence_is_taken_apart(tmp_path: Path, tiny: Conversation) -> None:
    data = report(tmp_path, [tiny], rag(tiny, 1)).data
    assert [question["evidence"] for question in data["questions"]] == [["D1:1"], [], ["D1:1", "D1:2"], ["D1:1", "D"]]


def test_same_input_gives_same_bytes_in_any_row_order(tmp_path: Path, tiny: Conversation) -> None:
    pairs = rag(tiny, 1) + rag(tiny, 2) + [pair(tiny, 0, 1.0)]
    first = report(tmp_path, [tiny], pairs).html
    assert report(tmp_path, [tiny], pairs).html == first
    assert report(tmp_path, [tiny], pairs[::-1]).html == first


def test_page_needs_nothing_else(tmp_path: Path, tiny: Conversation) -> None:
    page = report(tmp_path, [tiny], rag(tiny, 1) + rag(tiny, 2))
    assert not re.search(r"https?://|url\(|@import|\bimport\(|fetch\(", page.html)
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not [value for name, value in page.attributes if name == "src"]
    links = {value or "" for name, value in page.attributes if name == "href"}
    assert all(link.startswith("#") for link in links - {"validation/index.html"})


def test_rows_that_do_not_belong_together_are_refused(tmp_path: Path, tiny: Conversation) -> None:
    (prediction, score), path = pair(tiny, 0, 1.0), tmp_path / "report.html"
    given = {"card": CARD, "conversations": [tiny]}
    with pytest.raises(InputError, match="scores: nothing for question 'tiny:0' in 'qa'"):
        write_report(path, **given, predictions=[prediction], scores=[])
    with pytest.raises(InputError, match="predictions: nothing for question 'tiny:0' in 'qa'"):
        write_report(path, **given, predictions=[], scores=[score])
    with pytest.raises(InputError, match="predictions: question 'tiny:0' occurs 2 times in 'qa'"):
        write_report(path, **given, predictions=[prediction] * 2, scores=[score])
    with pytest.raises(InputError, match="'tiny:0' is not in the conversations"):
        write_report(path, card=CARD, conversations=[], predictions=[prediction], scores=[score])
    assert not path.exists()
