"""Reading from a model's folder how its vectors are made: the files that sentence-transformers saves, where they are.

Without them the mean of the last hidden states is taken, and compared by cosine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

from locomo.errors import InputError
from locomo.files import read_json
from locomo.retrieval.declaration import Declaration, Pooling, Similarity

_POOLINGS: Final[dict[str, Pooling]] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
}
_MODULES: Final = ("Transformer", "Pooling", "Normalize")
_QUERY_PROMPTS: Final = ("query",)
_PASSAGE_PROMPTS: Final = ("document", "passage", "corpus")


def read_declaration(folder: Path, model: str) -> Declaration:
    """Return how the vectors of a model are made; InputError for what we cannot compute."""
    if _read(folder / "config.json").get("model_type") == "dpr":
        return Declaration(query=model, passage=model, pooling="pooler", similarity="dot")
    pooling: Pooling = "mean"
    normalizes = False
    root = folder
    for module in _modules(folder):
        kind, place = str(module.get("type")).rpartition(".")[2], folder / str(module.get("path", ""))
        if kind not in _MODULES:
            raise InputError(f"{folder}/modules.json: module '{kind}': expected {', '.join(_MODULES)}")
        if kind == "Transformer":
            root = place
        if kind == "Pooling":
            pooling = _pooling(place / "config.json")
        normalizes = normalizes or kind == "Normalize"
    if root.resolve() != folder.resolve():
        raise InputError(f"{folder}/modules.json: the model is in {root.name}/; expected it beside modules.json")
    sentences = _read(folder / "sentence_bert_config.json")
    asked = _read(folder / "config_sentence_transformers.json")
    prompts = asked.get("prompts") or {}
    usual = prompts.get(asked.get("default_prompt_name"), "")
    return Declaration(
        query=model,
        passage=model,
        pooling=pooling,
        similarity="cosine" if normalizes else _similarity(asked.get("similarity_fn_name"), folder),
        max_tokens=sentences.get("max_seq_length"),
        query_prefix=next((prompts[name] for name in _QUERY_PROMPTS if prompts.get(name)), usual),
        passage_prefix=next((prompts[name] for name in _PASSAGE_PROMPTS if prompts.get(name)), usual),
        lowercase=bool(sentences.get("do_lower_case", False)),
    )


def _modules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "modules.json"
    modules = read_json(path) if path.is_file() else []
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise InputError(f"{path}: expected a list of modules, as sentence-transformers writes it")
    return modules


def _pooling(path: Path) -> Pooling:
    config = read_json(path)
    # Older files have a flag for each way, newer ones one name.
    named = config.get("pooling_mode")
    chosen = [way for flag, way in _POOLINGS.items() if config.get(flag)] if named is None else [named]
    if len(chosen) != 1 or chosen[0] not in _POOLINGS.values():
        raise InputError(f"{path}: pooling {chosen}; expected one of {', '.join(_POOLINGS.values())}")
    if config.get("include_prompt") is False:
        raise InputError(f"{path}: include_prompt is false; expected prompts that are pooled with the text")
    return cast(Pooling, chosen[0])


def _similarity(name: str | None, folder: Path) -> Similarity:
    if name not in (None, "cosine", "dot", "dot_product"):
        raise InputError(f"{folder}/config_sentence_transformers.json: similarity '{name}'; expected cosine or dot")
    return "cosine" if name in (None, "cosine") else "dot"


def _read(path: Path) -> dict[str, Any]:
    value = read_json(path) if path.is_file() else {}
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected an object with settings")
    return value
