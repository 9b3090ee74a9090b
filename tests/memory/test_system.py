"""What stands in `memory.systems`."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.memory.system import system, systems

NAMES = {
    "command:./my_system --fast": "my-system",
    "http://127.0.0.1:8080": "127.0.0.1-8080",
    "own.py:Keyword_Memory": "Keyword-Memory",
    "hybrid": "hybrid",
    "last-sessions": "last-sessions",
    "mine=command:python x.py": "mine",
    "h=http://h:1": "h",
}


@pytest.mark.parametrize("text", NAMES)
def test_rows_have_a_short_name(text: str) -> None:
    assert system(text).name == NAMES[text]


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (["hybird"], r"system 'hybird': expected one of .*hybrid.*; did you mean 'hybrid'\?; or a program"),
        (["command:"], "expected a program after the colon"),
        (["command:'x"], "No closing quotation"),
        (["http://me@h:1"], r"'http://…': leave user and password out of the address"),  # pragma: allowlist secret
        (["a=hybrid", "a=bm25"], r"two systems are called 'a'; name them apart, as in \[a-1=..., a-2=...\]"),
        (["dialog=hybrid"], "it needs a name of letters, digits, '.' and '-': write mine=hybrid"),
    ],
)
def test_mistakes_are_told_with_a_cure(specs: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        systems(specs)


def test_files_on_a_command_line_determine_a_program(tmp_path: Path) -> None:
    script = tmp_path / "x.py"
    script.touch()
    assert system(f"command:python {script}").files == (script,)
