"""What the headers of an answer say: how long to wait, and how much may be sent."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from locomo.llm.types import Limits

Headers = Mapping[str, str]

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:(\d+)ms)?")
_UNITS = (86_400, 3_600, 60, 1, 0.001)


def wait_seconds(headers: Headers, delay: str | None = None) -> float | None:
    """Return the seconds that we are asked to wait, by a header or by Google's `delay` ('20s'); None if by neither."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    for seconds in (
        _number(value),
        _seconds_until(value, headers.get("date")),
        _number((delay or "").removesuffix("s")),
    ):
        if seconds is not None:
            return seconds
    return None


def openai_limits(headers: Headers) -> Limits:
    """Return the limits for a minute; None where no header says one, or one for a day, which looks the same."""

    def read(what: str) -> float | None:
        limit = _number(headers.get(f"x-ratelimit-limit-{what}"))
        remaining = _number(headers.get(f"x-ratelimit-remaining-{what}"))
        reset = _duration(headers.get(f"x-ratelimit-reset-{what}"))
        if not limit or remaining is None or reset is None or remaining >= limit:
            return None
        # What was used comes back evenly: within a minute's share of time, or a day's, which is 1,440 times as long.
        refill = (limit - remaining) * 60 / limit
        return limit if reset <= 2 * refill + 0.05 else None

    return Limits(requests=read("requests"), tokens=read("tokens"))


def anthropic_limits(headers: Headers) -> Limits:
    """Return the limits, which are all for a minute.

    Of tokens that of prompts, which are the many here; the one of all tokens where it is less.
    """
    names = ("anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-tokens-limit")
    tokens = [limit for name in names if (limit := _number(headers.get(name)))]
    return Limits(
        requests=_number(headers.get("anthropic-ratelimit-requests-limit")) or None, tokens=min(tokens, default=None)
    )


def newer(known: Limits | None, said: Limits) -> Limits | None:
    """Return `known` with what was `said` now put over it; None if there is nothing in either."""
    known = known or Limits()
    merged = Limits(requests=said.requests or known.requests, tokens=said.tokens or known.tokens)
    return None if merged == Limits() else merged


def _number(value: str | None) -> float | None:
    value = (value or "").strip()
    return float(value) if value.isascii() and value.replace(".", "", 1).isdigit() else None


def _duration(value: str | None) -> float | None:
    """Return the seconds of a duration such as '1h2m3.5s', '12ms' or '7'."""
    if (seconds := _number(value)) is not None:
        return seconds
    match = _DURATION.fullmatch(value or "")
    parts = [_number(part) for part in match.groups()] if match else []
    if not any(part is not None for part in parts):
        return None
    return sum((part or 0.0) * unit for part, unit in zip(parts, _UNITS, strict=True))


def _seconds_until(date: str | None, now: str | None) -> float | None:
    """Return the seconds until an HTTP date, by the server's clock where it says what time it has."""
    try:
        then = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
    try:
        began = parsedate_to_datetime(now or "").timestamp()
    except (ValueError, OverflowError):
        began = time.time()
    return max(0.0, then - began)
