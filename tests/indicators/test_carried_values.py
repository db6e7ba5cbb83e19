"""What a carried value is not: a measurement of this wave, a veto, nor one of another direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from indicators.evidence.tables import Evidence
from indicators.findings.scenario import Filling, missing_policies
from indicators.reading import read_framework
from indicators.scores.scored import Scored
from indicators.scores.scoring import Scoring, score
from indicators.scores.uncertainty import DrawSettings
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of

SHEET = (
    "code,name,points,method,source,scoring,low,high,direction,missing,veto_grade,veto_below\n"
    "1,知晓,60,questionnaire,a,linear,0,1,,,,\n"
    "2,满意,40,questionnaire,b,linear,0,1,{direction},carry,{veto}\n"
)
NODE = (
    "code,parent,name,points,method,source,scoring,low,high,missing,veto_grade,veto_below\n"
    "1,,知晓,60,questionnaire,a,linear,0,1,,,\n"
    "2,,服务,40,,,,,,,不得评优,0.7\n"
    "2.1,2,满意,40,questionnaire,b,linear,0,1,carry,,\n"
)
NOW = {"D": {"a": 0.9}, "S1": {"a": 0.9}}
BEFORE = {"D": {"a": 0.8, "b": 0.5}, "S1": {"a": 0.8, "b": 0.5}}


def scoring_of(
    values: Mapping[str, Mapping[str, float]],
    previous: Scored | None = None,
    *,
    veto: str = ",",
    direction: str = "",
    sheet: str = SHEET,
) -> Scoring:
    wave = small_wave(("S1",), (share_measure("a"), share_measure("b")))
    if previous is None:
        wave = replace(wave, id="2022Q1")
    text = sheet.format(veto=veto, direction=direction)
    framework, problems = read_framework(tables_of(framework=text), wave)
    assert framework is not None, problems
    return score(framework, wave, estimation_of(wave, values), Evidence(), DrawSettings(200), previous)


def test_a_carried_value_vetoes_nothing() -> None:
    """The limits of b, .4 and .6, lie below .7: a veto in the wave that measured it, not in the next."""
    before = scoring_of(BEFORE, veto="不得评优,0.7")
    assert before.deductions["item"].tolist() == ["2", "2"]
    now = scoring_of(NOW, before.scored, veto="不得评优,0.7")
    rows = now.scores.set_index(["area_code", "node"])
    assert rows.loc[("S1", "2"), ["value", "flag"]].tolist() == [0.5, "carried"]
    assert now.deductions.empty


def test_a_node_of_carried_values_alone_vetoes_nothing() -> None:
    before = scoring_of(BEFORE, sheet=NODE)
    assert before.deductions["item"].tolist() == ["2", "2"]
    assert scoring_of(NOW, before.scored, sheet=NODE).deductions.empty
    assert len(scoring_of(BEFORE, before.scored, sheet=NODE).deductions) == 2


def test_a_carried_value_is_in_the_headline_and_missing_beside_it() -> None:
    """60·.9 + 40·.5 = 74 points; of the 60 measured now alone 90; nothing or full for b: 54 and 94."""
    now = scoring_of(NOW, scoring_of(BEFORE).scored)
    total = now.scores.set_index(["area_code", "node"]).loc[("S1", "total")]
    assert total["points_earned"] == pytest.approx(74.0)
    assert total["coverage"] == pytest.approx(0.6)
    assert (total["bound_low"], total["bound_high"]) == (pytest.approx(54.0), pytest.approx(94.0))
    assert now.scored is not None
    found = missing_policies(now.scored)
    at = now.scored.leaves.row_of_area["S1"]
    assert found.names == (Filling.ZERO, Filling.LEFT_OUT, Filling.FULL)
    np.testing.assert_allclose(found.total_by_variant_area[:, at], [54.0, 90.0, 94.0])


@pytest.mark.parametrize(("direction", "status"), [("", "measured"), ("down", "not_collected")])
def test_a_value_of_another_direction_is_not_carried(direction: str, status: str) -> None:
    now = scoring_of(NOW, scoring_of(BEFORE).scored, direction=direction)
    assert now.scores.set_index(["area_code", "node"]).loc[("S1", "2"), "status"] == status
