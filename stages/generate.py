"""generate: makes data/conversations/, one checked file a conversation, and data/agents/, how agents came to them."""

from collections.abc import Sequence
from pathlib import Path

from locomo.dataset import read_folder, write_conversation
from locomo.dataset.released import read_released, split_released
from locomo.dataset.subset import select
from locomo.generation.agents import Generated, generate
from locomo.generation.agents import most_requests as of_a_conversation
from locomo.generation.annotate import annotate
from locomo.generation.annotate import most_requests as of_annotating
from locomo.generation.inspection import write_agents
from locomo.generation.personas import Persona, personas_of
from locomo.llm import BudgetError, Client
from locomo.pipeline import Stage, run_stage, say
from locomo.pipeline.encoders import open_stored_encoder
from locomo.pipeline.models import open_client, open_whole
from locomo.progress import Progress
from locomo.retrieval.declaration import MINILM
from locomo.schema import Conversation

RAW = Path("data/raw")


def main(stage: Stage) -> None:
    """Take a released dataset apart, have agents talk, or annotate."""
    settings, dataset = stage.params.generate, stage.params.dataset
    out, agents = stage.out("data/conversations"), stage.out("data/agents")
    agents.mkdir()
    if settings.mode == "released":
        say("generate", {"conversations": split_released(RAW, dataset, out, stage.params.subset)})
        return
    try:
        if settings.mode == "agents":
            made = talk(stage)
            for each in made:
                write_agents(each, agents)
            conversations: Sequence[Conversation] = [each.conversation for each in made]
        else:
            conversations = take_notes(stage, read_released(RAW, dataset))
    except BudgetError as error:
        raise BudgetError(f"{error}; all answers are kept: run again with more") from None
    conversations = select(conversations, stage.params.subset)
    for conversation in conversations:
        write_conversation(conversation, out)
    counts = {
        "conversations": len(read_folder(out)),  # read again, as every later stage reads them
        "sessions": sum(len(conversation.sessions) for conversation in conversations),
        "turns": sum(1 for conversation in conversations for _ in conversation.turns),
        "observations": sum(len(conversation.observations) for conversation in conversations),
        "questions": sum(len(conversation.questions) for conversation in conversations),
    }
    say("generate", counts)


def talk(stage: Stage) -> list[Generated]:
    """Have agents talk."""
    settings = stage.params.generate
    pairs = personas_of(Path(settings.personas), settings.conversations, settings.seed)
    most = len(pairs) * of_a_conversation(settings, given=isinstance(pairs[0][0], Persona))
    encoder = open_stored_encoder(MINILM, stage.params.llm)
    with open_client(stage, settings.model, open_whole) as client:
        progress = start(client, len(pairs) * settings.sessions, most)
        try:
            return generate(client, settings, pairs, encoder, on_session=progress.step)
        finally:
            progress.close()


def take_notes(stage: Stage, conversations: list[Conversation]) -> list[Conversation]:
    """Have notes taken of a dataset."""
    settings = stage.params.generate
    sessions = sum(len(conversation.sessions) for conversation in conversations)
    with open_client(stage, settings.model, open_whole) as client:
        progress = start(client, sessions, of_annotating(conversations))
        try:
            return annotate(client, conversations, settings.seed, progress.step)
        finally:
            progress.close()


def start(client: Client, sessions: int, most: int) -> Progress:
    """Say what will be asked at most, and count sessions."""
    tally, spending = client.tally, client.spending
    say("generate", {"sessions to make": sessions, "requests at most": most})
    return Progress(
        "generate",
        sessions,
        lambda: (
            f"{tally.requests} requests, {tally.hits} from the cache, "
            f"{'price unknown' if spending.price is None else f'${spending.usd:.4f}'}"
        ),
        unit="session",
    )


if __name__ == "__main__":
    run_stage("generate", main)
