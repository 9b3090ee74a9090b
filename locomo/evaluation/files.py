"""The files of a run: its scores, what git tracks of it, the rows of the plots and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from locomo.evaluation.scored import Scored
from locomo.files import pretty_json, table_json, write_jsonl, write_text
from locomo.memory.conformance import Conformance
from locomo.pipeline import say
from locomo.reporting.card import PARAMETERS, judge_line, protocol_card
from locomo.reporting.conformance import conformance_file
from locomo.reporting.data import dataset_name
from locomo.reporting.errata import errata_file, errata_label
from locomo.reporting.intervals import intervals_file, sums_file
from locomo.reporting.memory import Usage
from locomo.reporting.metrics import CARD, PLOTTED, metric_files, plot_rows, usage_file
from locomo.reporting.report import write_report
from locomo.reporting.retrieval import PLOTTED_KS, recall_rows, retrieval_file
from locomo.reporting.task_sums import task_sums_file
from locomo.retrieval.rankings import Rankings
from locomo.schema.task_score import TaskScore
from locomo.scoring.evidence import evidence_report
from locomo.scoring.ranking import Evaluation, evaluate
from locomo.scoring.repeats import spreads
from locomo.tasks.judge_prompt import judge_prompt
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.shown_prompts import ShownPrompts

TaskScores = Mapping[str, Sequence[TaskScore]]
"""Task → its scores."""
Out = Callable[[str], Path]
"""From the path of a file in a project, or of a folder of files, to where it is to be written."""
WITH_ROWS = ("conversations.json", "intervals.json")
"""Files of which each innermost object is a line."""


def run_card(scored: Scored) -> dict[str, str]:
    """Return what identifies a run, in every file; the model is the one that really answered."""
    dataset = dataset_name(scored.params.dataset, scored.conversations)
    return dict(zip(CARD, (dataset, ", ".join(sorted(scored.models)), scored.params.protocol), strict=True))


def whole_card(scored: Scored, resolved: str) -> dict[str, str]:
    """Return the protocol card of a run; `resolved` is the hash of what its names stand for."""
    params = scored.params
    judge = judge_prompt(params.judge.prompt)
    return protocol_card(
        scored.conversations,
        scored.protocol,
        models=scored.models,
        answered=scored.answered,
        dataset=run_card(scored)["dataset"],
        prompts=asking_protocol(params.protocol, prompt=params.answer.prompt).prompts.version,
        parameters=params.on_card,
        resolved=resolved,
        errata=errata_label(scored.conversations),
        judge=judge_line(params.judge.model, judge.name, judge.prompts.version, params.judge.votes),
    )


def short_card(scored: Scored, whole: dict[str, str]) -> dict[str, Any]:
    """Return what stands in most files: the whole card, without its line of parameters, which is long."""
    return run_card(scored) | {"card": {name: value for name, value in whole.items() if name != PARAMETERS}}


def metrics_of(
    scored: Scored,
    whole: dict[str, str],
    memory: Mapping[str, Usage] = MappingProxyType({}),
    task_scores: TaskScores = MappingProxyType({}),
    checks: Conformance = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Return {name of a file in metrics/: contents}, all that is computed from answers and scores.

    `whole` is the run's `whole_card`, `memory` what memory systems took (see `memory_usage`), `task_scores` those of
    other tasks, `checks` what memory systems were found to keep.
    """
    card, names = short_card(scored, whole), scored.names
    return {
        **metric_files(card, scored.means, names),
        "usage.json": usage_file(card, scored.predictions, scored.verdicts)
        | ({"memory": memory} if memory else {})
        | ({"memory_checks": conformance_file(checks)} if checks else {}),
        "conversations.json": sums_file(card | {"card": whole}, scored.sums, names) | task_sums_file(task_scores),
        "intervals.json": intervals_file(card, scored.sums, spreads(scored.scores), names),
        "errata.json": errata_file(card, scored.conversations, scored.answers, scored.scores, scored.protocol),
    }


def write_run(
    scored: Scored,
    out: Out,
    whole: dict[str, str],
    rankings: Rankings | None = None,
    memory: Mapping[str, Usage] = MappingProxyType({}),
    *,
    checks: Conformance = MappingProxyType({}),
    tasks: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    task_scores: TaskScores = MappingProxyType({}),
) -> None:
    """Write all files of a run that are made of its answers.

    `whole` is the run's `whole_card`, `rankings` what was retrieved for its answers, `memory` what memory systems took,
    `checks` what they were found to keep, `tasks` the contents of the files of other tasks (see `task_files`), which
    the report shows, `task_scores` what they are made of.
    """
    write_jsonl(out("data/scores") / "scores.jsonl", (score.model_dump() for score in scored.scores))
    if scored.protocol.strict:
        evidence = evidence_report(scored.conversations, scored.protocol.categories)
        write_text(out("data/scores") / "evidence.json", pretty_json(evidence))
        say("evidence", {f"questions {what}": len(rows) for what, rows in evidence.items()})
    params = scored.params
    files = metrics_of(scored, whole, memory, task_scores, checks)
    for name, contents in files.items():
        text = table_json(contents) if name in WITH_ROWS else pretty_json(contents)
        write_text(out(f"metrics/{name}"), text)
    plots = out("metrics/plots")
    for metric in PLOTTED:
        write_text(plots / f"{metric}.json", pretty_json(plot_rows(scored.means, metric)))
    evaluations = _evaluations(scored, rankings)
    write_text(out("metrics/retrieval.json"), pretty_json(retrieval_file(short_card(scored, whole), evaluations)))
    write_text(plots / "recall_at_k.json", pretty_json(recall_rows(evaluations)))
    write_report(
        out("reports/report.html"),
        card=whole | run_card(scored),
        conversations=scored.conversations,
        predictions=scored.predictions,
        scores=scored.scores,
        evaluations=evaluations,
        errata=files["errata.json"],
        halves=scored.halves,
        intervals=scored.intervals,
        changed=scored.changed,
        memory=memory,
        checks=checks,
        f1_name=scored.names["f1"],
        tasks=tasks,
        prompts=ShownPrompts(asking_protocol(params.protocol, prompt=params.answer.prompt), params.seed),
    )


def _evaluations(scored: Scored, rankings: Rankings | None) -> dict[str, Evaluation]:
    if rankings is None:
        return {}
    return {unit: evaluate(scored.conversations, rankings, unit, PLOTTED_KS) for unit in rankings.units}
