"""A question that is to be asked, and the asking of many: the loop that qa and rag share."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from locomo.llm import BudgetError, Client, Message, Outcome, Provider, Request, addressed
from locomo.llm.run_requests import run_requests
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


def answer(jobs: Sequence[Job], client: Client, protocol: Protocol, *, max_tokens: int, seed: int) -> list[Prediction]:
    """Ask all jobs, in their order (those that share a prefix should be neighbours), and return rows in row order.

    IncompleteError if some failed temporarily, after all have been asked.
    """
    provider = client.provider
    requests = requests_for(jobs, provider, protocol, max_tokens=max_tokens, seed=seed)
    tally, spending = client.tally, client.spending
    task = jobs[0].task if jobs else "nothing"
    log.info("%s: asking %s/%s %d questions", task, provider.name, provider.model, len(jobs))
    progress = Progress(
        task,
        len(jobs),
        lambda: f"{tally.hits} from the cache, {'price unknown' if spending.price is None else f'${spending.usd:.4f}'}",
    )
    try:
        outcomes = run_requests(client, requests, progress, what="questions")
    except BudgetError as error:
        left = len(client.missing(requests))
        raise BudgetError(
            f"{error}; {left} of {len(jobs)} questions are not answered yet. All answers are kept: run again with more"
        ) from None
    cut = _warn_of_cut(outcomes, f"{provider.name}/{provider.model}")
    pairs = sorted(zip(jobs, outcomes, strict=True), key=lambda pair: pair[0].order)
    return [_row(job, outcome, client, protocol, cut=cut) for job, outcome in pairs]


def requests_for(
    jobs: Sequence[Job], provider: Provider, protocol: Protocol, *, max_tokens: int, seed: int
) -> list[Request]:
    """Return what is sent for each job."""
    capabilities = provider.capabilities
    return [
        Request(
            **addressed(provider),
            messages=(Message("system", job.system), SharedMessage("user", job.asked, start=job.shared)),
            max_tokens=max_tokens,
            temperature=protocol.temperature,
            stop=protocol.stop if capabilities.stop else None,
            seed=seed if capabilities.seed else None,
            shared_prefix=len(job.shared),
            repeat=job.repeat or None,
        )
        for job in jobs
    ]


def _warn_of_cut(outcomes: Sequence[Outcome], model: str) -> bool:
    """Say once if a server reads less than it is sent, with the cure; return whether it does."""
    cut = [outcome for outcome in outcomes if outcome.response and cut_in_silence(outcome.request, outcome.response)]
    if not cut:
        return False
    read = max(outcome.response.input_tokens for outcome in cut if outcome.response)
    sent = max(sum(len(message.content) for message in outcome.request.messages) for outcome in cut)
    log.warning(
        "model '%s': the server truncated %d of %d prompts: it read at most %d tokens of prompts of up to %d "
        "characters. What qa was shown is then unknown, and so is its recall. Give the server a larger "
        "window (Ollama: OLLAMA_CONTEXT_LENGTH, llama-server: -c), or set answer.context_window=%d",
        *(model, len(cut), len(outcomes), read, sent, read),
    )
    return True


def _row(job: Job, outcome: Outcome, client: Client, protocol: Protocol, *, cut: bool) -> Prediction:
    response = outcome.response
    # What retrieval has found stays what it is; of a conversation nobody knows which part was read.
    unknown = job.task == "qa" and cut
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
        context_ids=[] if unknown else job.context_ids,
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
