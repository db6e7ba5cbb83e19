"""Errors that totals and projects of different areas share, against single records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.evidence.tables import Evidence
from indicators.ranks.ranked import Ranked
from indicators.ranks.scores import ranked_scores
from indicators.ranks.vocabulary import RankedKind
from indicators.reading import read_framework
from indicators.scores.scored import Scored
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.estimate import Estimation, estimate
from surveys.questionnaire import Base, Measure, MeasureKind, Rule
from surveys.sample import Sample
from surveys.wave import Wave
from tests.factory_scoring import tables_of
from tests.strategies import calibrated, make_sample
from tests.surveys.test_between_areas import AREAS, WAVE, across, covariance_of_records, scores_by_record

FRAMEWORK = """
code,parent,name,points,method,source,scoring,low,high
1,,民意,50,,,,,
1.1,1,知晓,30,questionnaire,awareness,linear,0,1
1.2,1,满意,20,questionnaire,satisfied,linear,0,1
2,,再问,50,,,,,
2.1,2,又知晓,20,questionnaire,awareness,linear,0.2,1
2.2,2,满意度,30,questionnaire,score,linear,0,100
"""
SLOPE = {
    "": {"awareness": 30 + 20 / 0.8, "satisfied": 20.0, "score": 30 / 100},
    "1": {"awareness": 30 / 50, "satisfied": 20 / 50},
    "2": {"awareness": 20 / 0.8 / 50, "score": 30 / 50 / 100},
}
"""∂ total points/∂ rate, and ∂ score/∂ rate of the projects; awareness counts in two leaves."""


def raked_across_areas(seed: int) -> Sample:
    """Areas cut through sampling units, and all weights are matched to totals of the district."""
    return across(calibrated(make_sample(seed, take=40), seed), seed)


def scored_of(sample: Sample, sheet: str = FRAMEWORK, wave: Wave = WAVE) -> tuple[Scored, Estimation]:
    framework, problems = read_framework(tables_of(framework=sheet), wave)
    assert framework is not None, problems
    estimation = estimate(sample, wave)
    scored = score(framework, wave, estimation, Evidence(), DrawSettings(50, 1)).scored
    assert scored is not None
    return scored, estimation


def of_node(scored: Scored, estimation: Estimation, node: str) -> Ranked:
    kind = RankedKind.NODE if node else RankedKind.TOTAL
    (found,) = [
        each
        for each in ranked_scores(scored, estimation)
        if each.kind is kind and (not node or each.name == node)
    ]
    assert [area.code for area in found.areas] == AREAS
    return found


def gradient_of(node: str) -> pd.DataFrame:
    names = [measure.name for measure in WAVE.measures]
    slope = [[SLOPE[node].get(name, 0.0) for name in names]] * len(AREAS)
    return pd.DataFrame(slope, index=AREAS, columns=names)


@pytest.mark.parametrize("node", SLOPE)
@pytest.mark.parametrize("seed", [1, 2])
def test_correlations_of_scores_are_those_of_linearised_records(node: str, seed: int) -> None:
    """Oracle: z of every record by a regression on the known totals, M2's sums over records."""
    sample = raked_across_areas(seed)
    found = of_node(*scored_of(sample), node)
    covariance = covariance_of_records(sample, scores_by_record(sample, gradient_of(node)))
    error = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.correlation, covariance / np.outer(error, error), rtol=1e-6, atol=1e-9)
    assert np.abs(found.correlation - np.eye(4)).max() > 0.1


def test_a_carried_value_shares_no_error_with_this_wave() -> None:
    """In D2 awareness (1.1) is an earlier wave's: there only its second leaf counts."""
    sample = raked_across_areas(1)
    scored, estimation = scored_of(sample)
    carried_from = scored.leaves.carried_from.copy()
    row = scored.leaves.row_of_area["D2"]
    carried_from[row, scored.leaves.column_of_leaf["1.1"]] = "2022Q1"
    carried = replace(scored, leaves=replace(scored.leaves, carried_from=carried_from))
    gradient = gradient_of("")
    gradient.loc["D2", "awareness"] = 20 / 0.8
    covariance = covariance_of_records(sample, scores_by_record(sample, gradient))
    rows = [scored.leaves.row_of_area[code] for code in AREAS]
    error = 100 * scored.standard_error_by_area_node[rows, 0]
    expected = covariance / np.outer(error, error)
    np.fill_diagonal(expected, 1.0)
    found = of_node(carried, estimation, "")
    np.testing.assert_allclose(found.correlation, expected, rtol=1e-6, atol=1e-9)


def test_a_questionnaire_without_answers_takes_no_part_in_the_ranking() -> None:
    """2.2 is asked of parents, of whom there is no sample: the total is of the other leaves."""
    parents = Measure("kind", "家长", MeasureKind.SHARE, "parents", ("q1",), Rule.POSITIVE, Base.ANSWERED)
    wave = replace(WAVE, measures=(*WAVE.measures, parents))
    sheet = FRAMEWORK.replace("score,linear,0,100", "kind,linear,0,1")
    scored, estimation = scored_of(raked_across_areas(1), sheet, wave)
    found = of_node(scored, estimation, "")
    assert np.isfinite(found.correlation).all() and np.abs(found.correlation - np.eye(4)).max() > 0.1
    assert not scored.leaves.measured[:, scored.leaves.column_of_leaf["2.2"]].any()
