"""Hugging Face models: a tiny one with random weights, made here, answers alone and in company alike."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_hf import WITH_SYSTEM, save_model

from locomo.errors import InputError, ProviderError
from locomo.llm import AnswerError, Message, Request, Response, open_model, structured
from locomo.llm.providers import hf

WITHOUT_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + WITH_SYSTEM
DEAF = "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"
QUESTIONS = ("Who?", "Who keeps bees in the old orchard?", "Où est Ivo ? 🛶")
WINDOW = 128


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LLaMA of a few KB over bytes."""
    folder = tmp_path_factory.mktemp("hf") / "tiny-llama"
    save_model(
        folder,
        "llama",
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=WINDOW,
    )
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    return Path(shutil.copytree(made, tmp_path / "tiny-llama"))


def ask(text: str, **fields: object) -> Request:
    messages = (Message("system", "Be brief."), Message("user", text))
    return Request("hf", "tiny-llama", messages, fields.pop("max_tokens", 12), **fields)


def answers(folder: Path, *requests: Request, together: bool = True) -> list[Response]:
    async def main() -> list[Response]:
        model = open_model(f"hf/{folder}", context_window=None)
        try:
            if together:
                return list(await asyncio.gather(*map(model.complete, requests)))
            return [await model.complete(request) for request in requests]
        finally:
            await model.close()

    return asyncio.run(main())


def said(responses: list[Response]) -> list[Response]:
    """The responses without what depends on what was asked before."""
    return [replace(response, reused_tokens=0) for response in responses]


def test_a_batch_gives_what_each_would_get_alone(made: Path) -> None:
    requests = [ask(text) for text in QUESTIONS]
    together, alone = answers(made, *requests), answers(made, *requests, together=False)
    assert said(together) == said(alone)
    assert len({response.text for response in alone}) == len(QUESTIONS)
    assert said(answers(made, *reversed(requests))) == said(together)[::-1]


def test_what_waits_is_answered_in_batches(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    generate = hf.HfModel._generate_together

    def counted(self: hf.HfModel, jobs: list) -> list:
        sizes.append(len(jobs))
        return generate(self, jobs)

    monkeypatch.setattr(hf.HfModel, "_generate_together", counted)
    answers(made, *[ask(f"Question {n}") for n in range(hf.BATCH + 2)])
    assert sorted(sizes) == [2, hf.BATCH]


def test_tokens_are_counted_exactly(made: Path) -> None:
    model = open_model(f"hf/{made}", context_window=None)
    assert [model.count_tokens(text) for text in ("", "bees", "é🛶")] == [0, 4, 6]
    (response,) = answers(made, ask("Who?"))
    assert response.input_tokens == len("<system>Be brief.<user>Who?<assistant>")
    assert response.model == "tiny-llama"
    assert (response.output_tokens, response.finish_reason) == (12, "length")


@pytest.mark.parametrize("template", [WITHOUT_SYSTEM, DEAF])
def test_a_model_without_a_system_role_is_told_in_the_first_turn(folder: Path, template: str) -> None:
    (folder / "chat_template.jinja").write_text(template)
    (response,) = answers(folder, ask("Who?"))
    assert response.input_tokens == len("<user>Be brief.\n\nWho?<assistant>")


def test_a_model_without_a_chat_template_gets_plain_text(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    (response,) = answers(folder, ask("Who?"))
    assert response.input_tokens == len("Be brief.\n\nWho?")


def test_an_answer_ends_at_a_stop_sequence(made: Path) -> None:
    (whole,) = answers(made, ask("Who?", max_tokens=30))
    stop = next(sign for sign in whole.text[1:] if sign.isascii() and whole.text.index(sign) > 1)
    (cut, other) = answers(made, ask("Who?", max_tokens=30, stop=(stop,)), ask("Who?", max_tokens=5))
    assert cut.text == whole.text.partition(stop)[0]
    assert cut.finish_reason == "stop"
    assert cut.output_tokens < whole.output_tokens
    assert (other.output_tokens, other.finish_reason) == (5, "length")


def test_sampling_depends_on_the_seed_and_on_nothing_else(made: Path) -> None:
    hot = [ask("Who?", temperature=1.5, seed=seed) for seed in (1, 2, 1)]
    first, second, again = answers(made, *hot)
    assert said([first, first]) == said([again, answers(made, ask("Something else"), hot[0])[1]]) != said([second] * 2)


def test_what_a_models_makers_recommend_is_no_part_of_the_protocol(made: Path, folder: Path) -> None:
    settings = {"do_sample": True, "temperature": 3.0, "top_k": 2, "repetition_penalty": 9.0, "no_repeat_ngram_size": 1}
    (folder / "generation_config.json").write_text(json.dumps(settings | {"eos_token_id": 256, "max_length": 5}))
    requests = [ask("Who?"), ask("Who?", temperature=1.0, seed=3)]
    assert answers(folder, *requests) == answers(made, *requests)


def test_a_prompt_that_does_not_fit_is_refused_and_one_that_just_fits_is_answered(made: Path) -> None:
    frame = len("<system>Be brief.<user><assistant>")
    with pytest.raises(ProviderError, match=r"is too long; set a smaller context window \(it has 128 tok"):
        answers(made, ask("x" * (WINDOW - frame)))
    (response,) = answers(made, ask("x" * (WINDOW - frame - 3)))
    assert response.output_tokens == 3


def test_a_window_larger_than_trained_is_refused(made: Path) -> None:
    assert open_model(f"hf/{made}", context_window=64).capabilities.context_window == 64
    with pytest.raises(InputError, match="a window of 129 tokens; the model has 128"):
        open_model(f"hf/{made}", context_window=129)


def test_a_folder_is_pinned_by_its_files(made: Path, folder: Path) -> None:
    def revision() -> str | None:
        return open_model(f"hf/{folder}", context_window=None).revision

    first = revision()
    assert first == open_model(f"hf/{made}", context_window=None).revision
    (folder / "README.md").write_text("about it")
    assert revision() == first
    (folder / "chat_template.jinja").write_text(DEAF)
    assert revision() != first


def test_a_model_of_the_hub_is_pinned_by_its_commit(made: Path, tmp_path: Path, monkeypatch) -> None:
    """Without a network: the hub's cache on disk holds one commit of one model."""
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--someone--tiny"
    shutil.copytree(made, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    for name in ("hf/someone/tiny", f"hf/someone/tiny@{commit}"):
        model = open_model(name, context_window=None)
        assert (model.model, model.revision) == ("someone/tiny", commit)
        assert asyncio.run(model.complete(ask("Who?"))).text
    with pytest.raises(ProviderError, match=r"model 'hf/someone/other': not a folder with a model, .* check its name"):
        open_model("hf/someone/other", context_window=None)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        open_model(f"hf/{tmp_path}", context_window=None)
    assert "not a folder with a model" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_answer_of_nothing_is_none(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf.HfModel, "_generate", lambda self, jobs: [hf._Answer([], ended=True, reused=0)] * len(jobs))
    with pytest.raises(AnswerError, match="the model gave an empty answer"):
        answers(made, ask("Who?"))


def test_weights_that_are_cut_off_or_not_all_there_are_refused(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    kept = {name: weights[name].clone() for name in weights if "lm_head" not in name}
    save_file(kept, path, metadata={"format": "pt"})
    with pytest.raises(ProviderError, match="model 'hf/tiny-llama': is no causal language model"):
        answers(folder, ask("Who?"))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ProviderError, match="model 'hf/tiny-llama': cannot be loaded") as caught:
        answers(folder, ask("Who?"))
    assert "\n" not in str(caught.value)


def test_a_model_without_a_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ProviderError, match="model 'hf/tiny-llama': cannot be loaded"):
        answers(folder, ask("Who?"))


def test_words_that_are_no_json_are_asked_for_again_and_then_given_up(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 1024}))
    request = ask("Who?", schema={"type": "integer"})
    with pytest.raises(
        AnswerError, match="no JSON by the schema in 3 attempts: the answer was cut by max_tokens before"
    ):
        asyncio.run(structured.complete(open_model(f"hf/{folder}", context_window=None), request))


def test_half_precision_is_another_request_than_float32(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    import torch

    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    monkeypatch.chdir(tmp_path)

    def revision() -> str:
        return str(open_model(f"hf/{folder}", context_window=None).revision)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    on_cpu = revision()
    assert "+" not in on_cpu  # the key of before
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert revision() == f"{on_cpu}+bfloat16"
    (tmp_path / "models.yaml").write_text(f"models: {{'hf/{folder}': {{precision: float32}}}}")
    assert revision() == on_cpu
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "models.yaml").write_text(f"models: {{'hf/{folder}': {{precision: bfloat16}}}}")
    assert revision() == f"{on_cpu}+bfloat16"
    (answer,) = answers(folder, ask("Who?"))
    assert answer.text
