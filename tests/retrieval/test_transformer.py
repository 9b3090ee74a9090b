"""Encoders of every declared kind against a plain computation, one text at a time and without padding."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tiny_encoders import save_encoder, save_sentence_files

from locomo.errors import InputError
from locomo.retrieval import transformer
from locomo.retrieval.declaration import DECLARATIONS
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.transformer import open_transformer

TEXTS = ["Who?", "", "Ruth keeps bees.", "Où est Ivo ? 🛶", "Ruth keeps ants.", "The ferry leaves at nine. " * 9]
LIMIT = 64  # positions of the tiny models


def reference(folder: Path, texts: list[str], vector: Callable, kind: str = "AutoModel", limit: int = LIMIT):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = getattr(transformers, kind).from_pretrained(folder).eval()
    rows = []
    for text in texts:
        with torch.no_grad():
            output = model(input_ids=tokenizer(text, truncation=True, max_length=limit, return_tensors="pt").input_ids)
        rows.append(vector(output).numpy())
    return np.stack(rows)


def mean(output):
    return output.last_hidden_state[0].mean(dim=0)


def cls(output):
    return output.last_hidden_state[0, 0]


def pooler(output):
    return output.pooler_output[0]


def unit(vector: Callable) -> Callable:
    return lambda output: vector(output) / vector(output).norm()


@pytest.mark.parametrize(
    ("name", "query", "passage", "vector"),
    [
        ("contriever", "BertModel", "BertModel", mean),
        ("dragon", "BertModel", "BertModel", cls),
        ("dpr", "DPRQuestionEncoder", "DPRContextEncoder", pooler),
    ],
)
def test_the_declared_encoders(name: str, query: str, passage: str, vector: Callable, tmp_path: Path) -> None:
    declared = DECLARATIONS[name]
    one_model = declared.query == declared.passage
    folders = {
        "query": save_encoder(tmp_path / "query", query),
        "passage": save_encoder(tmp_path / ("query" if one_model else "passage"), passage, seed=0 if one_model else 1),
    }
    local = replace(declared, query=str(folders["query"]), passage=str(folders["passage"]))
    encoder = open_transformer(name, local, threads=2)
    for side, kind in (("query", query), ("passage", passage)):
        expected = reference(folders[side], TEXTS, vector, kind if name == "dpr" else "AutoModel")
        vectors = encoder.encode(TEXTS, side=side)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, expected, atol=1e-5)
        assert (np.abs(np.linalg.norm(vectors, axis=1) - 1) > 0.1).all()  # compared by inner product as they are
    sides = [encoder.encode(TEXTS, side=side) for side in ("query", "passage")]
    assert (np.abs(sides[0] - sides[1]).max() > 0.1) != one_model
    assert ("query sha256:" in encoder.revision) != one_model


def test_the_declared_models_are_those_of_the_paper() -> None:
    models = [(d.query, d.passage) for name, d in DECLARATIONS.items() if name != "minilm"]
    assert [tuple(model.partition("@")[0] for model in pair) for pair in models] == [
        ("facebook/contriever", "facebook/contriever"),
        ("facebook/dragon-plus-query-encoder", "facebook/dragon-plus-context-encoder"),
        ("facebook/dpr-question_encoder-single-nq-base", "facebook/dpr-ctx_encoder-single-nq-base"),
    ]


@pytest.mark.parametrize(
    ("mode", "vector"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, mean),
        ({"pooling_mode_cls_token": True}, cls),
        ({"pooling_mode_max_tokens": True}, lambda output: output.last_hidden_state[0].max(dim=0).values),
        ({"pooling_mode_lasttoken": True}, lambda output: output.last_hidden_state[0, -1]),
        ({"pooling_mode": "mean_sqrt_len_tokens"}, lambda o: mean(o) * o.last_hidden_state.shape[1] ** 0.5),
    ],
)
def test_a_folder_of_sentence_transformers_is_pooled_as_it_says(mode, vector, tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "own")
    save_sentence_files(folder, pooling=mode, asked={"similarity_fn_name": "dot"})
    vectors = open_encoder(f"hf/{folder}").encode(TEXTS, side="passage")
    np.testing.assert_allclose(vectors, reference(folder, TEXTS, vector), atol=1e-5)


@pytest.mark.parametrize(
    ("normalize", "similarity", "long"),
    [(True, "dot", False), (False, "cosine", False), (False, None, False), (False, "dot", True)],
)
def test_vectors_are_brought_to_unit_length_where_cosine_compares_them(normalize, similarity, long, tmp_path) -> None:
    folder = save_encoder(tmp_path / "own")
    save_sentence_files(folder, normalize=normalize, asked={"similarity_fn_name": similarity})
    lengths = np.linalg.norm(open_encoder(f"hf/{folder}").encode(TEXTS, side="query"), axis=1)
    assert np.allclose(lengths, 1) != long


def test_prompts_length_and_case_are_the_folders(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "own")
    asked = {"prompts": {"query": "ask: ", "document": "read: "}, "similarity_fn_name": "cosine"}
    save_sentence_files(folder, sentences={"max_seq_length": 16, "do_lower_case": True}, asked=asked)
    encoder = open_encoder(f"hf/{folder}")
    for side, prefix in (("query", "ask: "), ("passage", "read: ")):
        written = [(prefix + text).lower() for text in TEXTS]
        expected = reference(folder, written, unit(mean), limit=16)
        np.testing.assert_allclose(encoder.encode(TEXTS, side=side), expected, atol=1e-5)


@pytest.mark.parametrize("architecture", ["RobertaModel", "DistilBertModel", "MPNetModel"])
def test_a_plain_folder_is_pooled_by_the_mean(architecture: str, tmp_path: Path) -> None:
    distil = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32} if "Distil" in architecture else {}
    folder = save_encoder(tmp_path / "own", architecture, **distil)
    positions = LIMIT if distil else LIMIT - 2 + (architecture == "RobertaModel")  # pad_token_id is 0 here, 1 in MPNet
    vectors = open_encoder(f"hf/{folder}").encode(TEXTS, side="passage")
    np.testing.assert_allclose(vectors, reference(folder, TEXTS, unit(mean), limit=positions), atol=1e-5)


def test_a_folder_of_dpr_is_what_its_architecture_says(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "own", "DPRContextEncoder", projection_dim=8)
    vectors = open_encoder(f"hf/{folder}").encode(TEXTS, side="query")
    assert vectors.shape == (len(TEXTS), 8)
    np.testing.assert_allclose(vectors, reference(folder, TEXTS, pooler, "DPRContextEncoder"), atol=1e-5)


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_in_half_precision_vectors_are_near_and_still_float32(precision, tmp_path, monkeypatch) -> None:
    folder = save_encoder(tmp_path / "own", initializer_range=0.1)
    whole = open_encoder(f"hf/{folder}")
    expected, before = whole.encode(TEXTS, side="passage"), whole.fingerprint("passage")
    monkeypatch.setattr(transformer, "placement", lambda: ("cpu", precision))
    half = open_encoder(f"hf/{folder}")
    vectors = half.encode(TEXTS, side="passage")
    assert vectors.dtype == np.float32
    assert 0 < np.abs(vectors - expected).max() < 0.05
    assert half.fingerprint("passage") != before


def test_the_revision_is_that_of_the_files(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "own")
    save_sentence_files(folder)
    before = open_encoder(f"hf/{folder}").revision
    assert before.startswith("sha256:")
    assert open_encoder(f"hf/{folder}").revision == before
    save_sentence_files(folder, pooling={"pooling_mode_cls_token": True})
    assert open_encoder(f"hf/{folder}").revision != before


def test_a_model_of_the_hub_that_is_on_disk_is_pinned_by_its_commit(tmp_path: Path, monkeypatch) -> None:
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    root = tmp_path / "models--someone--tiny"
    snapshot = root / "snapshots" / commit
    snapshot.mkdir(parents=True)
    save_encoder(snapshot)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(transformer, "_load", lambda *_: pytest.fail("weights are loaded when needed"))
    encoder = open_encoder("hf/someone/tiny")
    assert (encoder.name, encoder.revision) == ("hf/someone/tiny", commit)
    assert encoder._files["query"].pretrained == {"pretrained_model_name_or_path": "someone/tiny", "revision": commit}


@pytest.mark.parametrize(
    ("name", "model"),
    [("dragon", "facebook/dragon-plus-query-encoder"), ("hf/some/one", "some/one"), ("hf/a b", "a b")],
)
def test_without_a_network_a_model_of_the_hub_says_so(name: str, model: str, tmp_path: Path, monkeypatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError) as caught:
        open_encoder(name)
    said = str(caught.value)
    assert said.startswith(f"'{model}': not a folder with a model, and not available from the hub (")
    assert said.endswith("or download it where there is a network and set embed.encoder to hf/<its folder>")
    assert "\n" not in said


def rewrite(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def one_layer_more(folder: Path) -> None:
    rewrite(folder / "config.json", json.loads((folder / "config.json").read_text()) | {"num_hidden_layers": 3})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "config.json").unlink(), "{f}: no config.json; expected a model's folder"),
        (lambda f: rewrite(f / "modules.json", {}), "{f}/modules.json: expected a list of modules"),
        (
            lambda f: rewrite(f / "modules.json", [{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]),
            "{f}/modules.json: module 'Dense': expected Transformer, Pooling, Normalize",
        ),
        (
            lambda f: rewrite(f / "1_Pooling/config.json", {"pooling_mode_weightedmean_tokens": True}),
            "{f}/1_Pooling/config.json: pooling []; expected one of mean, cls, max, lasttoken, mean_sqrt_len_tokens",
        ),
        (
            lambda f: rewrite(f / "config_sentence_transformers.json", {"similarity_fn_name": "euclidean"}),
            "{f}/config_sentence_transformers.json: similarity 'euclidean'; expected cosine or dot",
        ),
        (lambda f: (f / "tokenizer.json").unlink(), "encoder 'hf/{f}': {f} cannot be loaded ("),
        (lambda f: (f / "model.safetensors").unlink(), "encoder 'hf/{f}': {f} cannot be loaded ("),
        (lambda f: (f / "model.safetensors").write_bytes(b"{"), "encoder 'hf/{f}': {f} cannot be loaded ("),
        (
            lambda f: rewrite(
                f / "config.json", json.loads((f / "config.json").read_text()) | {"num_hidden_layers": 3}
            ),
            "encoder 'hf/{f}': {f}: its files lack some weights, such as encoder.layer.2.",
        ),
    ],
)
def test_a_folder_that_cannot_be_used(damage: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "own")
    save_sentence_files(folder)
    damage(folder)
    with pytest.raises(InputError) as caught:
        open_encoder(f"hf/{folder}").encode(TEXTS, side="query")
    assert str(caught.value).startswith(said.format(f=folder))
