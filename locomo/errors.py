"""Errors that a user can cause, each with the exit code that a script can rely on.

Everything below `LocomoError` is reported as one line on stderr, without a traceback. Any other exception is a bug
in this project and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LocomoError(Exception):
    """Base class of errors that a user can cause and fix."""

    exit_code = 1


class InputError(LocomoError):
    """A file or value is invalid. The message names the file, the place in it, what was found and what was expected."""

    exit_code = 2


class ProviderError(LocomoError):
    """A model provider refused permanently (bad key, unknown model, prompt too long). A retry does not help."""

    exit_code = 3


class StaleError(LocomoError):
    """Parameters or code changed while a stage ran, so its outputs are not published."""

    exit_code = 4


class IncompleteError(LocomoError):
    """Some calls failed temporarily. Answers are kept, and the next run asks only for the rest."""

    exit_code = 5


class InvalidDataError(LocomoError):
    """A stage's input or output breaks a rule. The message names the suite, the rules and the offending rows."""

    exit_code = 7


class TooManyFailedError(LocomoError):
    """More requests failed permanently than `llm.max_failed` allows, so the stage published nothing."""

    exit_code = 9


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return "; did you mean 'x'?" for the known name closest to `name`, at least by `cutoff`, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean '{close[0]}'?" if close else ""
