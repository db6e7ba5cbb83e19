"""Every chapter stands every shape of a wave: one subdistrict or many, long names, nothing measured."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import reports
from indicators.assessment import Assessment
from indicators.columns import SCORES_COLUMNS
from indicators.status import NodeStatus
from reports.context import Context
from reports.document import CHAPTERS, district_report
from reports.words import words_of
from surveys.problem import Language
from surveys.verdict import Verdict
from tests.factory_assessment import Shape, make_assessment

SHAPES = {
    "one subdistrict": Shape(subdistricts=1, previous=True),
    "two subdistricts": Shape(subdistricts=2, previous=True),
    "eighteen": Shape(subdistricts=18, previous=True),
    "sixty": Shape(subdistricts=60, previous=True, communities_published=0),
    "long names": Shape(subdistricts=4, previous=True, name_suffix="高新技术产业开发区某某某某街道办事处"),
    "too few answers": Shape(subdistricts=3, previous=True, n=1),
    "no scores": Shape(subdistricts=3, framework=False),
}
HOLES = re.compile(r">\s*(nan|None|NaN|inf)\s*<|\{[a-z_]+\}|\bNaN\b")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", SHAPES)
def test_documents_hold_no_hole(name: str, language: Language) -> None:
    html = reports.documents(make_assessment(SHAPES[name]), language)
    assert len(html) == SHAPES[name].subdistricts + 1
    for text in html.values():
        assert not HOLES.search(text), HOLES.search(text)


def test_a_full_wave_has_every_chapter() -> None:
    context = Context(make_assessment(SHAPES["eighteen"]), words_of(Language.CHINESE))
    assert [make.__name__ for make in CHAPTERS if make(context) is None] == []
    titles = [chapter.title for chapter in district_report(context).chapters]
    assert len(titles) == len(set(titles)) == len(CHAPTERS)


def nothing_measured(plain: Assessment) -> Assessment:
    """A tree of which nothing was collected, and all that follows from scores with it."""
    scores = plain.scores.copy()
    for name in ("value", "score_share", "points_earned", "standard_error", "root_mean_square_error", "low",
                 "high", "pass_probability"):  # fmt: skip
        scores[name] = float("nan")
    scores["effective_points"], scores["coverage"] = 0.0, 0.0
    scores["status"] = str(NodeStatus.NOT_COLLECTED)
    scores["verdict"] = [str(Verdict.NOT_MEASURED) if target == target else "" for target in scores["target"]]
    blank = {
        table: getattr(plain, table).iloc[:0]
        for table in ("findings", "deductions", "ranking", "quadrant", "sensitivity", "score_changes",
                      "waterfall", "combined", "observations")
    }  # fmt: skip
    return replace(plain, scores=scores.astype(SCORES_COLUMNS), companion=None, **blank)


@pytest.mark.parametrize("language", list(Language))
def test_a_tree_of_which_nothing_was_measured_is_an_honest_report(language: Language) -> None:
    assessment = nothing_measured(make_assessment(Shape(subdistricts=3, n=1, previous=True)))
    for text in reports.documents(assessment, language).values():
        assert not HOLES.search(text), HOLES.search(text)
