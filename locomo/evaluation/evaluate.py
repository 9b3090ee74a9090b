"""Evaluating a model, a retriever, a memory system or a function in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from locomo.dataset.subset import select
from locomo.errors import InputError
from locomo.evaluation.dataset import SAMPLE, Dataset, load_dataset
from locomo.evaluation.dialogue_scores import score_dialogue_rows
from locomo.evaluation.event_scores import score_event_rows
from locomo.evaluation.functions import ask_function
from locomo.evaluation.other_tasks import ask_dialogue_of, ask_events_of, check_tasks, task_values
from locomo.evaluation.outside import open_outside, params_here
from locomo.evaluation.qa import ask_qa
from locomo.evaluation.rag import ask_rag
from locomo.evaluation.results import Results
from locomo.evaluation.scored import score_run
from locomo.evaluation.systems import System, system_of
from locomo.pipeline.encoders import open_stored_encoder
from locomo.pipeline.models import open_judge
from locomo.pipeline.params import Params
from locomo.pipeline.resolution import Resolver, digest
from locomo.pipeline.runs import run_id, run_of_its_own
from locomo.pipeline.telemetry import telemetry
from locomo.retrieval.indexes import FreshIndexes
from locomo.retrieval.memory import UNIT
from locomo.retrieval.names import MEMORY
from locomo.retrieval.registry import retriever_over
from locomo.retrieval.retriever import Retriever
from locomo.schema import Conversation, Prediction
from locomo.schema.dialogue import DialogueRow
from locomo.schema.event import EventRow
from locomo.scoring import scoring_protocol
from locomo.scoring.always_refuse import refusals
from locomo.tasks.job import without_context
from locomo.tasks.rag import RagSetting

MODEL: Final = "gguf/smollm2-135m-instruct"
"""The model that comes with the package, and needs no key."""
WHERE: Final = "evaluate()"


def evaluate(
    system: Any,
    dataset: str | Path | Dataset = SAMPLE,
    protocol: str = "strict",
    *,
    tasks: Sequence[str] = ("qa",),
    model: str | None = None,
    k: int | Sequence[int] = 5,
    units: str | Sequence[str] = "dialog",
    baselines: Sequence[str] = (),
    context_window: int | None = None,
    judge: str | None = None,
    bertscore: str | None = None,
    seed: int = 0,
    repeats: int = 1,
    params: Mapping[str, Any] | None = None,
) -> Results:
    """Ask a system all questions of a dataset, and score its answers.

    Args:
        system: One of
            - a model, `"provider/model"`: it answers with the conversation itself as context;
            - a retriever, by name (`"hybrid"`, `"bm25"`, `"dense"`, `"fusion"`, `"learned"`) or as an object with the
              method `rank` (see `locomo.retrieval.retriever.Retriever`): `model` answers with what it finds;
            - a memory system, `"memory/<name>"` or an object with the methods `reset`, `add_session` and `search` (see
              `locomo.retrieval.memory.MemorySystem`): `model` answers with what it remembers;
            - a function `(conversation, question) -> answer`, sync or async. It is given the conversation without its
              questions, and the words of the question as the protocol puts it. It returns text, or text and the ids of
              the turns that it was read from, or None for no answer;
            - `"path/to/file.py:Name"` or `"module:Name"`: a class or a function of yours that is one of these.
        dataset: A name, a path, or what `load_dataset` returns.
        protocol: How questions are put and answers are scored: `strict`, `paper`, `head`, or `judge` (which needs
            `judge`).
        tasks: `qa`, `events` (summaries of events) and `dialogue` (the next turn): what is asked for. A model lists
            events session by session and writes turns with the newest summary, a retriever or memory system shows it
            what it finds; `events.ways` and `dialogue.conditions` in `params` say otherwise.
        model: What answers with the context that a retriever or a memory system finds. The default is the small model
            that comes with the package.
        k: How many units or memories it is shown; several make several configurations.
        units: What a retriever retrieves: `dialog` (turns), `observation`, `summary`; several likewise.
        baselines: What is asked of the model beside it: `no_memory`, `gold_evidence`.
        context_window: Tokens of prompt and answer together; None for all that the model has.
        judge: A model that judges the answers too.
        bertscore: An encoder for BERTScore, such as `minilm`.
        seed: Of everything random.
        repeats: How often each question is asked.
        params: Any other parameter of params.yaml by its dotted name, such as
            `{"answer.max_tokens": 64, "embed.encoder": "bm25", "llm.budget_usd": 1.0}`.

    Returns:
        The answers with their scores. Model calls go through the request cache: asking again costs nothing.

    Raises:
        InputError: a name, a parameter or an answer of a function cannot be meant.
        ProviderError: the model cannot be used here, or refused for good.
        IncompleteError: some calls failed for now; what was answered is kept, and running again asks for the rest.
        BudgetError: the next call could cost more than is left of `llm.budget_usd`.
        TooManyFailedError: more than the share `llm.max_failed` of the calls failed permanently.

    Examples:
        >>> evaluate(lambda conversation, question: "Not mentioned", "sample", "paper").metrics["qa"]["overall"]["n"]
        131
    """
    found = system_of(system)
    check_tasks(tasks, found, WHERE)
    data = load_dataset(dataset)
    settings = _params(
        found,
        model,
        {
            "dataset": data.name,
            "protocol": protocol,
            "seed": seed,
            "repeats": repeats,
            "baselines": list(baselines),
            "answer": {"context_window": context_window},
            "rag": {"units": _plain(units), "k": _plain(k)},
            "judge": {"model": judge},
            "score": {"bertscore": bertscore},
            **task_values(tasks, found, _plain(units), _plain(k)),
        },
        params,
    )
    if not settings.subset.everything:
        chosen = select(data.conversations, settings.subset, where=f"{WHERE}: subset")
        data = Dataset(data.name, tuple(chosen), len(data.questions))
    rules = scoring_protocol(settings.protocol)
    with run_of_its_own(), telemetry("evaluate", run_id()):
        asked, rankings = _asked(found, data.conversations, settings) if "qa" in tasks else ([], [])
        judge_of = partial(open_outside, settings, opener=open_judge)
        scored = score_run(
            settings,
            data.conversations,
            asked,
            judge_of,
            unasked=refusals(data.conversations, rules),
            where=found.name,
        )
        events, dialogue = _other_tasks(found, data.conversations, settings, tasks)
        summaries = score_event_rows(settings, data.conversations, events, judge_of, where=found.name)
        turns = score_dialogue_rows(settings, data.conversations, dialogue, judge_of, where=found.name)
    resolved = digest(Resolver({}).resolve(settings))
    return Results(_title(found, settings), data, scored, rankings, resolved, summaries, turns)


def _other_tasks(
    system: System, conversations: Sequence[Conversation], params: Params, tasks: Sequence[str]
) -> tuple[list[EventRow], list[DialogueRow]]:
    events, dialogue = "events" in tasks, "dialogue" in tasks
    if not events and not dialogue:
        return [], []
    retriever = None if system.kind == "model" else _retriever(system, params)
    with open_outside(params, params.model) as client:
        listed = ask_events_of(system, retriever, conversations, params, client) if events else []
        return listed, ask_dialogue_of(system, retriever, conversations, params, client) if dialogue else []


def _plain(values: Any) -> Any:
    """Return a list of any sequence, as params.yaml has them, and one value as it is."""
    return values if isinstance(values, str | int) else list(values)


def _params(system: System, model: str | None, values: dict[str, Any], more: Mapping[str, Any] | None) -> Params:
    if system.kind in ("model", "function") and model is not None:
        raise InputError(
            f"{WHERE}: model: found {model!r} beside '{system.name}', which answers by itself; leave out model="
        )
    if system.kind == "function" and values["baselines"]:
        raise InputError(f"{WHERE}: baselines: a model is asked for them, and '{system.name}' is none; leave them out")
    values["model"] = system.name if system.kind in ("model", "function") else model or MODEL
    if system.kind == "retriever":
        values["rag"]["retriever"] = system.name
    if system.kind == "memory":
        values["memory"] = {**values.get("memory", {}), "systems": [system.name.removeprefix(MEMORY)]}
    return params_here(WHERE, values, dict(more or {}))


def _asked(
    system: System, conversations: Sequence[Conversation], params: Params
) -> tuple[list[Prediction], list[dict[str, object]]]:
    """Ask; return rows, the configurations' own before the baselines, and what was ranked."""
    if system.function is not None:
        return ask_function(system.function, system.name, conversations, params), []
    rows: list[Prediction] = []
    with open_outside(params, params.model) as client:
        if system.kind == "model":
            cut = ask_qa(conversations, params, client, keep=rows.append)
            rows = list(map(without_context, rows)) if cut else rows
            return sorted(rows, key=lambda row: row.task == "baseline"), []
        kinds = [UNIT] if system.kind == "memory" else params.rag.units
        settings = list(dict.fromkeys(RagSetting(unit, k) for unit in kinds for k in params.rag.k))
        ranked = ask_rag(conversations, _retriever(system, params), settings, params, client, keep=rows.append)
        if params.baselines:
            ask_qa(conversations, params, client, keep=rows.append, baselines_only=True)
    return rows, ranked.rows


def _retriever(system: System, params: Params) -> Retriever:
    if system.retriever is not None:
        return system.retriever
    # One thread, as for the questions of the pipeline: a pool of PyTorch's slows llama.cpp down in the same process.
    encoder = open_stored_encoder(params.embed.encoder, params.llm, threads=1)
    return retriever_over(system.name, FreshIndexes(encoder))


def _title(system: System, params: Params) -> str:
    name = system.name.removeprefix("__main__:")
    return f"{name} with {params.model}" if system.kind in ("retriever", "memory") else name
