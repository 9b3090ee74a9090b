"""A run under `strict` and one with a judge, stage by stage."""

from __future__ import annotations

import json

from conftest import Project

JUDGE = """
- match: 'Reference answer: (.*)\\nAnswer to check: \\1\\n'
  answer: '{"reasoning": "the same", "correct": true}'
- answer: '{"reasoning": "something else", "correct": false}'
"""


def metrics(project: Project, name: str) -> dict:
    return json.loads(project.path(f"metrics/{name}.json").read_text("utf-8"))


def test_strict_and_a_judge(project: Project) -> None:
    project.path("judge.yaml").write_text(JUDGE, encoding="utf-8")
    asked = project.root.parent / "asked"
    project.edit("params.yaml", "protocol: paper", "protocol: strict")
    project.must("python", "stages/qa.py", LOCOMO_MOCK_LOG=str(asked))
    assert len(asked.read_text().splitlines()) == 3 * 24  # with both baselines; all else was paid for under paper
    project.must("python", "stages/rag.py")
    project.edit("params.yaml", "  model: null # null: nobody", "  model: mock/script:judge.yaml # null: nobody")
    output = project.must("python", "stages/score.py", LOCOMO_MOCK_LOG=str(asked))
    assert "evidence: 0 questions repaired, 0 questions excluded" in output
    assert "judge: 535 answers judged, 0 without a verdict" in output
    first = asked.read_text()
    rows = [json.loads(line) for line in project.path("data/predictions/qa.jsonl").read_text("utf-8").splitlines()]
    assert sum("choice" in row for row in rows) == 48
    f1, verdicts = metrics(project, "f1"), metrics(project, "verdicts")
    assert f1["card"]["protocol"] == "strict, scored by strict-2"
    assert f1["card"]["judge"] == "mock/script:judge.yaml, prompt balanced of judge-2, 1 vote"
    assert set(f1["f1_normalised"]) >= {"qa", "rag_dialog_k5", "gold_evidence"}
    assert set(verdicts["judge_accuracy[balanced]"]["qa"]) >= {"overall", "multi_hop"}
    assert verdicts["unparsable"]["qa"]["adversarial"] > 0.8  # words of a prompt, picked by chance
    table = project.must("python", "-c", "from locomo.cli.main import main; main()", "results")
    assert "f1_normalised, %" in table
    assert all(word in table for word in ("judge,", "1-4", "verdict"))
    usage = metrics(project, "usage")["judge"]
    assert usage["qa"]["answers"] == 107
    assert usage["qa"]["without_verdict"] == 0
    assert usage["qa"]["input_tokens"] > 0
    before = project.path("data/scores/scores.jsonl").read_bytes()
    project.must("python", "stages/score.py", LOCOMO_MOCK_LOG=str(asked))
    assert asked.read_text() == first  # verdicts come from the cache
    assert project.path("data/scores/scores.jsonl").read_bytes() == before
    plan = project.must("python", "-c", "from locomo.cli.main import main; main()", "plan")
    (judging,) = [line for line in plan.splitlines() if "score: judgements (mock/script:judge.yaml)" in line]
    assert " 535 " in judging  # as many as were judged
    assert "No model calls: generate, caption, embed, memory, events, dialogue." in plan


def test_settings_of_a_judge_that_cannot_be_meant(project: Project) -> None:
    for old, new, said in (
        (
            "prompt: balanced",
            "prompt: fair",
            "params.yaml: judge.prompt: judge's prompt 'fair': expected one of strict",
        ),
        ("votes: 1", "votes: 2", "params.yaml: judge.votes: found 2, expected an odd number"),
        (
            "protocol: paper",
            "protocol: judge",
            "params.yaml: judge.model: found nothing; protocol 'judge' needs a model",
        ),
    ):
        text = project.path("params.yaml").read_text("utf-8")
        project.edit("params.yaml", old, new)
        code, output = project.run("python", "stages/score.py")
        assert code == 2
        assert said in output
        project.path("params.yaml").write_text(text, encoding="utf-8")
