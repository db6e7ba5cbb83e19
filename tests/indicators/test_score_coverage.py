"""Simulation: the interval of a total holds the true total about as often as methods.md M9 says."""

from __future__ import annotations

from indicators.evidence.tables import Evidence
from indicators.reading import read_framework
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.estimate import estimate
from tests.factory_scoring import tables_of
from tests.strategies import make_sample, make_wave

AWARE = 0.55 / 0.70  # positive among aware, unaware and 说不清 of `make_sample`
SATISFIED = 0.75 / 0.95
SCORE = (0.55 * 100 + 0.2 * 80 + 0.1 * 60) / 0.95
SHEET = (
    "code,name,points,method,source,scoring,low,high\n"
    "1,知晓,40,questionnaire,awareness,linear,0.5,{cap}\n"
    "2,满意率,30,questionnaire,satisfied,linear,0.5,1\n"
    "3,满意度,30,questionnaire,score,linear,50,100\n"
)


def coverage_of_totals(cap: float, samples: int) -> float:
    """Share of subdistrict totals (4 a sample, 5 PSUs of 20) whose interval holds the true total."""
    wave = make_wave(4, 5)
    framework, _ = read_framework(tables_of(framework=SHEET.format(cap=cap)), wave)
    truth = 40 * min(1.0, (AWARE - 0.5) / (cap - 0.5)) + 30 * (SATISFIED - 0.5) / 0.5 + 30 * (SCORE - 50) / 50
    held = seen = 0
    for seed in range(samples):
        estimation = estimate(make_sample(seed, 4, 5, 20, missing=0.0), wave)
        scores = score(framework, wave, estimation, Evidence(), DrawSettings(draws=300)).scores
        totals = scores[
            (scores["node"] == "total") & (scores["area_code"] != "D") & (scores["coverage"] == 1)
        ]
        held += int(((totals["low"] <= truth) & (truth <= totals["high"])).sum())
        seen += len(totals)
    assert seen > 3 * samples
    return held / seen


def test_interval_of_a_total_covers_it() -> None:
    """Nominal .95; 320 totals have a simulation error of .012."""
    assert coverage_of_totals(1.0, 80) >= 0.92


def test_interval_of_a_total_covers_it_at_a_cap() -> None:
    """The truth of one leaf lies on its goalpost, where bootstrap percentiles fail."""
    assert coverage_of_totals(AWARE, 80) >= 0.92
