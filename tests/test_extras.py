"""A library that is not installed is told of in one line, with what to install; scoring and comparing need few."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLE

from locomo.extras import advice

WITHOUT = "import sys; sys.modules[{name!r}] = None; from locomo.cli.main import main; sys.argv = {command!r}; main()"
"""Python raises ModuleNotFoundError for a module that is None."""


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("faiss", "faiss-cpu", "retrieval"),
        ("anthropic", "anthropic", "anthropic"),
        ("torch.nn", "torch", "pipeline"),  # of several
        ("dvc.repo", "dvc", "pipeline"),
        ("PIL", "pillow", "pictures"),
        ("bert_score", "bert-score", "bertscore"),
    ],
)
def test_the_extra_that_has_it_is_named(module: str, package: str, extra: str) -> None:
    said = advice(ModuleNotFoundError(name=module))
    assert said == f"'{package}' is not installed, and this needs it: pip install 'locomo-pipeline[{extra}]'"


@pytest.mark.parametrize("module", ["locomo.nowhere", "mypy", "", "numpy"])
def test_what_no_extra_has_is_a_bug(module: str) -> None:
    assert advice(ModuleNotFoundError(name=module)) is None


def test_a_command_says_so_in_one_line(tmp_path: Path) -> None:
    command = ["locomo", "retrieval"]
    script = WITHOUT.format(name="faiss", command=command)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: 'faiss-cpu' is not installed, and this needs it: pip install 'locomo-pipeline[retrieval]'\n"
    )


def test_everything_that_is_locked_is_declared() -> None:
    """`make run` installs the lock: each requirement of the stages is in it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    of_stages = extras["pipeline"][-1].partition("[")[2].rstrip("]").split(",")
    declared = [
        *project["dependencies"],
        *extras["pipeline"][:-1],
        *(name for each in of_stages for name in extras[each]),
    ]
    locked = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    }
    names = {name.partition("=")[0].rstrip("<>").partition(">")[0].strip() for name in declared}
    assert names - locked == set()
    assert len(names) > 30


def test_scoring_imports_no_extra(tmp_path: Path) -> None:
    """The quick half of what the next test sees with the base alone installed."""
    extras = {"anthropic", "bert_score", "dvc", "faiss", "great_expectations", "openai", "pandas", "torch"}
    answers = _answers(tmp_path / "gold.jsonl")
    script = (
        "import sys; from locomo.cli.main import main\n"
        f"sys.argv = ['locomo', 'score', {str(answers)!r}, '--data', {str(SAMPLE)!r}]\n"
        f"try: main()\nfinally: print({extras!r} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "set()\n"


@pytest.mark.slow
def test_scoring_and_comparing_need_the_base_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "locomo", source / "locomo", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "-q", "--no-compile", source]
    subprocess.run(pip, check=True, capture_output=True, timeout=600)

    def locomo(*command: object) -> subprocess.CompletedProcess[str]:
        script = [python.with_name("locomo"), *map(str, command)]
        return subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    _answers(tmp_path / "gold.jsonl")
    _answers(tmp_path / "same.jsonl", "No information available")
    scored = locomo("score", "gold.jsonl", "--data", SAMPLE)
    assert scored.returncode == 0, scored.stderr
    compared = locomo("compare", "gold.jsonl", "same.jsonl", "--data", SAMPLE)
    assert compared.returncode == 0, compared.stderr
    assert locomo("--help").returncode == 0
    more = locomo("score", "gold.jsonl", "--data", SAMPLE, "--bertscore", "minilm")
    assert more.returncode == 1
    assert more.stderr.endswith("this needs it: pip install 'locomo-pipeline[pipeline]'\n")
    listed = subprocess.run([python, "-m", "pip", "list"], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "dvc", "openai", "great-expectations"} & {line.split(" ")[0] for line in listed.splitlines()}


def _answers(to: Path, answer: str | None = None) -> Path:
    """Write an answer to each question of the sample: the gold one, or what is given."""
    rows = [
        {"id": f"{sample['sample_id']}:{at}", "prediction": answer or str(question.get("answer"))}
        for sample in json.loads(SAMPLE.read_text(encoding="utf-8"))
        for at, question in enumerate(sample["qa"])
    ]
    to.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return to
