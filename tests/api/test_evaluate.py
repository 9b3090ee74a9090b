"""`locomo.evaluate`: every kind of system by name and as an object, in an empty folder and beside a running loop."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import own_systems
import pytest
from conftest import SAMPLE
from empty_folder import empty_folder, shared_cache
from own_systems import FirstUnits, LastTurns, NeedsMore, Neither, speaker, speaker_later

from locomo import InputError, Results, evaluate, load_dataset
from locomo.errors import LocomoError
from locomo.llm import BudgetError

__all__ = ["empty_folder", "shared_cache"]  # fixtures

OWN = str(Path(own_systems.__file__))
QUESTIONS = 131
ADVERSARIAL = 24


def overall(results: Results, configuration: str) -> dict[str, Any]:
    return results.metrics[configuration]["overall"]


def name_of(value: object) -> str:
    """The same in every worker: no address of an object, no path of a machine."""
    name = value if isinstance(value, str) else getattr(value, "__name__", f"{type(value).__name__}()")
    return name.replace(str(OWN), "own.py")


@pytest.mark.parametrize(
    ("system", "configuration", "model"),
    [
        ("mock/words", "qa", "words"),
        ("bm25", "rag_dialog_k5", "words"),
        (LastTurns(), "rag_memory_k5", "words"),
        (LastTurns, "rag_memory_k5", "words"),
        (f"{OWN}:LastTurns", "rag_memory_k5", "words"),
        (f"memory/{OWN}:LastTurns", "rag_memory_k5", "words"),
        ("own_systems:LastTurns", "rag_memory_k5", "words"),
        (FirstUnits(), "rag_dialog_k5", "words"),
        (FirstUnits, "rag_dialog_k5", "words"),
        (f"{OWN}:FirstUnits", "rag_dialog_k5", "words"),
        (speaker, "qa", "function/speaker"),
        (speaker_later, "qa", "function/speaker_later"),
        (f"{OWN}:speaker", "qa", "function/speaker"),
        ("own_systems:speaker_later", "qa", "function/speaker_later"),
    ],
    ids=name_of,
)
def test_every_kind_of_system(system: Any, configuration: str, model: str) -> None:
    answers_itself = configuration == "qa"
    results = evaluate(system, protocol="paper", model=None if answers_itself else "mock/words")
    assert list(results.metrics) == [configuration, "always_refuse"]
    assert overall(results, configuration)["n"] == QUESTIONS
    assert overall(results, configuration)["errors"] == 0
    assert {row.model for row in results.predictions} == {model}
    assert results.card == {"dataset": "sample", "model": model, "protocol": "paper"}


def test_a_retriever_with_vectors_several_settings_and_baselines() -> None:
    results = evaluate("hybrid", model="mock/words", k=[3, 5], units=["dialog", "summary"], baselines=["no_memory"])
    assert list(results.metrics) == [
        *(f"rag_{unit}_k{k}" for unit in ("dialog", "summary") for k in (3, 5)),
        "no_memory",
        "always_refuse",
    ]
    few, more = (overall(results, f"rag_dialog_k{k}")["recall_evidence_repaired"] for k in (3, 5))
    assert 0.3 < few < more < 1


def test_a_function_is_shown_no_gold_and_strict_puts_both_orders() -> None:
    seen: list[tuple[Any, str]] = []

    def note(conversation: Any, question: str) -> str:
        seen.append((conversation, question))
        return "(a)"

    results = evaluate(note, protocol="strict")
    assert all(conversation.questions == [] for conversation, _ in seen)
    assert len(seen) == QUESTIONS + ADVERSARIAL
    assert sum("(a)" in question and "(b)" in question for _, question in seen) == 2 * ADVERSARIAL
    # Whoever always takes the first option is right in one of two orders.
    assert results.metrics["qa"]["adversarial"]["f1_normalised"] == pytest.approx(0.5)


def test_a_function_may_cite_turns_and_give_no_answer() -> None:
    data = load_dataset()
    gold = {row["question"]: row for row in data.questions if row["category"] == "single_hop"}

    def knows(conversation: Any, question: str) -> Any:
        row = next((row for text, row in gold.items() if text in question), None)
        return None if row is None else (row["gold"], row["evidence"])

    results = evaluate(knows, data, "paper")
    assert results.metrics["qa"]["single_hop"]["f1_stemmed_multiset"] == pytest.approx(1)
    assert results.metrics["qa"]["single_hop"]["recall_evidence"] == pytest.approx(1)
    assert overall(results, "qa")["errors"] == QUESTIONS - len(gold)
    row = next(row for row in results.questions if row["category"] == "temporal")
    assert (row["answer"], row["error"]) == (None, "the function gave no answer")


def test_what_a_function_raises_is_raised_with_the_question() -> None:
    def broken(conversation: Any, question: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        evaluate(broken)
    assert caught.value.__notes__[0].startswith("while question 'sample-1:0' was asked: Question: When did Ruth open")


def test_an_async_function_is_asked_several_at_once() -> None:
    running = most = 0

    async def slow(conversation: Any, question: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return "x"

    evaluate(slow, params={"llm.concurrency": 3})
    assert most == 3


def test_in_a_running_event_loop_as_in_a_notebook() -> None:
    async def cell() -> list[Results]:
        return [
            evaluate("bm25", model="mock/words", params={"rag.reranker": "llm", "rag.rerank_depth": 3}),
            evaluate(speaker_later, judge="mock/words"),
        ]

    reranked, judged = asyncio.run(cell())
    assert overall(reranked, "rag_dialog_k5")["n"] == QUESTIONS
    assert 0 <= overall(judged, "qa")["judge_accuracy[balanced]"] <= 1
    outside = evaluate("bm25", model="mock/words", params={"rag.reranker": "llm", "rag.rerank_depth": 3})
    assert [row.model_dump() for row in outside.predictions] == [row.model_dump() for row in reranked.predictions]


def test_nothing_is_written_into_an_empty_folder_and_nothing_is_asked_twice(
    empty_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCOMO_MOCK_LOG", str(tmp_path / "asked"))
    first, second = (evaluate("mock/words", protocol="paper") for _ in range(2))
    assert len((tmp_path / "asked").read_text().splitlines()) == QUESTIONS
    assert first.questions == second.questions
    assert list(empty_folder.iterdir()) == []


def test_a_budget_holds_for_one_evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "cache"))
    Path("prices.yaml").write_text("models:\n  mock/words: {input: 100, output: 1000}\n")
    one = {"answer.max_tokens": 8, "llm.budget_usd": 50.0}
    cost = sum(row.usage.cost_usd or 0 for row in evaluate("mock/words", protocol="paper", params=one).predictions)
    enough = {"answer.max_tokens": 9, "llm.budget_usd": 1.2 * cost}
    assert cost > 1
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "another"))  # everything is to be paid again
    assert overall(evaluate("mock/words", protocol="paper", params=enough), "qa")["errors"] == 0
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "third"))
    with pytest.raises(BudgetError, match="All answers are kept: run again with more"):
        evaluate("mock/words", protocol="paper", params=enough | {"llm.budget_usd": cost / 2})


WRONG = [
    ({"system": "hybird"}, "system 'hybird': expected a retriever (", "did you mean 'hybrid'?"),
    ({"system": "mokc/words"}, "model 'mokc/words': expected provider/model", "did you mean 'mock/words'?"),
    ({"system": "memory/none"}, "memory system 'none': no installed package offers one", ""),
    ({"system": "nowhere.py:Name"}, "nowhere.py: no such file", ""),
    ({"system": "nowhere:Name"}, "'nowhere:Name': no module 'nowhere'", ""),
    ({"system": f"{OWN}:LastTurn"}, f"'{OWN}:LastTurn': ", "did you mean 'LastTurns'?"),
    ({"system": f"memory/{OWN}:FirstUnits"}, "is a retriever; leave out 'memory/'", ""),
    ({"system": f"{OWN}:Neither"}, "system Neither: expected a class with the methods reset, add_session, search", ""),
    ({"system": Neither}, "system Neither: expected a class with the methods", ""),
    ({"system": NeedsMore}, "system NeedsMore: its class needs address", "pass an object of it"),
    ({"system": Neither()}, "expected a retriever (", ""),
    ({"system": 3}, "system: found 3, expected a retriever (", ""),
    ({"system": "bm25", "dataset": "sampel"}, "dataset 'sampel': expected sample", "did you mean 'sample'?"),
    ({"system": "bm25", "dataset": "no/such.json"}, "no/such.json: no such file", ""),
    ({"system": "bm25", "protocol": "stricd"}, "protocol 'stricd': expected one of", "did you mean 'strict'?"),
    ({"system": "bm25", "protocol": "judge"}, "evaluate(): judge.model: found nothing; protocol 'judge' needs", ""),
    ({"system": "bm25", "units": "turn"}, "evaluate(): rag.units: unit 'turn': expected one of dialog", ""),
    ({"system": "bm25", "k": 0}, "evaluate(): rag.k: found 0, expected a whole number of at least 1", ""),
    ({"system": "bm25", "params": {"rag.kk": 1}}, "evaluate(): rag.kk: no such parameter", ""),
    ({"system": "mock/words", "model": "mock/words"}, "evaluate(): model: found 'mock/words' beside 'mock/words'", ""),
    ({"system": speaker, "baselines": ["no_memory"]}, "evaluate(): baselines: a model is asked for them", ""),
    ({"system": lambda c, q: 3}, "question 'sample-1:0': the function returned 3; expected text", ""),
    ({"system": lambda c, q: ("x", ["D99:1"])}, "the function cites the turn 'D99:1', which is not in", ""),
]


@pytest.mark.parametrize(("arguments", "start", "end"), WRONG, ids=[start[:40] for _, start, _ in WRONG])
def test_a_mistake_is_one_line(arguments: dict[str, Any], start: str, end: str) -> None:
    arguments = {"model": "mock/words"} | arguments if arguments["system"] == "bm25" else arguments
    with pytest.raises(LocomoError) as caught:
        evaluate(**arguments)
    said = str(caught.value)
    assert start in said
    assert said.endswith(end)
    assert "\n" not in said


def test_a_file_of_ones_own_is_read_again_when_it_has_changed() -> None:
    Path("mine.py").write_text("from helper import NAME\ndef answer(conversation, question): return NAME\n")
    Path("helper.py").write_text("NAME = 'one'\n")
    assert {row.raw for row in evaluate("mine.py:answer", protocol="paper").predictions} == {"one"}
    Path("mine.py").write_text("def answer(conversation, question): return 'another one'\n")
    assert {row.raw for row in evaluate("mine.py:answer", protocol="paper").predictions} == {"another one"}


def test_datasets_by_path_and_by_folder(tmp_path: Path) -> None:
    whole = load_dataset("sample")
    assert [each.sample_id for each in load_dataset(SAMPLE)] == [each.sample_id for each in whole]
    for sample in json.loads(SAMPLE.read_text(encoding="utf-8"))[:2]:
        (tmp_path / f"{sample['sample_id']}.json").write_text(json.dumps(sample), encoding="utf-8")
    two = load_dataset(tmp_path)
    assert len(two) == 2
    assert two.questions == [row for row in whole.questions if row["sample_id"] != "sample-3"]
    assert "131 questions" in repr(whole)
    assert whole._repr_html_().count("<tr>") == 1 + len(whole)
    assert whole.to_pandas()["gold"].dropna().iloc[0] == "3 March 2023"
    (tmp_path / "empty.json").write_text("[]")
    with pytest.raises(InputError, match="found an empty list, expected a list of conversations"):
        load_dataset(tmp_path / "empty.json")


def test_a_part_of_the_dataset_is_asked_and_counted() -> None:
    asked: list[str] = []

    def answer(conversation: Any, question: str) -> str:
        asked.append(question)
        return "Not mentioned"

    found = evaluate(answer, "sample", "paper", params={"subset.first": 1, "subset.conversations": ["sample-2"]})
    assert len(asked) == 5
    assert found.metrics["qa"]["overall"]["n"] == 5
    assert {row["id"].partition(":")[0] for row in found.questions} == {"sample-2"}
