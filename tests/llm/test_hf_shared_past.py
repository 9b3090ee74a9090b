"""Prompts that begin alike: that beginning is read once, and answers are those of prompts that are read whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_hf import save_model

from locomo.llm import Message, Request, Response, open_model
from locomo.llm.providers import hf, prefixes, shared_past
from locomo.llm.providers.prefixes import common_prefix, shared_groups

RUTH = "Ruth: I keep bees on the hill now. Ivo: I work nights on the ferry. "
IVO = "Ivo: my canoe leaks. Ruth: bring it up here, and some pitch and a lamp. "
QUESTIONS = ("Who keeps bees?", "Who?", "What leaks? 🛶", "Where does Ivo work at night?", "Who?!", "Is it dark?")
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 256}
GQA = SIZES | {"intermediate_size": 32, "num_key_value_heads": 2, "head_dim": 4}
SHARING: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", GQA),
    "gemma2 (capped attention)": (
        "gemma2",
        GQA
        | {"sliding_window": 4096, "tie_word_embeddings": False, "pad_token_id": None}
        | {"initializer_range": 1.0, "query_pre_attn_scalar": 1, "num_hidden_layers": 4},
    ),
    "gpt2 (learned positions)": ("gpt2", {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 256}),
    "gpt_neox (half of the dimensions turned)": ("gpt_neox", SIZES | {"intermediate_size": 32}),
    "mistral, a sliding window that is never full": ("mistral", GQA | {"sliding_window": 4096}),
    "opt": (
        "opt",
        {
            "hidden_size": 16,
            "word_embed_proj_dim": 16,
            "ffn_dim": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 256,
        },
    ),
    "deepseek_v3 (compressed keys)": (
        "deepseek_v3",
        SIZES | {"q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4},
    ),
    "mixtral (experts)": ("mixtral", GQA | {"num_local_experts": 4, "sliding_window": None}),
}
READING_WHOLE: dict[str, tuple[str, dict[str, Any]]] = {
    "mistral, a sliding window": ("mistral", GQA | {"sliding_window": 64}),
    "gemma3 (every other layer slides)": (
        "gemma3_text",
        GQA | {"sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "positions that depend on the length": (
        "llama",
        GQA | {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}},
    ),
    "bloom (positions by distance)": ("bloom", {"hidden_size": 16, "n_layer": 2, "n_head": 4, "seq_length": 256}),
    "mamba (a state)": ("mamba", {"hidden_size": 16, "num_hidden_layers": 2, "state_size": 4}),
}


@pytest.fixture(autouse=True)
def _small_things_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "WORTH", 40)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hf") / "tiny"
    save_model(folder, "llama", **GQA)
    return folder


def ask(text: str, **fields: Any) -> Request:
    return Request("hf", "tiny", (Message("user", text),), fields.pop("max_tokens", 16), **fields)


def about(talk: str) -> list[Request]:
    return [ask(talk + question) for question in QUESTIONS]


def tokens(text: str) -> int:
    """Of a prompt's beginning."""
    return len(f"<user>{text}".encode())


def together(folder: Path, *batches: list[Request]) -> list[list[Response]]:
    """Each batch at once, one batch after the other."""

    async def main() -> list[list[Response]]:
        model = open_model(f"hf/{folder}", context_window=256)
        try:
            return [list(await asyncio.gather(*map(model.complete, batch))) for batch in batches]
        finally:
            await model.close()

    return asyncio.run(main())


def alone(folder: Path, requests: list[Request]) -> list[Response]:
    """One after the other, each prompt read whole."""

    async def main() -> list[Response]:
        model: Any = open_model(f"hf/{folder}", context_window=256)
        model._past = None
        return [await model.complete(request) for request in requests]

    return asyncio.run(main())


def said(responses: list[Response]) -> list[Response]:
    return [replace(response, reused_tokens=0) for response in responses]


def reused(responses: list[Response]) -> list[int]:
    return [response.reused_tokens for response in responses]


@pytest.mark.parametrize("name", SHARING)
def test_answers_are_those_of_prompts_read_whole(tmp_path: Path, name: str) -> None:
    kind, config = SHARING[name]
    save_model(tmp_path, kind, **config)
    first, second, other, back = together(tmp_path, about(RUTH), about(RUTH)[::-1], about(IVO), about(RUTH))
    expected = alone(tmp_path, about(RUTH))
    assert said(first) == said(second)[::-1] == said(back) == expected
    assert said(other) == alone(tmp_path, about(IVO))
    assert len({response.text for response in first}) == len(QUESTIONS)

    talk = tokens(RUTH)
    assert reused(first) == [0, *[talk] * (len(QUESTIONS) - 1)]
    assert reused(second) == [talk] * len(QUESTIONS)
    assert reused(other) == [0, *[tokens(IVO)] * (len(QUESTIONS) - 1)]
    assert reused(back) == [0, *[talk] * (len(QUESTIONS) - 1)]


@pytest.mark.parametrize("name", READING_WHOLE)
def test_models_that_cannot_go_back_read_every_prompt(tmp_path: Path, name: str) -> None:
    kind, config = READING_WHOLE[name]
    save_model(tmp_path, kind, **config)
    first, second = together(tmp_path, about(RUTH), about(RUTH))
    assert first == second == alone(tmp_path, about(RUTH))
    assert reused(first) == [0] * len(QUESTIONS)


def test_a_beginning_is_kept_for_prompts_that_come_one_by_one(llama: Path) -> None:
    answers = [answer for (answer,) in together(llama, *([request] for request in about(RUTH)))]
    assert said(answers) == alone(llama, about(RUTH))
    assert answers[0].reused_tokens == 0
    assert all(answer.reused_tokens >= tokens(RUTH) for answer in answers[1:])


def test_two_talks_and_strangers_at_once(llama: Path) -> None:
    strangers = [ask("Hello."), ask("Ships? " * 20)]
    mixed = [strangers[0], *about(RUTH), *about(IVO), strangers[1]]
    mixed = mixed[::3] + mixed[1::3] + mixed[2::3]
    (answers,) = together(llama, mixed)
    assert said(answers) == alone(llama, mixed)
    for talk in (RUTH, IVO):
        shared = [a.reused_tokens for a, r in zip(answers, mixed, strict=True) if talk in r.messages[0].content]
        assert sorted(shared)[1:] == [tokens(talk)] * (len(QUESTIONS) - 1)
    assert [a.reused_tokens for a, r in zip(answers, mixed, strict=True) if r in strangers] == [0, 0]


@pytest.mark.parametrize(("what", "value"), [("CHUNK", 7), ("SHARING_TOKENS", 100)])
def test_it_does_not_matter_how_much_is_read_at_once(
    llama: Path, monkeypatch: pytest.MonkeyPatch, what: str, value: int
) -> None:
    (expected,) = together(llama, about(RUTH))
    monkeypatch.setattr(shared_past if what == "CHUNK" else hf, what, value)
    (answers,) = together(llama, about(RUTH))
    assert said(answers) == said(expected)
    assert min(reused(answers)[1:]) >= tokens(RUTH)


def test_batches_are_cut_where_they_would_take_too_much_memory(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    answer = shared_past.SharedPast.answer

    def counted(self: Any, prompts: Any, *rest: Any) -> Any:
        sizes.append(len(prompts))
        return answer(self, prompts, *rest)

    monkeypatch.setattr(shared_past.SharedPast, "answer", counted)
    monkeypatch.setattr(hf, "SHARING_TOKENS", 2 * (16 + len(f"{QUESTIONS[3]}<assistant>")))
    together(llama, about(RUTH))
    assert sizes == [2, 2, 2]


def test_each_answer_ends_where_it_would_alone(llama: Path) -> None:
    whole = alone(llama, about(RUTH))
    stop = tuple(response.text[n + 1] for n, response in enumerate(whole[:3]) if response.text[n + 1].isascii())
    assert stop
    requests = [replace(request, stop=stop) for request in about(RUTH)]
    (answers,) = together(llama, requests)
    assert said(answers) == alone(llama, requests)
    assert {answer.finish_reason for answer in answers} == {"stop", "length"}


def test_sampling_reads_every_prompt(llama: Path) -> None:
    requests = [replace(request, temperature=1.0, seed=3) for request in about(RUTH)]
    (answers,) = together(llama, requests)
    assert answers == alone(llama, requests)


def test_a_gpu_without_room_for_it_does_without(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    kept: list[Any] = []
    read = shared_past.SharedPast._read

    def full(self: Any, words: Any, *rest: Any) -> Any:
        kept.append(self)
        if len(self.tokens) == 0 and len(self._owners) > tokens(RUTH):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return read(self, words, *rest)

    monkeypatch.setattr(shared_past.SharedPast, "_read", full)
    (answers,) = together(llama, about(RUTH))
    assert answers == alone(llama, about(RUTH))
    assert kept
    assert kept[0]._cache.get_seq_length() == 0


def test_closing_frees_what_is_kept(llama: Path) -> None:
    async def main() -> None:
        model: Any = open_model(f"hf/{llama}", context_window=None)
        await model.complete(about(RUTH)[0])
        assert "_past" in model.__dict__
        await model.close()
        assert "_past" not in model.__dict__
        assert (await model.complete(about(RUTH)[0])).reused_tokens == 0
        await model.close()

    asyncio.run(main())


def test_what_prompts_begin_with() -> None:
    assert common_prefix([1, 2, 3]) == 3
    assert common_prefix([1, 2, 3], [1, 2], [1, 2, 4]) == 2
    assert common_prefix([1, 2], []) == 0


def test_groups_of_prompts() -> None:
    a, b = [1] * 50, [2] * 30
    prompts = [[*a, 3], [9], [*b, 3], [*a, 4], [*b, 4], [9, 9, 1]]
    assert shared_groups(prompts, []) == ([[0, 3]], [1, 2, 4, 5]), "30 tokens are not worth a batch of their own"
    assert shared_groups(prompts, b) == ([[0, 3], [2, 4]], [1, 5]), "with 30 more that are kept they are"
    assert shared_groups([[9], *prompts], a) == ([[1, 4]], [0, 2, 3, 5, 6])
    assert shared_groups([[*a, 3], [*b, 3]], a) == ([[0]], [1])
    assert shared_groups([], a) == ([], [])
