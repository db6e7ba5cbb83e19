"""What the reports say: n beside every rate, counts that add up, totals that admit what they rest on."""

from __future__ import annotations

import dataclasses
import math
import re

import pandas as pd
import pytest

import reports
from indicators.assessment import Assessment
from indicators.status import NodeStatus
from reports import numbers
from reports.context import Context, reason_text
from reports.deduction_table import deduction_tables
from reports.document import district_report, scorecard
from reports.headline_chart import headline_figures
from reports.leader import leaders_page
from reports.page import Chapter, Pair, Prose, Report, Table
from reports.rate_tables import rate_table, verdict_counts
from reports.words import words_of
from surveys.area import AreaLevel
from surveys.problem import Language, Problem, Severity
from tests.factory_assessment import Shape, make_assessment

ZH = words_of(Language.CHINESE)
SVG_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return make_assessment(Shape(subdistricts=14))


@pytest.fixture(scope="module")
def context(assessment: Assessment) -> Context:
    return Context(assessment, ZH)


def tables_of(chapter: Chapter | None) -> list[Table]:
    assert chapter is not None
    found: list[Table] = []
    for block in chapter.blocks:
        found += (
            [block.left, block.right]
            if isinstance(block, Pair)
            else [block]
            if isinstance(block, Table)
            else []
        )
    return found


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for group in table.groups for row in group.rows]


def column(table: Table, title: str) -> int:
    return [column.title for column in table.columns].index(title)


# A rate carries its n


def test_every_headline_rate_on_page_1_carries_its_n(context: Context) -> None:
    areas = context.assessment.wave.areas
    for area in (areas.district, areas.subdistricts[0]):
        page = leaders_page(context, area)
        shown = [text for figure in page.figures for text in SVG_TEXT.findall(figure.svg)]
        for measure in context.headlines:
            row = context.rate(measure.name, area.code)
            assert row is not None
            assert f"n={numbers.count(row.n)}" in shown


def test_every_panel_has_a_column_of_n(context: Context) -> None:
    report = district_report(context)
    panels = [block for block in report.chapters[0].blocks if block.kind == "figures"]
    for row in panels[0].rows:  # type: ignore[union-attr]
        for figure in row:
            shown = SVG_TEXT.findall(figure.svg)
            assert "样本数" in shown
            values = sum(bool(re.fullmatch(r"\d+\.\d+%?", text)) for text in shown)
            assert sum(bool(re.fullmatch(r"[\d,]+", text)) for text in shown) >= values > 0


def test_scorecard_rates_carry_their_n(context: Context) -> None:
    area = context.assessment.wave.areas.subdistricts[2]
    table = next(t for t in tables_of(scorecard(context, area).chapters[0]) if t.heading == "问卷指标")
    names = {context.measure_name(m): m for m in context.others}
    rows = texts(table)
    assert rows
    for row in rows:
        rate = context.rate(names[row[0]].name, area.code)
        assert rate is not None
        assert row[column(table, "n")] == numbers.count(rate.n)


def test_communities_show_verdict_interval_and_n_under_the_target(context: Context) -> None:
    table = next(t for t in tables_of(rate_table(context)) if t.heading == "社区（村）结果")
    assert [c.note for c in table.columns[1:]] == ["目标 90%", "目标 80%", "目标 90%", "目标 90%", "目标 85"]
    for group in table.groups:
        for row in group.rows:
            for cell in row[1:]:
                assert re.fullmatch(r"[●◆▼] (\d+\.\d+%?|—（样本不足）)", cell.text)
                if "样本不足" not in cell.text:
                    assert re.fullmatch(r"\d+\.\d+–\d+\.\d+%? n=\d+", cell.note)


# Withheld areas are undetermined, and counts add up to the number of subdistricts


def test_counts_add_up_to_the_subdistricts_and_name_the_withheld(context: Context) -> None:
    subdistricts = len(context.assessment.wave.areas.subdistricts)
    some_withheld = False
    for measure in (*context.headlines, *context.others):
        said, counts = verdict_counts(context, context.rates_of(measure.name, AreaLevel.SUBDISTRICT))
        four = [counts[key] for key in ("pass", "undetermined", "fail", "not_measured")]
        assert sum(four) == subdistricts
        assert counts["withheld"] <= counts["undetermined"]
        assert sum(int(n) for n in re.findall(r"(\d+)", re.sub(r"（.*?）", "", said))) == subdistricts
        if counts["withheld"]:
            some_withheld = True
            assert f"无法判定 {counts['undetermined']}（其中样本不足 {counts['withheld']}）" in said
    assert some_withheld


def test_areas_without_a_row_count_as_not_measured(context: Context) -> None:
    rows = context.rates_of(context.headlines[0].name, AreaLevel.SUBDISTRICT)[:-3]
    assert verdict_counts(context, rows)[1]["not_measured"] == 3


def test_printed_counts_add_up_on_page_1_and_in_the_tables(context: Context) -> None:
    subdistricts = len(context.assessment.wave.areas.subdistricts)
    tally = leaders_page(context, context.assessment.wave.areas.district).tally
    assert tally is not None
    others = next(t for t in tables_of(rate_table(context)) if t.heading == "其他问卷指标（全区）")
    for table in (tally, others):
        withheld = column(table, "其中样本不足")
        for row in texts(table):
            met, undetermined, too_few, missed, unmeasured = (
                int(n) for n in row[withheld - 2 : withheld + 3]
            )
            assert met + undetermined + missed + unmeasured == subdistricts
            assert too_few <= undetermined


@pytest.mark.parametrize("language", list(Language))
def test_no_footnote_says_that_withheld_is_no_verdict(assessment: Assessment, language: Language) -> None:
    html = "".join(reports.documents(assessment, language).values())
    for phrase in ("不判定", "不作判定", "nor judged", "none is judged"):
        assert phrase not in html


# A total says what it rests on


def with_coverage(assessment: Assessment, coverage: float) -> Assessment:
    """All totals at 80.0 points, on so much of the declared points, and the bounds that follow."""
    scores = assessment.scores.copy()
    total = scores["node"] == "total"
    scores.loc[total, ["points_earned", "low", "high", "coverage"]] = [80.0, 78.0, 82.0, coverage]
    scores.loc[total, "bound_low"] = 80.0 * coverage
    scores.loc[total, "bound_high"] = 80.0 * coverage + 100 * (1 - coverage)
    return dataclasses.replace(assessment, scores=scores)


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (1.0, "平城区综合得分 80.0 分，真实水平很可能在 78.0–82.0 分之间。"),
        (0.95, "平城区综合得分 80.0 分，真实水平很可能在 78.0–82.0 分之间。"),
        (
            0.7,
            "平城区综合得分 80.0 分（只测得 70.0% 的分值；其余若全失分或全得分，为 56.0–86.0 分）。",
        ),
        (0.22, "平城区只测得 22.0% 的分值，综合得分尚不能代表全貌："),
    ],
)
def test_the_headline_says_how_much_was_measured(assessment: Assessment, coverage: float, said: str) -> None:
    """Below 80 % beside the total, below 50 % before it and never as where the true level lies."""
    context = Context(with_coverage(assessment, coverage), ZH)
    page = leaders_page(context, assessment.wave.areas.district)
    assert page.answer.startswith(said)
    assert ("真实水平很可能" in page.answer) == (coverage >= 0.8)
    total = page.total
    assert total is not None
    bounds = f"{80 * coverage:.1f}–{80 * coverage + 100 * (1 - coverage):.1f}"
    card = "".join((total.warning, *total.remarks))
    assert (bounds in card) == (coverage < 1)
    assert bool(total.warning) == (coverage < 0.8)
    assert ("已测部分" in total.range) == (coverage < 0.8)


@pytest.mark.parametrize(("coverage", "bears"), [(0.3, False), (0.7, False), (0.85, True), (1.0, True)])
def test_a_total_bears_no_verdict_that_the_rest_could_turn(
    assessment: Assessment, coverage: float, bears: bool
) -> None:
    """Target 80; at 30 and 70 % the bounds of a total of 80 lie on both sides of it."""
    context = Context(with_coverage(assessment, coverage), ZH)
    total = leaders_page(context, assessment.wave.areas.district).total
    assert total is not None
    assert bool(total.verdict) == bears


# Samples, deductions, leaves of the district


def test_sample_of_a_subdistrict_counts_all_questionnaires(context: Context) -> None:
    """Oracle: per questionnaire, base and excluded of a measure together are its records."""
    area = context.assessment.wave.areas.subdistricts[1]
    rates = context.assessment.rates
    here = rates[(rates["area_code"] == area.code) & (rates["group"] == "")]
    by_form = {
        form: max(row.n + row.excluded for row in group.itertuples())
        for form, group in here.groupby("questionnaire")
    }
    assert len(by_form) == 2
    assert f"有效样本：{sum(by_form.values())} 份（2 种问卷）" in scorecard(context, area).facts


def test_each_event_is_listed_once_in_its_report_with_its_place(context: Context) -> None:
    areas = context.assessment.wave.areas
    table = deduction_tables(context, areas.district)[0]
    rows = texts(table)
    assert [row[column(table, "发生地")] for row in rows] == [areas.subdistricts[5].name]
    printed = sum(float(row[column(table, "扣分")] or 0) for row in rows)
    deductions = context.assessment.deductions
    counted = deductions[(deductions["area_code"] == areas.district.code) & deductions["counted"]]
    assert printed == counted["points"].sum()
    assert len(texts(deduction_tables(context, areas.subdistricts[5])[0])) == 1
    assert deduction_tables(context, areas.subdistricts[1]) == ()


def test_leaves_of_the_district_alone_are_named_from_the_data(assessment: Assessment) -> None:
    area = assessment.wave.areas.subdistricts[0]
    scores = assessment.scores
    absent = scores[
        (scores["area_code"] == area.code)
        & (scores["status"] == NodeStatus.NOT_APPLICABLE.value)
        & (scores["method"] != "")
    ]
    lines = leaders_page(Context(assessment, ZH), area).uncertain
    line = next(line for line in lines if "只在全区层面测评" in line)
    assert f"有 {len(absent)} 项指标" in line
    assert str(absent["node_name"].iloc[0]) in line
    everywhere = dataclasses.replace(
        assessment, scores=scores.assign(status=scores["status"].replace("not_applicable", "measured"))
    )
    lines = leaders_page(Context(everywhere, ZH), area).uncertain
    assert not [line for line in lines if "只在全区层面" in line]


# Nothing measured


def test_without_any_value_there_is_a_sentence_and_no_chart() -> None:
    context = Context(make_assessment(Shape(subdistricts=2, n=1, framework=False)), ZH)
    district = context.assessment.wave.areas.district
    rows = [(m, context.rate(m.name, district.code)) for m in context.headlines]
    assert all(row is not None and math.isnan(row.value) for _, row in rows)
    figures, note = headline_figures(context, district, rows, beside_total=False)
    assert figures == ()
    assert note.endswith("没有可以公布的数值，不作图。")
    assert all(context.measure_name(measure) in note for measure, _ in rows)
    assert "<svg" not in reports.documents(context.assessment, Language.CHINESE)["district.pdf"]


# Notes


def last_prose(report: Report, heading: str) -> Prose:
    return next(
        block
        for chapter in report.chapters
        for block in chapter.blocks
        if isinstance(block, Prose) and block.heading == heading
    )


def test_data_checks_name_the_question_and_not_its_code(assessment: Assessment) -> None:
    question = assessment.wave.questions[0]
    detail = {"rows": "17, 262", "question": question.name, "scale": "五级满意"}
    problem = Problem(
        "answer_outside_scale", Severity.SET_ASIDE, "a.csv", 17, f"1、{question.text}", "7", detail, 2
    )
    report = district_report(Context(dataclasses.replace(assessment, problems=(problem,)), ZH))
    line = last_prose(report, "数据核对记录（供测评人员）").paragraphs[0]
    assert line.count(question.text) == 1
    assert question.name not in line
    assert "a.csv:17" in line


def test_an_unknown_reason_is_said_by_its_problem(assessment: Assessment) -> None:
    problem = Problem("unknown_column", Severity.SET_ASIDE, "a.csv", 1, "备注", detail={"names": "x"})
    context = Context(dataclasses.replace(assessment, problems=(problem,)), ZH)
    assert reason_text(context, "unknown_column") == problem.message(Language.CHINESE)
    assert reason_text(context, "duplicate_record") == "重复记录"
    assert reason_text(context, "never_heard_of") == "其他原因（见处理日志）"


def test_footnote_marks_stand_in_order(assessment: Assessment) -> None:
    """The second flag of a row may have been met before its first."""
    rates = assessment.rates.copy()
    shown = rates.index[(rates["area_level"] == "subdistrict") & rates["headline"] & rates["value"].notna()]
    rates.loc[shown[0], "flag"] = "unreliable_complement"
    rates.loc[shown[1], "flag"] = "few_degrees_of_freedom;unreliable_complement"
    table = tables_of(rate_table(Context(dataclasses.replace(assessment, rates=rates), ZH)))[0]
    marks = {row[-1] for row in texts(table)}
    assert "①②" in marks
    assert "②①" not in marks


def test_english_dates_are_written_out(assessment: Assessment) -> None:
    context = Context(assessment, words_of(Language.ENGLISH))
    facts = district_report(context).facts
    assert "Field work 15 August 2022 to 28 August 2022" in facts


def test_a_measure_without_target_has_no_counts(context: Context) -> None:
    rates = context.assessment.rates.copy()
    name = context.others[0].name
    rates.loc[rates["measure"] == name, ["target", "verdict"]] = [math.nan, ""]
    other = Context(dataclasses.replace(context.assessment, rates=pd.DataFrame(rates)), ZH)
    assert verdict_counts(other, other.rates_of(name, AreaLevel.SUBDISTRICT)) == ("", {})
