"""One question about one conversation: what is retrieved, and what the model makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from locomo.dataset import read_folder
from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.llm import Client, Outcome, Request
from locomo.loops import run
from locomo.pipeline.models import JOURNAL, new_client
from locomo.pipeline.params import Params
from locomo.pipeline.retrievers import project_retriever
from locomo.pipeline.runs import run_id
from locomo.retrieval.units import Unit
from locomo.schema import Conversation, Question
from locomo.tasks.job import requests_for
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import RagSetting, rag_jobs
from locomo.tasks.reranking import with_reranker

CAPTIONED: Final = Path("data/captioned")


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with what it was read from."""

    answer: str
    model: str
    units: list[tuple[str, Unit]]
    """The date of its session, and the unit, in the order of their rank."""
    question: Question | None
    """The question of the dataset, if it is one: its evidence and reference are known then."""


def ask(params: Params, question: str, conversation_id: str, unit: str, k: int) -> Asked:
    """Retrieve k units for a question, show them to the model, and return its answer.

    InputError for an unknown conversation, ProviderError where the model gives no answer.
    """
    if not question.strip():
        raise InputError("the question is empty")
    conversation = _find(conversation_id)
    protocol = asking_protocol(params.protocol, params.model, params.answer.prompt)
    asked = [one for _, one in protocol.asked(conversation)]
    known = next((one for one in asked if one.question.strip() == question.strip()), None)
    alone = conversation.model_copy(update={"questions": [known or _new(question)]})
    client = new_client(params, params.model, journal=JOURNAL, run=run_id(), stage="ask")
    provider = client.provider
    retriever = project_retriever(params)
    ranked = with_reranker(retriever, params.rag.reranker, params.rag.rerank_depth, client, params.seed)
    (hits,) = ranked.rank(conversation, unit, [question], k)
    units = [hit.unit for hit in hits]
    room = params.rag_room(provider.capabilities.context_window, provider.count_tokens)
    jobs = rag_jobs(alone, {unit: [units]}, [RagSetting(unit, k)], protocol, room, seed=params.seed)
    first = jobs[:1]  # a question that is put in both orders of its options is asked once here
    (request,) = requests_for(first, provider, protocol, max_tokens=params.answer.max_tokens, seed=params.seed)
    outcome = run(_answer(client, request))
    if outcome.response is None:
        raise ProviderError(f"model '{params.model}': {outcome.error}")
    dates = {session.number: session.date for session in conversation.sessions}
    return Asked(
        answer=protocol.read(outcome.response.text, jobs[0].put)[0],
        model=outcome.response.model,
        units=[(dates.get(each.session, ""), each) for each in units],
        question=known,
    )


async def _answer(client: Client, request: Request) -> Outcome:
    try:
        (outcome,) = await client.ask_all([request], lambda: None)
        return outcome
    finally:
        await client.provider.close()
        client.cache.close()


def _find(conversation_id: str) -> Conversation:
    conversations = {conversation.sample_id: conversation for conversation in read_folder(CAPTIONED)}
    if conversation_id not in conversations:
        known = ", ".join(conversations)
        raise InputError(
            f"conversation '{conversation_id}': expected one of {known}{did_you_mean(conversation_id, conversations)}"
        )
    return conversations[conversation_id]


def _new(question: str) -> Question:
    """A question that is not in the dataset is asked as a plain one."""
    return Question(question=question, answer="", evidence=[], category=4)
