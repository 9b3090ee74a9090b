"""Asking for significant events, as params.yaml says."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.llm import Client
from locomo.pipeline.params import Params
from locomo.retrieval.retriever import Retriever
from locomo.schema import Conversation, Question
from locomo.schema.event import EventRow
from locomo.tasks.events.ask import ask_events, question_about
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import Remembered


def with_query(conversations: Sequence[Conversation], client: Client) -> list[Conversation]:
    """Return the conversations with one question each: what memory systems are asked for the task `events`."""
    return [
        conversation.model_copy(
            update={
                "questions": [
                    Question(question=question_about(conversation, client), answer="", evidence=[], category=4)
                ],
                "subset": None,
            }
        )
        for conversation in conversations
    ]


def ask_for_events(
    conversations: Sequence[Conversation],
    params: Params,
    client: Client,
    retriever: Retriever | None = None,
    remembered: Sequence[Remembered] = (),
) -> list[EventRow]:
    """Ask in each way of `events.ways`; `retriever` and `remembered` serve the way 'retrieved'.

    IncompleteError if a call failed for now; InputError where a prompt does not fit the model's window.
    """
    protocol = asking_protocol(params.protocol, params.model)
    settings = params.events.settings(params.seed)
    return ask_events(conversations, client, protocol, settings, retriever=retriever, remembered=remembered)
