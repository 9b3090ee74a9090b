"""Tables come out whatever the terminal can show."""

from __future__ import annotations

import pytest
from conftest import Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_a_terminal_that_knows_ascii_alone_and_numbers_of_another_model(clone: Project, env: dict[str, str]) -> None:
    output = clone.must(*LOCOMO, "results", **env)
    assert "±" not in output
    assert "+-" in output
    assert "no_memory" in output
    assert "These numbers are of an older run: " in output  # params.yaml names another model than dvc.lock


def test_numbers_of_these_very_params_are_taken_for_what_they_are(finished_run: Project) -> None:
    assert "older run" not in finished_run.must(*LOCOMO, "results")
