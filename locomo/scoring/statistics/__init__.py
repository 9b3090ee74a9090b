"""How sure a number is: questions about one conversation stand and fall together, so conversations are clusters."""

from locomo.scoring.statistics.clustered import LEVEL, Estimate, estimate, interval_at
from locomo.scoring.statistics.clusters import Clusters
from locomo.scoring.statistics.holm import holm, holm_levels
from locomo.scoring.statistics.mcnemar import mcnemar
from locomo.scoring.statistics.power import Plan, detectable, power
from locomo.scoring.statistics.repeats import Spread, spread
from locomo.scoring.statistics.sign_flip import sign_flip

__all__ = [
    "LEVEL",
    "Clusters",
    "Estimate",
    "Plan",
    "Spread",
    "detectable",
    "estimate",
    "holm",
    "holm_levels",
    "interval_at",
    "mcnemar",
    "power",
    "sign_flip",
    "spread",
]
