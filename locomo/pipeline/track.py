"""Files that DVC tracks beside the pipeline's own outputs."""

from __future__ import annotations

import logging
from pathlib import Path

from locomo.errors import InputError
from locomo.repository import open_repo


def track(path: Path) -> Path:
    """Let DVC track a file or folder, and git ignore it; return the .dvc file that git gets instead."""
    from dvc.exceptions import DvcException

    logging.getLogger("dvc").setLevel(logging.WARNING)  # what to commit is the caller's to say
    try:
        with open_repo() as repo:
            repo.add(str(path))
    except DvcException as error:
        raise InputError(f"{path}: DVC cannot track it: {' '.join(str(error).split())}") from None
    return path.with_name(f"{path.name}.dvc")
