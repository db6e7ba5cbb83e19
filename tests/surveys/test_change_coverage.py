"""Limits of a change hold the true change in 95 % of surveys, everything estimated (M7).

A small seeded run of beta-binomial communities, a part of which both waves ask; the full table is made by
``make bench``. Each item of a sample is one replicate of the answers on the same design.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from surveys.compare.difference import Differences, Pairing, differences
from surveys.domain import group_domains
from surveys.item import items_of
from surveys.measured import Measured, measured
from surveys.sample import FloatArray
from surveys.tally import tally
from tests.strategies import sample_of_frame, share_of

DOMAINS, REPLICATES, TAKE = 18, 40, 12
LASTING = 0.8
"""Correlation between waves of the normal score of a community that both ask."""
ALLOWANCE = 2 * np.sqrt(0.95 * 0.05 / (DOMAINS * REPLICATES))


@dataclass(frozen=True)
class Setting:
    """True rates of both waves, correlation within communities, communities of a domain, part asked twice."""

    old: float
    new: float
    correlation: float
    psus: int
    shared: float


def simulated(setting: Setting, seed: int) -> Differences:
    rng = np.random.default_rng(seed)
    count = DOMAINS * setting.psus
    kept = np.tile(np.arange(setting.psus) < round(setting.shared * setting.psus), DOMAINS)
    first = rng.standard_normal((count, REPLICATES))
    fresh = rng.standard_normal((count, REPLICATES))
    again = np.where(kept[:, None], LASTING * first + np.sqrt(1 - LASTING**2) * fresh, fresh)
    old_names = np.arange(count)
    old = _wave(setting, setting.old, first, old_names, rng)
    new = _wave(setting, setting.new, again, np.where(kept, old_names, old_names + count), rng)
    pairs = np.column_stack([np.arange(DOMAINS)] * 2)
    items = np.column_stack([np.arange(REPLICATES)] * 2)
    return differences(old, new, Pairing(pairs, items, np.ones(DOMAINS, dtype=bool)))


def _wave(
    setting: Setting, rate: float, score: FloatArray, names: np.ndarray, rng: np.random.Generator
) -> Measured:
    psu = np.repeat(np.arange(len(names)), TAKE)
    size = (1 - setting.correlation) / setting.correlation
    rate_of_psu = special.betaincinv(rate * size, (1 - rate) * size, special.ndtr(score))
    columns = [f"i{item}" for item in range(REPLICATES)]
    answers = (rng.random((len(psu), REPLICATES)) < rate_of_psu[psu]).astype(float)
    data = pd.DataFrame(answers, columns=columns).assign(
        psu=psu,
        domain=[f"{domain:02d}" for domain in psu // setting.psus],
        weight=rng.lognormal(0, 0.4, len(names))[psu] * rng.lognormal(0, 0.3, len(psu)),
    )
    sample = sample_of_frame(data, columns, psu="psu", strata="domain", weight="weight", groups=("domain",))
    sample = replace(sample, psus=tuple(map(str, names)))
    items, held = items_of(sample, [share_of(name) for name in columns])
    totals = tally(sample, held)
    domains = group_domains(sample, "domain", totals)
    return measured(sample, totals, items, domains, np.ones(len(domains), dtype=bool))


SETTINGS = [
    Setting(0.80, 0.80, 0.02, 6, shared=1.0),
    Setting(0.80, 0.85, 0.10, 10, shared=1.0),
    Setting(0.90, 0.95, 0.10, 4, shared=0.5),
    Setting(0.95, 0.95, 0.15, 6, shared=0.0),
    Setting(0.98, 0.96, 0.05, 4, shared=1.0),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_limits_hold_the_true_change(setting: Setting) -> None:
    found = simulated(setting, seed=1)
    truth = setting.new - setting.old
    covered = ((found.low <= truth) & (truth <= found.high)).mean()
    assert covered >= 0.945 - ALLOWANCE
    assert (found.high > found.low).all()
    if truth == 0:
        assert (found.p <= 0.05).mean() <= 0.05 + ALLOWANCE


def test_common_communities_make_a_change_surer() -> None:
    """At .80, with a correlation of .15, common communities narrow limits by a fifth and more."""
    panel = simulated(Setting(0.80, 0.80, 0.15, 10, shared=1.0), seed=2)
    fresh = simulated(Setting(0.80, 0.80, 0.15, 10, shared=0.0), seed=2)
    assert panel.correlation.mean() > 0.35
    assert (fresh.correlation == 0).all()
    assert (panel.high - panel.low).mean() < 0.8 * (fresh.high - fresh.low).mean()
