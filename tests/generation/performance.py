"""A generation in a process of its own, to be killed: performance.py CACHE OUT, which is written at the end."""

from __future__ import annotations

import sys
from pathlib import Path

from stage_door import PAIR, perform, words

from locomo.dataset import write_conversation
from locomo.generation.inspection import write_agents

if __name__ == "__main__":
    cache, out = map(Path, sys.argv[1:])
    other = (("I drive a tram.",), ("I sell flowers.",))
    for made in perform(words(), cache, (PAIR, other), conversations=2, sessions=4, max_turns=6, questions=3):
        write_agents(made, out / "agents")
        write_conversation(made.conversation, out)
