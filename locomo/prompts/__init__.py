"""Every prompt template, as data with a version: `<name>.yaml` beside this file."""

from locomo.prompts.load import Prompts, load

__all__ = ["Prompts", "load"]
