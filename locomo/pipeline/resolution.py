"""What the names in params.yaml stand for here and now: the stage `resolve` writes it down, and DVC compares it.

A parameter holds a name: of an alias, a service, a file of weights, a script. What the name stands for can change while
params.yaml stays as it is, so each stage depends on its entry in data/resolved.json.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from locomo.captioning.names import HF, is_local
from locomo.errors import InputError, did_you_mean
from locomo.files import canonical_json, parse_yaml, read_json, read_text
from locomo.llm.identity import DEFAULTS, identity
from locomo.llm.prices import read_prices
from locomo.memory.settings import effective, read_settings
from locomo.memory.system import System
from locomo.pipeline.hashes import FileHashes
from locomo.pipeline.params import Memory, Params
from locomo.retrieval.declaration import BM25, DECLARATIONS
from locomo.retrieval.own import is_own
from locomo.retrieval.own_files import files_of
from locomo.retrieval.registry import needs_vectors
from locomo.schema import LOCAL
from locomo.secrets import setting
from locomo.tasks.judge_prompt import PROMPTS

RESOLVED: Final = Path("data/resolved.json")
LOCK: Final = Path("dvc.lock")
HASH_LENGTH: Final = 12
_NAME: Final = ("provider", "model")


class Resolver:
    """Resolves names. A file that is not here is taken to be the one that dvc.lock knows, since it cannot have changed.

    So somebody who has the results, and not the weights, is not told that they are stale.
    """

    def __init__(self, recorded: Mapping[str, Any] | None = None) -> None:
        self._hashes = FileHashes()
        self._identity = cache(identity)  # a name stands in several places, and each look reads the catalog
        self._prices = read_prices()
        self._recorded = list(_entries(_recorded() if recorded is None else recorded))

    def resolve(self, params: Params) -> dict[str, Any]:
        """Return what each stage's names stand for, by stage; None where they stand for themselves.

        InputError for a name that cannot be meant.
        """
        rag, judge, bertscore = params.rag, params.judge.model, params.score.bertscore
        retrievers = [rag.retriever, *(system.spec for system in params.memory.named)]
        generated = params.generate.mode != "released"
        local = is_local(params.caption.captioner)
        found = {
            "generate": _some(model=self._model(params.generate.model) if generated else None),
            "caption": _some(
                model=None if local else self._model(params.caption.captioner),
                captioner=self._folder(params.caption.captioner) if local else None,
            ),
            "embed": _some(encoder=self._encoder(params.embed.encoder)),
            "memory": self._memory(params.memory),
            "qa": _some(
                model=self._model(params.model),
                price=self._price(params.model),
                prompt=self._prompt(params.answer.prompt),
            ),
            "rag": _some(
                model=self._model(params.model),
                price=self._price(params.model),
                encoder=self._encoder(params.embed.encoder) if any(map(needs_vectors, retrievers)) else None,
                reranker=self._folder(rag.reranker) if rag.reranker else None,
                retriever=self._retriever(rag.retriever),
                prompt=self._prompt(params.answer.prompt),
            ),
            "events": self._task(params, asks=bool(params.events.ways), searches="retrieved" in params.events.ways),
            "dialogue": self._task(
                params,
                asks=bool(params.dialogue.conditions),
                searches=not {"observation", "memory"}.isdisjoint(params.dialogue.conditions),
            ),
            "score": _some(
                judge=self._model(judge) if judge not in {None, LOCAL} else None,
                bertscore=self._folder(bertscore) if bertscore else None,
                clip=self._folder(params.score.clip) if params.score.clip else None,
                prompt=self._prompt(None if params.judge.prompt in PROMPTS else params.judge.prompt),
            ),
        }
        self._hashes.save()
        return found

    def _task(self, params: Params, *, asks: bool, searches: bool) -> dict[str, Any] | None:
        """Return what stands behind the names that `events` or `dialogue` uses; None where it asks for nothing."""
        if not asks:
            return None
        retrievers = [params.rag.retriever, *(system.spec for system in params.memory.named)]
        return _some(
            model=self._model(params.model),
            price=self._price(params.model),
            encoder=self._encoder(params.embed.encoder) if searches and any(map(needs_vectors, retrievers)) else None,
            retriever=self._retriever(params.rag.retriever) if searches else None,
        )

    def _model(self, name: str) -> dict[str, Any]:
        found = {key: value for key, value in self._identity(name).items() if value is not None}
        files = {path: self._hashes.of(Path(path)) for path in found.pop("files")}
        if not files:  # no model of files, or they are not here
            same = (entry for entry in self._recorded if all(entry.get(key) == found[key] for key in _NAME))
            files = next((dict(entry["files"]) for entry in same if "files" in entry), {})
        return found | ({"files": files} if files else {})

    def _prompt(self, name: str | None) -> str | None:
        return None if name is None else self._hashes.of(Path(name).expanduser())

    def _price(self, name: str) -> dict[str, Any] | None:
        found = self._identity(name)
        price = self._prices.find(str(found["provider"]), str(found["model"]))
        return None if price is None else price.model_dump(mode="json", exclude_none=True, exclude={"as_of"})

    def _retriever(self, name: str) -> dict[str, Any] | None:
        """Return the files that make up a class of one's own."""
        if not is_own(name):
            return None
        return {"class": name, **self._files("class", name, files_of(name))}

    def _memory(self, memory: Memory) -> dict[str, Any] | None:
        """Return what determines each system with a store, and the models that they are given."""
        named = [system for system in memory.named if system.has_store]
        if not named:
            return None
        unknown = set(memory.settings) - {system.name for system in memory.named}
        if unknown:
            name = sorted(unknown)[0]
            raise InputError(
                f"params.yaml: memory.settings: '{name}' is none of memory.systems"
                f"{did_you_mean(name, [system.name for system in memory.named])}"
            )
        return _some(
            systems={system.name: self._system(system, memory.settings.get(system.name)) for system in named},
            model=self._model(memory.model),
            embedder={"name": memory.embedder} | (self._encoder(memory.embedder) or {}),
        )

    def _system(self, system: System, settings: str | None) -> dict[str, Any]:
        facts = dict(system.facts)
        if system.files or "class" in facts:
            facts |= self._files("class" if "class" in facts else "command", system.spec, list(system.files))
        if found := effective(system.spec, read_settings(Path(settings)) if settings else {}):
            facts["settings"] = found
        return facts

    def _files(self, key: str, name: str, files: list[Path]) -> dict[str, Any]:
        """Return the hashes of files; of those that are not here, what dvc.lock knows, which cannot have changed."""
        if not files:
            known = next((entry for entry in self._recorded if entry.get(key) == name), {})
            return {"files": dict(known["files"])} if "files" in known else {}
        root = Path(os.path.commonpath([file.resolve().parent for file in files]))
        return {"files": {file.resolve().relative_to(root).as_posix(): self._hashes.of(file) for file in files}}

    def _encoder(self, name: str) -> dict[str, Any] | None:
        if name == BM25 or name in DECLARATIONS:
            return None
        return self._folder(name) if name.startswith(HF) else self._model(name)

    def _folder(self, name: str) -> dict[str, Any] | None:
        """Return the files of a model of transformers, if it is a folder: a name of the hub stands for itself."""
        path = name.removeprefix(HF)
        is_model = name != path and (Path(path).expanduser() / "config.json").is_file()
        found = self._hashes.of(Path(path)) if is_model else None
        if found is None:
            found = next((entry["folder"][path] for entry in self._recorded if path in entry.get("folder", {})), None)
        return None if found is None else {"folder": {path: found}}


def store_identities(memory: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return what determines the stores of each memory system, by its name: itself, its settings, and its models.

    `memory` is what was resolved for the stage `memory`.
    """
    found = memory or {}
    models = {name: found.get(name) for name in ("model", "embedder")}
    return {name: {"system": facts, **models} for name, facts in found.get("systems", {}).items()}


def read_resolved() -> dict[str, Any]:
    """Return what the stage `resolve` wrote last; empty if it has not run."""
    found = read_json(RESOLVED) if RESOLVED.is_file() else {}
    return found if isinstance(found, dict) else {}


def digest(found: Mapping[str, Any]) -> str:
    """Return a hash of what names stand for, for protocol cards."""
    return hashlib.sha256(canonical_json(found).encode()).hexdigest()[:HASH_LENGTH]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what stands for something else, such as 'qa.model.model', in words for people: old → new."""
    olds, news = _leaves(before), _leaves(after)
    return [
        f"{name}: {olds.get(name, 'nothing')} → {news.get(name, 'nothing')}"
        for name in dict.fromkeys((*olds, *news))
        if olds.get(name) != news.get(name)
    ]


@contextmanager
def addresses_of(resolved: Mapping[str, Any]) -> Iterator[None]:
    """Set the variables of addresses that were set when it was resolved, unless they are set here."""
    wanted = {
        DEFAULTS[entry["provider"]][0]: str(entry["address"])
        for entry in _entries(resolved)
        if entry.get("provider") in DEFAULTS and entry.get("service")
    }
    missing = {name: value for name, value in wanted.items() if setting(name) is None}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _recorded() -> dict[str, Any]:
    """Return what dvc.lock has of an earlier `data/resolved.json`, by stage."""
    lock = parse_yaml(read_text(LOCK), str(LOCK)) if LOCK.is_file() else {}
    stages = lock.get("stages", {}) if isinstance(lock, dict) else {}
    return {name: entry.get("params", {}).get(str(RESOLVED)) for name, entry in stages.items()}


def _entries(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield all objects, those inside others too."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from _entries(inner)


def _leaves(value: Any, at: str = "") -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {} if value is None else {at: value if isinstance(value, str) else canonical_json(value)}
    return {
        name: leaf
        for key, inner in value.items()
        for name, leaf in _leaves(inner, f"{at}.{key}" if at else str(key)).items()
    }


def _some(**values: Any) -> dict[str, Any] | None:
    """Return what stands for something else; None if nothing does."""
    return {name: value for name, value in values.items() if value is not None} or None
