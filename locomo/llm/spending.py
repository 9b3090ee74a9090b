"""What is really spent: one line of a journal for each call that is billed, and a cap that holds for a whole run.

A run is one `dvc repro` or `dvc exp run` with all its stages. Each stage is a process of its own, and one stage may ask
several models, so what a run has spent is read from the journal that all of them write.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from locomo.errors import InputError, LocomoError
from locomo.llm.in_flight import InFlight, take_lost
from locomo.llm.ledger import Ledger
from locomo.llm.prices import Price
from locomo.llm.types import Response

ASKING: ContextVar[Mapping[str, str]] = ContextVar("asking", default=MappingProxyType({}))
"""What the journal says of who asks, besides run and stage: set where calls come in for others."""

log = logging.getLogger("locomo")


class BudgetError(LocomoError):
    """The next call could cost more than is left of `llm.budget_usd`."""

    exit_code = 6


@dataclass(frozen=True, slots=True, eq=False)
class Reserved:
    """The most that a call can take: what is booked for it if nobody says how much it really took."""

    input_tokens: int
    output_tokens: int
    usd: float | None
    """None where the price is not known."""
    batch: bool = False


class Spending:
    """The money of one run and model. Without a price nothing is known, so nothing can be capped."""

    def __init__(
        self,
        price: Price | None,
        *,
        budget: float | None = None,
        journal: Path | None = None,
        run: str = "",
        stage: str = "",
    ) -> None:
        self.price = price
        self.budget = budget
        self.run = run
        self.stage = stage
        self._path = journal
        self._journal: TextIO | None = None
        self._ledger = Ledger(journal, run) if journal and budget is not None else None
        self._in_flight = InFlight(journal) if journal and price is not None else None
        self._sent: dict[Reserved, str] = {}
        """What is under way, by its name there."""
        self._billed: set[Reserved] = set()
        """Of it, what is booked."""
        self.usd = 0.0
        """US dollars spent here."""
        self.before_each: Callable[[], None] = lambda: None
        """Called before something is sent; a LocomoError that it raises ends the run."""
        self._reserved: list[Reserved] = []
        """What each call in flight can cost at most."""
        self._waiting: list[asyncio.Future[None]] = []
        self._short = 1.0
        """By how much a bill has exceeded what had been reserved for its call, at most: estimates of tokens may err."""

    def check(self, model: str) -> None:
        """InputError if there is a budget and no price to hold to it."""
        if self.budget is not None and self.price is None:
            raise InputError(
                f"params.yaml: llm.budget_usd: no price is known for {model}, so the budget cannot be enforced; add it "
                "to prices.yaml here (see locomo/llm/prices.yaml), or set llm.budget_usd to null"
            )

    @property
    def spent(self) -> float:
        """US dollars that the run has spent, by all its stages and models."""
        return self.usd if self._ledger is None else self._ledger.total()

    def most(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Reserved:
        """Return the most that a call can take."""
        usd = None if self.price is None else self.price.most(input_tokens, output_tokens, batch=batch) * self._short
        return Reserved(input_tokens, output_tokens, usd, batch)

    async def reserve(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Reserved:
        """Set aside what a call can cost at most, and return it; BudgetError if the budget does not hold that.

        While others are in flight it is waited for what they leave of theirs, so that the cap is reached, not crossed.
        """
        self.before_each()
        most = self.most(input_tokens, output_tokens, batch=batch)
        if self.budget is None or most.usd is None:
            return most
        while (spent := self.spent) + sum(each.usd or 0.0 for each in self._reserved) + most.usd > self.budget:
            if not self._reserved:
                what = "batch" if batch else "call"
                raise BudgetError(
                    f"the next {what} can cost ${most.usd:.4f}, and of llm.budget_usd = ${self.budget:.2f} "
                    f"${spent:.4f} are spent"
                )
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled
            most = self.most(input_tokens, output_tokens, batch=batch)
        self._reserved.append(most)
        return most

    def sending(self, model: str, key: str, reserved: Reserved) -> None:
        """Note a call that is about to be sent, so that it is booked at its most if this process is killed."""
        if self._in_flight is not None and reserved.usd:
            self._sent[reserved] = self._in_flight.sent(self._line(model, key, None, reserved, reserved.usd))

    def book_lost(self) -> None:
        """Book what killed processes had under way, at the most that was set aside for it, and say so."""
        if self._path is None or not (lost := take_lost(self._path)):
            return
        log.warning(
            "%d calls were under way as a run was killed, and may be billed: booked at their most, $%.4f (%s)",
            *(len(lost), sum(line["usd"] for line in lost), self._path),
        )

    def release(self, reserved: Reserved) -> None:
        """Give back what was set aside for a call that has ended."""
        if self._in_flight is not None and (call := self._sent.pop(reserved, None)) is not None:
            self._in_flight.ended(call, billed=reserved in self._billed)
            self._billed.discard(reserved)
        if reserved in self._reserved:
            self._reserved.remove(reserved)
        for settled in self._waiting:
            if not settled.done():
                settled.set_result(None)
        self._waiting.clear()

    def book(
        self,
        model: str,
        key: str,
        response: Response | None,
        reserved: Reserved,
        *,
        seconds: float | None = None,
        usable: bool = True,
    ) -> None:
        """Note what a call is billed, on disk at once: when its response is received, whether or not it can be used.

        Without a response, or with one that reports no tokens, it is the most that was set aside for it.
        """
        reported = response is not None and response.input_tokens + response.output_tokens > 0
        usd = self._bill(response, reserved) if response is not None and reported else reserved.usd
        self.usd += usd or 0.0
        line = self._line(model, key, response if reported else None, reserved, usd, seconds=seconds, usable=usable)
        if (call := self._sent.get(reserved)) is not None:
            self._billed.add(reserved)
            line["call"] = call
        self._write(line)

    def _line(
        self,
        model: str,
        key: str,
        known: Response | None,
        reserved: Reserved,
        usd: float | None,
        *,
        seconds: float | None = None,
        usable: bool = False,
    ) -> dict[str, Any]:
        """Return a call as the journal has it; without a response that is known, with all that was set aside for it."""
        return {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "run": self.run,
            "stage": self.stage,
            "model": model,
            "request": key,
            **ASKING.get(),
            "input_tokens": known.input_tokens if known else reserved.input_tokens,
            "cached_tokens": known.cached_tokens if known else 0,
            "output_tokens": known.output_tokens if known else reserved.output_tokens,
            "usd": usd,
            "seconds": None if seconds is None else round(seconds, 3),
            "usable": usable,
            "reported": known is not None,
        }

    def close(self) -> None:
        """Close the journal and the notes on what is under way; the next call opens them again."""
        if self._in_flight is not None:
            self._in_flight.close()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _bill(self, response: Response, reserved: Reserved) -> float | None:
        if self.price is None:
            return None
        usd = self.price.cost(
            response.input_tokens,
            response.output_tokens,
            cached=response.cached_tokens,
            written=response.cache_write_tokens,
            batch=reserved.batch,
        )
        if reserved.usd and usd > reserved.usd:
            self._short *= usd / reserved.usd
        return usd

    def _write(self, line: dict[str, Any]) -> None:
        if self._path is None:
            return
        if self._journal is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._journal = self._path.open("a", encoding="utf-8", buffering=1)
        self._journal.write(json.dumps(line) + "\n")
