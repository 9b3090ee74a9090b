"""Reviewed corrections of a released dataset, laid over it in memory; the released bytes stay as they are."""

from locomo.dataset.errata.apply import (
    apply,
    left_out,
    repaired_evidence,
    unanswerable,
    without_evidence,
)
from locomo.dataset.errata.model import Errata, Erratum
from locomo.dataset.errata.read import errata_version, every_errata, read_errata

__all__ = [
    "Errata",
    "Erratum",
    "apply",
    "errata_version",
    "every_errata",
    "left_out",
    "read_errata",
    "repaired_evidence",
    "unanswerable",
    "without_evidence",
]
