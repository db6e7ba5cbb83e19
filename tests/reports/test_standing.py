"""Page 1 on the total: target, chance in words, change on last time, vetoes, what would turn the verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import reports
from indicators.assessment import Assessment
from indicators.status import VETO_OF_ESTIMATE
from reports import numbers
from reports.context import Context
from reports.deduction_table import deduction_tables
from reports.document import district_report, scorecard
from reports.leader import leaders_page
from reports.numbers import Chance
from reports.page import Prose, Table
from reports.score_chapters import district_tree, scores_by_subdistrict
from reports.standing import change_remark, fragile_line
from reports.weak_chapters import sample_text, trend_cell
from reports.words import words_of
from surveys.compare.vocabulary import ChangeVerdict
from surveys.problem import Language
from surveys.verdict import Verdict
from tests.factory_assessment import CARRIED, Shape, make_assessment

ZH = words_of(Language.CHINESE)


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return make_assessment(Shape(subdistricts=6, previous=True))


def with_total(assessment: Assessment, **columns: Any) -> Context:
    scores = assessment.scores.copy()
    for name, value in columns.items():
        scores.loc[scores["node"] == "total", name] = value
    return Context(replace(assessment, scores=scores), ZH)


def with_change(assessment: Assessment, **columns: Any) -> Context:
    changes = assessment.score_changes.copy()
    for name, value in columns.items():
        changes.loc[changes["node"] == "total", name] = value
    return Context(replace(assessment, score_changes=changes), ZH)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, Chance.ALMOST_SURE),
        (0.95, Chance.ALMOST_SURE),
        (0.949, Chance.LIKELY),
        (0.7, Chance.LIKELY),
        (0.5, Chance.POSSIBLE),
        (0.3, Chance.POSSIBLE),
        (0.29, Chance.UNLIKELY),
        (0.05, Chance.UNLIKELY),
        (0.04, Chance.ALMOST_NEVER),
        (0.0, Chance.ALMOST_NEVER),
    ],
)
def test_a_chance_is_one_of_five_words(probability: float, word: Chance) -> None:
    assert numbers.chance(probability, Verdict.PASS) is word
    assert numbers.chance(probability, Verdict.FAIL) is word


def test_while_the_verdict_is_open_nothing_is_almost_sure() -> None:
    words = {numbers.chance(at / 100, Verdict.UNDETERMINED) for at in range(101)}
    assert words == {Chance.LIKELY, Chance.POSSIBLE, Chance.UNLIKELY}


def test_an_open_total_says_how_likely_it_passes_in_words(assessment: Assessment) -> None:
    context = with_total(
        assessment, coverage=1.0, verdict=Verdict.UNDETERMINED.value, target=80.0, pass_probability=0.31
    )
    page = leaders_page(context, assessment.wave.areas.district)
    assert page.total is not None
    assert page.total.chance == "达标与否都有可能"
    assert "是否达到 80 分的目标尚无法判定，达标与否都有可能" in page.answer
    everything = repr(page)
    assert "31%" not in everything
    assert "0.31" not in everything


@pytest.mark.parametrize(
    ("verdict", "probability", "said", "chance"),
    [
        (Verdict.PASS, 0.99, "达到了 80 分的目标", "几乎肯定达标"),
        (Verdict.FAIL, 0.01, "没有达到 80 分的目标", "几乎不可能达标"),
    ],
)
def test_a_decided_total_says_its_verdict_in_the_answer_and_its_chance_on_the_card(
    assessment: Assessment, verdict: Verdict, probability: float, said: str, chance: str
) -> None:
    context = with_total(
        assessment, coverage=1.0, verdict=verdict.value, target=80.0, pass_probability=probability
    )
    page = leaders_page(context, assessment.wave.areas.district)
    assert said in page.answer
    assert chance not in page.answer
    assert page.total is not None
    assert page.total.chance == chance


def test_without_a_target_nothing_is_said_of_one(assessment: Assessment) -> None:
    context = with_total(assessment, coverage=1.0, verdict="", target=math.nan, pass_probability=math.nan)
    page = leaders_page(context, assessment.wave.areas.district)
    assert page.total is not None
    assert page.total.verdict == page.total.chance == ""
    assert "的目标" not in page.answer


@pytest.mark.parametrize(
    ("change", "low", "high", "verdict", "answer", "remark"),
    [
        (1.34, 0.2, 2.5, "improved", "上升 1.3 分", "+1.3 分（+0.2 ~ +2.5）：上升"),
        (-2.0, -3.1, -0.9, "declined", "下降 2.0 分", "−2.0 分（−3.1 ~ −0.9）：下降"),
        (0.4, -0.9, 1.7, "no_detectable_change", "看不出变化", "+0.4 分（−0.9 ~ +1.7）：看不出变化"),
    ],
)
def test_the_change_of_the_total_is_told_with_its_verdict(
    assessment: Assessment, change: float, low: float, high: float, verdict: str, answer: str, remark: str
) -> None:
    context = with_change(assessment, change=change, low=low, high=high, verdict=verdict, reason="")
    area = assessment.wave.areas.subdistricts[1]
    page = leaders_page(context, area)
    assert answer in page.answer
    assert change_remark(context, area).endswith(remark)
    assert page.total is not None
    assert change_remark(context, area) in page.total.remarks


def test_a_total_that_cannot_be_compared_says_why(assessment: Assessment) -> None:
    nothing = {"change": math.nan, "verdict": ChangeVerdict.NOT_COMPARABLE.value}
    context = with_change(assessment, reason="edition", **nothing)
    district = assessment.wave.areas.district
    assert change_remark(context, district) == "不与上次比较（测评体系改了）"
    assert "上升" not in leaders_page(context, district).answer.split("民意")[0]


def test_a_fragile_verdict_names_what_turns_it(assessment: Assessment) -> None:
    table = assessment.sensitivity.copy()
    district = assessment.wave.areas.district
    here = table["area_code"] == district.code
    table.loc[here, "fragile"] = False
    firm = Context(replace(assessment, sensitivity=table), ZH)
    assert fragile_line(firm, district) == ""
    turned = here & (table["scenario"] == "leave_one_out")
    table.loc[turned, ["fragile", "turned_by"]] = [True, "无障碍通道"]
    fragile = Context(replace(assessment, sensitivity=table), ZH)
    line = fragile_line(fragile, district)
    assert "无障碍通道" in line
    assert line in leaders_page(fragile, district).uncertain


def test_sampling_alone_makes_no_verdict_fragile(assessment: Assessment) -> None:
    table = assessment.sensitivity.copy()
    table["fragile"] = table["scenario"] == "sampling"
    context = Context(replace(assessment, sensitivity=table), ZH)
    assert fragile_line(context, assessment.wave.areas.district) == ""


def test_a_veto_stands_on_the_card_of_the_total(assessment: Assessment) -> None:
    deductions = assessment.deductions.copy()
    deductions.loc[deductions["counted"], "veto_grade"] = "不合格"
    context = Context(replace(assessment, deductions=deductions), ZH)
    page = leaders_page(context, assessment.wave.areas.district)
    assert page.total is not None
    assert "较大安全生产责任事故" in page.total.warning
    assert "不合格" in page.total.warning


def test_a_veto_of_an_estimate_is_described_in_words_and_takes_no_points(assessment: Assessment) -> None:
    deductions = assessment.deductions.copy()
    counted = deductions["counted"]
    deductions.loc[counted, ["veto_grade", "description", "points"]] = ["不合格", VETO_OF_ESTIMATE, 0.0]
    context = Context(replace(assessment, deductions=deductions), ZH)
    (table,) = deduction_tables(context, assessment.wave.areas.district)
    (row,) = table.groups[0].rows
    text_of = {column.title: cell for column, cell in zip(table.columns, row, strict=True)}
    assert text_of["事项"].note == ZH("deductions.veto_of_estimate")
    assert text_of["扣分"].text == ""
    assert text_of["限级"].text == "不合格"


def test_the_weakest_say_whether_they_got_better_or_worse(assessment: Assessment) -> None:
    findings = assessment.findings.copy()
    findings["change"], findings["change_verdict"] = -0.042, "declined"
    context = Context(replace(assessment, findings=findings), ZH)
    for item in leaders_page(context, assessment.wave.areas.district).priorities:
        assert item.trend == "较上次变差（−4.2 个百分点）"
    findings["change_verdict"] = "no_detectable_change"
    for item in leaders_page(context, assessment.wave.areas.district).priorities:
        assert item.trend == "较上次看不出变化"


def test_totals_stand_before_and_after_deductions(assessment: Assessment) -> None:
    """Oracle: effective points × share earned before, less the deduction after."""
    context = Context(assessment, ZH)
    total = context.score(assessment.wave.areas.district.code)
    assert total is not None
    assert total.deducted == 3.0
    before = numbers.points(total.effective_points * total.score_share)
    assert f"{total.effective_points * total.score_share - 3:.1f}" == numbers.points(total.points_earned)
    page = leaders_page(context, assessment.wave.areas.district)
    assert page.total is not None
    assert any(before in remark and "负面清单 3 分" in remark for remark in page.total.remarks)
    chapter = scores_by_subdistrict(context)
    assert chapter is not None
    (table,) = [block for block in chapter.blocks if isinstance(block, Table)]
    at = [column.title for column in table.columns].index("扣分前")
    assert table.groups[0].rows[0][at].text == before
    assert table.groups[0].rows[0][at].note == "−3.0"


def test_indicators_outside_the_total_and_carried_ones_are_named(assessment: Assessment) -> None:
    chapter = district_tree(Context(assessment, ZH))
    assert chapter is not None
    (prose,) = [block for block in chapter.blocks if isinstance(block, Prose)]
    text_of = dict(zip(prose.terms, prose.paragraphs, strict=True))
    assert assessment.framework is not None
    only = [leaf.name for leaf in assessment.framework.leaves if leaf.level.value == "district"]
    assert text_of["只在全区测评"].startswith(f"{len(only)} 项：{'、'.join(only)}。")
    assert "建筑工地围挡" in text_of["没有采集"]
    assert f"{CARRIED}（2022Q2 2022-05-28）" in text_of["沿用以前的结果"]


@pytest.mark.parametrize("language", list(Language))
def test_every_document_names_edition_source_and_whole_hash(
    assessment: Assessment, language: Language
) -> None:
    framework = assessment.framework
    assert framework is not None
    assert assessment.companion is not None
    for html in reports.documents(assessment, language).values():
        assert framework.title_in(language) in html
        assert framework.source_in(language) in html
        assert framework.content_hash in html
        assert assessment.companion.framework.content_hash in html


def test_a_scorecard_and_the_report_show_the_same_total(assessment: Assessment) -> None:
    context = Context(assessment, ZH)
    for area in (assessment.wave.areas.district, assessment.wave.areas.subdistricts[0]):
        made = district_report(context) if area.parent == "" else scorecard(context, area)
        row = context.score(area.code)
        assert row is not None
        assert made.leaders.total is not None
        assert made.leaders.total.value == numbers.points(row.points_earned)


def test_tables_that_a_wave_has_no_use_for_are_not_written(assessment: Assessment) -> None:
    names = {name for name, *_ in reports.result_tables(assessment)}
    assert {"ranking.csv", "waterfall.csv", "combined.csv", "companion_scores.csv"} <= names
    plain = make_assessment(Shape(subdistricts=2, framework=False))
    assert {name for name, *_ in reports.result_tables(plain)} == {
        "rates.csv",
        "scores.csv",
        "weak.csv",
        "quality.csv",
        "ranking.csv",
    }
    for _, frame, columns in reports.result_tables(assessment):
        assert list(frame.columns) == list(columns)
        assert isinstance(frame, pd.DataFrame)


def test_no_detectable_change_beside_an_interval_without_0_says_why(assessment: Assessment) -> None:
    area = assessment.wave.areas.subdistricts[0]
    quiet = str(ChangeVerdict.NO_DETECTABLE_CHANGE)
    apart = {"change": 6.8, "low": 0.6, "high": 13.1, "verdict": quiet, "reason": "composition"}
    said = change_remark(with_change(assessment, **apart), area)
    assert "同时比较许多项，判断从严；只比较两次都有的指标" in said
    assert "从严" not in change_remark(with_change(assessment, **apart | {"low": -0.6}), area)
    assert "从严" not in change_remark(with_change(assessment, **apart | {"verdict": "improved"}), area)


def test_a_grade_that_stays_is_unchanged_and_not_merely_undetected(assessment: Assessment) -> None:
    """Documents have no sampling error: 0 within ±0 is known."""
    findings = assessment.findings.copy()
    for name in ("change", "change_low", "change_high"):
        findings[name] = 0.0
    findings["change_verdict"] = "no_detectable_change"
    context = Context(replace(assessment, findings=findings), ZH)
    district = assessment.wave.areas.district
    assert {item.trend for item in leaders_page(context, district).priorities} == {"与上次相同"}
    assert trend_cell(context, context.findings(district.code)[0]).text == "未变"
    findings["change_low"], findings["change_high"] = -0.1, 0.1
    context = Context(replace(assessment, findings=findings), ZH)
    assert {item.trend for item in leaders_page(context, district).priorities} == {"较上次看不出变化"}
    assert trend_cell(context, context.findings(district.code)[0]).note


@pytest.mark.parametrize(
    ("losses", "named"),
    [
        ((0.09, 0.11, 0.5), 1),  # the first lost less than a tenth for sure
        ((0.10, 0.11, 0.5), 0),
        ((0.01, 0.02, 0.05), 2),  # none did: the surest loss
        ((math.nan, 0.02, 0.01), 1),
    ],
)
def test_the_sentence_names_no_indicator_first_whose_loss_hangs_on_a_few_checks(
    assessment: Assessment, losses: tuple[float, ...], named: int
) -> None:
    """Each could regain 1 point; the order (M11) stays."""
    findings = assessment.findings
    district = assessment.wave.areas.district
    three = findings[findings["area_code"] == district.code].sort_values("rank").head(3).copy()
    three["class"], three["points_recoverable"] = "confirmed", 1.0
    three["points_confirmed_loss"] = losses
    context = Context(replace(assessment, findings=three), ZH)
    page = leaders_page(context, district)
    names = list(three["node_name"])
    differs = f"下文按可挽回的分数排列，排在首位的“{names[0]}”失分多少还说不准，较有把握的"
    lead = "" if named == 0 else differs
    assert f"{lead}首先是“{names[named]}”" in page.answer
    assert ("说不准" in page.answer) == (named != 0)
    english = leaders_page(replace(context, words=words_of(Language.ENGLISH)), district).answer
    assert (f"how much its first, {names[0]}, costs is unsure" in english) == (named != 0)
    assert [item.name for item in page.priorities] == names


@pytest.mark.parametrize(("count", "said"), [(1, "1 document"), (18, "18 documents")])
def test_what_rests_on_documents_says_on_how_many(assessment: Assessment, count: int, said: str) -> None:
    findings = assessment.findings.assign(method="document", n=float(count))
    context = Context(replace(assessment, findings=findings), words_of(Language.ENGLISH))
    row = context.findings(assessment.wave.areas.district.code)[0]
    assert sample_text(context.words, row) == said
    unknown = Context(replace(assessment, findings=findings.assign(n=math.nan)), ZH)
    assert sample_text(ZH, unknown.findings(assessment.wave.areas.district.code)[0]) == ""
