"""Populations with known rates: what the simulation of docs/simulation.md draws its samples from.

A community (the sampling unit) has a chance of a positive answer of its own; its distribution over
communities has the stated mean and intraclass correlation. Chances are quantiles of a standard normal
score of the community, so that several groups of residents, or two waves, can share it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import assert_never

import numpy as np
from scipy import optimize, special

from surveys.questionnaire import MeasureKind
from surveys.sample import FloatArray

SEED = 20220815
SCORES = np.array([100.0, 80.0, 60.0, 30.0, 0.0])
"""Points of the five answers of a scale."""


class Communities(StrEnum):
    """How the chance of a positive answer varies between communities of one domain."""

    BETA = "beta"
    PROBIT = "probit_normal"
    TWO_KINDS = "two_kinds"  # most communities at 100 %, a few far below: as skew as can be


class Weights(StrEnum):
    """How records come to their weights."""

    UNEQUAL = "unequal"  # lognormal by record, gamma by community; they say nothing about the answers
    HEAVY = "heavy"  # the same, Kish's design effect about 2.5
    INFORMATIVE = "informative"  # groups of residents differ in their chance and in how often they are met
    POSTSTRATIFIED = "poststratified"  # the same, weights are population/interviews of domain and group
    RAKED = "raked"  # the same, raked to domain totals and to district totals of sex and age


@dataclass(frozen=True)
class Setting:
    """One population and one design.

    Parameters
    ----------
    share, correlation
        Rate and intraclass correlation of each domain; a tuple is repeated over the domains in turn.
    psus
        Communities sampled in each domain; a tuple is repeated over the domains in turn.
    take
        Least and most interviews in a community.
    dominance
        Part of the interviews and of the weight of a domain that its first community has; 0: no such one.
    missing
        Part of the answers that is blank.
    answers
        Parts of the five answers of a satisfaction scale, best first, one tuple or several that are repeated
        over the domains in turn; the estimate is then the mean of `SCORES` and `correlation` that of the
        normal variable behind the answers. Empty: yes or no.
    kind
        What the mean of `answers` is: SATISFACTION_SCORE, or MEAN, of numbers without a scale.
    """

    share: float | tuple[float, ...]
    correlation: float | tuple[float, ...]
    psus: int | tuple[int, ...]
    communities: Communities = Communities.BETA
    weights: Weights = Weights.UNEQUAL
    domains: int = 18
    take: tuple[int, int] = (10, 15)
    dominance: float = 0.0
    missing: float = 0.03
    answers: tuple[tuple[float, ...], ...] = ()
    kind: MeasureKind = MeasureKind.SATISFACTION_SCORE

    def by_domain(self, values: float | tuple[float, ...]) -> FloatArray:
        """One value for each domain."""
        return np.resize(np.atleast_1d(np.asarray(values, dtype=np.float64)), self.domains)


GROUP_POPULATION = np.array([0.20, 0.30, 0.20, 0.30])
GROUP_REACHED = np.array([0.10, 0.25, 0.20, 0.45])
GROUP_SHIFT = np.array([-0.45, -0.15, 0.10, 0.30])
"""Four groups of residents (sex × age): parts of the population and of the sample, shift of the probit.

Those who are reached too often are the more content ones, so that an unweighted rate is biased."""


def seed_of(case: object) -> list[int]:
    """Seed of a case: its own, so that adding a case or running one alone changes no other."""
    return [SEED, zlib.crc32(repr(case).encode())]


def has_groups(setting: Setting) -> bool:
    """Whether residents belong to groups that differ in their chance."""
    return setting.weights in (Weights.INFORMATIVE, Weights.POSTSTRATIFIED, Weights.RAKED)


def shares_by_domain_group(setting: Setting) -> FloatArray:
    """True rate of each group of residents, shape (domains, groups)."""
    share = setting.by_domain(setting.share)[:, None]
    return special.ndtr(special.ndtri(share) + GROUP_SHIFT) if has_groups(setting) else share


def truth_by_domain(setting: Setting) -> FloatArray:
    """The rate, or the mean in points, that the interval is to cover."""
    if setting.answers:
        return np.resize(np.array(setting.answers) @ SCORES, setting.domains)
    part = GROUP_POPULATION if has_groups(setting) else np.ones(1)
    return np.asarray(shares_by_domain_group(setting) @ part, dtype=np.float64)


def quantile_of_chance(
    score: FloatArray, share: FloatArray, correlation: FloatArray, communities: Communities
) -> FloatArray:
    """Chance of a community with a standard normal score; mean `share`, the stated correlation.

    The correlation of two answers in one community is Var(chance)/[p(1 − p)].
    """
    match communities:
        case Communities.BETA:
            size = 1 / correlation - 1
            # Below 1e-12 the quantile cannot be told from its end.
            uniform = np.clip(special.ndtr(score), 1e-12, 1 - 1e-12)
            return np.asarray(special.betaincinv(share * size, (1 - share) * size, uniform))
        case Communities.PROBIT:
            latent = np.vectorize(_latent_correlation, otypes=[float])(share, correlation)
            return np.asarray(
                special.ndtr((special.ndtri(share) + np.sqrt(latent) * score) / np.sqrt(1 - latent))
            )
        case Communities.TWO_KINDS:
            part_below = 1 / (1 + correlation * share / (1 - share))
            depth = (1 - share) / part_below
            return np.where(special.ndtr(score) < part_below, 1 - depth, 1.0)
        case _:
            assert_never(communities)


@cache
def _latent_correlation(share: float, correlation: float) -> float:
    """Correlation r of two normal variables whose signs give the stated correlation of two answers.

    Φ₂(h, h; r) = Φ(h) − 2T(h, √((1 − r)/(1 + r))), Owen's T.
    """
    h = float(special.ndtri(share))

    def difference(r: float) -> float:
        both = share - 2 * float(special.owens_t(h, np.sqrt((1 - r) / (1 + r))))
        return (both - share**2) / (share * (1 - share)) - correlation

    return float(optimize.brentq(difference, 0.0, 0.999, xtol=1e-12))
