"""The functions that convert datasets of other shapes, by the names that `optional.yaml` has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from locomo.dataset import beam100k, locomo_plus, longmemeval, realtalk
from locomo.dataset.converting import Converted, Files

CONVERTERS: Final[dict[str, Callable[[Files], Converted]]] = {
    "beam100k": beam100k.convert,
    "locomo_plus": locomo_plus.convert,
    "longmemeval": longmemeval.convert,
    "realtalk": realtalk.convert,
}
