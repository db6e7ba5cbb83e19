"""What the leaders' page says of values that stand in from an earlier wave."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reports.context import Context
from reports.uncertain import uncertain
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment

CASES = {
    "carried alone": (
        ("carried", "measured"),
        ("有 1 项指标本次没有采集，沿用以前的结果（", "earlier results standing in: 1 ("),
    ),
    "carried and blank": (
        ("carried", "not_collected"),
        ("有 2 项指标本次没有采集或样本不足（", "too few answers: 2 ("),
    ),
    "blank alone": (
        ("measured", "not_collected"),
        ("有 1 项指标没有采集或样本不足（", "too few answers: 1 ("),
    ),
}


def with_two_leaves(kinds: tuple[str, str]) -> Context:
    """The district's leaves all measured but the first two, which are what `kinds` says."""
    assessment = make_assessment(Shape(subdistricts=2))
    district = assessment.wave.areas.district
    scores = assessment.scores.copy()
    own = scores["area_code"] == district.code
    leaves = scores.index[own & (scores["method"] != "")]
    scores.loc[leaves, "status"] = "measured"
    scores.loc[leaves, "carried_from"] = ""
    for row, kind in zip(leaves[:2], kinds, strict=True):
        scores.loc[row, "status"] = "measured" if kind == "carried" else kind
        scores.loc[row, "carried_from"] = "2022Q1 2022-02-20" if kind == "carried" else ""
    total = own & (scores["node"] == "total")
    scores.loc[total, ["coverage", "bound_low", "bound_high"]] = [0.9, 70.0, 80.0]
    return Context(replace(assessment, scores=scores), words_of(Language.CHINESE))


@pytest.mark.parametrize("case", CASES)
def test_carried_values_are_named_among_what_was_not_collected(case: str) -> None:
    kinds, starts = CASES[case]
    context = with_two_leaves(kinds)
    scores = context.assessment.scores
    names: pd.Series = scores.loc[scores["method"] != "", "node_name"]
    for language, start in zip((Language.CHINESE, Language.ENGLISH), starts, strict=True):
        spoken = replace(context, words=words_of(language))
        lines = uncertain(spoken, context.assessment.wave.areas.district, ())
        told = [line for line in lines if start in line]
        assert len(told) == 1
        assert "70" in told[0]
        assert "80" in told[0]
        assert (names.iloc[0] in told[0]) == (kinds[0] == "carried")
        assert (names.iloc[1] in told[0]) == (kinds[1] == "not_collected")
        assert ("以前的结果" in told[0] or "earlier results" in told[0]) == ("carried" in kinds)
