"""Weights that a project keeps in data/models/: tracked by DVC, and each file pinned by its SHA-256 in a manifest.

The manifest is in git. It tells a team which very files are meant, where they are from and under which licence; a file
that is not the one is refused when its model is opened.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text, sha256, write_text

MODELS: Final = Path("data/models")
MANIFEST: Final = MODELS / "manifest.yaml"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class WeightFile(_Entry):
    """One file."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    """Bytes."""


class Weights(_Entry):
    """One model: a file or a folder of data/models/."""

    source: str | None = None
    """Where it is from."""
    licence: str | None = None
    files: dict[str, WeightFile]
    """By path inside data/models/, with slashes."""


def read_manifest() -> dict[str, Weights]:
    """Return all models by name, none where there is no manifest; InputError names what is wrong in it."""
    if not MANIFEST.is_file():
        return {}
    data = parse_yaml(read_text(MANIFEST), str(MANIFEST)) or {}
    if not isinstance(data, dict):
        raise InputError(f"{MANIFEST}: expected models by name")
    weights: dict[str, Weights] = {}
    try:
        for name, entry in data.items():
            weights[str(name)] = Weights.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{MANIFEST}: {name}.{place}: {first['msg']}, found {first['input']!r}") from None
    return weights


def check_weights(path: Path, found: str | None = None) -> None:
    """InputError if a file or folder of data/models/ is not what the manifest says; others are nobody's concern.

    `found` is the SHA-256 of a file, where it is known already.
    """
    inside = _inside(path)
    if inside is None:
        return
    name = inside.parts[0]
    manifest = read_manifest()
    if name not in manifest:
        return
    for trouble in _troubles(manifest[name], {inside.as_posix(): found} if found else {}, within=inside):
        raise InputError(
            f"{trouble}; remove it and `locomo pull {MODELS / name}.dvc` brings the right one, or `locomo models add "
            f"{MODELS / name}` takes what is there"
        )


def where_kept(path: Path) -> str:
    """Return "; …" with how to get a model that the manifest knows and that is not here, else an empty string."""
    inside = _inside(path)
    if inside is None:
        return ""
    names = read_manifest()
    if inside.parts[0] in names:
        return f"; {MANIFEST} knows it: `locomo pull {MODELS / inside.parts[0]}.dvc` brings it"
    return did_you_mean(inside.parts[0], names)


def verify() -> list[str]:
    """Return what is wrong with the files of data/models/, one line each."""
    return [trouble for weights in read_manifest().values() for trouble in _troubles(weights)]


def add(path: Path, *, source: str | None, licence: str | None) -> Path:
    """Put a file or folder into data/models/ and the manifest; return where it is now. InputError if it is not there.

    A later `add` of the same name replaces it; its source and licence stay unless others are given.
    """
    path = Path(os.path.abspath(path.expanduser()))
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not _files(path):
        raise InputError(f"{path}: an empty folder; expected a GGUF file, or a folder as `save_pretrained` writes it")
    kept = MODELS / path.name
    if path != kept.resolve():
        _copy(path, kept)
    files = {
        each.relative_to(MODELS).as_posix(): WeightFile(sha256=sha256(each), size=each.stat().st_size)
        for each in _files(kept)
    }
    manifest = read_manifest()
    before = manifest.get(path.name)
    manifest[path.name] = Weights(
        source=source or (before.source if before else None),
        licence=licence or (before.licence if before else None),
        files=files,
    )
    _write(manifest)
    return kept


def _inside(path: Path) -> Path | None:
    """Return a path relative to data/models/, None for one that lies elsewhere."""
    absolute, root = Path(os.path.abspath(path)), Path(os.path.abspath(MODELS))
    return absolute.relative_to(root) if absolute.is_relative_to(root) and absolute != root else None


def _troubles(weights: Weights, known: dict[str, str] | None = None, *, within: Path | None = None) -> Iterator[str]:
    for name, expected in weights.files.items():
        if within is not None and not Path(name).is_relative_to(within):
            continue
        file = MODELS / name
        if not file.is_file():
            yield f"{file}: missing, {MANIFEST} expects it"
        elif (found := (known or {}).get(name) or sha256(file)) != expected.sha256:
            yield f"{file}: SHA-256 is {found}, {MANIFEST} expects {expected.sha256}"


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())


def _copy(path: Path, to: Path) -> None:
    """Copy whole or not at all; links (the hub's cache is made of them) become files."""
    MODELS.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f"{to.name}.partial")
    _remove(partial)
    if path.is_dir():
        shutil.copytree(path, partial)
    else:
        shutil.copyfile(path, partial)
    _remove(to)
    os.replace(partial, to)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(manifest: dict[str, Weights]) -> None:
    data: dict[str, Any] = {name: manifest[name].model_dump(exclude_none=True) for name in sorted(manifest)}
    head = "# Written by `locomo models add`: what the files of data/models/, which DVC tracks, have to be.\n"
    write_text(MANIFEST, head + yaml.safe_dump(data, sort_keys=False))
