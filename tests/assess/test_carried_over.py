"""Carried values through the whole line: both trees take what the wave before had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assess.appraisal import appraise
from assess.inputs import TreeInputs, read_inputs
from indicators.assessment import Assessment
from indicators.framework import Method, Missing


@pytest.fixture(scope="module")
def without_a_grade(demo_wave: Path) -> tuple[str, Assessment]:
    """The demo, with one document standard of the minors' tree carried over and not reviewed this time."""
    inputs = read_inputs(demo_wave)
    second = inputs.companion
    assert second is not None
    graded = set(second.evidence.grades["node"])
    node = next(
        leaf.code
        for leaf in second.framework.leaves
        if leaf.method is Method.DOCUMENT and leaf.code in graded
    )
    rows = tuple(
        replace(row, missing=Missing.CARRY) if row.code == node else row
        for row in second.framework.indicators
    )
    kept = second.evidence.grades[second.evidence.grades["node"] != node]
    changed = TreeInputs(replace(second.framework, indicators=rows), replace(second.evidence, grades=kept))
    return node, appraise(replace(inputs, companion=changed))


def test_the_companion_tree_carries_what_was_not_reviewed_this_time(
    without_a_grade: tuple[str, Assessment],
) -> None:
    node, assessment = without_a_grade
    assert assessment.companion is not None
    rows = assessment.companion.scores.set_index(["area_code", "node"])
    district = assessment.wave.areas.district.code
    leaf, total = rows.loc[(district, node)], rows.loc[(district, "total")]
    assert leaf["status"] == "measured"
    assert leaf["carried_from"].startswith(assessment.previous)
    assert leaf["flag"].split(";")[-1] == "carried"
    assert leaf["coverage"] == 0.0
    assert total["bound_low"] <= total["points_earned"] <= total["bound_high"]
    assert total["bound_high"] - total["bound_low"] > 0.4 * leaf["points"]


def test_the_demo_carries_values_over_and_says_so(demo_assessment: Assessment) -> None:
    """Bounds and the missing scenario of the sensitivity tell the same of every total."""
    scores = demo_assessment.scores
    carried = scores[scores["carried_from"] != ""]
    assert set(carried["carried_from"].str.split().str[0]) == {demo_assessment.previous}
    assert (carried["coverage"] == 0).all()
    totals = scores[scores["node"] == "total"].set_index("area_code")
    missing = demo_assessment.sensitivity.query("scenario == 'missing'").set_index("area_code")
    for bound, end in (("bound_low", "total_low"), ("bound_high", "total_high")):
        assert missing[end].to_numpy() == pytest.approx(totals[bound].loc[missing.index].to_numpy())
    assert (totals.loc[carried["area_code"].unique(), "coverage"] < 1).all()
