"""qa: the conversation itself as context, cut to the model's window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from locomo.errors import InputError
from locomo.schema import Conversation
from locomo.tasks.context import conversation_context
from locomo.tasks.job import TEMPLATE_TOKENS, Job
from locomo.tasks.protocol import Protocol


def qa_jobs(
    conversations: Sequence[Conversation],
    protocol: Protocol,
    *,
    window: int,
    max_tokens: int,
    seed: int,
    count_tokens: Callable[[str], int],
) -> list[Job]:
    """Return one job a question, or one for each way it is put. `window` is in tokens, prompt and answer together."""
    jobs = []
    for conversation in conversations:
        system = protocol.prompts.fill("qa_system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b)
        asked = []
        for index, question in protocol.asked(conversation):
            for put in protocol.ways(question, conversation.question_id(index), seed):
                asked.append((index, put, protocol.question_text(question, put.options)))
        if not asked:
            continue
        # Counting by length finds the longest question; its tokens are the room that all of them get.
        longest = max((text for _, _, text in asked), key=len)
        frame = count_tokens(system + protocol.prompts.fill("qa_user", context="", question=longest))
        budget = window - max_tokens - frame - TEMPLATE_TOKENS
        context = conversation_context(conversation, protocol, budget, count_tokens)
        if budget <= 0 or not context.ids:
            raise InputError(
                f"params.yaml: answer.context_window: {window} tokens do not fit a question of "
                f"{conversation.sample_id}, its answer and one turn; make it larger"
            )
        shared = protocol.prompts.fill("qa_user", context=context.text, question="\0").partition("\0")[0]
        for index, put, text in asked:
            after = protocol.prompts.fill("qa_user", context=context.text, question=text)[len(shared) :]
            jobs.append(Job(conversation, index, system, after, put, context.ids, task="qa", shared=shared))
    return jobs
