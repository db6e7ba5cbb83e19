"""How often the printed intervals hold the truth, how wide they are, how often a verdict is false."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.area import AreaLevel
from surveys.design import design_of
from surveys.domain import Domain, group_domains
from surveys.gate import gate_means, gate_shares
from surveys.interval import clopper_pearson_interval
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.sample import FloatArray, Sample
from surveys.tally import tally
from surveys.variance import BoolArray
from surveys.verdict import Verdict, verdicts_of
from tests.benchmarks.simulation_population import (
    SCORES,
    Setting,
    seed_of,
    shares_by_domain_group,
    truth_by_domain,
)
from tests.benchmarks.simulation_sample import DOMAIN, GROUP, draw_interviews, draw_sample, measures_of

DESIGNS = 4
"""Samples of interviews drawn for a setting; its replicates are spread over them."""


@dataclass(frozen=True)
class Intervals:
    """What the engine says of domains that differ in nothing; arrays have shape (replicates, domains).

    Parameters
    ----------
    scale
        Largest value: 1, or the points of the best answer.
    shown
        The gate lets the estimate through (M4).
    binomial_n
        N of M3.
    standard_error
        The design's own for each domain.
    """

    scale: float
    truth: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    effective_n: FloatArray
    shown: BoolArray
    binomial_n: FloatArray
    standard_error: FloatArray

    @property
    def covered(self) -> BoolArray:
        """Whether the interval holds the truth."""
        return (self.low <= self.truth) & (self.truth <= self.high)


@dataclass(frozen=True)
class Outcome:
    """Summary of one setting.

    Parameters
    ----------
    intervals
        How many were judged.
    coverage
        Part of all computed intervals that hold the truth, withheld by the gate or not.
    monte_carlo_error
        Standard error of `coverage`; replicates are independent, the domains of one share a correlation.
    shown, coverage_shown
        Part that the gate lets through, and the coverage of these; NaN where it lets none.
    width_ratio
        Mean width over that of the interval that knows the true design effect: Clopper–Pearson limits of
        the same estimate on the true effective size p(1 − p)/MSE (a mean is rescaled to [0, 1] first).
    false_pass, false_fail
        Verdicts 达标 and 未达标 against a mark that equals the truth, the worst case, with no gate in front.
    effective_n
        Its median.
    """

    intervals: int
    coverage: float
    monte_carlo_error: float
    shown: float
    coverage_shown: float
    width_ratio: float
    false_pass: float
    false_fail: float
    effective_n: float


def simulate(setting: Setting, replicates: int) -> dict[str, Intervals]:
    """Everything estimated: `replicates` surveys of one population through the real engine.

    Returns
    -------
    Intervals of ``domain``s, of ``group``s of residents (which cross all communities) and of the
    ``district``; those whose members have equal truths and designs can be summed up by `outcome_of`.
    """
    rng = np.random.default_rng(seed_of(setting))
    items = -(-replicates // DESIGNS)
    drawn = [_one_design(setting, items, rng) for _ in range(DESIGNS)]
    joined = {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}
    truth = _truth(setting)
    rows = {
        "domain": slice(0, setting.domains),
        "group": slice(setting.domains, len(truth) - 1),
        "district": slice(len(truth) - 1, None),
    }
    return {
        part: Intervals(
            scale=float(SCORES.max()) if setting.answers else 1.0,
            truth=np.broadcast_to(truth[chosen], joined["value"][:, chosen].shape),
            **{name: array[:, chosen] for name, array in joined.items()},
        )
        for part, chosen in rows.items()
    }


def every_nth(intervals: Intervals, first: int, step: int) -> Intervals:
    """Some of the domains, where settings repeat their values over domains in turn."""
    chosen = slice(first, None, step)
    arrays = {name: a[:, chosen] for name, a in vars(intervals).items() if name != "scale"}
    return Intervals(scale=intervals.scale, **arrays)


def outcome_of(intervals: Intervals) -> Outcome:
    """Summary of intervals of exchangeable domains."""
    covered, shown, truth = intervals.covered, intervals.shown, intervals.truth
    low, high = known_limits(intervals.value / intervals.scale, truth / intervals.scale)
    low, high = low * intervals.scale, high * intervals.scale
    verdict = verdicts_of(intervals.low, intervals.high, truth)
    return Outcome(
        intervals=covered.size,
        coverage=float(covered.mean()),
        monte_carlo_error=float(covered.mean(axis=1).std(ddof=1) / np.sqrt(len(covered))),
        shown=float(shown.mean()),
        coverage_shown=float(covered[shown].mean()) if shown.any() else float("nan"),
        width_ratio=float((intervals.high - intervals.low).mean() / (high - low).mean()),
        false_pass=float((verdict == Verdict.PASS).mean()),
        false_fail=float((verdict == Verdict.FAIL).mean()),
        effective_n=float(np.median(intervals.effective_n)),
    )


def known_limits(share: FloatArray, truth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Clopper–Pearson limits on the true effective size: that with which the estimates vary as they do."""
    size = np.mean(truth * (1 - truth)) / np.mean((share - truth) ** 2)
    return clopper_pearson_interval(share, size)


def allowance(intervals: int, level: float) -> float:
    """Two standard errors of a Monte Carlo proportion that is `level`."""
    return float(2 * np.sqrt(level * (1 - level) / intervals))


def _one_design(setting: Setting, items: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Estimates of many replicates on one design; arrays of shape (items, domains)."""
    sample = draw_sample(setting, draw_interviews(setting, rng), items, rng)
    return estimates_of(sample, setting)


def estimates_of(sample: Sample, setting: Setting) -> dict[str, FloatArray]:
    """Value, limits, effective size and whether they are shown, of all questions of a sample."""
    items, columns = items_of(sample, measures_of(setting, len(sample.questions)))
    totals = tally(sample, columns)
    everywhere = Domain(AreaLevel.DISTRICT, "D", "", "", None, np.ones(totals.cell_count, dtype=bool))
    domains = group_domains(sample, DOMAIN, totals)
    everyone = (*domains, *group_domains(sample, GROUP, totals), everywhere)
    precision = precision_of(totals, items, design_of(sample), everyone)
    partition = np.arange(len(everyone)) < len(domains)
    limits = limits_of(precision, items, partition)
    n, degrees = precision.n, precision.degrees_of_freedom
    if setting.answers:
        gate = gate_means((limits.high - limits.low) / np.ptp(SCORES), n, degrees)
    else:
        gate = gate_shares(precision.value, limits.low, limits.high, n, limits.effective_n, degrees)
    return {
        "value": precision.value.T,
        "low": limits.low.T,
        "high": limits.high.T,
        "effective_n": limits.effective_n.T,
        "shown": ~gate.withheld.T,
        "binomial_n": limits.binomial_n.T,
        "standard_error": precision.standard_error.T,
    }


def _truth(setting: Setting) -> FloatArray:
    """Domains, groups, district; the last two only mean something where domains have equal truths."""
    domain = truth_by_domain(setting)
    group = domain[:1] if setting.answers else shares_by_domain_group(setting).mean(axis=0)
    return np.concatenate([domain, group, domain.mean(keepdims=True)])
