"""What is really spent: one line of a journal for each paid call, and a cap that holds for a whole run.

A run is one `dvc repro` or `dvc exp run` with all its stages. Each stage is a process of its own, so what the others
have spent is read from the journal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from locomo.errors import InputError, LocomoError
from locomo.llm.prices import Price
from locomo.llm.types import Request, Response


class BudgetError(LocomoError):
    """The next call could cost more than is left of `llm.budget_usd`."""

    exit_code = 6


class Spending:
    """The money of one run and model. Without a price nothing is known, so nothing can be capped."""

    def __init__(
        self, price: Price | None, *, budget: float | None = None, journal: Path | None = None, run: str = ""
    ) -> None:
        self.price = price
        self.budget = budget
        self.run = run
        self._path = journal
        self._journal: TextIO | None = None
        self.before = _spent(journal, run) if journal and budget is not None else 0.0
        """US dollars that earlier stages of the run have spent."""
        self.usd = 0.0
        """US dollars spent here."""
        self.before_each: Callable[[], None] = lambda: None
        """Called before something is sent; a LocomoError that it raises ends the run."""
        self._reserved: list[float] = []
        """US dollars that each call in flight can cost at most."""
        self._waiting: list[asyncio.Future[None]] = []

    def check(self, model: str) -> None:
        """InputError if there is a budget and no price to hold to it."""
        if self.budget is not None and self.price is None:
            raise InputError(
                f"params.yaml: llm.budget_usd: no price is known for {model}, so no budget can be kept; add it to "
                "prices.yaml here (see locomo/llm/prices.yaml), or set llm.budget_usd to null"
            )

    async def reserve(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> float:
        """Set aside what a call can cost at most, and return it; BudgetError if the budget does not hold that.

        While others are in flight it is waited for what they leave of theirs, so that the cap is reached, not crossed.
        """
        self.before_each()
        if self.budget is None or self.price is None:
            return 0.0
        most = self.price.cost(input_tokens, output_tokens, batch=batch)
        while self.before + self.usd + sum(self._reserved) + most > self.budget:
            if not self._reserved:
                what = "batch" if batch else "call"
                raise BudgetError(
                    f"the next {what} can cost ${most:.4f}, and of llm.budget_usd = ${self.budget:.2f} "
                    f"${self.before + self.usd:.4f} are spent"
                )
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(settled)
            await settled
        self._reserved.append(most)
        return most

    def release(self, reserved: float) -> None:
        """Give back what was set aside for a call that has ended."""
        if reserved in self._reserved:
            self._reserved.remove(reserved)
        for settled in self._waiting:
            if not settled.done():
                settled.set_result(None)
        self._waiting.clear()

    def paid(self, request: Request, response: Response, *, seconds: float | None, batch: bool = False) -> None:
        """Note a call that was answered, on disk at once."""
        usd = None
        if self.price is not None:
            usd = self.price.cost(
                response.input_tokens,
                response.output_tokens,
                cached=response.cached_tokens,
                written=response.cache_write_tokens,
                batch=batch,
            )
            self.usd += usd
        if self._path is None:
            return
        if self._journal is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._journal = self._path.open("a", encoding="utf-8", buffering=1)
        line: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "run": self.run,
            "model": f"{request.provider}/{request.model}",
            "request": request.key,
            "input_tokens": response.input_tokens,
            "cached_tokens": response.cached_tokens,
            "output_tokens": response.output_tokens,
            "usd": usd,
            "seconds": None if seconds is None else round(seconds, 3),
        }
        self._journal.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Close the journal; the next call opens it again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _spent(journal: Path, run: str) -> float:
    """Return what a run has spent, in US dollars, by a journal that a killed process may have left with half a line."""
    if not journal.is_file():
        return 0.0
    total = 0.0
    with journal.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("run") == run:
                total += entry.get("usd") or 0.0
    return total
