"""The framework sheet: every defect at once, with file, row, column, value and remedy; and the hash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indicators.edition.built_in import editions, read_edition
from indicators.framework import Framework, Missing, Scoring
from indicators.reading import read_companion, read_framework
from indicators.schema import INDICATOR_TABLES
from surveys.problem import Language, Problem, Severity, errors_of
from surveys.questionnaire import (
    Answer,
    Base,
    Measure,
    MeasureKind,
    Question,
    QuestionKind,
    Role,
    Rule,
    Scale,
)
from surveys.raw_table import read_raw_tables
from surveys.table import parse_table
from surveys.wave import EditionFacts, ScoringPlan, Wave
from tests.factory_scoring import score_measure, share_measure, small_wave, tables_of

HEADER = (
    "code,parent,name,points,method,source,scoring,low,high,scale,direction,target,missing,aggregate,floor,"
    "lead_unit,veto_grade,veto_below\n"
)
SOUND = HEADER + (
    "1,,甲,60,,,,,,,,,,,,U1\n"
    "1.1,1,甲一,40,questionnaire,m1,linear,50%,100%,,,0.9,,,,U1\n"
    "1.2,1,甲二,20,document,DC1,steps,,,等级,,0.85,,,,U1\n"
    "2,,乙,40,observation,OB1,ratio,,,,,,,,,U1\n"
    "N1,,负面,3,negative,NG1,,,,,,,,,,\n"
)
STEPS = "scale,from,grade,score\n等级,,优,1\n等级,,良,80%\n分档,0.9,,1\n分档,0,,0\n"
STEPS += "有缺口,0.9,,1\n有缺口,0.8,,0.5\n倒挂,0.9,,0.5\n倒挂,0.5,,0.8\n倒挂,0,,0\n"
UNITS = "code,name,kind\nU1,甲单位,责任单位\n"


def wave() -> Wave:
    mean = Measure("mean", "均值", MeasureKind.MEAN, "q", ("m",), Rule.SCORE, Base.ANSWERED)
    return small_wave(("S1",), (share_measure("m1", 0.9), score_measure("m2"), mean))


def read(sheet: str, steps: str = STEPS, units: str = UNITS) -> tuple[Framework | None, tuple[Problem, ...]]:
    return read_framework(tables_of(framework=sheet, steps=steps, units=units), wave())


def row_of(code: str, row: str) -> str:
    """The sound sheet with the row of `code` replaced."""
    lines = [row if line.startswith(f"{code},") else line for line in SOUND.splitlines()]
    return "\n".join(lines) + "\n"


def test_sound_sheet_reads_without_a_word() -> None:
    framework, problems = read(SOUND)
    assert problems == ()
    assert framework is not None
    assert [row.code for row in framework.indicators] == ["1", "1.1", "1.2", "2", "N1"]
    assert framework.by_code["1.1"].low == 0.5
    assert framework.by_code["N1"].scoring is Scoring.PER_EVENT


DEFECTS = {
    "points_do_not_add_up": (row_of("1.1", "1.1,1,甲一,39.5,questionnaire,m1"), 2, "points", "60"),
    "unknown_parent_node": (row_of("1.2", "1.2,9,甲二,20,document,DC1,steps,,,等级"), 4, "parent", "9"),
    "parent_is_leaf": (SOUND + "2.1,2,乙一,40,document,DC2,steps,,,等级\n", 7, "parent", "2"),
    "node_with_method": (row_of("1", "1,,甲,60,observation,OB9,ratio"), 2, "method", "observation"),
    "parent_cycle": (SOUND + "7,8,丙,1\n8,7,丁,1\n", 7, "parent", "8"),
    "duplicate_key": (SOUND + "2,,乙又,40,observation,OB2,ratio\n", 7, "code", "2"),
    "leaf_without_method": (row_of("2", "2,,乙,40"), 5, "method", ""),
    "leaf_without_source": (row_of("2", "2,,乙,40,observation,,ratio"), 5, "source", ""),
    "unknown_measure": (row_of("1.1", "1.1,1,甲一,40,questionnaire,nowhere"), 3, "source", "nowhere"),
    "unknown_step_scale": (row_of("1.2", "1.2,1,甲二,20,document,DC1,steps,,,等第"), 4, "scale", "等第"),
    "document_needs_grades": (row_of("1.2", "1.2,1,甲二,20,document,DC1,steps,,,分档"), 4, "scale", "分档"),
    "value_needs_starts": (row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,steps,,,等级"), 3, "scale", "等级"),
    "goalposts_reversed": (row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,linear,0.9,0.5"), 3, "low", "0.9"),
    "geometric_without_floor": (row_of("1", "1,,甲,60,,,,,,,,,,geometric"), 2, "floor", "0"),
    "bare_share": (row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,linear,0.5,1,,,90"), 3, "target", "90"),
    "scoring_does_not_fit": (row_of("2", "2,,乙,40,observation,OB1,linear"), 5, "scoring", "linear"),
    "goalpost_needed": (row_of("2", "2,,乙,40,observation,OB1,walk"), 5, "high", ""),
    "points_not_positive": (row_of("N1", "N1,,负面,0,negative,NG1"), 6, "points", "0"),
    "unknown_unit": (row_of("2", "2,,乙,40,observation,OB1,ratio,,,,,,,,,U9"), 5, "lead_unit", "U9"),
    "bad_number": (row_of("2", "2,,乙,四十,observation,OB1,ratio"), 5, "points", "四十"),
    "bad_choice": (row_of("2", "2,,乙,40,看一看,OB1,ratio"), 5, "method", "看一看"),
    "direction_needs_questionnaire": (
        row_of("2", "2,,乙,40,observation,OB1,ratio,,,,down"),
        5,
        "direction",
        "down",
    ),
    "veto_without_rule": (row_of("1", "1,,甲,60,,,,,,,,,,,,U1,不得评优"), 2, "veto_grade", "不得评优"),
    "veto_without_grade": (row_of("1", "1,,甲,60,,,,,,,,,,,,U1,,0.5"), 2, "veto_below", "0.5"),
    "veto_mark_of_event": (
        row_of("N1", "N1,,负面,3,negative,NG1,,,,,,,,,,,否决,0.5"),
        6,
        "veto_below",
        "0.5",
    ),
    "veto_needs_up": (
        row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,linear,0,1,,down,,,,,U1,否决,0.5"),
        3,
        "veto_below",
        "0.5",
    ),
    "steps_gap": (row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,steps,,,有缺口"), 3, "scale", "有缺口"),
    "steps_not_monotone": (
        row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,steps,,,倒挂"),
        3,
        "scale",
        "倒挂",
    ),
    "source_twice": (SOUND + "3,,丙,40,observation,OB1,ratio\n", 7, "source", "OB1"),
}


@pytest.mark.parametrize("code", DEFECTS)
def test_each_defect_names_row_column_value_and_remedy(code: str) -> None:
    sheet, row, column, value = DEFECTS[code]
    framework, problems = read(sheet)
    found = [problem for problem in problems if problem.code == code]
    assert framework is None
    assert [(p.file, p.row, p.column, p.value, p.severity) for p in found] == [
        ("framework.csv", row, column, value, Severity.ERROR)
    ]
    for language in Language:
        assert found[0].message(language)
        assert found[0].remedy(language)


def test_missing_column_and_header_only_sheet() -> None:
    framework, problems = read("code,name\n1,甲\n")
    assert framework is None
    assert [(p.code, p.column) for p in problems] == [("missing_column", "points")]
    framework, problems = read("code,name,points\n")
    assert framework is None
    assert [p.code for p in problems] == ["no_rows"]


def test_a_negative_item_that_only_caps_the_grade_has_no_points() -> None:
    """A title suspended or withdrawn; without a grade, or of a leaf, points of 0 remain an error."""
    framework, problems = read(row_of("N1", "N1,,负面,0,negative,NG1,,,,,,,,,,,不得评优"))
    assert framework is not None, problems
    assert [(row.points, row.veto_grade) for row in framework.negative_items] == [(0.0, "不得评优")]
    assert problems == ()
    below = [("N1", "N1,,负面,-1,negative,NG1,,,,,,,,,,,不得评优")]
    below += [("2", "2,,乙,0,observation,OB1,ratio,,,,,,,,,U1,否决,0.5")]
    for code, row in below:
        assert "points_not_positive" in {problem.code for problem in read(row_of(code, row))[1]}


def test_difference_of_points_is_named() -> None:
    _, problems = read(DEFECTS["points_do_not_add_up"][0])
    assert "-0.5" in problems[0].message(Language.CHINESE)
    assert "59.5" in problems[0].message(Language.ENGLISH)


def test_tenths_add_up_although_binary_fractions_do_not() -> None:
    rows = "".join(f"1.{at},1,项{at},0.1,document,D{at},steps,,,等级\n" for at in range(10))
    framework, problems = read(HEADER + "1,,甲,1\n" + rows + "2,,乙,99,document,DX,steps,,,等级\n")
    assert framework is not None
    assert errors_of(problems) == ()


def test_all_defects_come_at_once() -> None:
    sheet = HEADER + (
        "1,,甲,50\n"
        "1.1,1,甲一,40,questionnaire,nowhere,linear\n"
        "1.2,1,甲二,20,document,DC1,steps,,,等第\n"
        "2,,乙,40,observation,,ratio,,,,,,,,,U9\n"
    )
    _, problems = read(sheet)
    codes = {problem.code for problem in problems}
    assert {"points_do_not_add_up", "unknown_measure", "unknown_step_scale", "leaf_without_source"} <= codes
    assert "unknown_unit" in codes


def test_other_sums_than_a_hundred_are_a_warning() -> None:
    sheet = HEADER + "1,,甲,30,questionnaire,m1\n2,,乙,20,questionnaire,m2\n"
    framework, problems = read(sheet)
    assert framework is not None
    assert [(p.code, p.severity, p.value) for p in problems] == [
        ("points_not_hundred", Severity.WARNING, "50"),
        ("leaves_without_owner", Severity.WARNING, "1、2"),
    ]


def test_default_goalposts_follow_the_unit() -> None:
    """A share runs from 0 to 1, points from 0 to 100; a mean on a scale of its own has no default."""
    sheet = HEADER + "1,,甲,60,questionnaire,m1\n2,,乙,40,questionnaire,m2\n"
    framework, _ = read(sheet)
    assert framework is not None
    assert [(row.low, row.high) for row in framework.leaves] == [(0.0, 1.0), (0.0, 100.0)]
    framework, problems = read(HEADER + "1,,甲,100,questionnaire,mean\n")
    assert framework is None
    assert [(p.code, p.row, p.column) for p in errors_of(problems)] == [("goalpost_needed", 2, "low")]


def test_bare_share_in_goalposts_and_in_steps() -> None:
    _, problems = read(row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,linear,50,100"))
    assert [(p.code, p.column, p.value) for p in errors_of(problems)] == [
        ("bare_share", "low", "50"),
        ("bare_share", "high", "100"),
    ]
    _, problems = read(
        row_of("1.1", "1.1,1,甲一,40,questionnaire,m1,steps,,,分档"), STEPS.replace("分档,0.9", "分档,90")
    )
    assert [(p.code, p.column, p.value) for p in errors_of(problems)] == [("bare_share", "from", "90")]


def test_a_step_start_off_the_scale_is_told_once_at_its_row_of_steps() -> None:
    """Worked by hand: 90 sorts behind all shares, so the order of the scores says nothing beside it."""
    sheet = HEADER + "".join(f"{at},,甲,50,questionnaire,m1,steps,,,档,,,,,,U1\n" for at in (1, 2))
    steps = "scale,from,score\n档,0,0\n档,90,1\n档,0.8,0.8\n"
    _, problems = read_framework(tables_of(framework=sheet, steps=steps), wave())
    assert [(p.code, p.file, p.row, p.column) for p in errors_of(problems)] == [
        ("bare_share", "steps.csv", 3, "from")
    ]


def test_points_below_0_are_told_once() -> None:
    _, problems = read(row_of("1.2", "1.2,1,甲二,-1,document,DC1,steps,,,等级"))
    assert [(p.code, p.row) for p in errors_of(problems)] == [("points_not_positive", 4)]


def test_a_floor_of_1_is_called_too_high_and_steps_without_a_table_have_no_list() -> None:
    header = "code,parent,name,points,method,source,scoring,aggregate,floor,lead_unit\n"
    sheet = header + "1,,甲,100,,,,geometric,1,\n1.1,1,乙,100,document,D,steps,,,U1\n"
    _, problems = read_framework(tables_of(framework=sheet), wave())
    assert sorted(p.code for p in errors_of(problems)) == ["geometric_floor_too_high", "no_step_scales"]
    assert not [p for p in problems for language in Language if "—" in p.line(language)]


def scale_measure() -> tuple[Measure, Question]:
    """A mean over one question with scores 1 to 5."""
    answers = tuple(Answer(str(at), str(at), Role.NEUTRAL, score=float(at)) for at in range(1, 6))
    question = Question("q", "k", "k", "", QuestionKind.SINGLE, Scale("五级", answers))
    return Measure("k", "均值", MeasureKind.MEAN, "q", ("k",), Rule.SCORE, Base.ANSWERED), question


MARKS = [  # source, row from `scoring` on, starts of steps, what is wrong (column, value); m2 is 满意度
    ("m2", "linear,60,95,,,85", "", []),
    ("m2", "linear,0,100,,,100", "", []),
    ("m2", "linear,,,,,0.9", "", [("target_out_of_range", "target", "0.9")]),
    ("m2", "linear,,,,,90%", "", [("target_out_of_range", "target", "0.9")]),
    ("m2", "linear,,,,,101", "", [("target_out_of_range", "target", "101")]),
    ("m2", "linear,0.6,0.9", "", [("mark_out_of_range", "low", "0.6"), ("mark_out_of_range", "high", "0.9")]),
    ("m2", "linear,-5,105", "", [("mark_out_of_range", "low", "-5"), ("mark_out_of_range", "high", "105")]),
    ("m2", "steps,,,档", "0,80,90", []),
    ("m2", "steps,,,档", "0.8,0.9",
     [("steps_gap", "scale", "档"), *(("mark_out_of_range", "from", at) for at in ("0.8", "0.9"))]),
    ("m1", "steps,,,档", "0,0.9", []),
    ("m1", "linear,,,,,-0.1", "", [("share_out_of_range", "target", "-0.1")]),
    ("k", "linear,1,5,,,4", "", []),
    ("k", "linear,0,5,,,4", "", []),
    ("k", "linear,1,100,,,4", "", [("mark_out_of_range", "high", "100")]),
    ("k", "linear,1,5,,,80", "", [("target_out_of_range", "target", "80")]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "cells", "starts", "wrong"), MARKS)
def test_marks_lie_on_the_scale_of_the_measure(
    source: str, cells: str, starts: str, wrong: list[tuple[str, str, str]]
) -> None:
    """A share typed for points would let a 满意度 of 70 pass at a target of 0.9."""
    mean, question = scale_measure()
    measures = (share_measure("m1"), score_measure("m2"), mean)
    asked = replace(small_wave(("S1",), measures), questions=(question,))
    steps = "scale,from,score\n" + "".join(f"档,{start},1\n" for start in starts.split(",") if start)
    tables = tables_of(framework=HEADER + f"1,,甲,100,questionnaire,{source},{cells}\n", steps=steps)
    _, problems = read_framework(tables, asked)
    assert sorted((p.code, p.column, p.value) for p in errors_of(problems)) == sorted(wrong)


@pytest.mark.parametrize("row", ["1,,甲,60,,,,,,,down", "N1,,负面,3,negative,NG1,,,,,down"])
def test_down_has_no_meaning_for_nodes_and_negative_items(row: str) -> None:
    _, problems = read(row_of(row.split(",")[0], row))
    assert [p.code for p in errors_of(problems)] == ["direction_needs_questionnaire"]


@pytest.mark.parametrize(
    ("steps", "code", "row"),
    [
        (STEPS + "等级,,,0\n", "step_without_mark", 11),
        (STEPS + "等级,0.5,,0\n", "mixed_steps", 11),
        (STEPS + "等级,,优,0.5\n", "step_twice", 11),
    ],
)
def test_defects_of_steps(steps: str, code: str, row: int) -> None:
    _, problems = read(SOUND, steps)
    assert [(p.file, p.code, p.row) for p in problems] == [("steps.csv", code, row)]


def test_without_units_the_words_of_the_sheet_stand() -> None:
    framework, problems = read_framework(tables_of(framework=SOUND, steps=STEPS), wave())
    assert problems == ()
    assert framework is not None


CHINESE = (
    "上级代码,代码,分值,名称,测评方法,数据来源,计分方式,下限,上限,目标,分档表,责任单位\n"
    "1,1.1,40,甲一,问卷调查,m1,线性,0.5,1,90%,,U1\n"
    ",1,60,甲,,,,,,,,U1\n"
    "1,1.2,20,甲二,材料申报,DC1,分档,,,85%,等级,U1\n"
    ",2,40,乙,实地考察,OB1,比例,,,,,U1\n"
    ",N1,3,负面,负面清单,NG1,按起扣分,,,,,\n"
)


def test_hash_is_that_of_the_meaning(tmp_path: Path) -> None:
    """Headers in Chinese, other order of columns and rows, GB18030: the same hash; another target: not."""
    framework, _ = read(SOUND)
    assert framework is not None
    for name, text in (("测评体系", CHINESE), ("steps", STEPS), ("units", UNITS)):
        (tmp_path / f"{name}.csv").write_bytes(text.encode("gb18030"))
    raw, _ = read_raw_tables(tmp_path, ["测评体系", "steps", "units"])
    same, problems = read_framework(raw, wave())
    assert same is not None, problems
    assert same.content_hash == framework.content_hash
    other, _ = read(SOUND.replace("50%,100%,,,0.9", "50%,100%,,,0.8"))
    assert other is not None
    assert other.content_hash != framework.content_hash


def test_unknown_edition_and_edition_beside_a_table() -> None:
    named = small_wave(("S1",), (), framework="nowhere")
    framework, problems = read_framework({}, named)
    assert framework is None
    assert [(p.code, p.value) for p in problems] == [("unknown_edition", "nowhere")]
    both = small_wave(("S1",), (), framework=editions()[0])
    framework, problems = read_framework(tables_of(framework=SOUND), both)
    assert framework is None
    assert "framework_twice" in {p.code for p in problems}


def test_leaves_without_an_owner_are_one_warning_that_lists_them() -> None:
    sheet = row_of("1.2", "1.2,1,甲二,20,document,DC1,steps,,,等级").replace(
        "OB1,ratio,,,,,,,,,U1", "OB1,ratio"
    )
    framework, problems = read(sheet)
    assert framework is not None
    assert [(p.code, p.severity, p.row, p.value, p.count) for p in problems] == [
        ("leaves_without_owner", Severity.WARNING, 4, "1.2、2", 2)
    ]


def test_carry_without_a_previous_wave_is_a_warning() -> None:
    sheet = row_of("2", "2,,乙,40,observation,OB1,ratio,,,,,,carry,,,U1")
    tables = tables_of(framework=sheet, steps=STEPS, units=UNITS)
    framework, problems = read_framework(tables, wave())
    assert framework is not None
    assert framework.by_code["2"].missing is Missing.CARRY
    assert [(p.code, p.severity, p.value) for p in problems] == [
        ("carry_without_previous", Severity.WARNING, "2")
    ]
    assert read_framework(tables, replace(wave(), previous="../2022Q2"))[1] == ()


GAPS = [  # source, scoring, starts and scores; the problem, if any
    ("m1", "", "0:0;0.8:0.5;0.9:1", ""),
    ("m1", "", "0.8:0.5;0.9:1", "steps_gap"),
    ("m2", "", "60:0.5;90:1", "steps_gap"),
    ("k", "", "1:0;4:1", ""),
    ("k", "", "2:0;4:1", "steps_gap"),
    ("m1", "", "0:0.5;0.8:0.4;0.9:1", "steps_not_monotone"),
    ("m1", "down", "0:1;0.1:0.5;0.3:0", ""),
    ("m1", "down", "0:0;0.1:0.5", "steps_not_monotone"),
    ("m1", "", "0:0.5;0.8:0.5;0.9:1", ""),
]


@pytest.mark.parametrize(("source", "direction", "steps", "wrong"), GAPS)
def test_steps_begin_where_values_begin_and_follow_the_direction(
    source: str, direction: str, steps: str, wrong: str
) -> None:
    """A share and a 满意度 begin at 0, a mean at the lowest score of its scale."""
    mean, question = scale_measure()
    asked = replace(
        small_wave(("S1",), (share_measure("m1"), score_measure("m2"), mean)), questions=(question,)
    )
    rows = "".join(f"档,{at.replace(':', ',')}\n" for at in steps.split(";"))
    sheet = HEADER + f"1,,甲,100,questionnaire,{source},steps,,,档,{direction}\n"
    _, problems = read_framework(tables_of(framework=sheet, steps="scale,from,score\n" + rows), asked)
    assert [p.code for p in errors_of(problems)] == ([wrong] if wrong else [])


def test_steps_of_a_quota_count_what_is_missing() -> None:
    """They begin at 0 missing, and more missing never scores more."""
    for rows, wrong in (("0,1;1,0.5", []), ("1,0.5;2,0", ["steps_gap"]), ("0,0;1,1", ["steps_not_monotone"])):
        steps = "scale,from,score\n" + "".join(f"缺,{row}\n" for row in rows.split(";"))
        sheet = HEADER + "1,,甲,100,observation,OB1,quota,,,缺,,,,,,U1\n"
        _, problems = read_framework(tables_of(framework=sheet, steps=steps), wave())
        assert [p.code for p in problems] == wrong


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1,,甲,60,,,,,,,,,,,,U1,不得评优,50", "bare_share"),
        ("1,,甲,60,,,,,,,,,,,,U1,不得评优,-0.1", "share_out_of_range"),
        ("1.1,1,甲一,40,questionnaire,m2,linear,60,100,,,,,,,U1,不得评优,0.7", "mark_out_of_range"),
        ("1.1,1,甲一,40,questionnaire,m2,linear,60,100,,,,,,,U1,不得评优,70", ""),
        ("2,,乙,40,observation,OB1,ratio,,,,,,,,,U1,不得评优,50%", ""),
    ],
)
def test_veto_marks_lie_on_the_scale_of_the_value(row: str, code: str) -> None:
    _, problems = read(row_of(row.split(",")[0], row))
    assert [(p.code, p.column) for p in problems] == ([(code, "veto_below")] if code else [])


def test_facts_of_wave_toml_title_an_own_sheet_and_overrule_marks_of_a_built_in_edition() -> None:
    facts = EditionFacts("本市体系", "3", "市创建办", target_points=80.0, deduction_cap=5.0)
    told = replace(wave(), scoring=ScoringPlan(edition=facts))
    own, _ = read_framework(tables_of(framework=SOUND, steps=STEPS, units=UNITS), told)
    plain, _ = read(SOUND)
    assert own is not None and plain is not None
    assert (own.title, own.version, own.source) == ("本市体系", "3", "市创建办")
    assert (own.target_points, own.deduction_cap) == (80.0, 5.0)
    assert (plain.target_points, plain.deduction_cap) == (None, None)
    assert own.content_hash != plain.content_hash
    measures = (*map(share_measure, ("awareness", "participation", "support", "satisfaction_rate")),)
    of_minimal = replace(
        small_wave(("S1",), (*measures, score_measure("satisfaction_score")), framework="minimal"),
        scoring=ScoringPlan(edition=facts),
    )
    built_in, _ = read_framework({}, of_minimal)
    assert built_in is not None
    assert built_in.title == read_edition("minimal")[0].facts.title
    assert (built_in.target_points, built_in.deduction_cap) == (80.0, 5.0)


@pytest.mark.parametrize(
    ("companion", "framework", "code"),
    [
        ("nowhere", "", "unknown_edition"),
        ("minimal", "minimal", "companion_is_framework"),
        ("minors-2021", "", "companion_alone"),
        ("demo-2021", "minimal", "companion_without_share"),
    ],
)
def test_a_companion_is_another_built_in_edition_that_has_a_share(
    companion: str, framework: str, code: str
) -> None:
    named = replace(small_wave(("S1",), (), framework=framework), scoring=ScoringPlan(companion=companion))
    found, problems = read_companion(named, {})
    assert found is None
    assert [(p.file, p.code, p.column, p.value) for p in problems] == [
        ("wave.toml", code, "companion", companion)
    ]
    for language in Language:
        assert problems[0].message(language) and problems[0].remedy(language)


def test_wave_without_framework_has_none() -> None:
    assert read_framework({}, small_wave(("S1",))) == (None, ())


@pytest.mark.parametrize("name", editions())
def test_built_in_editions_are_sound(name: str) -> None:
    """Every built-in edition reads without an error for a wave that has its measures."""
    edition, problems = read_edition(name)
    assert problems == ()
    frame, _ = parse_table(edition.tables["framework"], INDICATOR_TABLES["framework"])
    asked = frame[frame["method"] == "questionnaire"]
    measures = tuple(
        score_measure(source) if high > 1 else share_measure(source)
        for source, high in zip(asked["source"], asked["high"], strict=True)
    )
    framework, problems = read_framework({}, small_wave(("S1",), measures, framework=name))
    # The minimal edition names no units: they are those of the city that uses it.
    assert [p.code for p in problems] == (["edition_without_owner"] if name == "minimal" else [])
    for language in Language:
        # Its file is not the user's: the edition is named, and the command that gives a sheet to edit.
        assert all("framework.csv" not in p.line(language) for p in problems)
        assert all(f"assess framework export {name} -o" in p.remedy(language) for p in problems)
    assert framework is not None
    assert sum(root.points for root in framework.roots) == pytest.approx(100)
    assert framework.source
