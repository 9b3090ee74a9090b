"""Great Expectations starts without packages that no rule needs, and they can be imported afterwards."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from locomo.validation.check import check, context
from locomo.validation.light_import import OPTIONAL
from locomo.validation.suite import Suite, load_suite
from locomo.validation.tables import table
context()
loaded = [name for name in (*OPTIONAL, "altair.vegalite") if name in sys.modules]
rules = [rule for rule in load_suite("answers").rules if rule.name == "answered_once"]
rows = [{"file": "f", "id": "a", "rows": 1}, {"file": "f", "id": "b", "rows": 2}]
frame = table(("file", "id", "rows"), rows)
findings = check(Suite("answers", rules, ""), {"coverage": frame}, "f").result.findings
import altair, scipy.stats
found = [[finding.rule, finding.count, finding.rows] for finding in findings]
print(json.dumps([loaded, found, scipy.stats.norm.cdf(0), altair.Chart.__name__]))
"""


def test_a_check_needs_no_sdk_of_a_cloud() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        [],
        [["answered_once", 1, [{"file": "f", "id": "b", "found": "2"}]]],
        0.5,
        "Chart",
    ]
