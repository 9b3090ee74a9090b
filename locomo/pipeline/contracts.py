"""Which suites the outputs of the pipeline are held against, and the stop where one breaks a rule."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from locomo.errors import InputError, InvalidDataError
from locomo.pipeline import recompute
from locomo.pipeline.params import Params
from locomo.retrieval.units import UNITS
from locomo.schema.prediction import configuration_name, repeat_name
from locomo.validation.expected import Expected
from locomo.validation.finding import SuiteResult, counts
from locomo.validation.recompute import NOTHING_AGAIN
from locomo.validation.record import DOCS, validate
from locomo.validation.subject import LOCOMO10, Subject
from locomo.validation.tables import PARTIAL, shown

CONVERSATIONS: Final = Path("data/conversations")
CAPTIONED: Final = Path("data/captioned")
PREDICTIONS: Final = tuple(Path(f"data/predictions/{task}.jsonl") for task in ("qa", "baselines", "rag"))
RANKINGS: Final = Path("data/rankings.jsonl")
STORES: Final = Path("data/memory")
MEMORIES: Final = Path("data/memories.jsonl")
EVENTS: Final = Path("data/predictions/events.jsonl")
DIALOGUE: Final = Path("data/predictions/dialogue.jsonl")
METRICS: Final = tuple(Path(f"metrics/{family}.json") for family in ("f1", "recall", "overlap", "verdicts"))
"""Files of means of scores."""
CONTRACTS: Final[dict[Path, str]] = {
    CONVERSATIONS: "conversations",
    CAPTIONED: "captioned",
    Path("data/index"): "index",
    STORES: "stores",
    **dict.fromkeys(PREDICTIONS, "predictions"),
    RANKINGS: "rankings",
    MEMORIES: "memories",
    EVENTS: "events",
    DIALOGUE: "dialogue",
    Path("data/scores"): "scores",
}
"""Output to suite, in the order of the pipeline."""
SWITCH: Final = "LOCOMO_VALIDATION"

log = logging.getLogger("locomo")


def subject_of(out: Path, params: Params, at: Path | None = None) -> Subject | None:
    """Return what an output of the pipeline is held against, lying `at` another place until it is published.

    None where there is no suite for it.
    """
    suite = CONTRACTS.get(out)
    if suite is None:
        return None
    path = at or out
    if out in (CONVERSATIONS, CAPTIONED):
        released = params.dataset == LOCOMO10 and params.generate.mode == "released"
        return Subject(path, (suite, *([LOCOMO10] if released else [])))
    expected = expected_of(out, params)
    if suite == "index":
        return Subject(path, (suite,), CAPTIONED, expected=expected, again=recompute.of_index(params))
    if suite == "predictions":
        return Subject(
            path,
            (suite,),
            CAPTIONED,
            expected=expected,
            rankings=_beside(RANKINGS, at) if out.stem == "rag" else None,
            memories=_beside(MEMORIES, at) if out.stem == "rag" else None,
            again=recompute.of_predictions(params, cached=at is None),  # a stage has just taken them from there
        )
    if suite == "scores":
        metrics = tuple(_beside(path, at) for path in METRICS)
        again = recompute.of_scores(params)
        return Subject(path, (suite,), CAPTIONED, PREDICTIONS, expected, metrics=metrics, again=again)
    # A stage has just ranked them; of what systems found, and of other tasks, nothing is computed again.
    again = recompute.of_rankings(params) if out == RANKINGS and at is None else NOTHING_AGAIN
    return Subject(path, (suite,), CAPTIONED, expected=expected, again=again)


def _beside(path: Path, at: Path | None) -> Path:
    """Return where a file is that the same stage writes: not published yet, if its neighbour is not."""
    return path if at is None else path.with_name(f"{path.name}{PARTIAL}")


def expected_of(out: Path, params: Params) -> Expected:
    """Return what the parameters say must be in an output."""
    if out in PREDICTIONS:
        asked: dict[str, list[str]] = {
            "qa": ["qa"],
            "baselines": [configuration_name("baseline", name, None) for name in dict.fromkeys(params.baselines)],
            "rag": [configuration_name("rag", setting.unit, setting.k) for setting in params.retrieved],
        }
        names = [repeat_name(name, repeat) for name in asked[out.stem] for repeat in range(params.repeats)]
        return Expected(configurations=tuple(names), protocol=params.protocol)
    if out in (EVENTS, DIALOGUE):
        names = _event_configurations(params) if out == EVENTS else _dialogue_configurations(params)
        return Expected(configurations=tuple(names))
    if CONTRACTS.get(out) == "index":
        return Expected(encoder=params.embed.encoder)
    if out in (STORES, MEMORIES):
        recorded = [each for each in params.memory.named if (each.has_searches if out == MEMORIES else each.has_store)]
        systems = tuple(system.name for system in recorded)
        return Expected(systems=systems, most=max(params.memory.k))
    if out == RANKINGS:  # memories have no place among the units of a conversation: they are not ranked
        units = dict.fromkeys(setting.unit for setting in params.rag.settings if setting.unit in UNITS)
        approximate = params.embed.index != "flat"
        return Expected(units=tuple(units), approximate=approximate)
    return Expected()


def _event_configurations(params: Params) -> list[str]:
    """Return what the stage `events` asks for, as its rows name it."""
    events = params.events
    retrieved = [
        f"{name}_k{k}"
        for name in dict.fromkeys([*events.units, *(system.name for system in params.memory.searchable)])
        for k in dict.fromkeys(events.k)
    ]
    return [name for way in dict.fromkeys(events.ways) for name in (retrieved if way == "retrieved" else [way])]


def _dialogue_configurations(params: Params) -> list[str]:
    """Return what the stage `dialogue` asks for, as its rows name it."""
    dialogue = params.dialogue
    names = {
        "base": ["base"],
        "summary": [f"summary_k{dialogue.summaries}"],
        "observation": [f"observation_k{dialogue.observations}"],
        "memory": [f"{system.name}_k{max(params.memory.k)}" for system in params.memory.searchable],
    }
    return [name for condition in dict.fromkeys(dialogue.conditions) for name in names[condition]]


def require(subjects: Iterable[Subject], otherwise: str) -> None:
    """Validate inputs or outputs of a stage; InvalidDataError, which ends in `otherwise`, if one breaks a rule.

    Warnings are logged, once for each time that something is checked. What is not there is passed over: that is for
    the stage itself to say.
    """
    present = [subject for subject in subjects if subject.path.exists()]
    if present and _switched_off():
        names = ", ".join(shown(subject.path) for subject in present)
        log.warning("validation: %s: not checked (%s=off)", names, SWITCH)
        return
    for subject in present:
        result, checked = validate(subject)
        page = DOCS / f"{subject.label}.html"
        if result.errors:
            raise InvalidDataError(_message(result, otherwise, page))
        if result.warnings and checked:
            log.warning("validation: %s: warnings: %s (%s)", result.path, counts(result.warnings), page)


def _switched_off() -> bool:
    value = os.environ.get(SWITCH, "on")
    if value not in ("on", "off"):
        raise InputError(f"{SWITCH}: found {value!r}, expected on or off")
    return value == "off"


def _message(result: SuiteResult, otherwise: str, page: Path) -> str:
    rules = "a rule" if len(result.errors) == 1 else f"{len(result.errors)} rules"
    lines = [line for finding in result.errors for line in finding.lines]
    return "\n".join(
        [f"{result.path} breaks {rules} of suite '{result.suite}', {otherwise}", *lines, f"all of it: {page}"]
    )
