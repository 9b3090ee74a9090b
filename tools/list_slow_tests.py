"""Writes tests/slow.txt and tests/long.txt from how long the tests of the last `make test ALL=yes` took.

python tools/list_slow_tests.py

`make check-fast` leaves out what is slow, `make test` what is long. CI runs all.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
TIMES = ROOT / ".pytest_cache/times.xml"
SECONDS = {"slow": 0.2, "long": 15.0}
"""That a test takes, with all its parameters together, without its fixtures."""


def main() -> None:
    """List them by file and name."""
    seconds = Counter[str]()
    for case in ElementTree.parse(TIMES).iter("testcase"):  # noqa: S314  (pytest wrote it)
        file = case.attrib["classname"].replace(".", "/")
        seconds[f"{file}.py::{case.attrib['name'].partition('[')[0]}"] += float(case.attrib["time"])
    for kind, least in SECONDS.items():
        names = sorted(name for name, taken in seconds.items() if taken > least)
        head = f"# Tests that take more than {least:g} seconds. Written by tools/list_slow_tests.py.\n"
        (ROOT / f"tests/{kind}.txt").write_text(head + "".join(f"{name}\n" for name in names), encoding="utf-8")
        print(f"{kind}: {len(names)} of {len(seconds)} tests")


if __name__ == "__main__":
    main()
