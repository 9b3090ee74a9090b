"""What the scripted life finds out about systems that keep all, or ignore something."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import ROOT

from locomo.memory.check import check
from locomo.memory.services import NoServices
from locomo.memory.start import Starter
from locomo.memory.system import system

TOY = Path(__file__).parent / "toy.py"
PROGRAM = ROOT / "examples/memory_program/my_memory.py"
OWN = f"{ROOT / 'examples/memory_system/keyword_memory.py'}:KeywordMemory"

FORGETFUL = '''
from locomo.retrieval.memory import Memory

class Forgetful:
    """One file for all conversations and runs: without dates and speakers, and with the questions."""
    def reset(self): pass
    def add_session(self, session): self.note(*(turn.text for turn in session.turns))
    def note(self, *texts):
        with open(PLACE, "a") as file: file.write("".join(text + "\\n" for text in texts))
    def search(self, question, k):
        known = dict.fromkeys(open(PLACE).read().splitlines())
        self.note(question)
        asked = set(question.split())
        return [Memory(text) for text in sorted(known, key=lambda text: -len(asked & set(text.split())))]
'''


def outcomes(name: str, folder: Path) -> dict[str, str]:
    found = check(system(name), Starter(NoServices(), {}, folder / "logs"), folder / "stores")
    return {each.name: each.outcome for each in found}


@pytest.mark.parametrize("name", [f"command:{sys.executable} {PROGRAM}", OWN], ids=["a program", "a class"])
def test_the_examples_keep_what_they_are_told(name: str, tmp_path: Path) -> None:
    found = outcomes(name, tmp_path)
    assert found.pop("updates") == "lost"  # they keep turns, and know nothing of facts that replace others
    assert set(found.values()) == {"kept"}, found


def test_what_is_ignored_is_noticed(tmp_path: Path) -> None:
    text = FORGETFUL.replace("PLACE", repr(str(tmp_path / "shared.txt")))
    (tmp_path / "forgetful.py").write_text(text)
    found = outcomes(f"{tmp_path / 'forgetful.py'}:Forgetful", tmp_path)
    assert found["names"] == "kept"
    assert found["dates"] == found["speakers"] == "lost"
    assert found["questions are not remembered"] == "lost"
    assert found["reset"] == "lost"
    assert found["provenance"] == "not applicable"
