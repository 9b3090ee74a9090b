"""What each caller has asked, what it took, and what it got no usable answer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from locomo.llm import Price, Response


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: as the path of the address says. All are empty for the plain address."""

    system: str = ""
    conversation: str = ""
    phase: str = ""

    @property
    def labels(self) -> Mapping[str, str]:
        """What stands in the journal."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value}


@dataclass(slots=True)
class Usage:
    """What was asked for, whether it came from the cache or not; the last two are what really was sent and paid."""

    calls: int = 0
    """Answers of models: several for a request with `n`."""
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    """What it costs without the cache; None where the model's price is not known."""
    embeddings: int = 0
    """Requests for vectors."""
    texts: int = 0
    """Texts in them."""
    from_cache: int = 0
    """Those of `calls` that were not sent."""
    spent: float | None = 0.0
    """US dollars of those that were."""


class Counts:
    """All callers of one gateway."""

    def __init__(self, price: Price | None) -> None:
        self._price = price
        self._usage: dict[Caller, Usage] = defaultdict(self._nothing)
        self._failed: dict[Caller, dict[str, str]] = defaultdict(dict)
        """What was wrong with the last answer to a request, by its key."""
        self._tries: dict[tuple[str, str, str], int] = {}

    def _nothing(self) -> Usage:
        return Usage() if self._price else Usage(usd=None, spent=None)

    def answered(self, caller: Caller, response: Response, *, hit: bool) -> None:
        """Count an answer."""
        usage = self._usage[caller]
        usage.calls += 1
        usage.from_cache += hit
        usage.input_tokens += response.input_tokens
        usage.output_tokens += response.output_tokens
        if self._price is None or usage.usd is None or usage.spent is None:
            return
        cost = self._price.cost(
            response.input_tokens,
            response.output_tokens,
            cached=response.cached_tokens,
            written=response.cache_write_tokens,
        )
        usage.usd += cost
        usage.spent += 0.0 if hit else cost

    def embedded(self, caller: Caller, texts: int) -> None:
        """Count a request for vectors."""
        usage = self._usage[caller]
        usage.embeddings += 1
        usage.texts += texts

    def bad_answers(self, caller: Caller, key: str) -> int:
        """Return how often a request has got an answer that could not be used, since this gateway began."""
        return self._tries.get((caller.system, caller.conversation, key), 0)

    def bad(self, caller: Caller, key: str, reason: str) -> None:
        """Note that a request has got no usable answer."""
        self._failed[caller][key] = reason

    def number(self, caller: Caller, key: str) -> None:
        """Let the next identical request be one of its own: the one before has an answer, which cannot be used."""
        place = (caller.system, caller.conversation, key)
        self._tries[place] = self._tries.get(place, 0) + 1

    def good(self, caller: Caller, key: str) -> None:
        """Note a usable answer: what was wrong before with the same request is made up for."""
        self._failed[caller].pop(key, None)

    def failures(self, system: str, conversation: str) -> list[str]:
        """Return what has got no usable answer in the end, of all phases."""
        callers = self._matching(self._failed, system, conversation, None)
        return [reason for caller in callers for reason in self._failed[caller].values()]

    def usage(self, system: str, conversation: str, phase: str | None = None) -> Usage:
        """Return what a system has used for a conversation, in one phase or in all."""
        total = self._nothing()
        for caller in self._matching(self._usage, system, conversation, phase):
            for field in fields(Usage):
                before, more = getattr(total, field.name), getattr(self._usage[caller], field.name)
                setattr(total, field.name, None if before is None or more is None else before + more)
        return total

    @staticmethod
    def _matching(
        known: Mapping[Caller, object], system: str, conversation: str, phase: str | None
    ) -> Iterator[Caller]:
        for caller in list(known):
            if (caller.system, caller.conversation) == (system, conversation) and phase in (None, caller.phase):
                yield caller
