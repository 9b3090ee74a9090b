"""Files of the LLaMA-2 era: a tiny one with random weights, made here, answers; newer ones are sent elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter, TokenType

from locomo.errors import InputError, ProviderError
from locomo.files import sha256
from locomo.llm import AnswerError, Message, Request, Response, open_model, structured
from locomo.models import embedded

WINDOW = 128
QUESTIONS = ("Who?", "Who keeps bees?", "Où est Ivo ? 🛶蜂蜜")


def write_llama(
    path: Path, *, architecture: str = "llama", vocabulary: str = "llama", template: str = "", window: int = WINDOW
) -> Path:
    """Write a LLaMA of a few KB: its vocabulary is what starts and ends a text, every byte, the space and letters."""
    width, heads, hidden = 32, 2, 64
    letters = ["▁", *map(chr, range(ord("a"), ord("z") + 1))]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    types += [TokenType.BYTE] * 256 + [TokenType.NORMAL] * len(letters)
    writer = GGUFWriter(path, architecture)
    writer.add_context_length(window)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_file_type(0)
    writer.add_tokenizer_model(vocabulary)
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    if template:
        writer.add_chat_template(template)
    random = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(tokens), width),
        "output": (len(tokens), width),
        "blk.0.attn_q": (width, width),
        "blk.0.attn_k": (width, width),
        "blk.0.attn_v": (width, width),
        "blk.0.attn_output": (width, width),
        "blk.0.ffn_gate": (hidden, width),
        "blk.0.ffn_up": (hidden, width),
        "blk.0.ffn_down": (width, hidden),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.5, shape).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, dtype=np.float32), raw_dtype=GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("gguf") / "tiny-llama.gguf")


def ask(text: str, **fields: object) -> Request:
    messages = (Message("system", "Be brief."), Message("user", text))
    return Request("ctransformers", "tiny-llama", messages, fields.pop("max_tokens", 12), **fields)


def answers(path: Path, *requests: Request) -> list[Response]:
    """Load the file afresh and ask in the order given."""

    async def main() -> list[Response]:
        model = open_model(f"ctransformers/{path}", context_window=None)
        try:
            return [await model.complete(request) for request in requests]
        finally:
            await model.close()

    return asyncio.run(main())


def test_answers_are_the_same_in_any_order_and_after_a_fresh_load(made: Path) -> None:
    requests = [ask(text) for text in QUESTIONS]
    first = answers(made, *requests)
    assert answers(made, *reversed(requests)) == first[::-1]
    assert [answers(made, request)[0] for request in requests] == first
    assert len({response.text for response in first}) > 1
    for response in first:
        assert response.model == "tiny-llama"
        assert (response.output_tokens, response.finish_reason) == (12, "length")


def test_tokens_are_counted_exactly_in_any_script(made: Path) -> None:
    model = open_model(f"ctransformers/{made}", context_window=None)
    assert model.count_tokens("bees") == len("▁bees")
    assert model.count_tokens("🛶" * 5000) == 1 + 4 * 5000
    assert answers(made, ask("Who?"))[0].input_tokens == len("S▁[INST]▁Be▁brief.NNWho?▁[/INST]")


def test_the_template_of_the_file_is_used(tmp_path: Path) -> None:
    template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    path = write_llama(tmp_path / "tiny.gguf", template=template)
    assert answers(path, ask("Who?"))[0].input_tokens == len("S▁<system>Be▁brief.<user>Who?")


def test_an_answer_ends_at_a_stop_sequence(made: Path) -> None:
    (whole,) = answers(made, ask("Who?", max_tokens=40))
    stop = next(sign for sign in whole.text[1:] if whole.text.index(sign) > 1)
    (cut,) = answers(made, ask("Who?", max_tokens=40, stop=(stop,)))
    assert (cut.text, cut.finish_reason) == (whole.text.partition(stop)[0], "stop")
    assert cut.output_tokens < whole.output_tokens


def test_sampling_depends_on_the_seed(made: Path) -> None:
    first, second, again = answers(made, *(ask("Who?", temperature=1.0, seed=seed) for seed in (1, 2, 1)))
    assert first == again != second
    assert len(set(first.text)) > 2


def test_a_prompt_that_does_not_fit_is_refused_and_one_that_just_fits_is_answered(made: Path) -> None:
    frame = len("S▁[INST]▁Be▁brief.NN▁[/INST]")
    (response,) = answers(made, ask("x" * (WINDOW - frame - 3)))
    assert response.output_tokens == 3
    with pytest.raises(ProviderError, match="the prompt is too long; set a smaller context window"):
        answers(made, ask("x" * (WINDOW - frame)))


def test_a_file_is_pinned_by_its_content_and_has_its_window(made: Path) -> None:
    model = open_model(f"ctransformers/{made}", context_window=None)
    assert (model.revision, model.capabilities.context_window) == (f"sha256:{sha256(made)}", WINDOW)
    assert open_model(f"ctransformers/{made}", context_window=64).capabilities.context_window == 64
    with pytest.raises(InputError, match="a window of 129 tokens; the model has 128"):
        open_model(f"ctransformers/{made}", context_window=129)


@pytest.mark.parametrize("newer", [{"architecture": "qwen2"}, {"vocabulary": "gpt2"}])
def test_a_newer_kind_of_file_is_refused_and_gguf_recommended(tmp_path: Path, newer: dict) -> None:
    path = write_llama(tmp_path / "newer.gguf", **newer)
    with pytest.raises(ProviderError, match=f"too new for the llama.* use 'gguf/{path}'"):
        open_model(f"ctransformers/{path}", context_window=None)


def test_the_embedded_model_is_too_new() -> None:
    with pytest.raises(ProviderError, match="too new for the llama"):
        open_model(f"ctransformers/{embedded.smollm2()}", context_window=None)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0" + b"\xff" * 100, b"# A readme\n" * 50])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ProviderError) as caught:
        open_model(f"ctransformers/{path}", context_window=None)
    assert str(caught.value).startswith(f"{path}: neither a GGUF nor a GGML file of a language model (")
    assert "\n" not in str(caught.value)


def test_a_ggml_file_that_is_broken_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "old.bin"
    path.write_bytes(b"tjgg\x03\0\0\0" + b"\0" * 16)
    model = open_model(f"ctransformers/{path}", context_window=None)
    assert model.capabilities.context_window == 4096
    with pytest.raises(ProviderError, match="cannot be loaded"):
        asyncio.run(model.complete(ask("Who?")))


def test_a_file_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(InputError, match="no such file; expected the path of a GGUF or GGML file"):
        open_model("ctransformers/nothing.gguf", context_window=None)


def test_words_that_are_no_json_are_asked_for_again_and_then_given_up(tmp_path: Path) -> None:
    path = write_llama(tmp_path / "tiny-llama.gguf", window=1024)
    request = ask("Who?", schema={"type": "integer"})
    with pytest.raises(
        AnswerError, match="no JSON by the schema in 3 attempts: the answer was cut by max_tokens before"
    ):
        asyncio.run(structured.complete(open_model(f"ctransformers/{path}", context_window=None), request))
