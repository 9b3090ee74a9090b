"""Asking with retrieved context, over a grid of what is retrieved and how much of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from locomo.llm import Client
from locomo.pipeline.ahead import say_how_long
from locomo.pipeline.params import Params
from locomo.retrieval.rankings import Recorded
from locomo.retrieval.retriever import Retriever
from locomo.schema import Conversation, Prediction
from locomo.tasks.job import answer, repeated
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import RagSetting, Remembered, all_rag_jobs, memory_jobs
from locomo.tasks.reranking import with_reranker


def ask_rag(
    conversations: Sequence[Conversation],
    retriever: Retriever,
    settings: Sequence[RagSetting],
    params: Params,
    client: Client,
    *,
    keep: Callable[[Prediction], None],
    remembered: Sequence[Remembered] = (),
) -> Recorded:
    """Retrieve once for each kind of unit, and ask every question in each setting; return what was ranked.

    `keep` gets rows in the order of samples and questions, as conversations are done. `remembered` is what memory
    systems have found: it is asked about beside that, for each `memory.k`.

    IncompleteError if some calls failed for now, after all have been made.
    """
    protocol = asking_protocol(params.protocol, params.model, params.answer.prompt)
    room = params.rag_room(client.provider.capabilities.context_window, client.provider.count_tokens)
    ranked = Recorded(with_reranker(retriever, params.rag.reranker, params.rag.rerank_depth, client, params.seed))
    jobs = all_rag_jobs(conversations, ranked, settings, protocol, room, seed=params.seed)
    memory_room = replace(room, context_tokens=params.memory.context_tokens)
    jobs += memory_jobs(remembered, params.memory.k, protocol, memory_room, seed=params.seed)
    jobs = repeated(jobs, params.repeats)
    say_how_long("rag", params, client, jobs, protocol)
    answer(jobs, client, protocol, keep=keep, max_tokens=params.answer.max_tokens, seed=params.seed)
    return ranked
