"""`locomo judge-panel` and `locomo score --judge`: with a judge that follows rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

DATA = json.loads(SAMPLE.read_text(encoding="utf-8"))
JUDGE = """
- match: 'Answer to check: (?:Not m|There is n|I could|The d|They n|I don|It isn|No i).*\\n\\n.*abstains'
  answer: '{"abstained": true}'
- match: 'abstains'
  answer: '{"abstained": false}'
- match: 'Reference answer: (.*)\\nAnswer to check: \\1\\n'
  answer: '{"reasoning": "the same", "correct": true}'
- match: 'Answer to check: It was something to do'
  answer: '{"reasoning": "touches on it", "correct": true}'
- match: 'Answer to check: broken'
  fault: refused
- answer: 'Hm. {"reasoning": "something else", "correct": false}'
"""


def locomo(folder: Path, *arguments: object) -> tuple[int, str, str]:
    process = subprocess.run(
        [sys.executable, "-c", "from locomo.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "LOCOMO_CACHE_DIR": str(folder / "requests")},
    )
    return process.returncode, process.stdout, process.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers to the sample: the golds to every second question, one answer that the judge refuses."""
    folder = tmp_path_factory.mktemp("judging")
    rows = [
        {
            "id": f"{sample['sample_id']}:{i}",
            "prediction": str(entry.get("answer", "Not mentioned")) if i % 2 == 0 else "forty euros",
        }
        for sample in DATA
        for i, entry in enumerate(sample["qa"])
    ]
    wrong = next(i for i, row in enumerate(rows) if row["prediction"] == "forty euros")
    rows[wrong]["prediction"] = "broken"
    (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "judge.yaml").write_text(JUDGE, encoding="utf-8")
    return folder


def panel(folder: Path, *more: object) -> dict[str, Any]:
    code, output, errors = locomo(
        folder, "judge-panel", "answers.jsonl", "--data", SAMPLE, "--judge", "mock/script:judge.yaml", "--json", *more
    )
    assert code == 0, errors
    return json.loads(output)


def test_a_panel_judges_the_same_answers_under_all_prompts(folder: Path) -> None:
    found = panel(folder, "--planted", 40)
    assert (found["judge"], found["prompts"], found["votes"]) == ("mock/script:judge.yaml", "judge-2", 1)
    assert (found["questions"], found["answers"]) == (131, 131)
    right = sum(
        entry["category"] != 5 and (i % 2 == 0 or entry["answer"] == "forty euros")
        for sample in DATA
        for i, entry in enumerate(sample["qa"])
    )
    abstained = sum(entry["category"] == 5 and i % 2 == 0 for sample in DATA for i, entry in enumerate(sample["qa"]))
    for prompt in ("strict", "balanced", "lenient"):
        assert found["judge_accuracy"][prompt]["overall"] == pytest.approx(right / 107, abs=1e-4)
        assert "adversarial" not in found["judge_accuracy"][prompt]
        assert found["judge_errors"][prompt] == 1
        # A judge that holds vague answers to be right, unless they are about a date.
        assert found["false_accepts"][prompt]["specific"] == 0.0
        assert 0.0 < found["false_accepts"][prompt]["vague"] < 1.0
        assert found["judge_abstention"][prompt] == pytest.approx(abstained / 24, abs=1e-4)
        assert found["false_rejects"][prompt]["right"] > 0.0
        assert found["false_rejects"][prompt]["abstained"] == found["false_accepts"][prompt]["asserted"] == 0.0
    assert found["planted"] == {"right": 40, "vague": 40, "specific": 40, "abstained": 24, "asserted": 24}
    assert found["agreement"]["answers"] == 106
    assert found["agreement"]["fleiss_kappa"] == 1.0
    assert found["agreement"]["cohen_kappa"] == {
        "strict/balanced": 1.0,
        "strict/lenient": 1.0,
        "balanced/lenient": 1.0,
    }


def test_a_panel_as_a_table(folder: Path) -> None:
    code, output, _ = locomo(
        folder, "judge-panel", "answers.jsonl", "--data", SAMPLE, "--judge", "mock/script:judge.yaml", "--planted", 40
    )
    assert code == 0
    assert output.startswith("judge mock/script:judge.yaml, prompts judge-2, 1 vote\n")
    assert "All prompts agree on 100.0% of 106 answers." in output
    assert "Fleiss' kappa: 1.00." in output
    rows = [line.split() for line in output.splitlines() if line.split()[:1] in (["strict"], ["balanced"], ["lenient"])]
    # prompt, overall, four categories, abstention, no verdict; then vague, specific, asserted, right, abstained
    assert [len(row) for row in rows] == [8, 8, 8, 6, 6, 6]


def test_score_with_a_judge(folder: Path) -> None:
    arguments = ("score", "answers.jsonl", "--data", SAMPLE, "--judge", "mock/script:judge.yaml", "--votes", 3)
    code, output, errors = locomo(folder, *arguments, "--judge-prompt", "lenient", "--protocol", "judge", "--json")
    assert code == 0, errors
    found = json.loads(output)
    assert found["overall"]["n"] == 131
    assert 0.4 < found["overall"]["judge_accuracy[lenient]"] < 0.6
    assert found["overall"]["judge_accuracy_all[lenient]"] != found["overall"]["judge_accuracy[lenient]"]
    assert found["categories"]["adversarial"]["judge_abstention[lenient]"] == found["overall"]["abstained"]
    assert found["overall"]["judge_no_verdict[lenient]"] == pytest.approx(1 / 131)
    assert found["overall"]["judge_errors"] == 1
    assert sum("judge_error" in question for question in found["questions"]) == 1
    code, output, _ = locomo(folder, *arguments)
    assert code == 0
    assert all(word in output for word in ("judge,", "1-4", "verdict"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--protocol", "judge"), "protocol 'judge': say who judges with --judge, such as --judge openai/gpt-4o-mini"),
        (("--judge", "mock/script:judge.yaml", "--votes", 2), "--votes: found 2, expected an odd number"),
        (
            ("--judge", "mock/refuse", "--judge-prompt", "fair"),
            "judge's prompt 'fair': expected one of strict, balanced",
        ),
        (("--judge", "mok/refuse"), "model 'mok/refuse': expected provider/model"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple, said: str) -> None:
    code, output, errors = locomo(folder, "score", "answers.jsonl", "--data", SAMPLE, *arguments)
    assert (code, output) == (2, "")
    assert said in errors
    assert errors.count("\n") <= 2  # the judge may have said what it does before


def test_json_of_score_has_short_and_full_names(folder: Path) -> None:
    code, output, _ = locomo(folder, "score", "answers.jsonl", "--data", SAMPLE, "--json")
    assert code == 0
    found = json.loads(output)
    assert found["metrics"]["f1"] == "f1_stemmed_multiset"
    assert found["overall"]["f1"] == found["overall"]["f1_stemmed_multiset"]
    assert found["questions"][0]["f1"] == found["questions"][0]["f1_stemmed_multiset"] == 1.0
    assert {"recall", "recall_evidence", "f1_token_set", "bleu_1", "rouge_l"} <= set(found["questions"][0])
    code, output, _ = locomo(folder, "score", "answers.jsonl", "--data", SAMPLE, "--json", "--protocol", "strict")
    strict = json.loads(output)
    assert strict["overall"]["f1"] == strict["overall"]["f1_normalised"]
    assert strict["evidence"] == {"repaired": [], "excluded": []}
