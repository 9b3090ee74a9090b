"""Graphiti: a graph of entities and facts with the times when they hold, in a Kuzu database of one conversation."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ |= {"GRAPHITI_TELEMETRY_ENABLED": "false", "SEMAPHORE_LIMIT": "1"}

from graphiti_core import Graphiti
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.driver.driver import GraphProvider
from graphiti_core.driver.kuzu_driver import KuzuDriver
from graphiti_core.embedder.openai import OpenAIEmbedder, OpenAIEmbedderConfig
from graphiti_core.graph_queries import get_fulltext_indices
from graphiti_core.llm_client.config import LLMConfig
from graphiti_core.llm_client.openai_generic_client import OpenAIGenericClient
from graphiti_core.nodes import EpisodeType
from graphiti_core.search.search_config_recipes import COMBINED_HYBRID_SEARCH_RRF
from locomo_memory_adapter import serve

GROUP = "conversation"
TURNS = "turns.json"
"""Which turns each episode has: the ids of episodes are Graphiti's own."""
MOST_TOKENS = 4096
"""Of an answer; Graphiti's default of 16,384 is more than many models have."""


class NoReranker(CrossEncoderClient):
    """Searches fuse ranks; nothing asks for this."""

    async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:
        """Leave the order as it is."""
        return [(passage, 0.0) for passage in passages]


class GraphitiAdapter:
    """A graph in a folder, written to as episodes are added."""

    def open(self, folder: str, settings: dict[str, Any], services: dict[str, Any]) -> None:
        """Open the graph of a folder, or make one."""
        self._loop = asyncio.new_event_loop()
        self._a_turn = settings.get("episode", "turn") == "turn"
        self._nodes = bool(settings.get("nodes", False))
        self._turns_file = Path(folder) / TURNS
        self._turns = json.loads(self._turns_file.read_text()) if self._turns_file.exists() else {}
        os.environ["EMBEDDING_DIM"] = str(services["dimensions"])
        driver = KuzuDriver(str(Path(folder) / "graph.kuzu"))
        driver._database = GROUP
        config = LLMConfig(
            api_key=services["key"],
            model=services["model"],
            small_model=services["model"],
            base_url=services["base_url"],
            temperature=float(settings.get("temperature", 0.0)),
        )
        embedder = OpenAIEmbedderConfig(
            api_key=services["key"],
            base_url=services["base_url"],
            embedding_model=services["embedder"],
            embedding_dim=services["dimensions"],
        )
        self._graph = Graphiti(
            graph_driver=driver,
            llm_client=OpenAIGenericClient(config, max_tokens=int(settings.get("max_tokens", MOST_TOKENS))),
            embedder=OpenAIEmbedder(embedder),
            cross_encoder=NoReranker(),
        )
        if not self._turns:
            self._run(self._make_indices(driver))

    def add(self, session: dict[str, Any]) -> None:
        """Add an episode for each turn, or one for the session, dated as the session is."""
        turns = session["turns"]
        for number, episode in enumerate([[turn] for turn in turns] if self._a_turn else [turns]):
            result = self._run(
                self._graph.add_episode(
                    name=f"session {session['number']}, {number}",
                    episode_body="\n".join(map(_said, episode)),
                    source_description="conversation",
                    reference_time=datetime.fromisoformat(session["date"]).replace(tzinfo=UTC),
                    source=EpisodeType.message,
                    group_id=GROUP,
                )
            )
            self._turns[result.episode.uuid] = [turn["dia_id"] for turn in episode]
        # Kuzu cannot go on from the log of a process that was killed where there are full-text indices.
        self._run(self._graph.driver.execute_query("CHECKPOINT"))
        self._turns_file.write_text(json.dumps(self._turns))

    def search(self, question: str, k: int) -> list[dict[str, Any]]:
        """Return the facts that come first by meaning and words, and after them as many entities if wanted."""
        config = COMBINED_HYBRID_SEARCH_RRF.model_copy(update={"limit": k})
        config = config.model_copy(update={"episode_config": None, "community_config": None})
        if not self._nodes:
            config = config.model_copy(update={"node_config": None})
        found = self._run(self._graph.search_(question, config=config, group_ids=[GROUP]))
        facts = [
            {
                "text": edge.fact,
                "dia_ids": self._dia_ids(edge.episodes),
                "score": score,
                "date": _date(edge.valid_at),
            }
            for edge, score in zip(found.edges, found.edge_reranker_scores, strict=True)
        ]
        entities = [{"text": f"{node.name}: {node.summary}", "dia_ids": []} for node in found.nodes if node.summary]
        return facts + entities

    def close(self) -> None:
        """Close the graph."""
        self._run(self._graph.close())
        self._loop.close()

    async def _make_indices(self, driver: KuzuDriver) -> None:
        await self._graph.build_indices_and_constraints()  # which for Kuzu leaves out those of words
        for query in get_fulltext_indices(GraphProvider.KUZU):
            await driver.execute_query(query)

    def _dia_ids(self, episodes: list[str]) -> list[str]:
        return list(dict.fromkeys(dia_id for episode in episodes for dia_id in self._turns.get(episode, [])))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%d %B %Y}".lstrip("0")


def _said(turn: dict[str, Any]) -> str:
    seen = f" [shares {turn['caption']}]" if turn["caption"] else ""
    return f"{turn['speaker']}: {turn['text']}{seen}"


if __name__ == "__main__":
    serve(GraphitiAdapter)
