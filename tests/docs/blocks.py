"""What a page of Markdown shows to be typed: fenced blocks, and code within a line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHELL = ("sh", "bash")
RUN = (*SHELL, "python")
"""Languages whose blocks are run."""
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->\s*\Z")
_RUN_WITH = re.compile(r"<!-- run with (.+) -->\s*\Z")
_INLINE = re.compile(r"`((?:locomo|dvc) [^`]+)`")
_OPERATOR = re.compile(r"^[|&;<>()]+$")


@dataclass(frozen=True)
class Block:
    """A fenced block, and what a comment just above it says of it."""

    place: str
    language: str
    text: str
    not_run: str | None
    """The reason, if it cannot run in a test."""
    stand_ins: dict[str, str]
    """Words that a test replaces by others, such as a model that needs a key by a mock."""

    def text_to_run(self) -> str:
        text = self.text
        for word, other in self.stand_ins.items():
            assert word in text, f"{self.place}: '{word}' is not in the block"
            text = text.replace(word, other)
        return text


def blocks(page: Path, name: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        not_run, run_with = _NOT_RUN.search(before), _RUN_WITH.search(before)
        pairs = run_with[1].split(", ") if run_with else []
        yield Block(
            place=f"{name}:{before.count(chr(10)) + 1}",
            language=found[1],
            text=found[2],
            not_run=not_run[1] if not_run else None,
            stand_ins=dict(reversed(pair.split(" for ")) for pair in pairs),
        )


def inline_commands(page: Path) -> Iterator[str]:
    """Yield commands of `locomo` and `dvc` that stand within a line."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for found in _INLINE.finditer(text):
        yield " ".join(found[1].split())


def commands(text: str) -> Iterator[list[str]]:
    """Yield each command of a shell text as words, without assignments before it and redirections behind it."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not _OPERATOR.match(word):
                words.append(word)
                continue
            while words and re.match(r"^\w+=", words[0]):
                del words[0]
            if words:
                yield words
            words = []
