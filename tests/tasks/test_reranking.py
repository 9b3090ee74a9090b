"""The answering model as reranker, through the cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo.errors import IncompleteError
from locomo.llm import AnswerError, Capabilities, Client, Request, RequestCache, Response, TransientError
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import Unit
from locomo.tasks.reranking import LlmReranker, with_reranker

HITS = [Hit(Unit((f"D1:{n}",), 1, "Ann", f"text {n}", f"Ann: text {n}"), -float(n)) for n in range(1, 5)]


class Model:
    """Lists what a test says."""

    name, model, revision, concurrency, limits = "scripted", "m", None, 4, None
    capabilities = Capabilities(context_window=1000, json_schema=True)

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def count_tokens(self, text: str) -> int:
        return len(text)

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Response(json.dumps({"order": self.answer}), "m", 10, 2)

    async def close(self) -> None:
        """Nothing is held open."""


def order(model: Model, tmp_path: Path) -> list[str]:
    (hits,) = LlmReranker(Client(model, RequestCache(tmp_path)), seed=0).order(["Who?"], [HITS])
    return [hit.unit.ids[0] for hit in hits]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([3, 1, 4, 2], [3, 1, 4, 2]),
        ([4], [4, 1, 2, 3]),
        ([], [1, 2, 3, 4]),
        ([2, 2, 9, 0, -1, 1], [2, 1, 3, 4]),
    ],
)
def test_what_is_listed_comes_first_and_nothing_is_lost(listed, expected, tmp_path: Path) -> None:
    assert order(Model(listed), tmp_path) == [f"D1:{number}" for number in expected]


def test_it_is_asked_once_and_shown_numbered_notes(tmp_path: Path) -> None:
    first, second = Model([2]), Model([3])
    assert order(first, tmp_path) == order(second, tmp_path)
    (request,) = first.asked
    assert second.asked == []
    assert "1. Ann: text 1\n2. Ann: text 2" in request.messages[-1].content
    assert "Question: Who?" in request.messages[-1].content


def test_where_it_gives_no_list_the_ranking_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> None:
    assert order(Model(AnswerError("empty")), tmp_path) == [hit.unit.ids[0] for hit in HITS]
    assert "1 of 1 questions were not reranked (empty)" in caplog.text
    with pytest.raises(IncompleteError, match="1 rerankings failed temporarily"):
        order(Model(TransientError("HTTP 503")), tmp_path / "where no refusal is remembered")


def test_without_one_the_retriever_is_as_it_was() -> None:
    retriever = object()
    assert with_reranker(retriever, None, 20, None, 0) is retriever
    assert with_reranker(retriever, "llm", 20, None, 0) is retriever
