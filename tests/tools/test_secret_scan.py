"""No key is committed: what `make check` and the pre-commit hook run finds a planted one, and nothing in our files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

BASELINE = ".secrets.baseline"
# In pieces, so that the search does not find them here.
KEYS = {
    "OpenAI": "sk-" + "proj-" + "aB3dE6gH9j" * 2 + "T3Blbk" + "FJ" + "kL5nO8qR2t" * 2,
    "OpenAI's later": "sk-" + "svcacct-" + "aB3dE6gH9jK2" * 4,
    "Anthropic": "sk-" + "ant-" + "api03-" + "mN4pQ7sT0vW3" * 6,
    "Google": "AI" + "za" + "SyB1cD4eF7gH0iJ3kL6mN9oP2qR5sT8uV1w",
    "Hugging Face": "hf" + "_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "AWS": "AK" + "IA" + "QYLPMN5HHHFPZAM2",
}


def scan(folder: Path, *files: str) -> tuple[int, str]:
    command = ["detect-secrets-hook", "--baseline", BASELINE, *files]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the search needs of this project, in a repository of its own."""
    for name in (BASELINE, "tools/detect_model_keys.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("whose", KEYS)
def test_a_key_in_any_file_is_found(copy: Path, whose: str) -> None:
    key = KEYS[whose]
    (copy / "notes.md").write_text(f"I have used {key} for this.\n")
    code, said = scan(copy, "notes.md")
    assert (code, "notes.md:1" in said) == (1, True)
    assert key not in said
    (copy / "notes.md").write_text("I have used no key for this.\n")
    assert scan(copy, "notes.md") == (0, "")


def test_a_password_of_no_known_shape_is_found_by_its_name(copy: Path) -> None:
    (copy / "settings.py").write_text('{}_KEY = "correct-horse-battery"\n'.format("API"))
    code, said = scan(copy, "settings.py")
    assert (code, "settings.py:1" in said) == (1, True)


def test_no_file_of_this_project_holds_a_key() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    code, said = scan(ROOT, *listed.split("\n")[:-1])
    assert code == 0, said


def test_checks_and_hooks_run_that_search() -> None:
    command = f"detect-secrets-hook --baseline {BASELINE}"
    assert command in (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert command in {hook["entry"] for hook in hooks}
