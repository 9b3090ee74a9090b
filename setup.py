"""Puts the sample into the package: in the repository it lies in data/raw, where the pipeline reads it."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSample(build_py):
    """Copies data/raw/sample.json to locomo/dataset/ of what is built."""

    def run(self) -> None:
        """Build, then add the sample; an editable install reads it where it is."""
        super().run()
        if not getattr(self, "editable_mode", False):
            folder = Path(self.build_lib) / "locomo" / "dataset"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(__file__).parent / "data" / "raw" / "sample.json", folder / "sample.json")


setup(cmdclass={"build_py": BuildWithSample})
