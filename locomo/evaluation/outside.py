"""Asking models outside of the stages: with the settings of the project here, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from locomo.files import parse_yaml, read_text
from locomo.llm import Client
from locomo.pipeline.models import Opener, asking, journal, new_client
from locomo.pipeline.params import PARAMS, Params, check_params, set_value
from locomo.pipeline.runs import run_id

EVALUATE: Final = "evaluate"
"""What calls are noted under, where a stage has its name."""


def params_here(where: str, values: dict[str, Any], more: dict[str, Any] | None = None) -> Params:
    """Return parameters: `values` as in params.yaml, with `llm` of the project here, and `more` by dotted names.

    InputError, starting with `where`, if one cannot be meant.
    """
    values = {"llm": dict(here("llm") or {}), **values}
    for name, value in (more or {}).items():
        set_value(values, name, value, where)
    return check_params(values, where)


def here(name: str) -> Any:
    """Return what params.yaml says under a name in the project here; None where there is no project or no such name."""
    found = parse_yaml(read_text(PARAMS), str(PARAMS)) if PARAMS.is_file() else None
    return found.get(name) if isinstance(found, dict) else None


@contextmanager
def open_outside(params: Params, model: str, opener: Opener | None = None) -> Iterator[Client]:
    """Open a model with the cache, the limits and the budget of `params`; what is asked of it is logged at the end."""
    client = new_client(params, model, opener, journal=journal(), run=run_id(), stage=EVALUATE)
    with asking(client, EVALUATE, params.llm.max_failed):
        yield client
