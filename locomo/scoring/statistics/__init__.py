"""How sure a number is: questions about one conversation stand and fall together, so conversations are clusters."""

from locomo.scoring.statistics.clustered import LEVEL, Estimate, estimate
from locomo.scoring.statistics.clusters import Clusters
from locomo.scoring.statistics.holm import holm
from locomo.scoring.statistics.mcnemar import mcnemar
from locomo.scoring.statistics.repeats import Spread, spread
from locomo.scoring.statistics.sign_flip import sign_flip

__all__ = ["LEVEL", "Clusters", "Estimate", "Spread", "estimate", "holm", "mcnemar", "sign_flip", "spread"]
