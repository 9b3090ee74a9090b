"""Errors that a user can cause, each with the exit code that a script can rely on.

Everything below `LocomoError` is reported as one line on stderr, without a traceback. Any other exception is a bug
in this project and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LocomoError(Exception):
    """Base of all errors whose cause and cure lie with the user."""

    exit_code = 1


class InputError(LocomoError):
    """A file or a value that cannot be used: names the file, the place in it, what was found and expected."""

    exit_code = 2


class ProviderError(LocomoError):
    """A model provider refused for good (bad key, unknown model, prompt too long): trying again will not help."""

    exit_code = 3


class StaleError(LocomoError):
    """Parameters or code changed while a stage ran, so that its outputs must not be published."""

    exit_code = 4


class IncompleteError(LocomoError):
    """Some calls failed for now: what was answered is kept, and running again asks only for the rest."""

    exit_code = 5


class InvalidDataError(LocomoError):
    """A stage's input or output breaks a rule that has to hold: names the suite, the rules and the offending rows."""

    exit_code = 7


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the known name closest to `name`, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
