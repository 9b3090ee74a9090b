"""Where a model's files are, and what pins them: a folder, or the hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from locomo.errors import InputError
from locomo.files import sha256
from locomo.models.manifest import check_weights, where_kept

_CONFIGS: Final = ["*.json", "*.txt", "*.model"]
_SUFFIXES: Final = {".bin", ".json", ".model", ".safetensors", ".txt"}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """One model, for the `from_pretrained` of transformers."""

    folder: Path
    """Holds the configuration at least."""
    revision: str
    """`sha256:…` of the files, or a commit of the hub."""
    hub_id: str | None = None

    @property
    def pretrained(self) -> dict[str, str]:
        """What `from_pretrained` is given."""
        if self.hub_id is None:
            return {"pretrained_model_name_or_path": str(self.folder)}
        return {"pretrained_model_name_or_path": self.hub_id, "revision": self.revision}


def find_files(model: str, knob: str) -> ModelFiles:
    """Find a folder, or `<hub id>[@<revision>]`, for a knob of params.yaml.

    InputError if it is neither here nor to be had.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder}: no config.json; expected a model's folder, as `save_pretrained` writes it")
        check_weights(folder)
        return ModelFiles(folder, _files_hash(folder))
    name, _, revision = model.partition("@")
    return _from_hub(name, revision or "main", knob)


def _from_hub(name: str, revision: str, knob: str) -> ModelFiles:
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=_CONFIGS))
    except (OSError, ValueError) as error:
        raise InputError(
            f"'{name}': not a folder with a model, and not available from the hub ({first_line(error)}); check its "
            "name, run `hf auth login` if its access is gated, or download it where there is a network and "
            f"set {knob} to hf/<its folder>{where_kept(Path(name))}"
        ) from None
    return ModelFiles(folder, folder.name, hub_id=name)


def first_line(error: Exception) -> str:
    """Return the first line of a library's complaint, which may be long."""
    return str(error).strip().partition("\n")[0]


def _files_hash(folder: Path) -> str:
    """Return what pins a folder's files, those of its modules included."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    lines = [f"{sha256(path)} {path.relative_to(folder).as_posix()}\n" for path in files]
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
