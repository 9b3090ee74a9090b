"""The memory system `file-agent`: the answering model searches the conversation's files itself, step by step.

It is the baseline of "give the model a shell": nothing is ingested, and what is found is what its own commands have
shown. A step is a call of the model, whose answer is a command by a schema, so that models without tools can do it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from locomo.errors import IncompleteError, InputError
from locomo.llm import Client, Message, Outcome, Request, addressed
from locomo.loops import run
from locomo.memory.messages import Found
from locomo.memory.search import Searched
from locomo.memory.services import Taken
from locomo.memory.system import FILE_AGENT
from locomo.prompts import load
from locomo.retrieval.units import Unit
from locomo.schema import Conversation
from locomo.tasks.conversation_files import ConversationFiles
from locomo.tasks.job import TEMPLATE_TOKENS

GREP, READ, ANSWER = "grep", "read", "answer"
MAX_TOKENS: Final = 150
"""Of a command."""
SCHEMA: Final = {
    "type": "object",
    "properties": {"command": {"type": "string", "enum": [GREP, READ, ANSWER]}, "argument": {"type": "string"}},
    "required": ["command", "argument"],
    "additionalProperties": False,
}

log = logging.getLogger("locomo")


@dataclass(slots=True)
class Search:
    """One question: what was asked for so far, and what that has shown."""

    files: ConversationFiles
    conversation: Conversation
    question: str
    history: list[tuple[str, str, list[Unit]]] = field(default_factory=list)
    """(command, argument, lines)."""
    kept: list[Unit] = field(default_factory=list)
    """The lines that the model has chosen in the end."""
    taken: Taken = field(default_factory=Taken)
    over: bool = False

    @property
    def found(self) -> list[Unit]:
        """The lines that were chosen, then all others that were seen, what was seen last first."""
        seen = [unit for _, _, lines in reversed(self.history) for unit in lines]
        return list({unit.ids: unit for unit in (*self.kept, *seen)}.values())

    def apply(self, command: str, argument: str) -> None:
        """Do what the model says."""
        if command == ANSWER:
            self.kept, self.over = self.files.named(argument), True
            return
        lines = self.files.grep(argument) if command == GREP else self.files.read(argument)
        self.history.append((command, argument, lines))


def explore(
    name: str,
    conversations: Sequence[Conversation],
    client: Client,
    *,
    steps: int,
    k: int,
    seed: int,
    on_question: Callable[[], None] = lambda: None,
) -> list[Searched]:
    """Let the model search for each question, in at most so many steps; return the k lines that it found best.

    A call that failed permanently ends the search of its question, with what was seen by then. IncompleteError if some
    calls failed temporarily, InputError if the list of files does not fit into the model's window.
    """
    searches: dict[tuple[str, int], Search] = {}
    for conversation in conversations:
        files = ConversationFiles(conversation)
        for index, question in conversation.chosen():
            searches[conversation.sample_id, index] = Search(files, conversation, question.dated)
    run(_explore(list(searches.values()), client, steps, seed, on_question))
    return [_searched(name, conversation, searches, k) for conversation in conversations]


def _searched(name: str, conversation: Conversation, searches: dict[tuple[str, int], Search], k: int) -> Searched:
    dates = {session.number: session.date for session in conversation.sessions}
    found: list[list[Found]] = []
    taken: list[Taken] = []
    for index in range(len(conversation.questions)):
        search = searches.get((conversation.sample_id, index))
        units = search.found[:k] if search else []
        found.append([Found(text=unit.text, dia_ids=unit.ids, date=dates.get(unit.session)) for unit in units])
        taken.append(search.taken if search else Taken())
    return Searched(name, conversation, found, [], taken)


async def _explore(
    searches: Sequence[Search], client: Client, steps: int, seed: int, on_question: Callable[[], None]
) -> None:
    """Take all questions a step further at a time: what is in flight is as much as the client's limits allow."""
    try:
        for left in range(steps, 0, -1):
            going = [search for search in searches if not search.over]
            outcomes = await client.ask_all([_request(search, client, left, seed) for search in going], lambda: None)
            if failed := [outcome.error for outcome in outcomes if outcome.transient]:
                raise IncompleteError(
                    f"{FILE_AGENT}: {len(failed)} steps failed temporarily ({failed[0]}): run again for the rest"
                )
            if none := [outcome.error for outcome in outcomes if outcome.response is None]:
                log.warning("%s: %d of %d steps got no command (%s)", FILE_AGENT, len(none), len(outcomes), none[0])
            for search, outcome in zip(going, outcomes, strict=True):
                _apply(search, outcome, client)
                if search.over or left == 1:
                    on_question()
    finally:
        await client.provider.close()


def _apply(search: Search, outcome: Outcome, client: Client) -> None:
    billed, price = outcome.response or outcome.refusal, client.spending.price
    if billed is not None:
        cost = None if price is None else price.cost(billed.input_tokens, billed.output_tokens)
        search.taken = search.taken.plus(Taken(1, billed.input_tokens, billed.output_tokens, 0, cost))
    if outcome.response is None:
        search.over = True
        return
    said = json.loads(outcome.response.text)
    search.apply(said["command"], said["argument"])


def _request(search: Search, client: Client, left: int, seed: int) -> Request:
    provider, fill = client.provider, load("file_agent").fill
    conversation = search.conversation
    system = fill("system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b)
    files = "\n".join(fill("file", name=n, date=date, lines=lines) for n, date, lines in search.files.listed())
    room = provider.capabilities.context_window - MAX_TOKENS - TEMPLATE_TOKENS

    def user(shown: int) -> str:
        """The prompt with the lines of the newest `shown` commands."""
        older = len(search.history) - shown
        history = "\n".join(_told(each, place >= older) for place, each in enumerate(search.history))
        told = fill("last") if left == 1 else fill("left", count=left)
        return fill("user", files=files, question=search.question, history=history, left=told)

    for shown in range(len(search.history), -1, -1):
        text = user(shown)
        if provider.count_tokens(system) + provider.count_tokens(text) <= room:
            return Request(
                **addressed(provider),
                messages=(Message("system", system), Message("user", text)),
                max_tokens=MAX_TOKENS,
                seed=seed if provider.capabilities.seed else None,
                schema=SCHEMA,
            )
    raise InputError(
        f"params.yaml: memory.systems: {FILE_AGENT}: the list of {conversation.sample_id}'s files and "
        f"{len(search.history)} commands do not fit into a prompt; make answer.context_window larger"
    )


def _told(step: tuple[str, str, list[Unit]], whole: bool) -> str:
    fill = load("file_agent").fill
    command, argument, lines = step
    shown = [fill("line", dia_id=unit.ids[0], speaker=unit.speaker, text=unit.text) for unit in lines]
    shown = (shown or [fill("nothing")]) if whole else [fill("left_out")]
    return "\n".join([fill("command", command=command, argument=argument), *shown])
