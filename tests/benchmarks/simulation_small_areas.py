"""Fay–Herriot estimates of areas beside direct ones: coverage and error, everything estimated (M10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.design import design_of
from surveys.domain import group_domains
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.sample import FloatArray
from surveys.smallarea.share_model import DirectShares, estimate_shares
from surveys.tally import tally
from tests.benchmarks.simulation_coverage import DESIGNS
from tests.benchmarks.simulation_population import Setting, quantile_of_chance, seed_of
from tests.benchmarks.simulation_sample import DOMAIN, draw_interviews, measures_of, sample_of_chances


@dataclass(frozen=True)
class Areas:
    """A district whose areas differ: their rates are drawn anew in each replicate.

    Parameters
    ----------
    spread
        Standard deviation of the areas' rates on the logit scale, around `setting.share`.
    """

    setting: Setting
    spread: float


@dataclass(frozen=True)
class ModelOutcome:
    """Summary of one setting.

    Parameters
    ----------
    coverage, direct_coverage
        Of the model's limits, and of M3's limits of the direct estimates.
    error, direct_error
        Root mean squared error of the model's and of the direct estimates.
    width_ratio
        Mean width of the model's limits over that of M3's.
    weight
        Mean γ.
    """

    intervals: int
    coverage: float
    direct_coverage: float
    error: float
    direct_error: float
    width_ratio: float
    weight: float


def simulate_areas(areas: Areas, replicates: int) -> ModelOutcome:
    """Intercept-only models benchmarked to the direct share of the district, as a wave uses them."""
    rng = np.random.default_rng(seed_of(areas))
    items = -(-replicates // DESIGNS)
    parts = [_one_design(areas, items, rng) for _ in range(DESIGNS)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    truth = joined["truth"]

    def covered(low: str, high: str) -> float:
        return float(((joined[low] <= truth) & (truth <= joined[high])).mean())

    def error(name: str) -> float:
        return float(np.sqrt(np.mean((joined[name] - truth) ** 2)))

    width = (joined["high"] - joined["low"]).mean() / (joined["direct_high"] - joined["direct_low"]).mean()
    return ModelOutcome(
        intervals=truth.size,
        coverage=covered("low", "high"),
        direct_coverage=covered("direct_low", "direct_high"),
        error=error("model"),
        direct_error=error("direct"),
        width_ratio=float(width),
        weight=float(joined["weight"].mean()),
    )


def _one_design(areas: Areas, items: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Arrays of shape (items, domains)."""
    setting = areas.setting
    interviews = draw_interviews(setting, rng)
    centre = special.logit(setting.by_domain(setting.share))[:, None]
    truth = special.expit(centre + areas.spread * rng.standard_normal((setting.domains, items)))
    correlation = setting.by_domain(setting.correlation)[interviews.domain_of_psu][:, None]
    score = rng.standard_normal((len(interviews.domain_of_psu), items))
    chance = quantile_of_chance(score, truth[interviews.domain_of_psu], correlation, setting.communities)
    sample = sample_of_chances(setting, interviews, chance[interviews.psu_of_record], rng)
    measures, columns = items_of(sample, measures_of(setting, items))
    totals = tally(sample, columns)
    domains = group_domains(sample, DOMAIN, totals)
    precision = precision_of(totals, measures, design_of(sample), domains)
    limits = limits_of(precision, measures, np.ones(len(domains), dtype=bool))
    base = np.array([domain.in_cell for domain in domains]) @ totals.weight_by_cell
    rows = []
    for item in range(items):
        direct = DirectShares(
            share_by_area=precision.value[:, item],
            effective_n_by_area=limits.effective_n[:, item],
            auxiliary_by_area=np.ones((len(domains), 1)),
            base_by_area=base,
            total=float(base @ precision.value[:, item] / base.sum()),
        )
        found = estimate_shares(direct)
        rows.append((found.share, found.low, found.high, found.weight))
    model = dict(zip(("model", "low", "high", "weight"), np.array(rows).transpose(1, 0, 2), strict=True))
    return model | {
        "truth": truth.T,
        "direct": precision.value.T,
        "direct_low": limits.low.T,
        "direct_high": limits.high.T,
    }
