"""What calls cost, by the table that comes with us and the one that a project lays over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.llm import Price, read_prices
from locomo.llm.catalog import read_catalog

PRICE = Price(input=2, cached_input=0.5, cache_write=2.5, output=8, batch=0.5)


def test_every_kind_of_token_has_its_price() -> None:
    assert PRICE.cost(1_000_000, 0) == 2
    assert PRICE.cost(0, 1_000_000) == 8
    assert PRICE.cost(1_000_000, 0, cached=400_000, written=200_000) == pytest.approx(0.4 * 2 + 0.4 * 0.5 + 0.2 * 2.5)
    assert PRICE.cost(1_000_000, 1_000_000, batch=True) == 5


def test_where_no_other_price_is_given_the_plain_one_counts() -> None:
    price = Price(input=3, output=1)
    assert price.cost(1_000_000, 0, cached=500_000, written=500_000) == 3
    assert price.cost(1_000_000, 0, batch=True) == 3


def test_every_remote_model_that_we_know_has_a_dated_price() -> None:
    prices, local = read_prices(), read_prices().free
    for model in read_catalog().models:
        provider, _, name = model.partition("/")
        if provider not in local:
            price = prices.find(provider, name)
            assert price, model
            assert price.as_of, model
            assert price.input <= price.output, model
            assert (price.cached_input or 0) < price.input, model


def test_what_runs_here_costs_nothing_and_the_unknown_is_not_guessed() -> None:
    assert read_prices().find("gguf", "any") == Price(input=0, output=0)
    assert read_prices().find("openai", "gpt-4o-mini-2030-01-01") is None


def test_a_project_lays_its_own_prices_over_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text(
        "free: [openai]\nmodels:\n  openai/gpt-4o-mini: {input: 1, output: 2}\n  openai/mine: {input: 3, output: 4}\n"
    )
    prices = read_prices()
    assert prices.find("openai", "gpt-4o-mini") == Price(input=1, output=2)
    assert prices.find("openai", "mine") == Price(input=3, output=4)
    assert prices.find("openai", "served-here") == Price(input=0, output=0)
    assert prices.find("anthropic", "claude-haiku-4-5").input == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {openai/x: {input: -1, output: 2}}", "prices.yaml: models → openai/x → input: found -1"),
        ("models: {openai/x: {input: 1}}", "prices.yaml: models → openai/x → output"),
        ("models: {openai/x: {input: 1, output: 2, out: 3}}", "prices.yaml: models → openai/x → out: found 3"),
        ("models: [", "prices.yaml: line 1, column 10: not valid YAML"),
    ],
)
def test_a_mistake_in_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_prices()
    assert said in str(caught.value)
