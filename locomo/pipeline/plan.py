"""What a run would ask and cost: the stages' own prompts, looked up in the cache and counted. Nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from locomo.errors import ProviderError
from locomo.llm import Provider, RequestCache
from locomo.llm.embedding import is_bought
from locomo.memory.system import FILE_AGENT
from locomo.pipeline.by_chance import RANDOM, ByChance
from locomo.pipeline.caption_plan import plan_captions
from locomo.pipeline.contracts import PREDICTIONS, expected_of
from locomo.pipeline.models import open_judge, open_provider
from locomo.pipeline.params import Params
from locomo.pipeline.plan_facts import plan_facts
from locomo.pipeline.plan_generate import STAND_INS, Conversations, plan_conversations
from locomo.pipeline.plan_memory import plan_memory
from locomo.pipeline.plan_numbers import Counter, StagePlan
from locomo.pipeline.plan_tasks import Rehearsed, rehearse_dialogue, rehearse_events
from locomo.pipeline.plan_vectors import plan_vectors
from locomo.pipeline.rehearsal import Rehearsal
from locomo.pipeline.retrievers import INDEX, project_retriever
from locomo.retrieval.indexes import is_index_of
from locomo.retrieval.registry import needs_vectors
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import UNITS
from locomo.schema import LOCAL, Claim, Question
from locomo.schema.dialogue import DialogueRow
from locomo.schema.event import EventRow
from locomo.scoring.judging import claim_about
from locomo.tasks.baselines import qa_and_baseline_jobs
from locomo.tasks.dialogue.persona import fittings, judge_persona
from locomo.tasks.file_agent import explore
from locomo.tasks.job import Job, repeated, requests_for
from locomo.tasks.judging import requests_for as judge_requests
from locomo.tasks.protocol import Protocol, asking_protocol
from locomo.tasks.rag import Remembered, all_rag_jobs, memory_jobs
from locomo.tasks.reranking import LLM, with_reranker

__all__ = ["SPENDERS", "StagePlan", "plan"]

WORDS_ALONE: Final = "bm25"
"""The retriever that needs no vectors of questions."""


@dataclass
class Run:
    """A run that may come, with what its stages share."""

    params: Params
    counter: Counter

    @cached_property
    def made(self) -> Conversations:
        """The conversations."""
        return plan_conversations(self.params, self.counter)

    @cached_property
    def provider(self) -> Provider:
        """The model that answers, not to be asked."""
        return open_provider(self.params, self.params.model, to_ask=False)

    @cached_property
    def protocol(self) -> Protocol:
        """How it is asked."""
        params = self.params
        return asking_protocol(params.protocol, params.model, params.answer.prompt)

    @cached_property
    def listed_events(self) -> Rehearsed[EventRow]:
        """What the stage `events` would do."""
        return rehearse_events(self.params, self.made.listed, self.provider, self.counter.cache)

    @cached_property
    def written_turns(self) -> Rehearsed[DialogueRow]:
        """What the stage `dialogue` would do."""
        return rehearse_dialogue(self.params, self.made.listed, self.provider, self.counter.cache)

    def answers(
        self, stage: str, jobs: Sequence[Job], *, what: str = "answers", note: str = "", unknown: bool = False
    ) -> StagePlan:
        """Plan the answers to jobs."""
        params = self.params
        requests = requests_for(
            repeated(jobs, params.repeats),
            self.provider,
            self.protocol,
            max_tokens=params.answer.max_tokens,
            seed=params.seed,
        )
        unknown = unknown or self.made.stand_ins
        note = STAND_INS if self.made.stand_ins else note
        most = self.made.most(len(requests))
        return self.counter.plan(stage, what, requests, self.provider, note=note, unknown=unknown, most=most)


def generation(run: Run) -> list[StagePlan]:
    """Plan the making of conversations."""
    return run.made.plans


def captions(run: Run) -> list[StagePlan]:
    """Plan captions by a model that sees."""
    asked = plan_captions(run.params, run.made.listed)
    if asked is None:
        return []
    note, unknown = asked.note, bool(asked.note)
    return [run.counter.plan("caption", "captions", asked.requests, asked.provider, note=note, unknown=unknown)]


def unit_vectors(run: Run) -> list[StagePlan]:
    """Plan the vectors of what is retrieved."""
    encoder = run.params.embed.encoder
    if not is_bought(encoder):
        return []
    series = [[unit.key for unit in units(each)] for each in run.made.listed for units in UNITS.values()]
    return [plan_vectors("embed", "vectors", encoder, series, run.counter)]


def ingestions(run: Run) -> list[StagePlan]:
    """Plan what memory systems ask while they ingest."""
    return plan_memory(run.params, run.made.listed, run.counter)


def whole_context(run: Run) -> list[StagePlan]:
    """Plan the answers with whole conversations, and the baselines."""
    jobs = qa_and_baseline_jobs(
        run.made.listed,
        run.params.baselines,
        run.protocol,
        window=run.provider.capabilities.context_window,
        max_tokens=run.params.answer.max_tokens,
        seed=run.params.seed,
        count_tokens=run.provider.count_tokens,
    )
    return [run.answers("qa", jobs)]


def retrieved_context(run: Run) -> list[StagePlan]:
    """Plan what retrieving asks: vectors of questions, a model's reranking, and the answers."""
    params, rag = run.params, run.params.rag
    plans = []
    if is_bought(params.embed.encoder) and rag.retriever != WORDS_ALONE and needs_vectors(rag.retriever):
        series = [[question.question for question in each.questions] for each in run.made.listed]
        plans.append(plan_vectors("rag", "vectors of questions", params.embed.encoder, series, run.counter))
    client = Rehearsal(run.provider, run.counter.cache)
    jobs, note = _rag_jobs(run, client)
    if rag.reranker == LLM:
        most = run.made.most(len(client.asked))
        plans.append(
            run.counter.plan("rag", "reranking", client.asked, run.provider, note=note, unknown=bool(note), most=most)
        )
        if not note and plans[-1].new:
            note = "reranking is not done yet: " + RANDOM.replace("random units", "units in another order")
    plans.append(run.answers("rag", jobs, note=note, unknown=bool(note)))
    if any(system.spec == FILE_AGENT for system in params.memory.named):
        rehearsal = Rehearsal(run.provider, run.counter.cache)
        steps, questions = params.memory.steps, sum(len(each.chosen()) for each in run.made.listed)
        explore(FILE_AGENT, run.made.listed, rehearsal, steps=steps, k=max(params.memory.k), seed=params.seed)
        said = f"at most {steps} steps a question; what the model will look for is not known"
        what = "searches of file-agent"
        whole = max(steps * questions, len(rehearsal.asked))
        most = run.made.most(whole) or whole
        plans.append(run.counter.plan("rag", what, rehearsal.asked, run.provider, note=said, most=most))
    if params.memory.systems:
        plans.append(
            run.answers(
                "rag",
                _memory_jobs(run),
                what="answers from memories",
                note=f"memories are not known: {RANDOM}",
                unknown=True,
            )
        )
    return plans


def event_summaries(run: Run) -> list[StagePlan]:
    """Plan the lists of events: by going through the stage's own work, with stand-ins for what nobody has answered."""
    if not run.params.events.ways:
        return []
    asked, _, note = run.listed_events
    note = STAND_INS if run.made.stand_ins else note
    return [
        run.counter.plan(
            "events", "summaries of events", asked, run.provider, note=note, most=run.made.most(len(asked))
        )
    ]


def dialogue_turns(run: Run) -> list[StagePlan]:
    """Plan the turns of a dialogue, over observations and memories by chance."""
    if not run.params.dialogue.conditions:
        return []
    asked, _, note = run.written_turns
    note = STAND_INS if run.made.stand_ins else note
    most = run.made.most(len(asked))
    return [run.counter.plan("dialogue", "turns", asked, run.provider, note=note, most=most)]


def judgements(run: Run) -> list[StagePlan]:
    """Plan the judge, with references in place of the answers, which nobody knows yet.

    In category 5 nothing is asked about answers that take an option, so that only answers without options count.
    """
    judge, params = run.params.judge, run.params
    if judge.model is None or judge.model == LOCAL:
        return []
    provider = open_judge(judge.model, to_ask=False)
    claims = [
        _expected(question)
        for conversation in run.made.listed
        for _, question in conversation.chosen()
        if not question.kind.options or not run.protocol.choice
    ]
    configurations = sum(len(expected_of(out, params).configurations or ()) for out in PREDICTIONS)
    once = judge_requests(
        claims, provider, judge.prompt, votes=judge.votes, seed=params.seed, max_tokens=judge.max_tokens
    )
    requests = [replace(r, repeat=n * judge.votes + (r.repeat or 0)) for n in range(configurations) for r in once]
    note = "the judge is shown references in place of the answers to come, nothing is taken as cached"
    most = run.made.most(len(requests))
    plans = [run.counter.plan("score", "judgements", requests, provider, note=note, unknown=True, most=most)]
    if params.events.ways:
        _, rows, _ = run.listed_events
        plans.append(plan_facts(params, run.made, rows, run.counter))
    if params.dialogue.conditions and judge.persona:
        _, turns, note = run.written_turns
        note = STAND_INS if run.made.stand_ins else note
        client = Rehearsal(provider, run.counter.cache)
        judge_persona(fittings(run.made.listed, turns), client, seed=params.seed, max_tokens=judge.max_tokens)
        most = run.made.most(len(client.asked))
        plans.append(run.counter.plan("score", "persona", client.asked, provider, note=note, most=most))
    return plans


def _expected(question: Question) -> Claim:
    """Return the claim about an answer that is as long as what is expected of it."""
    expected = question.reference or question.adversarial_answer or question.cue or "; ".join(question.rubric or ())
    return claim_about(question, expected)


Spender = Callable[[Run], list[StagePlan]]
SPENDERS: Final[dict[str, Spender]] = {
    "generate": generation,
    "caption": captions,
    "embed": unit_vectors,
    "memory": ingestions,
    "qa": whole_context,
    "rag": retrieved_context,
    "events": event_summaries,
    "dialogue": dialogue_turns,
    "score": judgements,
}
"""Each stage, and what plans all that it may ask. The one list of stages that spend."""


def plan(params: Params, cache: RequestCache) -> list[StagePlan]:
    """Return a plan for all that a run asks; InputError and ProviderError as the stages would raise them."""
    run = Run(params, Counter(cache, params.llm))
    return [each for spender in SPENDERS.values() for each in spender(run)]


def _rag_jobs(run: Run, client: Rehearsal) -> tuple[list[Job], str]:
    """Return the jobs over what `rag` would retrieve, if that can be known here, else over units by chance."""
    rag, note = run.params.rag, ""
    if needs_vectors(rag.retriever) and not is_index_of(INDEX, run.made.listed, UNITS):
        note = f"data/index is not of this dataset: {RANDOM}"
    if not note:
        offline = run.params.model_copy(update={"llm": run.params.llm.model_copy(update={"offline": True})})
        try:
            return _ranked(run, client, project_retriever(offline)), ""
        except ProviderError:  # offline, so that nothing is bought
            note = f"the vectors of the questions are not bought yet: {RANDOM}"
            client.asked.clear()
    return _ranked(run, client, ByChance()), note


def _ranked(run: Run, client: Rehearsal, retriever: Retriever) -> list[Job]:
    params, rag = run.params, run.params.rag
    reranker = rag.reranker if rag.reranker == LLM or not isinstance(retriever, ByChance) else None
    return all_rag_jobs(
        run.made.listed,
        with_reranker(retriever, reranker, rag.rerank_depth, client, params.seed),
        rag.settings,
        run.protocol,
        params.rag_room(run.provider.capabilities.context_window, run.provider.count_tokens),
        seed=params.seed,
    )


def _memory_jobs(run: Run) -> list[Job]:
    """Return the jobs over what memory systems would find, with units by chance in place of memories."""
    params, memory = run.params, run.params.memory
    room = params.rag_room(run.provider.capabilities.context_window, run.provider.count_tokens)
    chance = ByChance()
    found = [
        Remembered(system.name, each, [[hit.unit for hit in hits] for hits in ranked], "dialog_unit")
        for system in memory.named
        for each in run.made.listed
        for ranked in [chance.rank(each, "dialog", [one.question for one in each.questions], max(memory.k))]
    ]
    room = replace(room, context_tokens=memory.context_tokens)
    return memory_jobs(found, memory.k, run.protocol, room, seed=params.seed)
