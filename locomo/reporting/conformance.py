"""What memory systems were found to keep and to ignore (see `locomo memory check`), beside what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.memory.conformance import Conformance
from locomo.reporting.tables import NOTHING

UNCHECKED: Final = "not checked"
_SHOWN: Final = ("kept", "lost")


def conformance_file(checks: Conformance) -> dict[str, Any]:
    """Return what metrics/usage.json says: by system, the outcomes and the models of the check; None without one."""
    kept = {"model", "embedder", "outcomes"}
    return {name: None if check is None else check.model_dump(include=kept) for name, check in checks.items()}


def conformance_lines(checks: Conformance) -> list[list[str]]:
    """Return a heading with all properties and a line a system, for the report; nothing where none was checked."""
    properties = list(dict.fromkeys(name for check in checks.values() if check for name in check.outcomes))
    if not properties:
        return []
    lines = [["system", *properties, "checked with"]]
    for name, check in checks.items():
        if check is None:
            lines.append([name, *[NOTHING] * len(properties), UNCHECKED])
            continue
        outcomes = [check.outcomes.get(each) for each in properties]
        cells = [outcome if outcome in _SHOWN else NOTHING for outcome in outcomes]
        lines.append([name, *cells, f"{check.model}, {check.embedder}"])
    return lines


def conformance_table(found: Mapping[str, Any]) -> Table:
    """Return a table for a terminal, of what `conformance_file` has made."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False, expand=False)
    table.add_column("memory system", no_wrap=True)
    table.add_column("kept", justify="right", no_wrap=True)
    for header in ("lost", "not applicable", "checked with"):
        table.add_column(header)
    for name, check in found.items():
        if check is None:
            table.add_row(name, NOTHING, NOTHING, NOTHING, f"{UNCHECKED}: locomo memory check {name}")
            continue
        outcomes = check["outcomes"]
        kept, *others = (
            [each for each, outcome in outcomes.items() if outcome == wanted]
            for wanted in ("kept", "lost", "not applicable")
        )
        listed = (", ".join(each) or NOTHING for each in others)
        table.add_row(name, f"{len(kept)} of {len(outcomes)}", *listed, f"{check['model']}, {check['embedder']}")
    return table
