"""A veto of an estimate among the events of the negative list: in words, of its own area, without points."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from indicators.columns import DEDUCTIONS_COLUMNS
from indicators.status import VETO_OF_ESTIMATE
from reports.context import Context
from reports.deduction_table import deduction_tables
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment


@pytest.mark.parametrize(
    ("language", "word"), [(Language.CHINESE, "低于否决线"), (Language.ENGLISH, "below the veto mark")]
)
def test_a_veto_of_an_estimate_is_told_in_words_and_is_each_areas_own(language: Language, word: str) -> None:
    assessment = make_assessment(Shape(subdistricts=3))
    areas = assessment.wave.areas
    vetoes = pd.DataFrame(
        [
            (area.code, "1.1", "知晓", "2022-08-28", VETO_OF_ESTIMATE, 0.0, "不得评优", True, "")
            for area in (areas.district, areas.subdistricts[0])
        ],
        columns=list(DEDUCTIONS_COLUMNS),
    ).astype(DEDUCTIONS_COLUMNS)
    context = Context(replace(assessment, deductions=vetoes), words_of(language))
    for area in (areas.district, areas.subdistricts[0]):
        row = list(deduction_tables(context, area)[0].groups[0].rows[0])
        assert any(word in str(cell.note) for cell in row)
        texts = [str(cell.text) for cell in row]
        assert "不得评优" in texts
        assert areas.subdistricts[0].name not in texts
        assert not any(VETO_OF_ESTIMATE in str(cell.note) for cell in row)
