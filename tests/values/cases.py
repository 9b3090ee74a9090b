"""How each documented value is run: what goes with it, and what stands in for what cannot be here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from locomo.llm.catalog import Effort
from locomo.tasks.judge_prompt import PROMPTS


@dataclass(frozen=True)
class Case:
    """One value of a parameter. `{models}`, `{redis}` and the like are filled in with places of the test."""

    value: str
    beside: dict[str, str] = field(default_factory=dict)
    """Other parameters that it needs."""
    documents: str | None = None
    """The form in the comment that it is one of, such as `hf/` for `hf/{models}/llama`; None: the value itself."""
    before: dict[str, str] | None = None
    """Parameters of a run that goes before it."""


def _agents(**more: str) -> dict[str, str]:
    return {"generate.mode": "agents", "generate.model": "mock/words"} | more


FOLDER = {"caption.images": "folder"}
FEW = {"answer.max_tokens": "4", "baselines": "[]"}
"""Of a model whose tokens are bytes."""
JUDGE = {"judge.model": "mock/words"}
MEMORY = {"memory.systems": "[keywords]"}
OPENAI = {"model": "openai/gpt-x"}
EVENTS = {"events.ways": "[retrieved]"}
DIALOGUE = {"dialogue.conditions": "[summary, observation]"}

CASES: dict[str, list[Case]] = {
    "dataset": [Case("tiny"), Case("demo")],
    "model": [
        Case("gguf/smollm2-135m-instruct", {"answer.context_window": "256", "rag.k": "1"}, documents="gguf"),
        # A token of this model is a byte, those of its chat template too: they need room beside the prompt.
        Case("gguf/{models}/tiny.gguf", FEW | {"answer.context_window": "1900"}),
        Case("openai/gpt-x", documents="openai"),
        Case("gpt-3.5-turbo-4k", {"answer.context_window": "null"}),
        Case("anthropic/claude-x", documents="anthropic"),
        Case("google/gemini-x", documents="google"),
        Case("google-genai/gemini-x", documents="google-genai"),
        Case("hf/{models}/llama", FEW, documents="hf"),
        Case("hf/tiny/llama", FEW),
        Case("ctransformers/{models}/old.gguf", FEW, documents="ctransformers"),
        Case("mock/script:{models}/script.yaml"),
        Case("mock/words", documents="mock"),
        Case("mock/refuse"),
    ],
    "protocol": [Case("paper"), Case("head"), Case("strict"), Case("judge", JUDGE)],
    "seed": [Case("1")],
    "repeats": [Case("3")],
    "baselines": [Case("[]"), Case("null"), Case("no_memory"), Case("[gold_evidence]")],
    "subset.conversations": [Case("null"), Case("[tiny-1]")],
    "subset.categories": [Case("null"), Case("[multi_hop, temporal]"), Case("[1, 5]"), Case("2")],
    "subset.first": [Case("null"), Case("1")],
    "generate.mode": [
        Case("released"),
        Case("agents", _agents()),
        Case("annotate", {"generate.model": "mock/words"}),
    ],
    "generate.model": [Case("openai/gpt-4o-mini", {"generate.mode": "agents"}), Case("mock/words", _agents())],
    "generate.seed": [Case("1", _agents())],
    "generate.personas": [
        Case("data/raw/personas.json", _agents()),
        Case("{models}/msc_personas_all.json", _agents()),
        Case("{models}/given", _agents()),
    ],
    "generate.conversations": [Case("2", _agents())],
    "generate.sessions": [Case("1", _agents())],
    "generate.days": [Case("9", _agents())],
    "generate.events": [Case("3", _agents())],
    "generate.events_per_session": [Case("1", _agents())],
    "generate.max_turns": [Case("2", _agents())],
    "generate.questions": [Case("0", _agents()), Case("3", _agents())],
    "generate.reflections": [Case("true", _agents()), Case("false", _agents())],
    "generate.images": [Case("true", _agents()), Case("false", _agents())],
    "caption.captioner": [
        Case("released"),
        Case("blip", FOLDER),
        Case("hf/{models}/blip", FOLDER, documents="hf/"),
        Case("openai/gpt-4o-mini", FOLDER, documents="openai/"),
        Case("mock/words", FOLDER),
    ],
    "caption.images": [Case("none"), Case("folder"), Case("download")],
    "caption.folder": [Case("{models}/pictures", FOLDER)],
    "caption.prefer": [
        Case("released", FOLDER | {"caption.captioner": "mock/words"}),
        Case("made", FOLDER | {"caption.captioner": "mock/words"}),
    ],
    "embed.encoder": [
        Case("minilm"),
        Case("contriever"),
        Case("dragon"),
        Case("dpr"),
        Case("bm25"),
        Case("openai/text-embedding-3-small", documents="openai/"),
        Case("house/embedder", documents="service/"),
        Case("hf/{models}/encoder", documents="hf/"),
    ],
    "embed.index": [Case("flat"), Case("hnsw"), Case("ivf")],
    "answer.context_window": [Case("null"), Case("1024")],
    "answer.prompt": [Case("null"), Case("{models}/prompts.yaml")],
    "answer.max_tokens": [Case("8")],
    "answer.effort": [Case("null", OPENAI), *(Case(word, OPENAI) for word in get_args(Effort))],
    "answer.thinking_tokens": [Case("null", OPENAI), Case("100", OPENAI)],
    "answer.quantization": [Case("null")],
    "rag.retriever": [
        Case("hybrid"),
        Case("learned"),
        Case("fusion"),
        Case("bm25"),
        Case("dense"),
        Case("{models}/own.py:Own", documents="Class"),
        Case("store/qdrant:{models}/store", documents="store/"),
    ],
    "memory.systems": [
        Case("[]"),
        Case("[keywords, hybrid, last-sessions]"),
        Case("[file-agent]"),
        Case("['command:python examples/memory_program/my_memory.py']", documents="command:"),
        Case("examples/memory_system/keyword_memory.py:KeywordMemory", documents="Class"),
        Case(
            "['notes=mcp:python examples/memory_mcp/notes_server.py']",
            {"memory.settings": "{{notes: examples/memory_mcp/settings.yaml}}"},
            documents="mcp:",
        ),
    ],
    "memory.model": [Case("mock/words", MEMORY)],
    "memory.embedder": [Case("minilm", MEMORY)],
    "memory.settings": [Case("{{}}"), Case("{{keywords: examples/memory_system/settings.yaml}}", MEMORY)],
    "memory.k": [Case("3", MEMORY), Case("[1, 50]", MEMORY)],
    "memory.context_tokens": [Case("null", MEMORY), Case("200", MEMORY)],
    "memory.steps": [Case("2", {"memory.systems": "[file-agent]"})],
    "memory.workers": [Case("1", MEMORY)],
    "rag.reranker": [Case("null"), Case("llm"), Case("hf/{models}/reranker", documents="hf/")],
    "rag.rerank_depth": [Case("3", {"rag.reranker": "llm"})],
    "rag.grid": [Case("units-by-k"), Case("paper")],
    "rag.units": [Case("dialog"), Case("[observation]"), Case("summary")],
    "rag.k": [Case("3"), Case("[1, 50]")],
    "rag.order": [Case("rank"), Case("time")],
    "rag.context_tokens": [Case("null"), Case("200")],
    "llm.tier": [Case("null"), Case("3500-rpm", OPENAI), Case("5000-rpm", OPENAI)],
    "llm.rpm": [Case("null"), Case("6000", OPENAI)],
    "llm.tpm": [Case("null"), Case("1000000", OPENAI)],
    "llm.concurrency": [Case("null"), Case("2", OPENAI)],
    "llm.timeout": [Case("null"), Case("30", OPENAI)],
    "llm.budget_usd": [Case("null"), Case("5", {"model": "openai/gpt-4o-mini"})],
    "llm.max_failed": [Case("0.1", OPENAI)],
    "llm.offline": [Case("false"), Case("true", before={"llm.offline": "false"})],
    "llm.batch": [Case("false"), Case("true", {"model": "openai/gpt-batch"})],
    "llm.workers": [Case("null"), Case("2")],
    "llm.cache": [Case("null"), Case("{models}/answers"), Case("{redis}", documents="redis://")],
    "events.ways": [
        Case("[]"),
        Case("null"),
        Case("incremental", JUDGE),
        Case("[whole, retrieved]", MEMORY | {"memory.model": "mock/words"}),
    ],
    "events.units": [Case("[dialog, observation]", EVENTS), Case("summary", EVENTS)],
    "events.k": [Case("[2, 3]", EVENTS)],
    "events.max_tokens": [Case("200", {"events.ways": "[incremental]"})],
    "dialogue.conditions": [
        Case("[]"),
        Case("null"),
        Case("base"),
        Case("[summary, observation, memory]", MEMORY | {"memory.model": "mock/words"}),
    ],
    "dialogue.turns": [Case("3", DIALOGUE)],
    "dialogue.summaries": [Case("2", DIALOGUE)],
    "dialogue.observations": [Case("3", DIALOGUE)],
    "dialogue.max_tokens": [Case("80", DIALOGUE)],
    "judge.model": [Case("null"), Case("mock/words"), Case("local")],
    "judge.prompt": [*(Case(name, JUDGE) for name in PROMPTS), Case("{models}/judge.yaml", JUDGE)],
    "judge.votes": [Case("3", JUDGE)],
    "judge.max_tokens": [Case("200", JUDGE)],
    "judge.persona": [Case("false"), Case("true", JUDGE | DIALOGUE)],
    "score.bertscore": [Case("null"), Case("minilm"), Case("distilbert-base-uncased")],
    "score.clip": [
        Case("null", DIALOGUE),
        Case("hf/{models}/clip", DIALOGUE | FOLDER, documents="hf/"),
    ],
}
"""Parameter to the values that are run."""

TOGETHER: list[dict[str, str]] = [
    {
        "generate.seed": "1",
        "generate.conversations": "2",
        "generate.events": "3",
        "generate.events_per_session": "1",
        "generate.max_turns": "2",
        "generate.questions": "3",
        "generate.reflections": "true",
    },
    {"generate.sessions": "1", "generate.days": "9", "generate.questions": "0", "generate.reflections": "false"},
    {"generate.images": "true", "generate.personas": "data/raw/personas.json", "generate.model": "mock/words"},
    {"generate.images": "false", "generate.personas": "{models}/given"},
    {"llm.tpm": "1000000", "answer.thinking_tokens": "100", "answer.effort": "high"},
    {"llm.rpm": "6000", "llm.max_failed": "0.1", "answer.effort": "medium"},
    {"llm.tier": "3500-rpm", "llm.concurrency": "2", "answer.effort": "low"},
    {"llm.tier": "5000-rpm", "llm.timeout": "30", "answer.effort": "minimal"},
    {"rag.k": "3", "answer.max_tokens": "8", "answer.context_window": "1024"},
    {"rag.order": "time", "rag.context_tokens": "200"},
    {"memory.model": "mock/words", "memory.embedder": "minilm", "memory.k": "3", "memory.workers": "1"},
    {"memory.context_tokens": "200", "memory.settings": "{{keywords: examples/memory_system/settings.yaml}}"},
    {"events.k": "[2, 3]", "events.units": "[dialog, observation]"},
    {"dialogue.turns": "3", "dialogue.summaries": "2", "dialogue.observations": "3", "dialogue.max_tokens": "80"},
    {"judge.votes": "3", "judge.max_tokens": "200", "judge.prompt": "lenient"},
]
"""Cases that are run in one: all are read, and none hides what another one does."""

ELSEWHERE: dict[tuple[str, str], str] = {
    ("dataset", "sample"): "what all other tests of the pipeline run; too large for one of many cases",
    ("dataset", "locomo10"): "tests/pipeline/test_repro.py runs it, where it is here",
    ("dataset", "realtalk"): "tests/pipeline/test_repro.py runs a part of it, where it is here",
    **dict.fromkeys(
        [("dataset", name) for name in ("locomo_plus", "beam100k", "longmemeval_s", "longmemeval_oracle")],
        "tests/dataset/test_converters.py converts them, tests/pipeline/test_repro.py runs questions in their shape",
    ),
    ("llm.workers", "ray://"): "`make ray-test` starts a cluster of two nodes",
    ("answer.quantization", "4bit"): "needs a CUDA GPU; tests/llm/test_hf_quantization.py has all but the rounding",
    ("answer.quantization", "8bit"): "needs a CUDA GPU; tests/llm/test_hf_quantization.py has all but the rounding",
}
"""Documented values that are not run here, and why."""

PROSE: dict[str, set[str]] = {
    "protocol": {"scored"},
    "seed": {"random"},
    "repeats": {"themselves"},
    "baselines": {"qa"},
    "generate.events": {"speaker"},
    "answer.max_tokens": {"besides"},
    "answer.effort": {"words"},
    "caption.prefer": {"two"},
    "rag.units": {"retrieved"},
    "llm.tier": {"account"},
    "llm.cache": {"kept"},
    "judge.votes": {"number"},
    "score.bertscore": {"BERTScore"},
}
"""Words before a colon, and the like, in comments that are no values."""
