"""How often ranges of places hold all true places at once, everything estimated (M8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indicators.ranks.rates import arcsine_scale
from indicators.ranks.sets import RankSets, joint_rank_sets, overlap_rank_sets
from surveys.sample import FloatArray
from tests.benchmarks.simulation_coverage import simulate
from tests.benchmarks.simulation_population import Setting, truth_by_domain


@dataclass(frozen=True)
class Ranks:
    """A district whose subdistricts are ranked by one rate."""

    label: str
    setting: Setting


@dataclass(frozen=True)
class RankOutcome:
    """Summary of one setting.

    Parameters
    ----------
    surveys
        How many were ranked.
    coverage, simple_coverage
        Part of them in which every range holds all places that are true (of equal rates, all of theirs):
        step-down sets, and the simple check.
    width, simple_width
        Mean number of places in a range.
    own_coverage
        The same for sets made with each subdistrict's own variance, which is what M8 avoids.
    """

    surveys: int
    coverage: float
    simple_coverage: float
    width: float
    simple_width: float
    own_coverage: float


def simulate_ranks(ranks: Ranks, replicates: int) -> RankOutcome:
    """Rank the subdistricts of `replicates` surveys."""
    found = simulate(ranks.setting, replicates)["domain"]
    truth = truth_by_domain(ranks.setting)
    estimate, error = arcsine_scale(found.value, found.binomial_n)
    joint = [_joint(x, e) for x, e in zip(estimate, error, strict=True)]
    simple = [overlap_rank_sets(x, e) for x, e in zip(estimate, error, strict=True)]
    own = [_joint(x, np.nan_to_num(e)) for x, e in zip(found.value, found.standard_error, strict=True)]
    return RankOutcome(
        surveys=len(estimate),
        coverage=_coverage(joint, truth),
        simple_coverage=_coverage(simple, truth),
        width=_width(joint),
        simple_width=_width(simple),
        own_coverage=_coverage(own, truth),
    )


def _joint(estimate: FloatArray, error: FloatArray) -> RankSets:
    return joint_rank_sets(estimate, np.diag(error**2))


def _coverage(sets: list[RankSets], truth: FloatArray) -> float:
    best = 1 + (truth[:, None] > truth).sum(axis=0)
    worst = len(truth) - (truth[:, None] < truth).sum(axis=0)
    return float(np.mean([((s.low <= best) & (worst <= s.high)).all() for s in sets]))


def _width(sets: list[RankSets]) -> float:
    return float(np.mean([s.high - s.low + 1 for s in sets]))
