"""Looking at everything."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from locomo.doctor.finding import Finding
from locomo.doctor.machine import machine
from locomo.doctor.project import project
from locomo.doctor.remotes import remotes
from locomo.doctor.services import services
from locomo.llm.catalog import PROVIDERS
from locomo.llm.checking import check_provider
from locomo.loops import run


def examine(*, offline: bool = False) -> list[Finding]:
    """Look at providers, services, remotes, the machine and the project here; `offline` asks no server."""
    with _quiet():
        return [*run(_servers(offline)), *remotes(offline=offline), *machine(), *project()]


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what libraries say beside the matter: hints of DVC, which Python Google will stop supporting."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


async def _servers(offline: bool) -> list[Finding]:
    providers, asked = await asyncio.gather(_providers(offline), services(offline=offline))
    return [*providers, *asked]


async def _providers(offline: bool) -> list[Finding]:
    checks = await asyncio.gather(*(check_provider(provider, offline=offline) for provider in PROVIDERS))
    return [
        Finding("provider", provider, check.state, check.note, check.source)
        for provider, check in zip(PROVIDERS, checks, strict=True)
    ]
