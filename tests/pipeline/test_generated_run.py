"""The pipeline over conversations that agents make: all six stages, and only what depends on a knob runs again."""

from __future__ import annotations

import json

import pytest
from conftest import Project

from locomo.dataset import read_folder

ALL = ["generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score"]
AGENTS = ("generate.mode=agents", "generate.model=mock/words", "generate.sessions=2")


def test_a_generated_dataset_goes_through_all_stages_and_yields_metrics(project: Project) -> None:
    assert project.reproduce(*AGENTS, "generate.max_turns=4", "generate.questions=5") == ALL
    (conversation,) = read_folder(project.path("data/captioned"))
    assert conversation.sample_id == "gen-0-1"
    assert len(conversation.sessions) == 2
    metrics = {name: json.loads(project.path(f"metrics/{name}.json").read_text("utf-8")) for name in ("f1", "data")}
    assert metrics["f1"]["dataset"] == "generated(seed 0, mock/words)"
    assert 0 <= metrics["f1"]["f1_stemmed_multiset"]["rag_observation_k5"]["overall"] <= 1
    assert metrics["data"]["data"]["sessions"] == 2
    assert project.path("data/agents/gen-0-1/index.html").is_file()
    page = project.path("reports/report.html").read_text(encoding="utf-8")
    assert "generated(seed 0, mock/words)" in page

    # Another model that answers makes no other conversations.
    assert project.reproduce("model=mock/refuse") == ["qa", "rag", "events", "dialogue", "score"]
    # A dataset without questions is poor, and no wreck.
    assert project.reproduce("generate.questions=0")[:2] == ["generate", "caption"]
    assert json.loads(project.path("metrics/data.json").read_text("utf-8"))["data"]["questions"] == {}


def test_annotating_says_so_in_the_metrics(project: Project) -> None:
    assert project.reproduce("generate.mode=annotate", "generate.model=mock/words") == ALL
    f1 = json.loads(project.path("metrics/f1.json").read_text("utf-8"))
    assert f1["dataset"] == "sample, notes by mock/words"
    assert all("released_observation" in each.extra for each in read_folder(project.path("data/captioned")))


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["generate.personas=data/raw/sample.json"], 2, "expected an object of lists of pairs"),
        (["generate.conversations=99"], 2, "generate.conversations: found 99, expected at most 24"),
        (["generate.model=mock/refuse"], 3, "gave no turn that can be used in 3 tries: the answer holds no JSON"),
        (["generate.model=mock/wrods"], 2, "model 'mock/wrods': expected one of refuse, words"),
        (["llm.offline=true"], 5, "requests have no answer in the cache"),
    ],
)
def test_what_goes_wrong_is_one_line(project: Project, flags: list[str], code: int, said: str) -> None:
    project.set("generate.mode=agents", "generate.model=mock/words", *flags)
    found, output = project.run("python", "stages/generate.py")
    errors = [line for line in output.splitlines() if line.startswith("error: ")]
    assert found == code, output
    assert len(errors) == 1
    assert said in errors[0]
    assert "Traceback" not in output
