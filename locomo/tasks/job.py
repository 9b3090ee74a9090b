"""A question that is to be asked, and the asking of many: the loop that qa and rag share."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from locomo.llm import BudgetError, Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.run_requests import run_each
from locomo.llm.shared_message import SharedMessage
from locomo.llm.truncation import cut_in_silence
from locomo.progress import Progress
from locomo.schema import Choice, Conversation, Letter, Prediction, Question
from locomo.schema.prediction import Task
from locomo.tasks.protocol import Protocol, Put
from locomo.tasks.usage import usage_of

TEMPLATE_TOKENS = 48
"""Room left in a prompt for what a chat template adds around the messages."""

log = logging.getLogger("locomo")


@dataclass(frozen=True, slots=True)
class Job:
    """One question in one configuration. A context that does not name its units' ids cannot be scored for recall."""

    conversation: Conversation
    index: int
    system: str
    asked: str
    """The user's message, or what comes of it after `shared`."""
    put: Put
    context_ids: list[str]
    task: Task
    unit: str | None = None
    k: int | None = None
    shared: str = ""
    """What the messages of the other questions of the conversation begin with too: one text for all of them."""
    repeat: int = 0
    """Which asking of the same question this is."""

    @property
    def question(self) -> Question:
        """The question itself."""
        return self.conversation.questions[self.index]

    @property
    def user(self) -> str:
        """The user's message."""
        return self.shared + self.asked

    @property
    def options(self) -> dict[Letter, str]:
        """The options that the question offers, by letter."""
        return self.put.options

    @property
    def order(self) -> tuple[str, int, str, int, str, int]:
        """Rows are sorted by this."""
        put = self.put.refusal or ""
        return self.conversation.sample_id, self.index, self.unit or "", self.k or 0, put, self.repeat


def repeated(jobs: Sequence[Job], repeats: int) -> list[Job]:
    """Return each job as often as it is to be asked, side by side so that what they share is evaluated once.

    At temperature 0 the repeats show what is not deterministic in a model or service. The first is cached under the
    same key as without repeats.
    """
    return [replace(job, repeat=repeat) for job in jobs for repeat in range(repeats)]


def answer(
    jobs: Sequence[Job],
    client: Client,
    protocol: Protocol,
    *,
    keep: Callable[[Prediction], None],
    max_tokens: int,
    seed: int,
) -> bool:
    """Ask all jobs, conversation by conversation, and hand over rows in row order; nothing waits for that.

    Within a conversation jobs are asked in their order: those that share a prefix should be neighbours. Its rows are
    handed over, and forgotten, once it and those before it are answered.

    Return whether a server truncates what it is sent: then what `qa` was shown is not what its rows say.
    IncompleteError if some failed temporarily, after all have been asked.
    """
    jobs = sorted(jobs, key=lambda job: job.conversation.sample_id)
    provider, tally, spending = client.provider, client.tally, client.spending
    requests = requests_for(jobs, provider, protocol, max_tokens=max_tokens, seed=seed)
    task = jobs[0].task if jobs else "nothing"
    log.info("%s: asking %s/%s %d questions", task, provider.name, provider.model, len(jobs))
    progress = Progress(
        task,
        len(jobs),
        lambda: f"{tally.hits} from the cache, {'price unknown' if spending.price is None else f'${spending.usd:.4f}'}",
    )
    cut = _Cut()
    rows = _InOrder(jobs, lambda job, outcome: keep(_row(job, outcome, client, protocol)))

    def on_outcome(place: int, outcome: Outcome) -> None:
        cut.note(outcome)
        rows.add(place, outcome)

    try:
        run_each(client, requests, on_outcome, progress, what="questions")
    except BudgetError as error:
        left = len(client.missing(requests))
        raise BudgetError(
            f"{error}; {left} of {len(jobs)} questions are not answered yet. All answers are kept: run again with more"
        ) from None
    return cut.warn(f"{provider.name}/{provider.model}", len(jobs))


def without_context(row: Prediction) -> Prediction:
    """Return a row of a model whose server truncates what it is sent.

    What retrieval has found stays what it is; of a conversation nobody knows which part was read.
    """
    return row.model_copy(update={"context_ids": []}) if row.task == "qa" else row


def requests_for(
    jobs: Sequence[Job], provider: Provider, protocol: Protocol, *, max_tokens: int, seed: int
) -> Sequence[Request]:
    """Return what is sent for each job: a request is made when it is looked at, and kept by who looks."""
    capabilities = provider.capabilities
    address = addressed(provider)

    def request(job: Job) -> Request:
        return Request(
            **address,
            messages=(Message("system", job.system), SharedMessage("user", job.asked, start=job.shared)),
            max_tokens=max_tokens,
            temperature=protocol.temperature,
            stop=protocol.stop if capabilities.stop else None,
            seed=seed if capabilities.seed else None,
            shared_prefix=len(job.shared),
            repeat=job.repeat or None,
        )

    return _Requests(jobs, request)


class _Requests(Sequence[Request]):
    """The requests of jobs, none of which is held."""

    def __init__(self, jobs: Sequence[Job], make: Callable[[Job], Request]) -> None:
        self._jobs = jobs
        self._make = make

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, place: Any) -> Any:
        found = self._jobs[place]
        return _Requests(found, self._make) if isinstance(place, slice) else self._make(found)


class _InOrder:
    """Outcomes, which come in any order, in row order as soon as all of the conversations up to theirs are there."""

    def __init__(self, jobs: Sequence[Job], done: Callable[[Job, Outcome], None]) -> None:
        """`jobs` stand by conversation."""
        self._jobs = jobs
        self._done = done
        self._left = Counter(job.conversation.sample_id for job in jobs)
        self._came: dict[str, list[tuple[Job, Outcome]]] = {sample_id: [] for sample_id in self._left}

    def add(self, place: int, outcome: Outcome) -> None:
        """Take the outcome of a job."""
        job = self._jobs[place]
        sample_id = job.conversation.sample_id
        self._came[sample_id].append((job, outcome))
        self._left[sample_id] -= 1
        while self._came and not self._left[first := next(iter(self._came))]:
            for each in sorted(self._came.pop(first), key=lambda pair: pair[0].order):
                self._done(*each)


class _Cut:
    """Counts the prompts of which a server has read less than it was sent."""

    def __init__(self) -> None:
        self._count = self._read = self._sent = 0

    def note(self, outcome: Outcome) -> None:
        """Take a look at what came of a request."""
        if outcome.response is not None and cut_in_silence(outcome.request, outcome.response):
            self._count += 1
            self._read = max(self._read, outcome.response.input_tokens)
            self._sent = max(self._sent, sum(len(message.content) for message in outcome.request.messages))

    def warn(self, model: str, asked: int) -> bool:
        """Say once if there were any, with the cure; return whether there were."""
        if self._count:
            log.warning(
                "model '%s': the server truncated %d of %d prompts: it read at most %d tokens of prompts of up to %d "
                "characters. What qa was shown is then unknown, and so is its recall. Give the server a larger "
                "window (Ollama: OLLAMA_CONTEXT_LENGTH, llama-server: -c), or set answer.context_window=%d",
                *(model, self._count, asked, self._read, self._sent, self._read),
            )
        return self._count > 0


def _row(job: Job, outcome: Outcome, client: Client, protocol: Protocol) -> Prediction:
    response = outcome.response
    prediction, choice = protocol.read(response.text, job.put) if response else (None, _unread(job.put))
    return Prediction(
        id=job.conversation.question_id(job.index),
        sample_id=job.conversation.sample_id,
        index=job.index,
        category=job.question.category,
        question=job.question.question,
        reference=job.question.reference,
        prediction=prediction,
        raw=response.text if response else None,
        context_ids=job.context_ids,
        task=job.task,
        unit=job.unit,
        k=job.k,
        model=response.model if response else client.provider.model,
        protocol=protocol.name,
        usage=usage_of(outcome, client.spending.price),
        request=outcome.request.key,
        error=outcome.error,
        choice=choice,
        repeat=job.repeat,
    )


def _unread(put: Put) -> Choice | None:
    """What a failed call says of the options: how they were put, which tells both orders apart."""
    return Choice(refusal=put.refusal, taken=None) if put.refusal else None
