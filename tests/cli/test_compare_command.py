"""`locomo compare`: verdicts on folders, files, revisions and experiments, with and without the data being here."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE, Project

SIZES = [199, 105, 193, 260, 242, 158, 190, 239, 196, 204]
IDS = [(f"conv-{c}:{i}", [1, 2, 3, 4, 4, 4, 5][i % 7]) for c, size in enumerate(SIZES) for i in range(size)]
LOCOMO = (sys.executable, "-c", "from locomo.cli.main import main; main()")


def locomo(*arguments: object, cwd: Path | None = None) -> tuple[int, str, str]:
    process = subprocess.run([*LOCOMO, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd)
    return process.returncode, process.stdout, process.stderr


def compared(*arguments: object, cwd: Path | None = None) -> dict[str, Any]:
    code, output, errors = locomo("compare", *arguments, "--json", cwd=cwd)
    assert (code, errors) == (0, "")
    return json.loads(output)


def folder(root: Path, values: list[float], where: str = "data/scores/scores.jsonl", configuration: str = "qa") -> Path:
    """A run of which the scores alone are here."""
    rows = [
        {
            "id": question_id,
            "configuration": configuration,
            "category": category,
            "f1": value,
            "recall": 1.0,
            "has_evidence": True,
            "has_context": False,
        }
        for (question_id, category), value in zip(IDS, values, strict=True)
    ]
    (root / where).parent.mkdir(parents=True)
    (root / where).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return root


def right_and_wrong(seed: int = 0) -> list[float]:
    pick = random.Random(seed)
    return [float(pick.random() < 0.4) for _ in IDS]


def overall(found: dict[str, Any], configuration: str = "qa") -> dict[str, Any]:
    (line,) = [x for x in found["lines"] if (x["configuration"], x["category"]) == (configuration, "overall")]
    return line


def test_a_planted_regression_is_worse_and_a_reshuffle_is_noise(tmp_path: Path) -> None:
    before = right_and_wrong()
    pick = random.Random(1)
    lost = set(pick.sample([i for i, value in enumerate(before) if value], 60))
    regressed = [0.0 if i in lost else value for i, value in enumerate(before)]
    a = folder(tmp_path / "a", before)
    found = compared(a, folder(tmp_path / "b", regressed, "scores.jsonl"))
    assert found["verdicts"] == {"qa": "worse"}
    line = overall(found)
    assert (line["n"], line["conversations"], round(line["delta"], 4)) == (1986, 10, round(-60 / 1986, 4))
    assert line["low"] < line["delta"] < line["high"] < 0
    assert line["p"] == line["p_sign_flip"] == 2 / 1024
    assert line["p_mcnemar"] < 1e-15
    assert len(found["flips"]) == 60
    assert {flip["after"]["score"] for flip in found["flips"]} == {0.0}

    reshuffled = compared(a, folder(tmp_path / "c", pick.sample(before, len(before))))
    assert reshuffled["verdicts"] == {"qa": "noise"}
    assert compared(a, a)["verdicts"] == {"qa": "noise"}


def test_two_systems_with_a_name_each_are_compared(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", right_and_wrong(), configuration="mem0")
    b = folder(tmp_path / "b", [1.0] * len(IDS), configuration="zep")
    assert compared(a, b)["verdicts"] == {"mem0 → zep": "better"}


def test_answer_files_are_scored_with_the_dataset(tmp_path: Path) -> None:
    data = json.loads(SAMPLE.read_text(encoding="utf-8"))
    for name, answer in (("a", "x"), ("b", "not mentioned")):
        rows = [
            {"id": f"{sample['sample_id']}:{i}", "prediction": answer, "context_ids": ["D1:3"]}
            for sample in data
            for i in range(len(sample["qa"]))
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    found = compared(*files, "--data", SAMPLE)
    assert found["verdicts"] == {"qa": "better"}
    (flip, *_) = found["flips"]
    assert (flip["before"]["text"], flip["after"]["text"], flip["category"]) == ("x", "not mentioned", 5)
    assert flip["question"]
    assert flip["evidence"][0]["text"]
    code, _, errors = locomo("compare", *files, cwd=tmp_path)
    assert code == 2
    assert errors.startswith(f"error: {files[0]}: predictions without scores; say with --data which dataset they ar")


def test_scores_of_others_need_little(tmp_path: Path) -> None:
    rows = [{"id": f"conv-{c}:{i}", "category": 4, "f1": float(c % 2)} for c in range(10) for i in range(20)]
    for name, shift in (("a", 0.0), ("b", 0.5)):
        moved = [{**row, "f1": row["f1"] * (1 - shift)} for row in rows]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in moved), encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps({"protocol": "paper", "questions": rows}), encoding="utf-8")
    found = compared(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert overall(found)["delta"] == pytest.approx(-0.25)
    assert compared(tmp_path / "a.jsonl", tmp_path / "c.json")["verdicts"] == {"qa": "noise"}

    (tmp_path / "twice.jsonl").write_text(f"{json.dumps(rows[0])}\n" * 2, encoding="utf-8")
    code, _, errors = locomo("compare", tmp_path / "a.jsonl", tmp_path / "twice.jsonl")
    assert code == 2
    assert errors == f"error: {tmp_path / 'twice.jsonl'}, row 2: question 'conv-0:0' is scored twice in 'qa'\n"


def test_failed_calls_are_said(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", right_and_wrong())
    b = folder(tmp_path / "b", right_and_wrong())
    path = b / "data/scores/scores.jsonl"
    first, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(json.dumps(json.loads(first) | {"error": "HTTP 500", "f1": 0.0}) + "\n" + rest, encoding="utf-8")
    assert "qa: 0 calls failed permanently before, 1 after; they count as 0." in compared(a, b)["notes"]


def test_two_branches(two_branches: Project) -> None:
    found = json.loads(two_branches.must("locomo", "compare", "main", "change", "--json"))
    assert found["basis"] == "questions"
    assert found["card_differences"] == [{"key": "model", "before": "words", "after": "refuse"}]
    assert list(found["verdicts"]) == ["qa", "rag_dialog_k5", "rag_observation_k5", "gold_evidence", "no_memory"]
    adversarial = [line for line in found["lines"] if line["category"] == "adversarial"]
    assert {(line["delta"], line["verdict"]) for line in adversarial} == {(1.0, "unknown")}  # of three conversations
    won = next(flip for flip in found["flips"] if flip["configuration"] == "gold_evidence")
    assert won["after"]["text"] == "Not mentioned in the conversation"
    assert won["before"]["text"]
    assert all(turn["text"] and turn["before"] and turn["after"] for turn in won["evidence"])
    (qa,) = [cost for cost in found["costs"] if cost["configuration"] == "qa"]
    assert qa["before"]["output_tokens"] != qa["after"]["output_tokens"]
    assert json.loads(two_branches.must("locomo", "compare", "main", "--json"))["lines"] == found["lines"]


def test_without_the_data_verdicts_are_the_same(two_branches: Project, tmp_path: Path) -> None:
    """A reviewer's clone: what git has, a remote that cannot be reached, no answers."""
    two_branches.must("git", "clone", "-q", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    clone.must("dvc", "remote", "add", "-q", "-d", "far", "s3://bucket/path")
    clone.must("dvc", "remote", "modify", "-q", "far", "endpointurl", "http://127.0.0.1:9")
    here = json.loads(two_branches.must("locomo", "compare", "main", "change", "--json"))
    there = json.loads(clone.must("locomo", "compare", "origin/main", "HEAD", "--json"))
    assert there["basis"] == "conversations"
    assert there["verdicts"] == here["verdicts"]
    assert there["flips"] == []
    for one, other in zip(here["lines"], there["lines"], strict=True):
        assert (one["category"], one["n"], one["verdict"]) == (other["category"], other["n"], other["verdict"])
        for name in ("delta", "low", "high", "p"):
            assert one[name] == pytest.approx(other[name], abs=1e-5)

    clone.must("git", "rm", "-q", "metrics/conversations.json")
    clone.must("git", "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "older")
    code, output = clone.run("locomo", "compare", "origin/main", "HEAD")
    assert code == 0
    assert "Only means are here: there are no intervals" in output
    assert "? unknown" in output


def test_an_experiment_by_its_name(two_branches: Project, tmp_path: Path) -> None:
    project = two_branches.copy_to(tmp_path)
    project.must("git", "checkout", "-q", "main")
    project.must("dvc", "exp", "run", "-n", "refusal", "-S", "model=mock/refuse")
    project.must("git", "checkout", "-q", ".")
    project.must("dvc", "checkout", "score")
    found = json.loads(project.must("locomo", "compare", "HEAD", "refusal", "--json", "--configuration", "qa"))
    assert found["verdicts"] == {"qa": "better"}
    assert json.loads(project.must("locomo", "compare", "--json"))["verdicts"]["qa"] == "noise"


def test_what_differs_between_the_cards_is_said_first(two_branches: Project, tmp_path: Path) -> None:
    project = two_branches.copy_to(tmp_path)
    project.edit("metrics/f1.json", '"prompts": "paper-1"', '"prompts": "paper-2"')
    lines = project.must("locomo", "compare", "main").splitlines()
    assert lines[:4] == [
        "main → workspace",
        "The runs differ in:",
        "  model: words → refuse",
        "  prompts: paper-1 → paper-2",
    ]
    assert lines[4].startswith("Note: The runs differ in prompts: their numbers may measure different things")


def test_markdown_and_html(two_branches: Project, tmp_path: Path) -> None:
    markdown = two_branches.must("locomo", "compare", "main", "change", "--md")
    assert markdown.index("| model | words | refuse |") < markdown.index("| `qa` | 131 |")
    assert "**▲ better**" in markdown
    assert "Not mentioned in the conversation (100.0)" in markdown
    assert len(markdown) < 65_536
    page = two_branches.must("locomo", "compare", "main", "change", "--html")
    assert page.startswith("<!DOCTYPE html>")
    assert "http" not in page
    two_branches.must("locomo", "compare", "main", "change", "--html", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_a_models_words_are_words(tmp_path: Path) -> None:
    data = json.loads(SAMPLE.read_text(encoding="utf-8"))
    hostile = "<script>alert(1)</script> | @everyone `x` not mentioned"
    for name, answer in (("a", "x"), ("b", hostile)):
        rows = [
            {"id": f"{sample['sample_id']}:{i}", "prediction": answer}
            for sample in data
            for i in range(len(sample["qa"]))
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = ("compare", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--data", SAMPLE)
    _, markdown, _ = locomo(*arguments, "--md")
    assert "alert(1)" in markdown
    assert "<script" not in markdown
    assert "@everyone" not in markdown
    tables = [line for line in markdown.splitlines() if line.startswith("|") and "alert" in line]
    assert {line.count("|") for line in tables} == {8}
    assert "<script>alert" not in locomo(*arguments, "--html")[1]
    several = locomo(*arguments, "--and", tmp_path / "a.jsonl", "--html")[1]
    assert several.count("<script>") == 1
    assert "alert(1)" in several
    assert '<td class="better">' in several
    assert ">Run <select" in several
    assert several.count("has no card") == 2  # a note about all runs stands there once


def test_a_page_of_several_runs_names_what_differs(two_branches: Project, tmp_path: Path) -> None:
    page = two_branches.must("locomo", "compare", "main", "change", "--and", "main", "--html")
    assert '<tr><th scope="row">model</th><td>words</td><td>refuse</td><td>words</td></tr>' in page
    assert "http" not in page
    two_branches.must("locomo", "compare", "main", "change", str(tmp_path / "page.html"), "--and", "main")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuch",), "error: 'nosuch': "),
        (("main", "--metric", "f2"), "error: --metric f2: expected one of f1, "),
        (
            ("main", "--configuration", "qb"),
            "error: --configuration qb: 'main' has no 'qb', expected one of qa, rag_dia",
        ),
        (("main", "docs"), "error: 'docs': no results there; expected metrics/f1.json or data/scores/scores.jsonl"),
        (("main", "--md", "--json"), "error: --md, --json, --html: expected one of them"),
    ],
)
def test_mistakes_are_one_line(two_branches: Project, arguments: tuple[str, ...], said: str) -> None:
    code, output = two_branches.run("locomo", "compare", *arguments)
    assert code == 2
    assert output.startswith(said), output
    assert output.count("\n") == 1


def test_runs_with_nothing_in_common(tmp_path: Path, two_branches: Project) -> None:
    a = folder(tmp_path / "a", right_and_wrong())
    code, output = two_branches.run("locomo", "compare", "main", str(a))
    assert code == 2
    assert "have no question in common that has f1; are they runs on the same dataset?" in output


def test_outside_of_a_project(tmp_path: Path) -> None:
    code, _, errors = locomo("compare", "main", cwd=tmp_path)
    assert code == 2
    assert errors.startswith("error: 'main': ")
    assert "expected a folder, a file, a git revision" in errors


def with_card(root: Path, **card: str) -> Path:
    text = json.dumps({"dataset": "d", "model": "m", "protocol": "paper", "card": card})
    (root / "metrics").mkdir()
    (root / "metrics/f1.json").write_text(text, encoding="utf-8")
    if "parameters" in card:
        (root / "metrics/conversations.json").write_text(text, encoding="utf-8")
    return root


def test_every_parameter_that_differs_is_named(tmp_path: Path) -> None:
    shared = "rag.k [5]; seed 0"
    a = with_card(
        folder(tmp_path / "a", right_and_wrong()), parameters=f'embed.encoder "minilm"; {shared}', resolved="1"
    )
    b = with_card(folder(tmp_path / "b", right_and_wrong()), parameters=f'embed.encoder "bm25"; {shared}', resolved="2")
    code, output, _ = locomo("compare", a, b, "--md")
    assert code == 0
    assert "The runs' cards are the same." not in output
    assert "| embed.encoder | minilm | bm25 |" in output
    assert "resolved" not in output  # other names stand for other things
    assert "seed" not in output
    c = with_card(
        folder(tmp_path / "c", right_and_wrong()), parameters=f'embed.encoder "minilm"; {shared}', resolved="2"
    )
    _, output, _ = locomo("compare", a, c, "--md")
    assert "| resolved | 1 | 2 |" in output

    older = with_card(folder(tmp_path / "d", right_and_wrong()), questions="131")
    _, output, _ = locomo("compare", older, b, "--md")
    assert "is an older one without its parameters" in output
    assert "embed.encoder" not in output
