"""Asking a function of one's own: from a conversation and a question to an answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from locomo.errors import InputError
from locomo.loops import run
from locomo.pipeline.params import Params
from locomo.progress import Progress
from locomo.schema import Choice, Conversation, Prediction, Question, Usage
from locomo.tasks.protocol import Protocol, Put, asking_protocol

Reply: TypeAlias = "str | tuple[str, Sequence[str]] | None"
"""An answer, or an answer and the ids of the turns that it was read from; None for no answer."""
Function: TypeAlias = Callable[[Conversation, str], "Reply | Awaitable[Reply]"]
AT_ONCE: Final = 8
"""Calls of an async function that are in flight together, unless `llm.concurrency` says otherwise."""
NO_ANSWER: Final = "the function gave no answer"


@dataclass(frozen=True, slots=True)
class _Ask:
    """One call of the function."""

    conversation: Conversation
    """With its questions, which the function does not see."""
    index: int
    put: Put
    text: str
    repeat: int

    @property
    def question(self) -> Question:
        return self.conversation.questions[self.index]


def ask_function(
    function: Function, name: str, conversations: Sequence[Conversation], params: Params
) -> list[Prediction]:
    """Ask a function every question, as the protocol puts it; return rows of the task 'qa'.

    It is given the conversation without its questions and gold answers, and the words of the question: with its options
    in category 5, which `strict` asks in both orders. An async function is asked several at once, any other one after
    the other, in this thread. What it raises is raised, with a note that names the question.

    InputError where it returns neither text, nor text and ids of turns, nor None.
    """
    protocol = asking_protocol(params.protocol, prompt=params.answer.prompt)
    asks = [
        _Ask(conversation, index, put, protocol.question_text(question, put.options), repeat)
        for conversation in conversations
        for index, question in protocol.asked(conversation)
        for put in protocol.ways(question, conversation.question_id(index), params.seed)
        for repeat in range(params.repeats)
    ]
    shown = {each.sample_id: each.model_copy(update={"questions": []}) for each in conversations}
    progress = Progress(name, len(asks))
    try:
        if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004
            replies = run(_all(function, asks, shown, progress, params.llm.concurrency or AT_ONCE))
        else:
            replies = [_one(function, ask, shown, progress) for ask in asks]
    finally:
        progress.close()
    return [_row(ask, reply, name, protocol) for ask, reply in zip(asks, replies, strict=True)]


def _one(function: Function, ask: _Ask, shown: dict[str, Conversation], progress: Progress) -> Any:
    try:
        reply = function(shown[ask.conversation.sample_id], ask.text)
        if inspect.isawaitable(reply):
            reply = run(_awaited(reply))
    except Exception as error:
        _note(error, ask)
        raise
    progress.step()
    return reply


async def _awaited(reply: Awaitable[Any]) -> Any:
    return await reply


async def _all(
    function: Any, asks: Sequence[_Ask], shown: dict[str, Conversation], progress: Progress, at_once: int
) -> list[Any]:
    slots = asyncio.Semaphore(at_once)

    async def one(ask: _Ask) -> Any:
        async with slots:
            try:
                reply = await function(shown[ask.conversation.sample_id], ask.text)
            except Exception as error:
                _note(error, ask)
                raise
            progress.step()
            return reply

    tasks = [asyncio.create_task(one(ask)) for ask in asks]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _note(error: Exception, ask: _Ask) -> None:
    error.add_note(f"while question '{ask.conversation.question_id(ask.index)}' was asked: {ask.text}")


def _row(ask: _Ask, reply: Any, name: str, protocol: Protocol) -> Prediction:
    question_id = ask.conversation.question_id(ask.index)
    text, ids = _checked(reply, ask.conversation, question_id)
    unread = Choice(refusal=ask.put.refusal, taken=None) if ask.put.refusal else None
    prediction, choice = (None, unread) if text is None else protocol.read(text, ask.put)
    return Prediction(
        id=question_id,
        sample_id=ask.conversation.sample_id,
        index=ask.index,
        category=ask.question.category,
        question=ask.question.question,
        reference=ask.question.reference,
        prediction=prediction,
        raw=text,
        context_ids=ids,
        task="qa",
        unit=None,
        k=None,
        model=name,
        protocol=protocol.name,
        usage=Usage(),
        request="",
        error=NO_ANSWER if text is None else None,
        choice=choice,
        repeat=ask.repeat,
    )


def _checked(reply: Any, conversation: Conversation, question_id: str) -> tuple[str | None, list[str]]:
    text, ids = reply if isinstance(reply, tuple) and len(reply) == 2 else (reply, ())
    if text is not None and not isinstance(text, str):
        raise InputError(
            f"question '{question_id}': the function returned {reply!r}; expected text, (text, ids of turns) or None"
        )
    known = {turn.dia_id for turn in conversation.turns}
    if unknown := [each for each in ids if each not in known]:
        raise InputError(
            f"question '{question_id}': the function cites the turn {unknown[0]!r}, which is not in the conversation"
        )
    return text, list(dict.fromkeys(ids))
