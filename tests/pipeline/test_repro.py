"""The pipeline as a DVC user runs it: only what changed runs again, and the same inputs give the same bytes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from conftest import MIRROR, Project, make_project

from locomo.dataset.optional import ConvertedDataset, optional_datasets
from locomo.dataset.realtalk import convert
from locomo.files import pretty_json, read_json

ALL = ["generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score"]


def files_under(*roots: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for root in roots for p in sorted(root.rglob("*")) if p.is_file()}


def lock(project: Project) -> dict[str, dict]:
    return yaml.safe_load(project.path("dvc.lock").read_text(encoding="utf-8"))["stages"]


def rows(project: Project, task: str) -> list[dict]:
    text = project.path(f"data/predictions/{task}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_all_stages_have_run_and_nothing_is_left_to_run(finished_run: Project) -> None:
    assert sorted(lock(finished_run)) == sorted(["resolve", *ALL])
    assert finished_run.stages_run(finished_run.must("dvc", "repro")) == []


def test_every_question_is_answered_once_per_configuration(finished_run: Project) -> None:
    asked = [f"{c['sample_id']}:{i}" for c in samples(finished_run) for i in range(len(c["qa"]))]
    assert [row["id"] for row in rows(finished_run, "qa")] == asked
    rag = rows(finished_run, "rag")
    for unit in ("dialog", "observation"):
        assert [row["id"] for row in rag if (row["unit"], row["k"]) == (unit, 5)] == asked
    assert len(rag) == 2 * len(asked)
    assert all(row["error"] is None and row["model"] == "words" for row in rag)
    assert all(len(row["context_ids"]) >= 1 for row in rag)


def samples(project: Project) -> list[dict]:
    paths = sorted(project.path("data/conversations").iterdir())
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_outputs_hold_nothing_that_varies(finished_run: Project, tmp_path: Path) -> None:
    """A second clean run, elsewhere and with an empty request cache, gives the same bytes and the same dvc.lock."""
    again = make_project(tmp_path)
    again.must("dvc", "repro")
    for name in ("metrics", "data/conversations", "data/captioned", "data/index", "data/predictions", "data/scores"):
        assert files_under(finished_run.path(name)) == files_under(again.path(name)), name
    assert finished_run.path("reports/report.html").read_bytes() == again.path("reports/report.html").read_bytes()
    assert finished_run.path("dvc.lock").read_bytes() == again.path("dvc.lock").read_bytes()


def test_doing_nothing_is_quick(finished_run: Project) -> None:
    def seconds(*command: str) -> float:
        started = time.monotonic()
        finished_run.must(*command, PATH=finished_run.env()["PATH"])  # new processes, as a user starts them
        return time.monotonic() - started

    resolve = ("python", "stages/resolve.py")
    runs = [(seconds("dvc", "repro"), seconds("dvc", "status"), seconds(*resolve)) for _ in range(3)]
    repro, status, resolving = (min(times) for times in zip(*runs, strict=True))
    assert repro <= 3 * status + 2 * resolving


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["model=mock/refuse"], ["qa", "rag", "events", "dialogue", "score"]),
        (["rag.k=[3]"], ["rag", "score"]),
        (["rag.k=3"], ["rag", "score"]),
        (["memory.systems=[hybrid]"], ["memory", "rag", "events", "dialogue", "score"]),
        (["memory.k=[3]"], ["rag", "dialogue", "score"]),
        (["rag.retriever=bm25"], ["rag", "events", "dialogue", "score"]),
        (["rag.grid=paper"], ["rag", "score"]),
        (["answer.context_window=1024"], ["qa", "rag", "events", "dialogue", "score"]),
        (["events.ways=[whole]"], ["events", "score"]),
        (["dialogue.conditions=[base]"], ["dialogue", "score"]),
    ],
)
def test_a_knob_runs_again_what_depends_on_it(project: Project, settings: list[str], expected: list[str]) -> None:
    project.set(*settings)
    project.must("python", "stages/resolve.py")
    assert project.stages_run(project.must("dvc", "repro", "--dry")) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("locomo/scoring/f1.py", ["score"]),
        ("locomo/scoring/summary.py", ["score"]),
        ("locomo/reporting/report.html", ["score"]),
        ("locomo/retrieval/hybrid.py", ["rag", "events", "dialogue"]),
        ("locomo/tasks/qa.py", ["qa"]),
        ("locomo/llm/providers/openai.py", []),
        ("locomo/pipeline/guard.py", []),
        ("README.md", []),
    ],
)
def test_an_edit_runs_again_what_uses_it(project: Project, file: str, expected: list[str]) -> None:
    with project.path(file).open("a", encoding="utf-8") as opened:
        opened.write("\n")
    project.must("python", "stages/resolve.py")
    output = project.must("dvc", "repro", "--dry")
    assert project.stages_run(output) == expected


def test_the_same_answers_after_an_edit_are_not_scored_again(project: Project) -> None:
    with project.path("locomo/tasks/qa.py").open("a", encoding="utf-8") as opened:
        opened.write("\n")
    assert project.stages_run(project.must("dvc", "repro")) == ["qa"]


def test_an_edit_in_scoring_changes_the_metrics_and_dvc_shows_by_how_much(project: Project) -> None:
    project.edit("locomo/scoring/f1.py", "a|an|the|and", "a|an|the|and|of|to|in")
    assert project.stages_run(project.must("dvc", "repro")) == ["score"]
    table = project.must("dvc", "metrics", "diff", "--md", "--no-path", "--precision", "3")
    assert "| f1_stemmed_multiset.rag_dialog_k5." in table
    assert "| Metric" in table
    changes = json.loads(project.must("dvc", "metrics", "diff", "--json"))
    assert set(changes) == {"metrics/f1.json"}


def test_another_model_is_told_apart_in_metrics_and_experiments(project: Project) -> None:
    output = project.must("dvc", "exp", "run", "-S", "model=mock/refuse", "-n", "refuse")
    assert project.stages_run(output) == ["qa", "rag", "events", "dialogue", "score"]
    assert project.stages_run(project.must("dvc", "repro")) == []
    assert json.loads(project.path("metrics/f1.json").read_text("utf-8"))["model"] == "refuse"
    assert (
        json.loads(project.path("metrics/f1.json").read_text("utf-8"))["f1_stemmed_multiset"]["qa"]["adversarial"]
        == 1.0
    )
    diff = project.must("dvc", "metrics", "diff", "--md", "--no-path")
    assert "| f1_stemmed_multiset.qa.adversarial" in diff
    assert "| card.model " in diff
    assert "refuse" in project.must("dvc", "exp", "show", "--csv")


def test_a_run_that_was_made_before_is_not_paid_again(project: Project) -> None:
    asked = project.root.parent / "asked"
    project.environment["LOCOMO_MOCK_LOG"] = str(asked)
    project.reproduce("rag.k=[3]")
    first = asked.read_text().splitlines()
    assert len(set(first)) == len(first) > 0
    project.reproduce("rag.k=[2,3]")
    assert len(asked.read_text().splitlines()) < 2 * len(first) + 10  # the answers for k=3 are not asked for again
    project.reproduce("rag.k=[3]")
    project.must("dvc", "repro", "--force", "qa")
    every = asked.read_text().splitlines()
    assert len(set(every)) == len(every)


def test_an_edit_of_params_in_mid_run_is_not_stored_under_their_name(project: Project) -> None:
    """The trap that the guard is for: DVC records params when a stage ends."""
    before = lock(project)["qa"]
    project.path("logs/qa.jsonl").unlink()
    project.edit("params.yaml", "seed: 0", "seed: 1")
    process = project.start("dvc", "repro", "qa", LOCOMO_MOCK_DELAY="0.05")
    deadline = time.monotonic() + 60
    while not project.path("logs/qa.jsonl").exists() or not busy(project):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    project.edit("params.yaml", "model: mock/words", "model: mock/refuse")
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "error: stage 'qa': model changed while it ran, so its outputs are not published; run it again" in output
    assert lock(project)["qa"] == before
    assert not project.path("data/predictions/qa.jsonl").exists()
    project.must("dvc", "repro", "qa")
    assert {row["model"] for row in rows(project, "qa")} == {"refuse"}


def busy(project: Project) -> bool:
    return "asking" in project.path("logs/qa.jsonl").read_text(encoding="utf-8")


def test_the_released_data_goes_through_all_stages_but_the_models(project: Project, locomo10: Path) -> None:
    project.path("data/raw/locomo10.json").write_bytes(locomo10.read_bytes())
    # Words alone: encoding its 9,000 texts takes minutes.
    settings = ("dataset=locomo10", "rag.units=[summary]", "model=mock/refuse", "embed.encoder=bm25")
    assert project.reproduce(*settings, "rag.retriever=bm25") == ALL
    data = json.loads(project.path("metrics/data.json").read_text("utf-8"))["data"]
    assert {name: data[name] for name in ("conversations", "sessions", "turns")} == {
        "conversations": 10,
        "sessions": 272,
        "turns": 5882,
    }
    assert list(data["questions"].values()) == [282, 321, 96, 841, 446]
    f1 = json.loads(project.path("metrics/f1.json").read_text("utf-8"))
    assert f1["dataset"] == "locomo10"
    assert f1["f1_stemmed_multiset"]["qa"]["adversarial"] == 1.0
    assert f1["card"]["errata"] == "locomo10/3"
    assert f1["card"]["questions"].startswith("1986: multi_hop 282, temporal 321,")


def test_a_converted_dataset_passes_validation_with_its_own_categories(clone: Project) -> None:
    entry = optional_datasets()["realtalk"]
    assert isinstance(entry, ConvertedDataset)
    original = next(file for file in entry.originals if file.file == "Chat_4_Emi_Paola.json")
    here = MIRROR / "files" / "md5" / original.md5[:2] / original.md5[2:]
    if not here.is_file():
        pytest.skip("REALTALK's files are not in ../shared/mirror")
    # One of its ten chats. From here on, it is a dataset like any other.
    converted = convert({"Chat_4_Emi_Paola": read_json(here)})
    clone.path("data/raw/realtalk.json").write_text(pretty_json(converted.samples), encoding="utf-8")
    clone.set("dataset=realtalk")
    output = clone.must("dvc", "repro", "caption")
    assert clone.stages_run(output) == ["generate", "caption"]
    assert "generate: 1 conversations" in output
    assert "validation:" not in output  # not even a warning
    sample = json.loads(clone.path("data/captioned/Chat_4_Emi_Paola.json").read_text("utf-8"))
    assert {question["category"] for question in sample["qa"]} == {1, 2, 3}
    assert all("original_id" in turn for turn in sample["conversation"]["session_1"])


def test_questions_with_dates_rubrics_and_no_answers_go_through_all_stages(clone: Project) -> None:
    said = [
        {"role": "user", "content": "I bought a kettle.", "has_answer": True},
        {"role": "assistant", "content": "Oh"},
    ]
    haystack = {
        "question": "What did I buy?",
        "question_type": "single-session-user",
        "answer": "a kettle",
        "question_date": "2024/03/09 (Sat) 10:05",
        "haystack_dates": ["2024/03/02 (Sat) 14:00"],
        "haystack_session_ids": ["s"],
        "haystack_sessions": [said],
        "answer_session_ids": ["s"],
    }
    entries = [
        haystack | {"question_id": "q1"},
        haystack | {"question_id": "q2_abs", "answer": "You did not say."},
        haystack | {"question_id": "q3", "question_type": "single-session-preference", "answer": "Likes green tea."},
    ]
    clone.path("longmemeval.json").write_text(json.dumps(entries), encoding="utf-8")
    clone.must(
        *("python", "-c", "from locomo.cli.main import main; main()", "datasets", "add", "longmemeval_s"),
        *("--from", "longmemeval.json"),
    )
    settings = ["dataset=longmemeval_s", "model=mock/words", "rag.units=[dialog]", "rag.retriever=bm25"]
    settings += ["embed.encoder=bm25", "judge.model=mock/words", "score.bertscore=null"]
    assert clone.reproduce(*settings) == ALL
    recall = json.loads(clone.path("metrics/recall.json").read_text("utf-8"))
    groups = ["overall", "single_session_user", "single_session_preference"]
    assert list(recall["recall_evidence"]["rag_dialog_k5"]) == groups
    assert recall["card"]["protocol"] == "paper, scored by paper-2; made for LoCoMo, not for LongMemEval"
    f1 = json.loads(clone.path("metrics/f1.json").read_text("utf-8"))["f1_stemmed_multiset"]["qa"]
    assert list(f1) == ["overall", "single_session_user", "abstention"]
    report = clone.path("reports/report.html").read_text("utf-8")
    assert "single-session-preference" in report
    assert "Likes green tea." in report  # the rubric, in the question browser
    rows = clone.path("data/predictions/qa.jsonl").read_text("utf-8").splitlines()
    shown = clone.must(
        *("python", "-c", "from locomo.cli.main import main; main()", "cache", "show", json.loads(rows[0])["request"])
    )
    assert "It is 10:05 am on 9 March, 2024 now." in shown
