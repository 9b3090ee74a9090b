"""The report of a run: one HTML page that needs no network and no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from locomo.files import write_pieces
from locomo.memory.conformance import Conformance
from locomo.pages import templates
from locomo.reporting import charts, tables
from locomo.reporting.browser import browser_data, spoken
from locomo.reporting.card import PARAMETERS
from locomo.reporting.cost import cost_chart
from locomo.reporting.distance import by_distance
from locomo.reporting.join import join
from locomo.reporting.means import results
from locomo.reporting.memory import Usage
from locomo.reporting.memory_section import memory_section
from locomo.reporting.metrics import CARD
from locomo.reporting.paper import paper
from locomo.reporting.task_tables import task_tables
from locomo.schema import (
    DECLARATIONS,
    LOCOMO,
    Conversation,
    Prediction,
    Score,
    category_name,
    declared,
)
from locomo.scoring import OVERALL
from locomo.scoring.ranking import Evaluation
from locomo.tasks.shown_prompts import ShownPrompts


def write_report(
    path: Path,
    *,
    card: Mapping[str, str],
    conversations: Sequence[Conversation],
    predictions: Iterable[Prediction],
    scores: Sequence[Score],
    evaluations: Mapping[str, Evaluation] = MappingProxyType({}),
    errata: Mapping[str, Any] = MappingProxyType({}),
    halves: Mapping[str, float | None] = MappingProxyType({}),
    intervals: charts.Intervals = MappingProxyType({}),
    changed: Mapping[str, Any] = MappingProxyType({}),
    memory: Mapping[str, Usage] = MappingProxyType({}),
    checks: Conformance = MappingProxyType({}),
    f1_name: str = "F1",
    tasks: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    prompts: ShownPrompts | None = None,
) -> None:
    """Write the report.

    `card` says which run it is, and is shown in its order; `evaluations` are of the rankings, `errata` the contents of
    metrics/errata.json. `halves` are of the 95% intervals of overall F1, by configuration, `intervals` those of all
    categories, `changed` the parameters that are not at their defaults, `memory` what memory systems took, by name,
    `checks` what they were found to keep, `f1_name` is the public name of what the protocol calls F1, `tasks` the
    contents of metrics/events.json and of the like, and `prompts` what the questions were asked with, where this
    project asked them.

    The page holds the conversations' text, so their licence holds for it too. The same inputs give the same bytes.
    InputError where predictions, scores and conversations do not belong together.
    """
    categories = declared(conversation.dataset for conversation in conversations)
    answers = join(conversations, predictions, scores)
    found = results(answers)
    # Scripts, tags and entities in models' words must stay words: autoescaping in HTML, `tojson` in the script.
    environment = templates("locomo.reporting")
    environment.policies["json.dumps_kwargs"] = {
        "ensure_ascii": False,
        "allow_nan": False,
        "separators": (",", ":"),
    }
    page = environment.get_template("report.html").generate(
        card={name: value for name, value in card.items() if name != PARAMETERS},
        title=[card[name] for name in CARD if card.get(name)],
        changed=changed,
        parameters=card.get(PARAMETERS, "").split("; "),
        categories=[category_name(category).replace("_", "-") for category in categories],
        results=found,
        f1_table=tables.f1_table(found, halves, categories),
        recall_table=tables.recall_table(found, categories),
        counts=tables.counts(found, categories),
        f1_charts=charts.f1_charts(found, intervals),
        recall_charts=charts.recall_charts(found),
        distance_charts=charts.distance_charts(found, by_distance(conversations, answers)),
        curves=charts.curves(evaluations),
        cost=cost_chart(found, answers),
        memory=memory_section(found, answers, memory, halves, checks),
        errata=errata,
        halves=halves,
        intervals=intervals,
        f1_name=f1_name,
        errata_groups=[*(category_name(category) for category in categories), OVERALL],
        paper=paper(),
        paper_categories=[each.name.replace("_", "-") for each in DECLARATIONS[LOCOMO].categories],
        tasks=task_tables(tasks),
        chart_width=charts.WIDTH,
        failed=[result for result in found if result.overall.errors],
        has_rag=any(result.configuration.task == "rag" for result in found),
        data=browser_data(conversations, answers, prompts),
        turns=map(spoken, conversations),
    )
    write_pieces(path, page)
