"""Writes tests/slow.txt, what `make check-fast` leaves out, from how long the tests of the last `make test` took.

python tools/list_slow_tests.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
TIMES = ROOT / ".pytest_cache/times.xml"
SLOW = 0.3
"""Seconds that a test takes, with all its parameters together."""
HEAD = "# Tests that take more than 0.3 seconds. Written by tools/list_slow_tests.py.\n"


def main() -> None:
    """List them by file and name."""
    seconds = Counter[str]()
    for case in ElementTree.parse(TIMES).iter("testcase"):  # noqa: S314  (pytest wrote it)
        file = case.attrib["classname"].replace(".", "/")
        seconds[f"{file}.py::{case.attrib['name'].partition('[')[0]}"] += float(case.attrib["time"])
    slow = sorted(name for name, taken in seconds.items() if taken > SLOW)
    (ROOT / "tests/slow.txt").write_text(HEAD + "".join(f"{name}\n" for name in slow), encoding="utf-8")
    print(f"{len(slow)} of {len(seconds)} tests")


if __name__ == "__main__":
    main()
