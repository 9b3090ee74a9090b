"""What mkdocs does with the pages beside rendering them: the command line's reference, and links to code."""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
from typing import Any

CLI = "<!-- the command line's reference -->"
_LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)#\s]*)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Fill in the reference, and send links that leave docs/ to the repository."""
    if CLI in markdown:
        markdown = markdown.replace(CLI, _commands())
    folder = posixpath.dirname(page.file.src_uri)

    def link(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, found[2]))
        if path.startswith("docs/"):
            return found[0]
        repository = (config["repo_url"] or "").rstrip("/")
        return f"[{found[1]}]({repository}/blob/main/{path}{found[3] or ''})" if repository else found[1]

    return _LINK.sub(link, markdown)


def _commands() -> str:
    """Return the reference as Typer writes it, from the commands themselves."""
    command = [sys.executable, "-m", "typer", "locomo.cli.main", "utils", "docs", "--name", "locomo"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return said.partition("\n")[2]
