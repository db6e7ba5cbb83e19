"""How often the limits of a change between two waves hold the true change (M7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from surveys.compare.difference import Pairing, differences
from surveys.compare.mover import mover_interval
from surveys.domain import group_domains
from surveys.item import items_of
from surveys.measured import Measured, measured
from surveys.sample import FloatArray, Sample
from surveys.tally import tally
from tests.benchmarks.simulation_coverage import DESIGNS, Outcome, known_limits
from tests.benchmarks.simulation_population import Setting, seed_of, truth_by_domain
from tests.benchmarks.simulation_sample import (
    DOMAIN,
    Interviews,
    draw_interviews,
    measures_of,
    sample_of_scores,
)


@dataclass(frozen=True)
class TwoWaves:
    """Two waves of one design.

    Parameters
    ----------
    old, new
        Populations; they differ in rates, or in nothing.
    shared
        Part of the communities that both waves ask.
    lasting
        Correlation between the waves of a shared community's normal score; 1: it keeps its place.
    """

    old: Setting
    new: Setting
    shared: float
    lasting: float = 0.8


def simulate_change(waves: TwoWaves, replicates: int) -> Outcome:
    """Changes of all domains through `surveys.compare`, everything estimated.

    The limits that they are measured by know the true design effect of each wave and the true correlation.
    """
    rng = np.random.default_rng(seed_of(waves))
    items = -(-replicates // DESIGNS)
    before, after = truth_by_domain(waves.old), truth_by_domain(waves.new)
    truth = after - before
    parts = [_limits(waves, items, rng) for _ in range(DESIGNS)]
    old, new, low, high = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    covered = (low <= truth) & (truth <= high)
    known_low, known_high = mover_interval(
        old,
        known_limits(old, before),
        new,
        known_limits(new, after),
        np.corrcoef((old - before).ravel(), (new - after).ravel())[0, 1],
    )
    return Outcome(
        intervals=covered.size,
        coverage=float(covered.mean()),
        monte_carlo_error=float(covered.mean(axis=1).std(ddof=1) / np.sqrt(len(covered))),
        shown=1.0,
        coverage_shown=float(covered.mean()),
        width_ratio=float((high - low).mean() / (known_high - known_low).mean()),
        false_pass=float((low > truth).mean()),
        false_fail=float((high < truth).mean()),
        effective_n=float("nan"),
    )


def _limits(waves: TwoWaves, items: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Estimates of the old and the new wave and the limits of their change, shape (items, domains)."""
    sides = []
    score: FloatArray | None = None
    kept = np.zeros(0, dtype=bool)
    for setting in (waves.old, waves.new):
        interviews = draw_interviews(setting, rng)
        fresh = rng.standard_normal((len(interviews.domain_of_psu), items))
        if score is None:
            kept = rng.random(len(fresh)) < waves.shared
            score = fresh
        else:
            lasting = np.where(kept, waves.lasting, 0.0)[:, None]
            score = lasting * score + np.sqrt(1 - lasting**2) * fresh
        sample = sample_of_scores(setting, interviews, score, rng)
        sides.append(_measured(_named(sample, interviews, kept, bool(sides)), setting))
    same = np.arange(waves.old.domains)
    pairs = np.column_stack([same, same])
    each = np.column_stack([np.arange(items), np.arange(items)])
    found = differences(*sides, Pairing(pairs, each, np.ones(len(same), dtype=bool)))
    old, new = (side.precision.value.T for side in sides)
    return old, new, found.low.T, found.high.T


def _named(sample: Sample, interviews: Interviews, kept: np.ndarray, is_new: bool) -> Sample:
    """PSUs by name: those that are not shared have other names in the new wave."""
    count = len(interviews.domain_of_psu)
    names = tuple(str(psu) if kept[psu] or not is_new else f"new {psu}" for psu in range(count))
    return replace(sample, psus=names)


def _measured(sample: Sample, setting: Setting) -> Measured:
    items, columns = items_of(sample, measures_of(setting, len(sample.questions)))
    totals = tally(sample, columns)
    domains = group_domains(sample, DOMAIN, totals)
    return measured(sample, totals, items, domains, np.ones(len(domains), dtype=bool))
