"""A memory system in a process of its own, asked one line at a time, with a limit on how long it may take."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Self

from locomo.errors import LocomoError
from locomo.memory.messages import PROTOCOL, Found, read_found, session_message
from locomo.schema import Session

CHILD: Final = Path(__file__).parent / "adapter" / "child.py"
LONGEST_CALL: Final = 600.0
"""Seconds that a call may take: a session may ask a model dozens of times."""
_LONGEST: Final = 64 * 1024 * 1024
"""Characters of a line."""
_PATIENCE: Final = 10.0
"""Seconds to end in."""


class MemorySystemError(LocomoError):
    """A memory system failed, hung, or answered what cannot be read. The message names it, its place and its log."""

    exit_code = 10


class Program:
    """A running memory system. Use it as a context manager: it ends with it."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], who: str, log: Path, timeout: float = LONGEST_CALL
    ) -> None:
        """Start a program. `who` names it and the conversation in errors, such as "memory system 'mem0', conv-26"."""
        self._who, self._log, self._timeout = who, log, timeout
        self._known: set[str] = set()
        self._number = 0
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603  (a program that the user names)
                [sys.executable, "-SE", str(CHILD), str(os.getpid()), *command],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # so that what it starts can be ended with it
                encoding="utf-8",
                errors="replace",
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def open(self, folder: Path, dia_ids: set[str], **fields: Any) -> None:
        """Open a store, empty or as `add` left it. `dia_ids` are the turns that memories may cite."""
        self._known = dia_ids
        self._ask("open", protocol=PROTOCOL, folder=str(folder.resolve()), **fields)

    def add(self, session: Session) -> None:
        """Ingest a session, which is in the store when this returns."""
        self._ask("add", session=session_message(session))

    def search(self, question: str, k: int, asked_on: str | None = None) -> list[Found]:
        """Return at most k memories, best first."""
        answer = self._ask("search", question=question, k=k, asked_on=asked_on)
        try:
            return read_found(answer.get("hits"), self._known)[:k]
        except ValueError as error:
            raise self._error(str(error)) from None

    def close(self) -> None:
        """Let it close its store, and wait for its end."""
        self._ask("close")
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.end()

    def end(self) -> None:
        """End it and all that it has started, at once."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(OSError):  # what was left to send to a program that is gone
                    pipe.close()

    def _ask(self, verb: str, **fields: Any) -> dict[str, Any]:
        self._number += 1
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101  (it was asked for)
        try:
            pipe.write(json.dumps({"id": self._number, "do": verb, **fields}, ensure_ascii=False) + "\n")
            pipe.flush()
        except OSError:
            raise self._ended(verb) from None
        try:
            line = self._lines.get(timeout=self._timeout)
        except queue.Empty:
            self.end()
            raise self._error(f"`{verb}` took longer than {self._timeout:g} s") from None
        if not line:
            raise self._ended(verb)
        return self._answer(verb, line)

    def _answer(self, verb: str, line: str) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or answer.get("id") != self._number:
            expected = f'a JSON object with "id": {self._number}'
            raise self._error(f"`{verb}` was answered by {line.strip()[:80]!r}, expected a line with {expected}")
        if "error" in answer:
            raise self._error(f"`{verb}`: {' '.join(str(answer['error']).split())[:300]}")
        return answer

    def _ended(self, verb: str) -> MemorySystemError:
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:  # it has closed its output and goes on
            self.end()
            return self._error(f"closed its output during `{verb}`")
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return self._error(f"{how} during `{verb}`{_last_words(self._log)}")

    def _error(self, what: str) -> MemorySystemError:
        return MemorySystemError(f"{self._who}: {what} (its log: {self._log})")


def _read(pipe: IO[str] | None, lines: queue.Queue[str]) -> None:
    """Pass lines on; an empty one is the end."""
    try:
        while pipe is not None and (line := pipe.readline(_LONGEST)):
            lines.put(line)
    except ValueError:
        pass  # closed
    lines.put("")


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f": {lines[-1][:200]}" if lines else ""
