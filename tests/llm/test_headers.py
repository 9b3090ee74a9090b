"""What headers say of waiting and of limits, in all the forms that services use."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from locomo.llm import Limits
from locomo.llm.providers.headers import anthropic_limits, newer, openai_limits, wait_seconds

NOW = "Wed, 04 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "Wed, 04 Nov 2026 10:00:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Wed, 04 Nov 2026 09:59:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Wed, 99 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "²"}, None),
    ],
    ids=str,
)
def test_the_wait_is_read_in_every_form(headers: dict, seconds: float | None) -> None:
    assert wait_seconds(headers) == seconds


def test_a_date_is_measured_by_our_clock_where_the_server_has_none() -> None:
    wait = wait_seconds({"retry-after": formatdate(time.time() + 20, usegmt=True)})
    assert wait == pytest.approx(20, abs=1.5)


def test_googles_delay_is_taken_where_no_header_says_one() -> None:
    assert wait_seconds({}, "20s") == 20
    assert wait_seconds({}, "1.5s") == 1.5
    assert wait_seconds({"retry-after": "7"}, "20s") == 7
    assert wait_seconds({}, "later") is None


def openai(limit: object, remaining: object, reset: str | None, what: str = "requests") -> dict[str, str]:
    values = {"limit": limit, "remaining": remaining, "reset": reset}
    return {f"x-ratelimit-{name}-{what}": str(value) for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("headers", "requests"),
    [
        (openai(5000, 4999, "12ms"), 5000),
        (openai(60, 59, "1s"), 60),
        (openai(500, 400, "12s"), 500),
        (openai(500, 0, "1m0s"), 500),
        (openai(10000, 9999, "8.64s"), None),  # a day's
        (openai(200, 199, "7m12s"), None),
        (openai(200, 0, "24h0m0s"), None),
        (openai(200_000, 199_990, "4.32s"), None),
        (openai(5000, 5000, "0s"), None),  # a day's would look the same
        (openai(5000, 4999, None), None),
        (openai(5000, 4999, "soon"), None),
        (openai(5000, None, "12ms"), None),
        (openai("many", 4999, "12ms"), None),
        (openai(0, 0, "0s"), None),
        ({}, None),
    ],
    ids=str,
)
def test_openais_limit_is_taken_where_it_is_a_minutes(headers: dict, requests: float | None) -> None:
    assert openai_limits(headers) == Limits(requests=requests)


def test_openais_limits_are_read_each_by_itself() -> None:
    headers = openai(10000, 9999, "8.64s") | openai(2_000_000, 1_999_000, "30ms", "tokens")
    assert openai_limits(headers) == Limits(requests=None, tokens=2_000_000)


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({"requests": "50", "input-tokens": "50000", "output-tokens": "10000", "tokens": "60000"}, Limits(50, 50_000)),
        ({"requests": "50", "input-tokens": "50000", "tokens": "20000"}, Limits(50, 20_000)),
        ({"tokens": "80000"}, Limits(None, 80_000)),
        ({"requests": "4000"}, Limits(4000, None)),
        ({"requests": "none"}, Limits()),
        ({}, Limits()),
    ],
)
def test_anthropics_limits_are_those_of_prompts(headers: dict, limits: Limits) -> None:
    assert anthropic_limits({f"anthropic-ratelimit-{name}-limit": value for name, value in headers.items()}) == limits


def test_what_was_said_before_holds_until_something_else_is() -> None:
    assert newer(None, Limits()) is None
    known = newer(None, Limits(requests=5000))
    assert newer(known, Limits(tokens=90_000)) == Limits(5000, 90_000)
    assert newer(Limits(5000, 90_000), Limits()) == Limits(5000, 90_000)
    assert newer(Limits(5000, 90_000), Limits(requests=10)) == Limits(10, 90_000)
