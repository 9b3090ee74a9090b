"""What documented values point to: tiny models in folders and a hub cache, services on loopback, a small dataset."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import loopback
from conftest import ROOT, SAMPLE
from services import ANTHROPIC, GOOGLE, OPENAI
from test_ctransformers_provider import write_llama
from tiny_blip import save_blip
from tiny_clip import save_clip
from tiny_encoders import save_encoder
from tiny_hf import save_model

from locomo.llm.providers.mock_schema import instance
from locomo.retrieval.declaration import DECLARATIONS

SESSIONS, QUESTIONS_PER_CATEGORY = 2, 1
HUB = {"Salesforce/blip-image-captioning-large": "main", "tiny/llama": "main", "distilbert-base-uncased": "main"}


RETRIEVER = """
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS

class Own:
    def rank(self, conversation, unit, questions, k):
        return [[Hit(each, 0.0) for each in UNITS[unit](conversation)[:k]] for _ in questions]
"""


def dataset() -> list[dict[str, Any]]:
    """The first sessions of a conversation of the sample, and one question of each category about them."""
    whole = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
    kept = {f"session_{n}" for n in range(1, SESSIONS + 1)}
    conversation = {
        name: value
        for name, value in whole["conversation"].items()
        if not name.startswith("session_") or name.removesuffix("_date_time") in kept
    }
    seen: dict[int, int] = {}
    questions = []
    for question in whole["qa"]:
        told = all(place.split(":")[0] in ("D1", "D2") for place in question["evidence"])
        if told and seen.get(question["category"], 0) < QUESTIONS_PER_CATEGORY:
            seen[question["category"]] = seen.get(question["category"], 0) + 1
            questions.append(question)
    notes = {
        part: {name: value for name, value in whole[part].items() if any(one in name for one in kept)}
        for part in ("observation", "session_summary", "event_summary")
    }
    return [{"sample_id": "tiny-1", "conversation": conversation, **notes, "qa": questions}]


def into_hub(hub: Path, name: str, revision: str, save: Callable[[Path], Any]) -> None:
    """Write a model where the hub's library would keep it after a download."""
    owned = hub / f"models--{name.replace('/', '--')}"
    commit = revision if len(revision) == 40 else "0" * 40
    folder = owned / "snapshots" / commit
    folder.mkdir(parents=True)
    save(folder)
    (owned / "refs").mkdir()
    (owned / "refs" / "main").write_text(commit)


def make_models(folder: Path) -> dict[str, str]:
    """Write all models; return where each is."""
    hub = folder / "hub"
    gqa = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 16384,
    }

    def causal(place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        save_model(place, "llama", **gqa)

    causal(folder / "llama")
    save_encoder(_made(folder / "encoder"), max_position_embeddings=512)
    save_encoder(_made(folder / "reranker"), "BertForSequenceClassification", num_labels=1, max_position_embeddings=512)
    save_blip(folder / "blip")
    save_clip(folder / "clip")
    write_llama(folder / "old.gguf", window=16384)
    shutil.copyfile(folder / "old.gguf", folder / "tiny.gguf")
    into_hub(hub, "tiny/llama", "main", causal)
    into_hub(hub, "Salesforce/blip-image-captioning-large", "main", save_blip)
    into_hub(hub, "distilbert-base-uncased", "main", _distilbert)
    for declared in DECLARATIONS.values():
        for model in {declared.query, declared.passage} - {"minilm"}:
            name, _, revision = model.partition("@")
            kind = {"facebook/dpr-question_encoder-single-nq-base": "DPRQuestionEncoder"}.get(name, "BertModel")
            kind = {"facebook/dpr-ctx_encoder-single-nq-base": "DPRContextEncoder"}.get(name, kind)
            into_hub(hub, name, revision or "main", _encoder(kind))
    (folder / "own.py").write_text(RETRIEVER, encoding="utf-8")
    (folder / "script.yaml").write_text('- answer: "a bee"\n', encoding="utf-8")
    return {"models": str(folder), "hub": str(hub)}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _encoder(kind: str) -> Callable[[Path], Any]:
    return lambda folder: save_encoder(folder, kind, max_position_embeddings=512)


def _distilbert(folder: Path) -> None:
    import torch
    import transformers
    from tiny_encoders import save_tokenizer

    vocabulary = save_tokenizer(folder)
    torch.manual_seed(0)
    sizes = {"dim": 16, "hidden_dim": 32, "n_layers": 6, "n_heads": 2, "max_position_embeddings": 512}
    transformers.DistilBertModel(
        transformers.DistilBertConfig(vocab_size=vocabulary, pad_token_id=0, **sizes)
    ).save_pretrained(folder)


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Speak as OpenAI, Anthropic and Gemini do, by the path that is asked for."""
    body = handler.server.body  # type: ignore[attr-defined]
    path = handler.path.partition("?")[0]
    if path.endswith("/embeddings"):
        rows = [[float(len(text)), float(sum(map(ord, text)) % 97), 1.0] for text in body["input"]]
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
        said: Any = {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    else:
        service = OPENAI if "/chat/" in path else ANTHROPIC if path.endswith("/messages") else GOOGLE
        text = "a bee on a hill"
        if "response_format" in body:
            asked = str(body["messages"][-1]["content"])
            schema = body["response_format"]["json_schema"]["schema"]
            text = json.dumps(instance(schema, asked.split(), random.Random(asked)))
        said = service.answer(text, service.reasons[0])
    loopback.reply(200, said)(handler)


def prompts(folder: Path) -> None:
    """Write prompts of one's own."""
    text = "version: mine-1\nfinal: 'Answer: *(.+)'\ntemplates:\n  question: 'Q: {question}'\n"
    (folder / "prompts.yaml").write_text(text, encoding="utf-8")
    (folder / "judge.yaml").write_text("version: mine-1\ntemplates:\n  rules: Be fair.\n", encoding="utf-8")


def personas(folder: Path) -> None:
    """Write the three forms of personas."""
    pairs = json.loads((ROOT / "data/raw/personas.json").read_text(encoding="utf-8"))
    (folder / "msc_personas_all.json").write_text(json.dumps(pairs), encoding="utf-8")
    for name, person in {"agent_a.json": "Ruth", "agent_b.json": "Ivo"}.items():
        given = {"name": person, "persona_summary": f"{person} keeps bees, sings in a choir and lives by the sea."}
        (_there(folder / "given") / name).write_text(json.dumps(given), encoding="utf-8")


def _there(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
