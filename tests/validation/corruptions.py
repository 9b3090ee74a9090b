"""Ways to spoil a good output, by the suite and the name of the rule that has to notice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

Spoil = Callable[[Path], object]
"""Spoils the outputs in a copy of data/."""


def in_sample(change: Callable[[Any], object], folder: str = "conversations") -> Spoil:
    """A change of sample-1, as parsed."""

    def spoil(data: Path) -> None:
        path = data / folder / "sample-1.json"
        sample = json.loads(path.read_text(encoding="utf-8"))
        change(sample)
        path.write_text(json.dumps(sample), encoding="utf-8")

    return spoil


def talk(change: Callable[[Any], object]) -> Spoil:
    """A change of what was spoken in sample-1."""
    return in_sample(lambda sample: change(sample["conversation"]))


def turn(**values: Any) -> Spoil:
    """Other values in turn D1:2 of sample-1."""
    return talk(lambda spoken: spoken["session_1"][1].update(values))


def without(key: str, *, number: int = 1) -> Spoil:
    """Turn D1:2 of sample-1 without a key."""
    return talk(lambda spoken: spoken["session_1"][number].pop(key))


def question(**values: Any) -> Spoil:
    """Other values in the first question of sample-1, which is in category 2."""
    return in_sample(lambda sample: sample["qa"][0].update(values))


def in_rows(file: str, change: Callable[[list[Any]], object]) -> Spoil:
    """A change of the rows of a file, as parsed."""

    def spoil(data: Path) -> None:
        path = data / file
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        change(rows)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    return spoil


def qa(change: Callable[[list[Any]], object]) -> Spoil:
    return in_rows("predictions/qa.jsonl", change)


def rag(change: Callable[[list[Any]], object]) -> Spoil:
    return in_rows("predictions/rag.jsonl", change)


def answer(**values: Any) -> Spoil:
    """Other values in the first row of qa."""
    return qa(lambda rows: rows[0].update(values))


def usage(**values: Any) -> Spoil:
    return qa(lambda rows: rows[0]["usage"].update(values))


def ranking(**values: Any) -> Spoil:
    """Other values in the first row of rankings."""
    return in_rows("rankings.jsonl", lambda rows: rows[0].update(values))


def score(**values: Any) -> Spoil:
    """Other values in the first row of scores."""
    return in_rows("scores/scores.jsonl", lambda rows: rows[0].update(values))


def in_index(change: Callable[[Any], object]) -> Spoil:
    """A change of the units of sample-1's dialog, as parsed."""

    def spoil(data: Path) -> None:
        path = data / "index/sample-1/dialog.json"
        about = json.loads(path.read_text(encoding="utf-8"))
        change(about)
        path.write_text(json.dumps(about), encoding="utf-8")

    return spoil


def unit(**values: Any) -> Spoil:
    return in_index(lambda about: about["units"][3].update(values))


def vectors(change: Callable[[Any], Any], *, everywhere: bool = False) -> Spoil:
    """Other vectors of sample-1's dialog, in the .npy file, or in the .faiss file too."""

    def spoil(data: Path) -> None:
        path = data / "index/sample-1/dialog.npy"
        changed = change(np.load(path, allow_pickle=False).copy())
        np.save(path, changed, allow_pickle=False)
        if everywhere:
            in_faiss(changed)(data)

    return spoil


def in_faiss(matrix: Any) -> Spoil:
    def spoil(data: Path) -> None:
        index = faiss.IndexFlatIP(matrix.shape[1])
        index.add(np.ascontiguousarray(matrix, dtype=np.float32))
        faiss.write_index(index, str(data / "index/sample-1/dialog.faiss"))

    return spoil


def fewer_in_faiss(data: Path) -> None:
    in_faiss(np.load(data / "index/sample-1/dialog.npy", allow_pickle=False)[:-1])(data)


def narrower_in_faiss(data: Path) -> None:
    in_faiss(np.load(data / "index/sample-1/dialog.npy", allow_pickle=False)[:, :-1])(data)


def put(matrix: Any, at: Any, value: float) -> Any:
    matrix[at] = value
    return matrix


def empty(folder: str) -> Spoil:
    """A folder with a list of no conversations."""

    def spoil(data: Path) -> None:
        for path in (data / folder).iterdir():
            path.unlink()
        (data / folder / "none.json").write_text("[]", encoding="utf-8")

    return spoil


def same_answer(rows: list[Any]) -> None:
    for row in rows:
        row["prediction"] = "No information available"


def failed(rows: list[Any]) -> None:
    for row in rows[:10]:
        row.update(prediction=None, raw=None, error="refused")


def swap(rows: list[Any]) -> None:
    rows[0], rows[1] = rows[1], rows[0]


def exchange(rows: list[Any]) -> None:
    """The first two rows with different answers have each other's."""
    one = rows[0]
    other = next(row for row in rows if row["raw"] != one["raw"] and row["category"] != 5)
    for name in ("raw", "prediction"):
        one[name], other[name] = other[name], one[name]


def more_context(rows: list[Any]) -> None:
    """More turns than were shown, all of which the conversation has."""
    for row in rows:
        row["context_ids"] = [f"D1:{number}" for number in range(1, 12)]


def rankings(change: Callable[[Any], object]) -> Spoil:
    """A change of every row of rankings."""
    return in_rows("rankings.jsonl", lambda rows: [change(row) for row in rows])


def change_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def by_distance(data: Path) -> None:
    """The same vectors, compared by their distance."""
    matrix = np.load(data / "index/sample-1/dialog.npy", allow_pickle=False)
    index = faiss.IndexFlatL2(matrix.shape[1])
    index.add(matrix)
    faiss.write_index(index, str(data / "index/sample-1/dialog.faiss"))


def other_encoder(data: Path) -> None:
    """All indexes say that another encoder made them."""
    for path in (data / "index").rglob("*.json"):
        about = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(about | {"encoder": "contriever"}), encoding="utf-8")


CONVERSATIONS: dict[str, Spoil] = {
    "some_conversation": empty("conversations"),
    "sample_id_form": in_sample(lambda s: s.update(sample_id="sample 1/x")),
    "sample_id_given": in_sample(lambda s: s.pop("sample_id")),
    "sample_id_unique": in_sample(lambda s: s.update(sample_id="sample-2")),
    "file_named_after_sample": in_sample(lambda s: s.update(sample_id="sample-7")),
    "speaker_a_is_text": talk(lambda c: c.update(speaker_a=7)),
    "speaker_b_is_text": talk(lambda c: c.update(speaker_b=["Ivo"])),
    "speaker_a_given": talk(lambda c: c.pop("speaker_a")),
    "speaker_b_given": talk(lambda c: c.update(speaker_b=None)),
    "speakers_differ": talk(lambda c: c.update(speaker_b=c["speaker_a"])),
    "conversation_is_object": in_sample(lambda s: s.update(conversation=[])),
    "qa_is_list": in_sample(lambda s: s.update(qa={})),
    "observation_is_object": in_sample(lambda s: s.update(observation=[])),
    "session_summary_is_object": in_sample(lambda s: s.update(session_summary="none")),
    "event_summary_is_object": in_sample(lambda s: s.update(event_summary=0)),
    "some_session": in_sample(lambda s: s.update(conversation={"speaker_a": "Ruth", "speaker_b": "Ivo"})),
    "some_question": in_sample(lambda s: s.update(qa=[])),
    "sessions_numbered": talk(
        lambda c: c.update(session_99=c.pop("session_6"), session_99_date_time="1:00 pm on 1 May, 2033")
    ),
    "session_has_turns": talk(lambda c: c.update(session_2=[])),
    "session_date_given": talk(lambda c: c.pop("session_2_date_time")),
    "session_date_is_text": talk(lambda c: c.update(session_2_date_time=2023)),
    "session_date_parses": talk(lambda c: c.update(session_2_date_time="2:00 pm on 31 June, 2023")),
    "sessions_in_order": talk(lambda c: c.update(session_2_date_time="2:00 pm on 1 June, 1999")),
    "turn_id_given": without("dia_id"),
    "turn_id_form": turn(dia_id="D1-2"),
    "turn_id_unique": turn(dia_id="D1:1"),
    "turn_id_of_its_session": turn(dia_id="D2:77"),
    "turns_in_order": talk(lambda c: c["session_1"].reverse()),
    "turn_speaker_known": turn(speaker="Nobody"),
    "turn_text_given": without("text"),
    "turn_text_is_text": turn(text=["two", "parts"]),
    "turn_says_something": turn(text="  "),
    "caption_is_text": turn(blip_caption=3),
    "image_query_is_text": turn(query={"q": "hives"}),
    "image_links_are_a_list": turn(img_url="https://example.org/hive.jpg"),
    "question_given": in_sample(lambda s: s["qa"][0].pop("question")),
    "question_is_text": question(question=5),
    "question_not_blank": question(question=" "),
    "category_given": question(category=None),
    "category_known": question(category=6),
    "gold_answer_given": in_sample(lambda s: s["qa"][0].pop("answer")),
    "answer_is_text_or_number": question(answer=["3 March 2023"]),
    "answer_is_text": question(answer=2023),
    "evidence_is_list": question(evidence="D1:1"),
    "question_has_evidence": question(evidence=[]),
    "evidence_without_spaces": question(evidence=[" D1:1"]),
    "evidence_is_text": question(evidence=[3]),
    "evidence_form": question(evidence=["D1:1; D1:2"]),
    "evidence_exists": question(evidence=["D1:999"]),
    "generated_evidence_exists": question(evidence=["D1:999"], generated=True),
    "evidence_mostly_exists": in_sample(lambda s: [q.update(evidence=["D1:999"]) for q in s["qa"]]),
    "observation_shape": in_sample(lambda s: s["observation"].update(session_1_observation=["a fact"])),
    "observation_session_exists": in_sample(
        lambda s: s["observation"].update(session_50_observation={"Ruth": [["a fact", "D1:1"]]})
    ),
    "observation_speaker_known": in_sample(
        lambda s: s["observation"].update(session_1_observation={"Nobody": [["a fact", "D1:1"]]})
    ),
    "observation_cites_a_turn": in_sample(
        lambda s: s["observation"].update(session_1_observation={"Ruth": [["a fact", ""]]})
    ),
    "observation_turns_exist": in_sample(
        lambda s: s["observation"].update(session_1_observation={"Ruth": [["a fact", ["D1:1", "D1:999"]]]})
    ),
    "summary_key_form": in_sample(lambda s: s["session_summary"].update(session_one="They talked.")),
    "summary_session_exists": in_sample(lambda s: s["session_summary"].update(session_50_summary="They talked.")),
    "summary_given": in_sample(lambda s: s["session_summary"].update(session_1_summary=None)),
    "summary_is_text": in_sample(lambda s: s["session_summary"].update(session_1_summary=["They", "talked."])),
    "event_key_form": in_sample(lambda s: s["event_summary"].update(session_1_events={})),
    "event_session_exists": in_sample(lambda s: s["event_summary"].update(events_session_50={})),
}

CAPTIONED: dict[str, Spoil] = {
    "image_captioned": in_sample(
        lambda s: s["conversation"]["session_1"][1].update(img_url=["https://example.org/hive.jpg"]), "captioned"
    ),
}

INDEX: dict[str, Spoil] = {
    "index_of_a_conversation": lambda data: shutil.copytree(data / "index/sample-1", data / "index/sample-9"),
    "index_files_exist": lambda data: (data / "index/sample-1/summary.faiss").unlink(),
    "index_files_readable": lambda data: (data / "index/sample-1/summary.npy").write_bytes(b"no vectors"),
    "units_counted": in_index(lambda about: about["units"].pop()),
    "vectors_counted": vectors(lambda matrix: matrix[:-1]),
    "faiss_vectors_counted": fewer_in_faiss,
    "vectors_are_float32": vectors(lambda matrix: matrix.astype(np.float64)),
    "one_dimension": vectors(lambda matrix: matrix[:, :-1]),
    "faiss_dimensions": narrower_in_faiss,
    "one_encoder": in_index(lambda about: about.update(encoder="another")),
    "one_revision": in_index(lambda about: about.update(revision="of long ago")),
    "encoder_named": in_index(lambda about: about.update(encoder=" ")),
    "unit_ids": unit(ids=["D1:1"]),
    "unit_session": unit(session=5),
    "unit_speaker": unit(speaker="Nobody"),
    "unit_text": unit(text="something else"),
    "unit_key": unit(key="something else"),
    "vectors_finite": vectors(lambda matrix: put(matrix, (3, 5), np.nan)),
    "vectors_not_zero": vectors(lambda matrix: put(matrix, 3, 0.0)),
    "vectors_of_length_one": vectors(lambda matrix: matrix * 2, everywhere=True),
    "npy_equals_faiss": vectors(lambda matrix: matrix[::-1]),
    "searched_by_inner_product": by_distance,
    "vectors_of_encoder": vectors(lambda matrix: matrix[::-1], everywhere=True),
}

ANSWERS: dict[str, Spoil] = {
    "question_exists": answer(id="sample-1:999"),
    "answer_or_error": answer(prediction=None),
    "answer_and_error": answer(error="refused"),
    "prediction_is_text": answer(prediction=7),
    "context_is_list": answer(context_ids="D1:1"),
    "context_exists": answer(context_ids=["D1:1", "D77:1"]),
    "answers_not_uniform": qa(same_answer),
    "few_failed": qa(failed),
    "every_question_answered": qa(lambda rows: rows.pop()),
    "answered_once": qa(lambda rows: rows.append(dict(rows[-1]))),
}

PREDICTIONS: dict[str, Spoil] = {
    "sample_id_of_id": answer(sample_id="sample-2"),
    "index_of_id": answer(index=1),
    "category_of_question": answer(category=5),
    "question_as_in_dataset": answer(question="What?"),
    "reference_as_in_dataset": answer(reference="4 March 2023"),
    "context_given": answer(context_ids=None),
    "task_known": answer(task="judge"),
    "unit_of_task": answer(unit="dialog"),
    "k_of_task": answer(k=5),
    "model_given": answer(model=None),
    "model_not_blank": answer(model=""),
    "protocol_not_blank": answer(protocol=" "),
    "protocol_given": answer(protocol=None),
    "usage_counts": usage(input_tokens=-1),
    "request_given": answer(request=None),
    "request_form": answer(request="1-abc"),
    "rows_in_order": qa(swap),
    "one_model": answer(model="another"),
}

ROWS_ACROSS: dict[str, Spoil] = {
    "prediction_of_raw": qa(lambda rows: [row.update(prediction=row["reference"]) for row in rows]),
    "context_of_configuration": qa(lambda rows: [row["context_ids"].reverse() for row in rows]),
    "request_of_one_question": qa(lambda rows: [row.update(request=rows[0]["request"]) for row in rows]),
    "request_asks_question": qa(lambda rows: rows[0].update(request=rows[1]["request"])),
    "answers_not_exchanged": qa(exchange),
    "answer_as_cached": answer(raw="It was another day.", prediction="It was another day."),
    "prediction_is_visible": answer(raw="No\u200b information", prediction="No\u200b information"),
    "prediction_of_some_length": answer(raw="a " * 100_000, prediction="a " * 100_000),
    "protocol_of_params": qa(lambda rows: [row.update(protocol="strict") for row in rows]),
}

RANKINGS: dict[str, Spoil] = {
    "ranked_question_exists": ranking(id="sample-1:999"),
    "ranked_unit_known": ranking(unit="dialogue"),
    "ranking_is_list": ranking(ranking=3),
    "places_are_numbers": ranking(ranking=["D1:1"]),
    "places_unique": ranking(ranking=[3, 3]),
    "places_not_negative": ranking(ranking=[-1]),
    "places_exist": ranking(ranking=[100_000]),
    "every_question_ranked": in_rows("rankings.jsonl", lambda rows: rows.pop()),
    "ranking_whole": ranking(ranking=[0, 1, 2]),
    "ranking_of_retriever": in_rows("rankings.jsonl", lambda rows: [row["ranking"].reverse() for row in rows]),
    "ranked_once": in_rows("rankings.jsonl", lambda rows: rows.append(rows[0])),
}


def ingestion(**values: Any) -> Spoil:
    """Other values in the first row of ingestion."""
    return in_rows("memory/toy/ingestion.jsonl", lambda rows: rows[0].update(values))


def search(**values: Any) -> Spoil:
    """Other values in the first row of what searches found."""
    return in_rows("memories.jsonl", lambda rows: rows[0].update(values))


def memory(**values: Any) -> Spoil:
    """Other values in the first memory."""
    return in_rows("memories.jsonl", lambda rows: rows[0]["memories"][0].update(values))


STORES: dict[str, Spoil] = {
    "ingested_system_known": lambda data: shutil.copytree(data / "memory/toy", data / "memory/another"),
    "ingested_conversation_exists": ingestion(sample_id="sample-9"),
    "every_session_ingested": ingestion(sessions=2),
    "fingerprint_form": ingestion(fingerprint="none"),
    "ingestion_counts": ingestion(calls=-1),
    "ingestion_cost": ingestion(cost_usd=-0.5),
    "store_exists": lambda data: shutil.rmtree(data / "memory/toy/sample-1"),
    "store_size": lambda data: (data / "memory/toy/sample-1/notes").write_text("less"),
    "every_conversation_ingested": in_rows("memory/toy/ingestion.jsonl", lambda rows: rows.pop()),
    "ingested_once": in_rows("memory/toy/ingestion.jsonl", lambda rows: rows.append(rows[0])),
}

MEMORIES: dict[str, Spoil] = {
    "searched_system_known": search(system="another"),
    "searched_question_exists": search(id="sample-1:999"),
    "memories_are_list": search(memories={}),
    "at_most_k_memories": in_rows("memories.jsonl", lambda rows: rows[0].update(memories=rows[0]["memories"] * 9)),
    "memories_by_score": memory(score=0.1),
    "memory_form": memory(text=""),
    "memory_turns_exist": memory(dia_ids=["D1:1", "D99:1"]),
    "every_question_searched": in_rows("memories.jsonl", lambda rows: rows.pop()),
    "searched_once": in_rows("memories.jsonl", lambda rows: rows.append(rows[0])),
}

SCORES: dict[str, Spoil] = {
    "scored_question_exists": score(id="sample-1:999"),
    "score_of_a_prediction": score(configuration="rag_dialog_k77"),
    "scored_category": score(category=5),
    "f1_given": score(f1=None),
    "recall_given": score(recall=None),
    "has_evidence_as_in_dataset": score(has_evidence=False),
    "has_context_is_truth_value": score(has_context="yes"),
    "error_of_prediction": score(error="refused", f1=0.0),
    "failure_earns_nothing": score(error="refused", f1=0.5),
    "f1_of_prediction": in_rows("scores/scores.jsonl", lambda rows: [row.update(f1=1.0) for row in rows[:20]]),
    "recall_of_prediction": score(recall=0.123),
    "overlap_of_prediction": in_rows(
        "scores/scores.jsonl", lambda rows: [row.update(rouge2=1.0) for row in rows if row["rouge2"] == 0.0]
    ),
    "metrics_of_scores": lambda data: change_text(data.parent / "metrics/f1.json", "0.", "0.9"),
    "metric_is_number": score(rouge1="high"),
    "metric_in_range": score(a_metric_to_come=1.01),
    "every_prediction_scored": in_rows("scores/scores.jsonl", lambda rows: rows.pop()),
    "scored_once": in_rows("scores/scores.jsonl", lambda rows: rows.append(rows[0])),
}

MORE: list[tuple[str, str, Spoil]] = [  # other ways to break rules that can be broken in several
    ("conversations", "category_known", question(category=True)),
    ("conversations", "category_known", question(category="2")),
    ("conversations", "image_links_are_a_list", turn(img_url=[1])),
    ("conversations", "observation_shape", in_sample(lambda s: s["observation"].update(first_session={}))),
    (
        "conversations",
        "gold_answer_given",
        in_sample(lambda s: s["qa"].append({"question": "Who?", "category": 5, "evidence": ["D1:1"]})),
    ),
    ("conversations", "session_date_parses", talk(lambda c: c.update(session_2_date_time="last Tuesday"))),
    ("index", "vectors_finite", vectors(lambda matrix: put(matrix, (0, 0), np.inf))),
    ("index", "index_files_readable", lambda data: (data / "index/sample-1/dialog.json").write_text("{")),
    ("index", "index_files_readable", lambda data: (data / "index/sample-1/dialog.faiss").write_bytes(b"nothing")),
    ("index", "index_files_exist", lambda data: shutil.rmtree(data / "index/sample-2")),
    ("conversations", "evidence_without_spaces", question(evidence=["D1:1\t"])),
    ("index", "vectors_of_encoder", vectors(lambda matrix: -matrix, everywhere=True)),
    ("index", "vectors_of_encoder", vectors(lambda matrix: matrix * 0 + matrix[0], everywhere=True)),
    ("index", "one_encoder", other_encoder),
    ("predictions", "prediction_of_raw", answer(prediction="Not\u200b mentioned")),
    ("predictions", "context_of_configuration", qa(lambda rows: rows[5]["context_ids"].pop(0))),
    ("predictions", "usage_counts", usage(cost_usd=1e300)),
    ("predictions", "usage_counts", usage(cost_usd=10**400)),
    ("predictions", "usage_counts", usage(input_tokens=10**400)),
    ("predictions", "usage_counts", usage(output_tokens=10**12)),
    ("predictions", "index_of_id", answer(index=10**400)),
    ("predictions", "k_of_task", answer(k=10**400)),
    ("predictions", "category_of_question", answer(category=10**400)),
    ("baselines", "every_question_answered", in_rows("predictions/baselines.jsonl", lambda rows: rows.clear())),
    ("baselines", "context_of_configuration", in_rows("predictions/baselines.jsonl", more_context)),
    ("rag", "configuration_of_params", rag(lambda rows: [row.update(k=50) for row in rows])),
    ("rag", "every_question_answered", rag(lambda rows: rows.clear())),
    ("rag", "context_of_configuration", rag(more_context)),
    ("rag", "context_of_configuration", rag(lambda rows: [row.update(context_ids=[]) for row in rows])),
    ("rag", "context_of_configuration", rag(lambda rows: rows[0]["context_ids"].reverse())),
    ("rag", "context_of_configuration", rankings(lambda row: row["ranking"].reverse())),
    ("rag", "context_of_configuration", rankings(lambda row: row.update(ranking=row["ranking"][:1]))),
    ("rag", "context_of_configuration", rankings(lambda row: row.update(ranking=[]))),
    ("rag", "choice_of_raw", rag(lambda rows: rows[0].update(choice={"refusal": "a", "taken": "b"}))),
    ("stores", "ingestion_counts", ingestion(input_tokens=1.5)),
    ("stores", "every_conversation_ingested", lambda data: shutil.rmtree(data / "memory/toy")),
    ("memories", "every_question_searched", in_rows("memories.jsonl", lambda rows: rows.clear())),
    ("memories", "memory_form", memory(score="high")),
    ("memories", "memory_form", memory(dia_ids="D1:1")),
    ("memories", "memory_form", search(memories=["a fact"])),
    ("rankings", "every_question_ranked", in_rows("rankings.jsonl", lambda rows: rows.clear())),
    ("rankings", "ranking_whole", rankings(lambda row: row.update(ranking=[]))),
    ("rankings", "places_are_numbers", ranking(ranking=[10**400])),
    ("scores", "metric_is_number", score(recall=10**400)),
    (
        "scores",
        "metrics_of_scores",
        lambda data: change_text(data.parent / "metrics/overlap.json", "rouge_2", "rouge_9"),
    ),
    ("predictions", "usage_counts", usage(output_tokens=1.5)),
    ("predictions", "usage_counts", usage(input_tokens=3, cached_tokens=4)),
    ("predictions", "usage_counts", usage(cost_usd=-0.1)),
    ("predictions", "usage_counts", answer(usage=None)),
    ("predictions", "every_question_answered", qa(lambda rows: rows.clear())),
    ("scores", "metric_in_range", score(f1=-0.1)),
    ("scores", "metric_is_number", score(recall=True)),
    (
        "scores",
        "overlap_of_prediction",
        in_rows("scores/scores.jsonl", lambda rows: [row.update(bleu1=None) for row in rows]),
    ),
]


def task(name: str, switch: tuple[str, str], make: Callable[[Any], list[Any]]) -> Callable[..., Spoil]:
    """Return what makes a spoil of a task's rows: the task is turned on, good rows are written, and changed."""

    def changed(change: Callable[[list[Any]], object] = lambda rows: None) -> Spoil:
        def spoil(data: Path) -> None:
            params = data.parent / "params.yaml"
            params.write_text(params.read_text(encoding="utf-8").replace(*switch), encoding="utf-8")
            rows = []
            for path in sorted((data / "captioned").glob("*.json")):
                rows += make(json.loads(path.read_text(encoding="utf-8")))
            change(rows)
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (data / "predictions" / f"{name}.jsonl").write_text(text, encoding="utf-8")

        return spoil

    return changed


def summary(sample: Any) -> list[Any]:
    """A good row of the task events."""
    spoken = sample["conversation"]
    listed = {spoken["speaker_a"]: [{"text": "A good day.", "date": "May 2023"}], spoken["speaker_b"]: []}
    return [{"sample_id": sample["sample_id"], "way": "whole", "session": None, "events": listed, "error": None}]


def turns(sample: Any) -> list[Any]:
    """Good rows of the task dialogue."""
    return [
        {
            "sample_id": sample["sample_id"],
            "turn": f"D2:{number}",
            "condition": "base",
            "k": None,
            "prediction": "Hello!",
            "photo": None,
            "context_ids": [f"D2:{before}" for before in range(1, number)],
            "error": None,
        }
        for number in (2, 3)
    ]


summaries = task("events", ("  ways: []", "  ways: [whole]"), summary)
dialogue = task("dialogue", ("  conditions: []", "  conditions: [base]"), turns)


def first(**values: Any) -> Callable[[list[Any]], object]:
    """Other values in the first row."""
    return lambda rows: rows[0].update(values)


def ruth(event: Any) -> Callable[[list[Any]], object]:
    """Another event of Ruth's."""
    return lambda rows: rows[0]["events"]["Ruth"].append(event)


EVENTS = {
    "events_of_a_conversation": summaries(first(sample_id="sample-9")),
    "events_of_a_session": summaries(first(session=77)),
    "events_are_lists": summaries(first(events={"Ruth": "A good day."})),
    "events_of_speakers": summaries(first(events={"Ruht": []})),
    "events_as_asked": summaries(first(way="incremental")),
    "failed_call_lists_nothing": summaries(first(error="filtered")),
    "event_is_text": summaries(ruth({"text": " ", "date": None})),
    "event_characters_seen": summaries(ruth("A\u200b day.")),
    "event_date_is_text": summaries(ruth({"text": "A day.", "date": 2023})),
    "every_conversation_summarized": summaries(lambda rows: rows.pop()),
    "summarized_once": summaries(lambda rows: rows.append(rows[0])),
}
DIALOGUE = {
    "turn_of_a_conversation": dialogue(first(turn="D2:999")),
    "not_the_first_turn": dialogue(first(turn="D2:1", context_ids=[])),
    "turn_as_asked": dialogue(first(condition="summary")),
    "turn_or_error": dialogue(first(prediction=None)),
    "turn_is_text": dialogue(first(error="filtered")),
    "turn_characters_seen": dialogue(first(prediction="A\u200b day.")),
    "photo_is_text": dialogue(first(photo=True)),
    "nothing_later_shown": dialogue(first(context_ids=["D2:1", "S2"])),
    "every_place_in_each_condition": dialogue(lambda rows: rows.clear()),
    "written_once": dialogue(lambda rows: rows.append(rows[0])),
}
MORE += [
    ("events", "event_is_text", summaries(ruth("x" * 2001))),
    ("events", "every_conversation_summarized", summaries(lambda rows: rows.clear())),
    ("dialogue", "nothing_later_shown", dialogue(first(context_ids=["D2:2"]))),
    ("dialogue", "nothing_later_shown", dialogue(first(context_ids=[None]))),
    ("dialogue", "turn_is_text", dialogue(first(prediction="x" * 10_001))),
]

BY_SUITE = {
    "conversations": CONVERSATIONS,
    "captioned": CAPTIONED,
    "index": INDEX,
    "answers": ANSWERS,
    "predictions": PREDICTIONS | ROWS_ACROSS,
    "rankings": RANKINGS,
    "stores": STORES,
    "memories": MEMORIES,
    "scores": SCORES,
    "events": EVENTS,
    "dialogue": DIALOGUE,
}
ALL = [(suite, rule, spoil) for suite, spoils in BY_SUITE.items() for rule, spoil in spoils.items()] + MORE
