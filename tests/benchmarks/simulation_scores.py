"""Totals of a tree with known truth: how often their printed interval holds it, at caps too (M9).

Beside it what two common ways would have covered on the same samples: t × the linearised error, and
percentiles of Rao–Wu replicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from indicators.evidence.tables import CHECKS_COLUMNS, GRADES_COLUMNS, Evidence
from indicators.framework import Framework
from indicators.reading import read_framework
from indicators.scores.bootstrap import bootstrap_totals
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.estimate import combine, estimate
from surveys.gate import GateSettings
from surveys.measured import measure_all
from surveys.replicates.area_rates import area_replicates
from surveys.sample import FloatArray, Sample
from surveys.wave import Wave, WaveKind
from tests.benchmarks.simulation_population import Setting, quantile_of_chance, seed_of
from tests.benchmarks.simulation_sample import draw_interviews, measures_of, sample_of_chances
from tests.factory_scoring import tables_of

NO_GATE = GateSettings(least_n=1, least_effective_n=0, widest=2.0, relative_width=1e9)
"""Every leaf is in its total: what is left out by the gate depends on chance, and so would the truth."""
DRAWS, REPLICATES = 400, 200
SHARED = 0.5
"""Correlation of what a community does to the answers of two questions."""
SITE_MEAN, SITE_SIZE, CHECKS = 0.85, 4.0, 2
"""Quality of a site: beta with this mean and size; checks of each site, of ten things each."""
GRADES = (1.0, 0.6, 0.9)
LEAST_COVERAGE = 0.93


@dataclass(frozen=True)
class Totals:
    """One tree and one design.

    Parameters
    ----------
    shares
        True rates of the questionnaire's leaves, in every subdistrict.
    goalposts
        Of these leaves.
    sites
        Sites seen in a subdistrict for each of three observed standards; 0: a tree of answers alone.
    """

    label: str
    shares: tuple[float, ...]
    goalposts: tuple[float, float]
    psus: int
    correlation: float
    sites: int = 0
    subdistricts: int = 18

    @property
    def setting(self) -> Setting:
        """The design of the sample."""
        return Setting(0.9, self.correlation, self.psus, domains=self.subdistricts)

    @property
    def truth(self) -> float:
        """Total points of the true rates."""
        low, high = self.goalposts
        asked = float(np.mean(np.clip((np.array(self.shares) - low) / (high - low), 0.0, 1.0)))
        if not self.sites:
            return 100.0 * asked
        return 20.0 * asked + 40.0 * SITE_MEAN + 40.0 * float(np.mean(GRADES))


@dataclass(frozen=True)
class TotalsOutcome:
    """How often the totals' intervals hold the truth.

    Parameters
    ----------
    coverage
        Of the printed interval.
    delta_coverage, percentile_coverage
        Of T̂ ± t·SE by linearisation (none where it gives no error), and of the percentiles 2.5 and 97.5 of
        Rao–Wu replicates.
    half_width
        Mean half-width of the printed interval, in points.
    bias
        Mean of the total less the truth, in points.
    """

    intervals: int
    coverage: float
    monte_carlo_error: float
    delta_coverage: float
    percentile_coverage: float
    half_width: float
    bias: float


TREES: dict[str, tuple[tuple[float, ...], tuple[float, float], int]] = {
    "inside the goalposts": ((0.70, 0.75, 0.80, 0.85, 0.90, 0.95), (0.5, 1.0), 0),
    "below, at and over the upper goalpost": ((0.75, 0.80, 0.85, 0.90, 0.90, 0.95), (0.5, 0.9), 0),
    "all at the upper goalpost": ((0.90,) * 6, (0.5, 0.9), 0),
    "all over it": ((0.95,) * 6, (0.5, 0.9), 0),
    "one leaf at it": ((0.90,), (0.5, 0.9), 0),
    "answers, sites and documents": ((0.75, 0.85, 0.90, 0.95), (0.5, 0.9), 4),
}


def total_cases() -> Iterator[Totals]:
    """Every tree with few and more communities, alike and unlike; the first with fewer subdistricts too."""
    for (label, (shares, goalposts, sites)), psus, correlation in product(
        TREES.items(), (4, 10), (0.02, 0.10, 0.20)
    ):
        yield Totals(label, shares, goalposts, psus, correlation, sites)
    (label, (shares, goalposts, sites)), *_ = TREES.items()
    for psus, correlation in product((4, 10), (0.02, 0.10, 0.20)):
        eight = f"{label}, eight subdistricts"
        yield Totals(eight, shares, goalposts, psus, correlation, sites, subdistricts=8)


def simulate_totals(case: Totals, samples: int) -> TotalsOutcome:
    """`samples` waves of one population through the real engine, everything estimated."""
    rng = np.random.default_rng(seed_of(case))
    wave = _wave(case)
    framework = _framework(case, wave)
    found = [_one_wave(case, wave, framework, rng) for _ in range(samples)]
    value, low, high, delta, lowest, highest = (np.stack(column) for column in zip(*found, strict=True))
    covered = (low <= case.truth) & (case.truth <= high)
    with np.errstate(invalid="ignore"):
        by_delta = np.abs(np.clip(case.truth, 0, 100) - value) <= delta
    return TotalsOutcome(
        intervals=covered.size,
        coverage=float(covered.mean()),
        monte_carlo_error=float(covered.mean(axis=1).std(ddof=1) / np.sqrt(samples)),
        delta_coverage=float(by_delta.mean()),
        percentile_coverage=float(((lowest <= case.truth) & (case.truth <= highest)).mean()),
        half_width=float((high - low).mean() / 2),
        bias=float(value.mean() - case.truth),
    )


def _one_wave(
    case: Totals, wave: Wave, framework: Framework, rng: np.random.Generator
) -> tuple[FloatArray, ...]:
    """Of the subdistricts' totals: value, limits, t·SE, percentiles of replicates."""
    seed = int(rng.integers(2**32))
    measured = measure_all([_sample(case, rng)], wave, NO_GATE)
    estimation = combine([estimate(part, wave, NO_GATE) for part in measured])
    scoring = score(framework, wave, estimation, _evidence(case, wave, rng), DrawSettings(DRAWS, seed))
    assert scoring.scored is not None
    scores = scoring.scores
    totals = scores[(scores["node"] == "total") & (scores["area_level"] == AreaLevel.SUBDISTRICT)]
    degrees = totals["degrees_of_freedom"].to_numpy()
    t = np.where(degrees < np.inf, special.stdtrit(np.where(degrees < np.inf, degrees, 1.0), 0.975), 1.96)
    replicates = area_replicates(measured, REPLICATES, seed)
    drawn = bootstrap_totals(scoring.scored, replicates)[1:]
    return (
        totals["points_earned"].to_numpy(),
        totals["low"].to_numpy(),
        totals["high"].to_numpy(),
        t * totals["standard_error"].to_numpy(),
        np.quantile(drawn, 0.025, axis=1),
        np.quantile(drawn, 0.975, axis=1),
    )


def _wave(case: Totals) -> Wave:
    areas = [Area("D", "D", AreaLevel.DISTRICT)]
    areas += [Area(f"{at:02d}", f"{at:02d}", AreaLevel.SUBDISTRICT, "D") for at in range(case.subdistricts)]
    measures = tuple(measures_of(case.setting, len(case.shares)))
    return Wave(
        id="simulated",
        kind=WaveKind.THIRD_PARTY,
        title={},
        folder=Path(),
        areas=AreaRegister(tuple(areas)),
        questions=(),
        measures=measures,
        responses=(),
    )


def _framework(case: Totals, wave: Wave) -> Framework:
    """Equal points within each method; 20, 40 and 40 for answers, sites and documents."""
    low, high = case.goalposts
    asked = 20.0 if case.sites else 100.0
    rows = ["code,name,points,method,source,scoring,low,high,scale"]
    rows += [
        f"1{at},问{at},{asked / len(case.shares)},questionnaire,y{at},linear,{low},{high},"
        for at in range(len(case.shares))
    ]
    if case.sites:
        rows += [f"2{at},看{at},{40 / 3},observation,o{at},ratio,,," for at in range(3)]
        rows += [f"3{at},材{at},{40 / 3},document,d{at},steps,,,grades" for at in range(3)]
    tables = tables_of(
        framework="\n".join(rows), steps="scale,grade,score\ngrades,A,1\ngrades,B,0.9\ngrades,C,0.6"
    )
    framework, problems = read_framework(tables, wave)
    assert framework is not None, problems
    return framework


def _sample(case: Totals, rng: np.random.Generator) -> Sample:
    """Answers of one sample; what a community does to one question it partly does to all."""
    setting = case.setting
    interviews = draw_interviews(setting, rng)
    psus, items = len(interviews.domain_of_psu), len(case.shares)
    own, common = rng.standard_normal((psus, items)), rng.standard_normal((psus, 1))
    scores = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    chance = quantile_of_chance(
        scores, np.array(case.shares), np.full(1, case.correlation), setting.communities
    )
    sample = sample_of_chances(setting, interviews, chance[interviews.psu_of_record], rng)
    domain = interviews.domain_of_psu[interviews.psu_of_record]
    return replace(sample, area_codes=sample.strata, area_of_record=domain, groups={})


def _evidence(case: Totals, wave: Wave, rng: np.random.Generator) -> Evidence:
    if not case.sites:
        return Evidence()
    codes = [area.code for area in wave.areas.subdistricts]
    cells = list(product(range(3), codes, range(case.sites)))
    quality = rng.beta(SITE_MEAN * SITE_SIZE, (1 - SITE_MEAN) * SITE_SIZE, len(cells))
    checks = pd.DataFrame(
        {
            "node": f"2{leaf}",
            "area_code": code,
            "site": f"{leaf}-{site}",
            "earned": earned,
            "standing": earned,
            "mark": 1.0,
        }
        for (leaf, code, site), chance in zip(cells, quality, strict=True)
        for earned in rng.binomial(10, chance, CHECKS) / 10
    )
    grades = pd.DataFrame(
        {"node": f"3{leaf}", "area_code": code, "grade": "", "score_share": GRADES[leaf]}
        for leaf, code in product(range(3), ["D", *codes])
    )
    return Evidence(checks=_filled(checks, CHECKS_COLUMNS), grades=_filled(grades, GRADES_COLUMNS))


def _filled(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Rows with every column of a table; what they do not have is blank."""
    blank: dict[str, object] = {"str": "", "bool": False, "float64": np.nan, "object": None}
    missing = {name: blank[kind] for name, kind in columns.items() if name not in rows}
    return rows.assign(**missing)[list(columns)].astype(columns)
