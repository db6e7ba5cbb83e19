"""The settings of docs/simulation.md, and the marks that they are held to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from surveys.questionnaire import MeasureKind
from tests.benchmarks.simulation_change import TwoWaves
from tests.benchmarks.simulation_coverage import Outcome, allowance
from tests.benchmarks.simulation_population import Communities, Setting, Weights
from tests.benchmarks.simulation_ranks import RankOutcome, Ranks
from tests.benchmarks.simulation_small_areas import Areas, ModelOutcome

SHARES = (0.80, 0.90, 0.95, 0.98)
CORRELATIONS = (0.02, 0.05, 0.10, 0.15)
PSUS = (4, 6, 10, 20)

LEAST_COVERAGE, WIDEST, MOST_FALSE = 0.945, 1.25, 0.03
LEAST_MODEL_COVERAGE = 0.93
LEAST_RANK_COVERAGE = 0.94

ANSWERS = {
    "64 points, evenly spread answers": (0.20, 0.30, 0.25, 0.15, 0.10),
    "80 points": (0.45, 0.30, 0.15, 0.07, 0.03),
    "90 points": (0.70, 0.20, 0.06, 0.03, 0.01),
    "96 points": (0.90, 0.06, 0.02, 0.01, 0.01),
    "88 points, answers at both ends": (0.85, 0.02, 0.01, 0.02, 0.10),
    "80 points, nearly all answer the same": (0.05, 0.90, 0.04, 0.005, 0.005),
}

HALVES, SPREAD = (0.5, 0.5, 0.0, 0.0, 0.0), (0.60, 0.25, 0.10, 0.0, 0.05)
NEARLY_ALIKE = {
    "97 % at 100, 3 % at 0, beside spread answers": ((0.97, 0.0, 0.0, 0.0, 0.03), SPREAD),
    "98.5 % at 100, 1.5 % at 0, beside halves at 100 and 80": ((0.985, 0.0, 0.0, 0.0, 0.015), HALVES),
    "99.2 % at 100, .8 % at 0, beside halves at 100 and 80": ((0.992, 0.0, 0.0, 0.0, 0.008), HALVES),
    "97 % at 100, 2 % at 80, 1 % at 0, beside halves": ((0.97, 0.02, 0.0, 0.0, 0.01), HALVES),
    "96 % at 100, 3 % at 80, 1 % at 0, beside halves": ((0.96, 0.03, 0.0, 0.0, 0.01), HALVES),
}
"""One subdistrict in six whose own sample seldom shows how its answers spread, and what the others answer."""


@dataclass(frozen=True)
class Case:
    """One line of the results.

    Parameters
    ----------
    part, first, step
        Which estimates of the simulated surveys are judged: every `step`-th ``domain`` from `first`, the
        ``group``s of residents, or the ``district``.
    times
        How many times as many replicates, where one has a single interval.
    """

    section: str
    label: str
    setting: Setting
    part: str = "domain"
    first: int = 0
    step: int = 1
    times: int = 1


def grid_cases() -> Iterator[Case]:
    """Every combination that the rule was made for, with two forms of communities."""
    for communities in (Communities.BETA, Communities.PROBIT):
        for share, correlation, psus in product(SHARES, CORRELATIONS, PSUS):
            yield Case("grid", communities.value, Setting(share, correlation, psus, communities))


def other_cases() -> Iterator[Case]:
    """Designs and populations that strain the rule, each at all rates and numbers of communities."""
    for share, psus in product(SHARES, PSUS):
        named = {
            "few bad communities among spotless ones": Setting(share, 0.10, psus, Communities.TWO_KINDS),
            "correlation .30": Setting(share, 0.30, psus),
            "5 interviews a community": Setting(share, 0.10, psus, take=(5, 5)),
            "20–30 interviews a community": Setting(share, 0.10, psus, take=(20, 30)),
            "half the interviews in one community": Setting(share, 0.10, psus, dominance=0.5),
            "very unequal weights (Kish 2.5)": Setting(share, 0.05, psus, weights=Weights.HEAVY),
            "weights that undo a biased sample": Setting(share, 0.05, psus, weights=Weights.INFORMATIVE),
            "post-stratified weights": Setting(share, 0.05, psus, weights=Weights.POSTSTRATIFIED),
            "raked weights": Setting(share, 0.05, psus, weights=Weights.RAKED),
            "three subdistricts": Setting(share, 0.10, psus, domains=3),
        }
        for label, setting in named.items():
            yield Case("other", label, setting)
        alone = Setting(share, 0.10, psus, domains=1)
        yield Case("other", "one subdistrict, nothing to pool with", alone, times=4)
        raked = named["raked weights"]
        yield Case("other", "sex × age over the district, raked", raked, part="group")
        if psus in (6, 20):
            yield Case("other", "the whole district, raked", raked, part="district", times=4)
        yield from _halves("correlation {} beside {}", Setting(share, (0.05, 0.10), psus), (".05", ".10"))
        yield from _halves("correlation {} beside {}", Setting(share, (0.02, 0.15), psus), (".02", ".15"))
    for share, psus in product(SHARES, (6, 12, 20)):
        uneven = Setting(share, 0.10, (2, psus))
        yield from _halves("{} communities beside {}", uneven, ("2", "6–20"))
    for psus in PSUS:
        yield from _halves("rate {} beside {}", Setting((0.80, 0.98), 0.05, psus), (".80", ".98"))


def mean_cases() -> Iterator[Case]:
    """满意度 on a scale of five answers worth 100, 80, 60, 30 and 0."""
    for psus, correlation in product(PSUS, (0.05, 0.15)):
        for label, answers in ANSWERS.items():
            setting = Setting(0.5, correlation, psus, answers=(answers,))
            yield Case("mean", label, setting)
            if label in ("80 points", "96 points"):
                bare = replace(setting, kind=MeasureKind.MEAN)
                yield Case("mean", f"{label}, as numbers without a scale", bare)
        two = (ANSWERS["80 points"], ANSWERS["88 points, answers at both ends"])
        for first, label in enumerate(
            ("80 points beside 88 at both ends", "88 at both ends beside 80 points")
        ):
            yield Case("mean", label, Setting(0.5, correlation, psus, answers=two), first=first, step=2)
    for psus, correlation in product((4, 6, 20), (0.0, 0.05, 0.15)):
        for label in NEARLY_ALIKE:
            yield nearly_alike(label, correlation, psus)


def nearly_alike(label: str, correlation: float, psus: int) -> Case:
    """Subdistricts that are `NEARLY_ALIKE`, judged alone."""
    one, others = NEARLY_ALIKE[label]
    setting = Setting(0.5, correlation, psus, answers=(one, *[others] * 5))
    return Case("mean", label, setting, step=6, times=2)


def change_cases() -> Iterator[TwoWaves]:
    """Changes between waves with no, half and all communities in common."""
    pairs = ((0.80, 0.85), (0.90, 0.93), (0.95, 0.95), (0.98, 0.96))
    for (old, new), psus, shared in product(pairs, PSUS, (0.0, 0.5, 1.0)):
        yield TwoWaves(Setting(old, 0.10, psus), Setting(new, 0.10, psus), shared)


def rank_cases() -> Iterator[Ranks]:
    """Subdistricts that are equal, that differ widely, and that crowd below 100 %."""
    truths: dict[str, float | tuple[float, ...]] = {
        "all .80": 0.80,
        "all .90": 0.90,
        "all .98": 0.98,
        "spread over .70–.97": tuple(round(0.70 + 0.27 * at / 17, 4) for at in range(18)),
        "crowded over .95–.995": tuple(round(0.95 + 0.045 * at / 17, 4) for at in range(18)),
    }
    for (label, share), psus in product(truths.items(), PSUS):
        yield Ranks(label, Setting(share, 0.05, psus))


def rank_shortfall(outcome: RankOutcome) -> float:
    """By how much joint coverage misses its mark beyond Monte Carlo error; 0 where it does not."""
    missing = LEAST_RANK_COVERAGE - allowance(outcome.surveys, LEAST_RANK_COVERAGE) - outcome.coverage
    return max(missing, 0.0)


def area_cases() -> Iterator[Areas]:
    """Areas that are alike, differ somewhat, and differ much."""
    for share, psus, spread in product((0.80, 0.90, 0.95), (4, 6, 10), (0.0, 0.3, 0.6)):
        yield Areas(Setting(share, 0.05, psus), spread)


class Shortfall(StrEnum):
    """What a setting can fall short in."""

    COVERAGE = "coverage"
    WIDTH = "width"
    FALSE_PASS = "false high"  # verdicts 达标, or a rise
    FALSE_FAIL = "false low"  # verdicts 未达标, or a fall
    ERROR = "error above the direct estimate's"


def shortfalls(outcome: Outcome) -> dict[Shortfall, float]:
    """By how much a setting misses its marks, more than two Monte Carlo standard errors beyond them."""
    n = outcome.intervals
    found = {
        Shortfall.COVERAGE: LEAST_COVERAGE - allowance(n, 0.95) - outcome.coverage,
        Shortfall.WIDTH: outcome.width_ratio - WIDEST,
        Shortfall.FALSE_PASS: outcome.false_pass - MOST_FALSE - allowance(n, MOST_FALSE),
        Shortfall.FALSE_FAIL: outcome.false_fail - MOST_FALSE - allowance(n, MOST_FALSE),
    }
    return {kind: by for kind, by in found.items() if by > 0}


def model_shortfalls(outcome: ModelOutcome) -> dict[Shortfall, float]:
    """The same for model estimates of small areas."""
    found = {
        Shortfall.COVERAGE: LEAST_MODEL_COVERAGE - allowance(outcome.intervals, 0.95) - outcome.coverage,
        Shortfall.ERROR: outcome.error - outcome.direct_error,
    }
    return {kind: by for kind, by in found.items() if by > 0}


def number(share: float) -> str:
    """A share to three decimals, without its nought."""
    return f"{share:.3f}".removeprefix("0")


def _halves(label: str, setting: Setting, names: tuple[str, str]) -> Iterator[Case]:
    for first, name in enumerate(names):
        yield Case("other", label.format(name, names[1 - first]), setting, first=first, step=2)
