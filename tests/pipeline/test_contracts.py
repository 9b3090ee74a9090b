"""Stages hold their inputs and outputs against the rules: in time, once, and in words that say where to look."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Project

OUTPUTS = [
    *("conversations", "captioned", "indexes", "memory", "qa", "baselines", "rag", "rankings", "memories"),
    *("events", "dialogue", "scores"),
]


class Page(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def spoil_captions(project: Project) -> Path:
    """A turn of sample-1 is said to be somebody else's."""
    path = project.path("data/captioned/sample-1.json")
    sample = json.loads(path.read_text(encoding="utf-8"))
    sample["conversation"]["session_2"][3]["speaker"] = "<b>Eve</b>"
    path.unlink()  # a link into DVC's cache elsewhere
    path.write_text(json.dumps(sample), encoding="utf-8")
    return path


def records(project: Project) -> dict[str, dict]:
    paths = project.path("logs/validation").iterdir()
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def test_a_run_leaves_a_page_for_each_output_that_needs_no_network(finished_run: Project) -> None:
    folder = finished_run.path("reports/validation")
    assert sorted(path.stem for path in folder.iterdir()) == sorted([*OUTPUTS, "index"])
    index = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert index.links == [f"{name}.html" for name in OUTPUTS]
    for path in folder.iterdir():
        html = path.read_text(encoding="utf-8")
        page = Page(html)
        assert not {"script", "link", "img", "iframe", "base"} & page.tags
        assert not re.search(r"https?://|url\(|@import", html)
        inside = {match[1] for match in re.finditer(r'id="([^"]+)"', html)}
        assert all(link[1:] in inside if link[0] == "#" else (folder / link).is_file() for link in page.links)
    report = finished_run.path("reports/report.html").read_text(encoding="utf-8")
    assert 'href="validation/index.html"' in report
    assert finished_run.must("git", "status", "--porcelain") == ""


def test_every_output_is_checked_once(finished_run: Project) -> None:
    """By the stage that wrote it, and not again by those that read it."""
    found = records(finished_run)
    assert sorted(found) == sorted(OUTPUTS)
    said = {stage: finished_run.path(f"logs/{stage}.jsonl").read_text("utf-8") for stage in ("caption", "embed", "qa")}
    assert "validation: data/captioned: warnings: answer_is_text 3, image_captioned 3" in said["caption"]
    assert "data/conversations" not in said["caption"]
    assert "validation" not in said["embed"] + said["qa"]


def test_a_bad_input_stops_a_stage_before_it_spends(project: Project) -> None:
    spoil_captions(project)
    asked = project.root.parent / "asked"
    before = project.path("data/predictions/qa.jsonl").read_bytes()
    code, output = project.run("python", "stages/qa.py", LOCOMO_MOCK_LOG=str(asked))
    assert code == 7
    assert output.splitlines() == [
        "error: data/captioned breaks a rule of suite 'captioned', so stage 'qa' did not start",
        "error: turn_speaker_known (turns): 1 of 383: Each turn is one of the two speakers'.",
        "  data/captioned/sample-1.json: sample-1 D2:4: found '<b>Eve</b>'",
        "all of it: reports/validation/captioned.html",
    ]
    assert not asked.exists()
    assert project.path("data/predictions/qa.jsonl").read_bytes() == before
    page = project.path("reports/validation/captioned.html").read_text(encoding="utf-8")
    assert "turn_speaker_known" in page
    assert "b" not in Page(page).tags  # values are shown, not obeyed
    assert page.count("&lt;b&gt;Eve&lt;/b&gt;") >= 2


def test_an_answer_that_its_model_did_not_give_stops_the_scoring(project: Project) -> None:
    """Each of the two rows has the other's answer, or the gold answer: the form of the file is as it should be."""
    path = project.path("data/predictions/qa.jsonl")
    text = path.read_text(encoding="utf-8")
    path.unlink()  # a link into DVC's cache elsewhere
    rows = [json.loads(line) for line in text.splitlines()]
    one, other = rows[0], next(row for row in rows if row["raw"] != rows[0]["raw"] and row["category"] != 5)
    for name in ("raw", "prediction"):
        one[name], other[name] = other[name], one[name]
    rows[-1]["prediction"] = "something better"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, output = project.run("python", "stages/score.py")
    assert code == 7
    assert "data/predictions/qa.jsonl breaks 2 rules of suite 'predictions', so stage 'score' did not start" in output
    assert "error: prediction_of_raw (predictions): 1 of " in output
    assert "error: answers_not_exchanged (predictions): 2 of " in output


def test_a_bad_output_is_not_published(project: Project) -> None:
    project.edit(
        "locomo/evaluation/files.py",
        "score.model_dump() for score in scored.scores",
        "{**score.model_dump(), 'f1': 1.5} for score in scored.scores",
    )
    before = project.path("data/scores/scores.jsonl").read_bytes()
    code, output = project.run("python", "stages/score.py")
    assert code == 7
    # 1.5 is no F1, not the F1 of these predictions, and not what the means in metrics/ were made of.
    assert "error: data/scores breaks 3 rules of suite 'scores', so stage 'score' published nothing" in output
    assert "error: metric_in_range (values): 786 of " in output
    assert "  data/scores/scores.jsonl, row 1: sample-1:0 qa: found 1.5" in output
    assert project.path("data/scores/scores.jsonl").read_bytes() == before
    assert '"f1": 1.5' in project.path("data/scores.partial/scores.jsonl").read_text(encoding="utf-8")


def test_what_was_checked_is_not_checked_again(project: Project) -> None:
    before = records(project)
    project.must("python", "stages/qa.py")
    assert records(project) == before
    output = project.must("python", "-X", "importtime", "stages/qa.py")
    assert "great_expectations" not in output


def test_changed_rules_are_held_against_what_is_there(project: Project) -> None:
    project.edit("locomo/validation/suites/answers.yaml", "max_value: 0.5}", "max_value: 0.0}")
    output = project.must("python", "stages/qa.py")
    assert (
        "validation: data/predictions/qa.jsonl: warnings: answers_not_uniform 1 (reports/validation/qa.html)" in output
    )
    assert project.stages_run(project.must("dvc", "repro")) == []  # no output depends on them


def test_it_can_be_switched_off_and_says_so(project: Project) -> None:
    spoil_captions(project)
    code, output = project.run("python", "stages/qa.py", LOCOMO_VALIDATION="off")
    assert "validation: data/captioned: not checked (LOCOMO_VALIDATION=off)" in output
    assert code == 2  # what reads it has its own words
    code, output = project.run("python", "stages/qa.py", LOCOMO_VALIDATION="no")
    assert (code, output) == (2, "error: LOCOMO_VALIDATION: found 'no', expected on or off\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "column: share",
            "column: shares",
            "rule 'answers_not_uniform': the table has no column 'shares'; did you mean 'share'?",
        ),
        ("severity: warning", "severity: mild", "severity: found 'mild', expected critical or warning"),
        ("meta: {rule: answered_once}", "meta: {rule: few_failed}", "two rules are called 'few_failed'"),
        ("kwargs: {column: share", "kwarg: {column: share", "unknown key 'kwarg'; did you mean 'kwargs'?"),
        (
            "to_be_between",
            "to_be_betwen",
            "knows no 'expect_column_values_to_be_betwen'; did you mean 'expect_column_values",
        ),
        ("max_value: 0.5", "maximum: 0.5", "rule 'answers_not_uniform': maximum: extra fields not permitted"),
        ("configurations:", "configuration:", "no table 'configuration'; did you mean 'configurations'?"),
    ],
)
def test_a_mistake_in_a_suite_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    from locomo.errors import InputError
    from locomo.validation import load_suite
    from locomo.validation.check import check
    from locomo.validation.suite import FOLDER
    from locomo.validation.tables import table

    text = (FOLDER / "answers.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "answers.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    columns = {
        "predictions": (
            "unknown_question",
            "missing_prediction",
            "bad_prediction",
            "bad_characters",
            "too_long",
            "prediction",
            "context_list",
            "unknown_context_id",
        ),
        "configurations": ("share", "failed"),
        "coverage": ("rows",),
    }
    tables = {name: table(("file", "id", *names), []) for name, names in columns.items()}
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        check(load_suite("answers", tmp_path), tables, "data")
    assert len(str(raised.value).splitlines()) == 1
