"""What `locomo memory check` finds of the shipped systems, written to locomo/memory/checks.json.

    python tools/check_memory_systems.py [--systems mem0 ...]

Each is checked in each of its profiles, with `mock/extract` and `minilm`. They have to be installed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from locomo.memory.conformance import SHIPPED, record
from locomo.memory.description import describe
from locomo.memory.shipped import shipped_names
from locomo.pipeline.memory_check import check_system
from locomo.pipeline.params import read_params


def main() -> None:
    """Check each system and print what became of each property."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--systems", nargs="+", default=shipped_names())
    for name in parser.parse_args().systems:
        for profile in describe(name).profiles:
            with tempfile.TemporaryDirectory() as folder:
                settings = Path(folder) / "settings.yaml"
                settings.write_text(f"profile: {profile}\n", encoding="utf-8")
                chosen = [
                    "memory.model=mock/extract",
                    "memory.embedder=minilm",
                    f"memory.settings={{{name}: {settings}}}",
                ]
                _, checked = check_system(read_params(chosen), name, Path(folder))
            record(SHIPPED, [checked])
            print(name, profile, *(f"{each}: {outcome}" for each, outcome in checked.outcomes.items()), sep=", ")


if __name__ == "__main__":
    main()
