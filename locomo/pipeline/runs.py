"""What stands for one run: one `dvc repro` or `dvc exp run` with all its stages."""

from __future__ import annotations

import os

import psutil


def run_id() -> str:
    """Return what stands for this run: the DVC process that runs all its stages, else this process."""
    process = psutil.Process(os.getppid() if "DVC_STAGE" in os.environ else os.getpid())
    return f"{process.pid}-{process.create_time():.2f}"
