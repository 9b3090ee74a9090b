"""What is computed again of a run's outputs, so that validation can compare one file with another."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from pydantic import ValidationError

from locomo.errors import InputError, LocomoError
from locomo.llm.cache.disk import DiskBackend
from locomo.llm.cache.entry import read_entry
from locomo.llm.cache.locations import open_backend
from locomo.pipeline.params import Params
from locomo.retrieval.declaration import BM25, DECLARATIONS
from locomo.retrieval.rankings import DEPTH
from locomo.retrieval.registry import needs_vectors
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.store_names import is_store
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation, Prediction, Question, Score
from locomo.tasks.protocol import Put, asking_protocol
from locomo.validation.prediction_tables import configuration_of
from locomo.validation.recompute import Cell, Means, Recompute, Row, Stored

OVERLAPS: Final = 250
"""Scores whose overlap with the gold is computed again; of more, a sample."""


def of_index(params: Params) -> Recompute:
    """Return what encodes the units of an index again; services and models of one's own are not asked twice."""
    name = params.embed.encoder
    if name == BM25 or name not in DECLARATIONS:
        return Recompute()

    def vectors(texts: Sequence[str]) -> Any:
        from locomo.pipeline.encoders import open_stored_encoder

        return open_stored_encoder(name, params.llm).encode(texts, side="passage")

    return Recompute(vectors=vectors)


def of_rankings(params: Params) -> Recompute:
    """Return what ranks questions again; rerankers, services, databases and what is one's own are not asked."""
    encoder, rag = params.embed.encoder, params.rag
    asked = rag.reranker is not None or is_store(rag.retriever) or not needs_vectors(rag.retriever)
    if asked or encoder not in (BM25, *DECLARATIONS):
        return Recompute()
    opened: list[Retriever] = []

    def ranking(conversation: Conversation, unit: str, questions: Sequence[str]) -> list[list[int]]:
        if not opened:
            from locomo.pipeline.retrievers import project_retriever

            opened.append(project_retriever(params))
        place = {each: number for number, each in enumerate(UNITS[unit](conversation))}
        ranked = opened[0].rank(conversation, unit, questions, DEPTH)
        return [[place[hit.unit] for hit in hits] for hits in ranked]

    return Recompute(ranking=ranking)


def of_predictions(params: Params, *, cached: bool) -> Recompute:
    """Return what reads answers again, and, if `cached`, looks them up in the request cache."""
    protocol = asking_protocol(params.protocol, params.model, params.answer.prompt)

    def reading(question_id: str, question: Question, raw: str, refusal: Any) -> tuple[str, str | None]:
        ways = protocol.ways(question, question_id, params.seed)
        put = next((way for way in ways if way.refusal == refusal), Put({}))
        prediction, choice = protocol.read(raw, put)
        return prediction, choice.taken if choice else None

    def stored(keys: Collection[str]) -> dict[str, Stored]:
        return _stored(params.llm.cache, keys)

    return Recompute(reading=reading, stored=stored if cached else None)


def of_scores(params: Params) -> Recompute:
    """Return what scores predictions again, and computes the means of scores."""

    def scores(
        conversations: Sequence[Conversation], rows: Iterable[Row], cells: Collection[Cell]
    ) -> dict[Cell, dict[str, Any]]:
        return _scores(params.protocol, conversations, rows, cells)

    return Recompute(scores=scores, means=lambda rows: _means(params, rows))


def _stored(location: str | None, keys: Collection[str]) -> dict[str, Stored]:
    """Return what a folder of answers holds; nothing of a server, and nothing where there is no folder."""
    try:
        backend = open_backend(location, must_exist=True)
    except LocomoError:
        return {}
    found = {}
    try:
        if not isinstance(backend, DiskBackend):
            return {}
        for key in keys:
            if (text := backend.get(key)) is not None:
                try:
                    entry = read_entry(key, text, backend.location)
                except InputError:
                    continue  # `locomo cache` is where that is told
                messages = entry.request["messages"]
                found[key] = Stored(entry.answer, "\n".join(str(message["content"]) for message in messages))
    finally:
        backend.close()
    return found


def _scores(
    name: str, conversations: Sequence[Conversation], rows: Iterable[Row], cells: Collection[Cell]
) -> dict[Cell, dict[str, Any]]:
    """Return {'f1', 'recall'} of each cell that rows of predictions, or the baseline without a model, answer.

    Of a sample of them also the fields of `overlap`, which takes longer.
    """
    from locomo.scoring import Answer, scoring_protocol
    from locomo.scoring.always_refuse import refusals
    from locomo.scoring.f1 import gold_text
    from locomo.scoring.overlap import overlap
    from locomo.scoring.score import answer_and_recall

    protocol = scoring_protocol(name)
    questions = {c.question_id(i): question for c in conversations for i, question in enumerate(c.questions)}
    turns = {c.sample_id: frozenset(turn.dia_id for turn in c.turns) for c in conversations}
    answers: dict[Cell, list[Answer]] = {}
    for answer in [*_answers(rows, cells), *(Answer.of(row) for row in refusals(conversations, protocol))]:
        cell = answer.configuration, answer.id
        if cell in cells and answer.id in questions:
            answers.setdefault(cell, []).append(answer)
    found = {}
    for cell, given in answers.items():
        question_id = cell[1]
        f1, recall = answer_and_recall(questions[question_id], given, protocol, turns[question_id.rpartition(":")[0]])
        found[cell] = {"f1": f1, "recall": recall}
    with_gold = [
        (cell, (given[0].text or "", gold))
        for cell, given in sorted(answers.items())
        if cell in found and (gold := gold_text(questions[cell[1]])) is not None
    ]
    if len(with_gold) > OVERLAPS:
        with_gold = random.Random(len(with_gold)).sample(with_gold, OVERLAPS)  # noqa: S311  (a sample)
    for (cell, _), values in zip(with_gold, overlap([pair for _, pair in with_gold], None), strict=True):
        found[cell] |= values
    return found


def _answers(rows: Iterable[Row], cells: Collection[Cell]) -> list[Any]:
    from locomo.scoring import Answer

    found = []
    for row in rows:
        if (configuration_of(row), str(row.get("id"))) in cells:
            try:
                found.append(Answer.of(Prediction.model_validate(row)))
            except ValidationError:
                continue  # rules about predictions speak of it
    return found


def _means(params: Params, rows: Iterable[Row]) -> Means:
    from locomo.scoring import by_configuration, metric_names, scoring_protocol
    from locomo.scoring.local_judge import judge_name
    from locomo.scoring.repeats import averaged
    from locomo.tasks.judge_prompt import judge_prompt

    try:
        scores = [Score.model_validate(row) for row in rows]
    except ValidationError:
        return {}  # rules about scores speak of it
    by = judge_name(params.judge.model, judge_prompt(params.judge.prompt).name)
    names = metric_names(scoring_protocol(params.protocol), bertscore=params.score.bertscore, judge=by)
    means: dict[str, dict[str, dict[str, float]]] = {}
    for configuration, groups in by_configuration(averaged(scores)).items():
        for group, values in groups.items():
            for field, name in names.items():
                value: Any = values.get(field)
                if value is not None:
                    means.setdefault(name, {}).setdefault(configuration, {})[group] = value
    return means
