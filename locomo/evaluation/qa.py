"""Asking with the conversation itself as context, and asking for the baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from locomo.llm import Client
from locomo.pipeline.ahead import say_how_long
from locomo.pipeline.params import Params
from locomo.schema import Conversation, Prediction
from locomo.tasks.baselines import baseline_jobs, qa_and_baseline_jobs
from locomo.tasks.job import answer, repeated
from locomo.tasks.protocol import asking_protocol


def ask_qa(
    conversations: Sequence[Conversation],
    params: Params,
    client: Client,
    *,
    keep: Callable[[Prediction], None],
    baselines_only: bool = False,
) -> bool:
    """Ask every question, with the conversation (task 'qa') and for each baseline of `params` (task 'baseline').

    `keep` gets rows in the order of samples and questions, all tasks together, as conversations are done. Return
    whether they have to be `without_context`, since the model's server truncates what it is sent.

    IncompleteError if some calls failed for now, after all have been made; InputError if the model's window does not
    hold a question and a turn.
    """
    protocol = asking_protocol(params.protocol, params.model, params.answer.prompt)
    room: dict[str, Any] = {
        "window": client.provider.capabilities.context_window,
        "max_tokens": params.answer.max_tokens,
        "seed": params.seed,
        "count_tokens": client.provider.count_tokens,
    }
    jobs_of = baseline_jobs if baselines_only else qa_and_baseline_jobs
    jobs = repeated(jobs_of(conversations, params.baselines, protocol, **room), params.repeats)
    say_how_long("qa", params, client, jobs, protocol)
    return answer(jobs, client, protocol, keep=keep, max_tokens=params.answer.max_tokens, seed=params.seed)
