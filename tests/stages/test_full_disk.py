"""A disk without room ends a stage, and a command, in a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_it_is_said_in_a_line(clone: Project) -> None:
    clone.must("python", "stages/resolve.py")
    clone.edit("stages/qa.py", "    conversations =", '    Path("/dev/full").write_text("x")\n    conversations =')
    code, output = clone.run("python", "stages/qa.py")
    assert code == 1
    assert output.startswith("error: ")
    assert "no room left to write (No space left on device): make some (`locomo doctor` says how much" in output
    assert "Traceback" not in output
    code, output = clone.run(
        "python", "-c", "from locomo.cli.main import main; main()", "review", "--base", "HEAD", "--out", "/dev/full"
    )
    assert "Traceback" not in output
