"""What a session takes a memory system to ingest: calls and tokens, for `a_session` in its system.yaml.

    python benchmarks/memory_rates.py data/raw/locomo10.json [--systems mem0 ...] [--sessions 4]

The first sessions of the first conversation are ingested through the gateway. `mock/extract` answers by rule, so
answers are about as long as the sentences that they are made of; a model writes more, or less. Tokens are counted by
the vocabulary of the embedded model.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from locomo.dataset import read_conversations
from locomo.llm import Client, RequestCache, open_model
from locomo.memory.shipped import shipped_names
from locomo.memory.start import Starter
from locomo.memory.store import Ingestion, KeptStore
from locomo.memory.system import system
from locomo.models.smollm2 import NAME as EMBEDDED
from locomo.pipeline.memory_models import behind_gateway
from locomo.pipeline.params import read_params
from locomo.pipeline.serving import embedder
from locomo.schema import Conversation


def ingested(name: str, conversation: Conversation, folder: Path) -> Ingestion:
    """Ingest a conversation into an empty store, with an empty request cache."""
    model = open_model("mock/extract", context_window=None)
    counts = open_model(f"gguf/{EMBEDDED}", context_window=None).count_tokens
    model.count_tokens = counts  # type: ignore[method-assign]  # not the words of a mock
    client = Client(model, RequestCache(folder / "requests"))
    try:
        with behind_gateway(client, embedder(read_params(()), "minilm"), "minilm") as services:
            store = KeptStore(name, folder)
            return store.ingest(system(name), conversation, Starter(services, {}, folder / "logs"))
    finally:
        client.cache.close()


def main() -> None:
    """Measure each system and print what belongs into its description."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--systems", nargs="+", default=shipped_names())
    parser.add_argument("--sessions", type=int, default=4)
    arguments = parser.parse_args()
    whole = read_conversations(arguments.data)[0]
    conversation = whole.model_copy(update={"sessions": whole.sessions[: arguments.sessions]})
    sessions = len(conversation.sessions)
    print(f"{conversation.sample_id}, {sessions} sessions of {len(list(conversation.turns))} turns")
    for name in arguments.systems:
        with tempfile.TemporaryDirectory() as folder:
            found = ingested(name, conversation, Path(folder))
        taken = found.taken
        a_session = f"calls: {taken.calls / sessions:.1f}, input_tokens: {taken.input_tokens / sessions:.0f}, "
        print(f"{name}: {{{a_session}output_tokens: {taken.output_tokens / sessions:.0f}}} ({found.seconds:.0f} s)")


if __name__ == "__main__":
    main()
