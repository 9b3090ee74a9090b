"""What a reviewer of a change wants to know, from git alone: neither keys nor data are needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from locomo.errors import InputError, LocomoError
from locomo.reporting.comparison import compare, open_run
from locomo.reporting.comparison.markdown import to_markdown

MARKER: Final = "<!-- locomo-review -->"
"""The first line, by which a later review finds the comment that it replaces."""
LONGEST: Final = 60_000
"""Characters; a comment on GitHub holds 65,536."""


@dataclass(frozen=True, slots=True)
class Review:
    """The review as Markdown, and what has to run again before it can be believed."""

    text: str
    stale: str | None
    """One line that says which results are not those of the code and params beside them; None where all are."""


def review(base: str, stale: str | None, *, plots: Path | None = None) -> Review:
    """Review the workspace against the commit where it left `base`. With `plots`, DVC's bars are written there.

    `stale` is what has to run again before the results can be believed, in a line; None where nothing has.

    InputError if there is no such revision, or no git and DVC project here.
    """
    left = _left(base)
    parts = [MARKER, "## What this change does to the results", _freshness(stale)]
    parts.append(_comparison(base, left))
    parts.append(_section("Params", _dvc("params", "diff", left, "--md"), base, left, "No param changed."))
    metrics = _dvc("metrics", "diff", left, "--md", "--no-path", "--precision", "3")
    parts.append(_section("All metrics", metrics, base, left, "No metric changed."))
    if plots is not None:
        _dvc("plots", "diff", left, "-o", str(plots))
        parts.append(f"Bars of both sides: `{plots / 'index.html'}`.")
    return Review(_fitting(parts), stale)


def _left(base: str) -> str:
    """Return the commit that the workspace and `base` have in common, where that can be told."""
    if _run("git", "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}").returncode != 0:
        raise InputError(
            f"--base {base}: no such revision here; expected a branch or commit, such as origin/main after "
            "`git fetch origin main`"
        )
    found = _run("git", "merge-base", base, "HEAD")
    return found.stdout.strip() or base  # a shallow clone may not hold it


def _freshness(stale: str | None) -> str:
    if stale is None:
        return "✅ The results are those of this code, these params and what their names stand for."
    return f"❌ **{stale[0].upper()}{stale[1:]}.** The numbers below are not those of this change."


def _comparison(base: str, left: str) -> str:
    try:
        before, after = open_run(left), open_run("workspace")
        return to_markdown(compare(replace(before, name=base), replace(after, name="this change")))
    except LocomoError as error:
        return f"The results cannot be compared: {error}".replace(left, base)


def _section(title: str, table: str, base: str, left: str, nothing: str) -> str:
    text = table.strip().replace(left, base)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    if len(rows) <= 2 and not text.startswith("ERROR"):  # a header and its rule
        return nothing
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _fitting(parts: list[str]) -> str:
    """Join the parts; where that is too long for a comment, the last long ones give way."""
    kept = list(parts)
    for i in reversed(range(3, len(kept))):
        if len("\n\n".join(kept)) <= LONGEST:
            break
        kept[i] = "(Left out, too long for a comment: `locomo review` prints it.)" if len(kept[i]) > 1_000 else kept[i]
    return "\n\n".join(kept)[:LONGEST] + "\n"


def _dvc(*arguments: str) -> str:
    process = _run(sys.executable, "-m", "dvc", *arguments)
    return process.stdout if process.returncode == 0 else process.stderr


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (no shell)
    except FileNotFoundError:
        raise InputError(f"{command[0]}: not found; a review needs it on the path") from None
