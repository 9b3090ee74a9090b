"""params.yaml: what a user may write, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from conftest import PARAMS

from locomo.errors import InputError
from locomo.pipeline.params import parse_params
from locomo.tasks.rag import RagSetting

TEXT = PARAMS.read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_default_grid_is_small() -> None:
    assert parse_params(TEXT).rag.settings == (RagSetting("dialog", 5), RagSetting("observation", 5))


def test_the_paper_grid_is_one_word_away() -> None:
    settings = parse_params(changed("grid: units-by-k", "grid: paper")).rag.settings
    assert [(s.unit, s.k) for s in settings] == [
        *(("dialog", k) for k in (5, 10, 25, 50)),
        *(("observation", k) for k in (5, 10, 25, 50)),
        *(("summary", k) for k in (2, 5, 10)),
    ]


@pytest.mark.parametrize("k", ["10", "[10]", "[10, 10]"])
def test_a_single_k_needs_no_brackets_and_counts_once(k: str) -> None:
    assert parse_params(changed("k: [5]", f"k: {k}")).rag.settings == (
        RagSetting("dialog", 10),
        RagSetting("observation", 10),
    )


def test_a_single_unit_needs_no_brackets() -> None:
    assert parse_params(changed("units: [dialog, observation]", "units: summary")).rag.settings == (
        RagSetting("summary", 5),
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("k: [5]", "k: 0", "rag.k: found 0, expected a whole number of at least 1"),
        ("k: [5]", "k: [5, -1]", "rag.k: found -1, expected a whole number of at least 1"),
        ("k: [5]", "k: []", "rag.k: found an empty list, expected at least one value"),
        ("k: [5]", "k: five", "rag.k: found 'five', expected a valid integer"),
        ("k: [5]", "k: true", "rag.k: found True, expected a valid integer"),
        (
            "[dialog, observation]",
            "[dialogs]",
            "rag.units: unit 'dialogs': expected one of dialog, observation, summary; did you mean 'dialog'?",
        ),
        (
            "retriever: hybrid",
            "retriever: hybird",
            "rag.retriever: retriever 'hybird': expected one of dense, bm25, fusion, hybrid, learned, store/<kind>",
        ),
        ("grid: units-by-k", "grid: papre", "rag.grid: found 'papre', expected 'units-by-k' or 'paper'"),
        ("model:", "modle:", "modle: no such parameter; did you mean 'model'?"),
        ("  max_tokens:", "  max_token:", "answer.max_token: no such parameter; did you mean 'max_tokens'?"),
        ("dataset: demo", "dataset: ../etc", "dataset: found '../etc', expected a name of letters, digits"),
        ("dataset: demo", "dataset: 7", "dataset: found 7, expected a valid string"),
        (
            "captioner: released",
            "captioner: relesed",
            "caption.captioner: captioner 'relesed': expected released, blip, hf/<folder or hub id> of a BLIP, or a",
        ),
        (
            "captioner: released",
            "captioner: hf/",
            "caption.captioner: captioner 'hf/': expected released, blip, hf/<fo",
        ),
        ("captioner: released", "captioner: blip", "caption.images: found 'none', but captioner 'blip' needs image"),
        ("images: none", "images: web", "caption.images: found 'web', expected 'none', 'download' or 'folder'"),
        ("prefer: released", "prefer: both", "caption.prefer: found 'both', expected 'released' or 'made'"),
        ("mode: released", "mode: agent", "generate.mode: found 'agent', expected 'released', 'agents' or 'annotate'"),
        ("  sessions: 3", "  sessions: 0", "generate.sessions: found 0, expected a whole number of at least 1"),
        ("  events: 6", "  events: 2", "generate.events: found 2, expected a whole number of at least 3"),
        ("  max_turns: 8", "  max_turns: 1", "generate.max_turns: found 1, expected a whole number of at least 2"),
        ("  days: 60", "  days: 2", "generate.days: found 2, expected at least generate.sessions (3), since each"),
        ("  images: true", "  images: maybe", "generate.images: found 'maybe', expected a valid boolean"),
        ("  reflections:", "  reflection:", "generate.reflection: no such parameter; did you mean 'reflections'?"),
        ("context_window: 2048", "context_window: 0", "answer.context_window: found 0, expected a whole number of at"),
        ("quantization: null", "quantization: 4", "answer.quantization: found 4, expected '4bit' or '8bit'"),
        ("protocol: paper", "", "protocol: missing"),
        ("k: [5]", "k: [5", "line "),
    ],
)
def test_a_mistake_names_the_knob(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_params(changed(old, new))
    assert str(caught.value).startswith(f"params.yaml: {said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_something_else_is_not_params(text: str) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: expected names with values"):
        parse_params(text)


MUST_BE_SAID = {"dataset", "model", "protocol"}


def leaves(values: dict[str, Any], *at: str) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        yield from leaves(value, *at, name) if isinstance(value, dict) else [(*at, name)]


MAY_BE_MISSING = [path for path in leaves(yaml.safe_load(TEXT)) if path[0] not in MUST_BE_SAID]


@pytest.mark.parametrize("path", MAY_BE_MISSING, ids=".".join)
def test_a_params_file_older_than_a_parameter_is_as_good(path: tuple[str, ...]) -> None:
    older = section = yaml.safe_load(TEXT)
    for name in path[:-1]:
        section = section[name]
    del section[path[-1]]
    assert parse_params(yaml.safe_dump(older)) == parse_params(TEXT)


@pytest.mark.parametrize("name", sorted(MUST_BE_SAID))
def test_some_parameters_must_be_said(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: missing"):
        parse_params(yaml.safe_dump({key: value for key, value in yaml.safe_load(TEXT).items() if key != name}))
