"""Observations, documents, the negative list and units: what is set aside, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.evidence.tables import Evidence
from indicators.reading import read_companion_evidence, read_evidence, read_framework
from indicators.scores.leaf_values import leaf_table
from surveys.area import AreaRegister
from surveys.problem import Language, Problem, Severity, errors_of
from surveys.wave import ScoringPlan
from tests.factory_scoring import estimation_of, small_wave, tables_of

FRAMEWORK = """
code,parent,name,points,method,source,scoring,low,high,scale,target,level
1,,定额,10,observation,Q,quota,,,,
2,,比例,20,observation,R,ratio,,,,0.8
3,,阈值,10,observation,T,threshold,0.7,0.9,,
4,,零容忍,10,observation,Z,zero_tolerance,,,,
5,,步行,10,observation,W,walk,1,4,,
6,,达标,10,observation,P,pass_share,,,,
7,,材料,20,document,DC,steps,,,等级,
8,,全区材料,10,document,DD,steps,,,等级,,district
N,,负面,3,negative,NG,,,,,
"""
STEPS = "scale,from,grade,score\n等级,,优,1\n等级,,良,0.8\n"
CHECKS = "id,standard,site,area,found,required,passed\n"
SOUND = CHECKS + "1,Q,甲,S1a,3,4,\n2,R,甲,S1a,18,20,\n"


def read(**texts: str) -> tuple[Evidence, tuple[Problem, ...]]:
    wave = replace(small_wave(("S1", "S2")), set_aside_limit=1.0)
    tables = tables_of(framework=FRAMEWORK, steps=STEPS, **texts)
    framework, problems = read_framework(tables, wave)
    assert framework is not None, problems
    return read_evidence(tables, wave, framework)


def test_every_form_is_scored_from_its_cells() -> None:
    """Quota 3 of 4; ratio 18/20; 80 % between 70 and 90; no fault; 5 faults on 2 stretches; passed."""
    evidence, problems = read(
        observations=SOUND
        + "3,T,甲,S1a,80,100,\n4,Z,甲,S1a,0,,\n5,W,甲,S1a,5,2,\n6,P,甲,S1a,,,是\n7,P,乙,S2,,,否\n"
    )
    assert problems == ()
    assert evidence.checks["earned"].tolist() == pytest.approx([0.75, 0.9, 0.5, 1.0, 0.5, 1.0, 0.0])
    assert evidence.checks["node"].tolist() == ["1", "2", "3", "4", "5", "6", "6"]


SET_ASIDE = {
    "duplicate_check": ("2,R,甲,S1a,18,20,", "id", "2"),
    "unknown_standard": ("3,X,甲,S1a,1,2,", "standard", "X"),
    "unknown_evidence_area": ("3,R,甲,S9,1,2,", "area", "S9"),
    "check_without_result": ("3,R,甲,S1a,,20,", "found", ""),
    "negative_count": ("3,Q,甲,S1a,-1,4,", "found", "-1"),
    "more_found_than_seen": ("3,R,甲,S1a,21,20,", "found", "21"),
}


@pytest.mark.parametrize("code", SET_ASIDE)
def test_unusable_checks_are_set_aside_with_their_reason(code: str) -> None:
    row, column, value = SET_ASIDE[code]
    evidence, problems = read(observations=SOUND + row + "\n")
    assert [(p.code, p.severity, p.file, p.row, p.column) for p in problems] == [
        (code, Severity.SET_ASIDE, "observations.csv", 4, column)
    ]
    assert problems[0].value == value
    assert len(evidence.checks) == 2
    for language in Language:
        assert problems[0].line(language)


def test_blank_area_of_a_check_is_set_aside() -> None:
    evidence, problems = read(observations=SOUND + "3,R,甲,,1,2,\n")
    assert [(p.code, p.row, p.value) for p in problems] == [("unknown_evidence_area", 4, "")]
    assert len(evidence.checks) == 2


def test_an_area_may_be_named() -> None:
    evidence, problems = read(observations=CHECKS + "1,R,甲,S1街道,1,2,\n")
    assert problems == ()
    assert evidence.checks["area_code"].tolist() == ["S1"]


@pytest.mark.parametrize("written", ["永泰（东）街道", "永泰(东)街道", "永泰 （东） 街道", "Ｓ１"])
def test_every_table_finds_an_area_by_the_same_rule(written: str) -> None:
    """Width and blanks of a name do not matter, as in the answers: checks, grades and events lie in S1."""
    register = small_wave(("S1", "S2")).areas
    areas = tuple(replace(a, name="永泰（东）街道") if a.code == "S1" else a for a in register.areas)
    wave = replace(small_wave(("S1", "S2")), areas=AreaRegister(areas))
    tables = tables_of(
        framework=FRAMEWORK,
        steps=STEPS,
        observations=CHECKS + f"1,R,甲,{written},1,2,\n",
        documents=f"standard,area,grade\nDC,{written},优\n",
        negative_list=f"item,date,area\nNG,2022-08-01,{written}\n",
    )
    framework, _ = read_framework(tables, wave)
    evidence, problems = read_evidence(tables, wave, framework)
    assert problems == ()
    for frame in (evidence.checks, evidence.grades, evidence.events):
        assert frame["area_code"].tolist() == ["S1"]


def test_a_name_of_two_areas_names_neither() -> None:
    register = small_wave(("S1", "S2")).areas
    areas = tuple(replace(a, name="东街道") if a.code in {"S1", "S2"} else a for a in register.areas)
    wave = replace(small_wave(("S1", "S2")), areas=AreaRegister(areas), set_aside_limit=1.0)
    tables = tables_of(
        framework=FRAMEWORK, steps=STEPS, observations=CHECKS + "1,R,甲,东街道,1,2,\n2,R,甲,S1,1,2,\n"
    )
    framework, _ = read_framework(tables, wave)
    _, problems = read_evidence(tables, wave, framework)
    assert [(p.code, p.row, p.value) for p in problems] == [("unknown_evidence_area", 2, "东街道")]


def test_a_site_of_two_communities_is_said_to_be_one() -> None:
    """甲 in S1a and S1b: one site, with a warning at the first row; in S1a and S1: one without a word."""
    _, problems = read(observations=CHECKS + "1,R,甲,S1a,1,2,\n2,R,甲,S1b,1,2,\n3,R,甲,S2a,1,2,\n")
    assert [(p.code, p.severity, p.row, p.value) for p in problems] == [
        ("site_in_two_communities", Severity.WARNING, 2, "甲")
    ]
    _, problems = read(observations=CHECKS + "1,R,甲,S1a,1,2,\n2,R,甲,S1,1,2,\n")
    assert problems == ()


EVENTS = "item,date,area,description,verified\nNG,2022-08-01,S1,火灾,{first}\n{second}\n"


@pytest.mark.parametrize("second", ["NG,2022-08-01,S1,火灾,是", "N,2022-08-01,S1街道,火灾,是"])
@pytest.mark.parametrize("first", ["是", "否"])
def test_a_repeated_event_counts_once(first: str, second: str) -> None:
    """The same item (by source or code), date, area and facts twice: one event, verified if a row says so."""
    evidence, problems = read(negative_list=EVENTS.format(first=first, second=second))
    assert evidence.events["verified"].tolist() == [True]
    assert [(p.code, p.severity, p.row) for p in problems] == [("event_twice", Severity.WARNING, 3)]
    assert "2" in problems[0].message(Language.CHINESE)
    assert "row 2" in problems[0].message(Language.ENGLISH)


def test_width_case_and_blanks_do_not_make_another_event() -> None:
    evidence, problems = read(negative_list=EVENTS.format(first="是", second="NG,2022-08-01,S1, 火灾　,是"))
    assert len(evidence.events) == 1
    assert [problem.code for problem in problems] == ["event_twice"]


@pytest.mark.parametrize(
    "second", ["NG,2022-08-01,S1,水灾,是", "NG,2022-08-02,S1,火灾,是", "NG,2022-08-01,S1a,火灾,是"]
)
def test_other_facts_day_or_place_is_another_event(second: str) -> None:
    evidence, problems = read(negative_list=EVENTS.format(first="是", second=second))
    assert len(evidence.events) == 2
    assert problems == ()


@pytest.mark.parametrize("standard", "QRTZWP")
def test_nothing_required_is_no_zero(standard: str) -> None:
    """`required` 0: no such thing there; whatever the form, the check earns and could earn nothing."""
    rows = f"1,{standard},甲,S1a,0,0,\n2,{standard},乙,S1a,,0,\n3,{standard},丙,S1a,,0,是\n"
    evidence, problems = read(observations=CHECKS + rows)
    assert problems == ()
    assert len(evidence.checks) == 3
    assert evidence.checks["earned"].isna().all()
    assert evidence.observation_summary.empty


def test_too_many_set_aside_is_an_error() -> None:
    wave = small_wave(("S1", "S2"))
    tables = tables_of(framework=FRAMEWORK, steps=STEPS, observations=SOUND + "3,X,甲,S1a,1,2,\n")
    framework, _ = read_framework(tables, wave)
    _, problems = read_evidence(tables, wave, framework)
    assert [p.code for p in errors_of(problems)] == ["too_much_evidence_set_aside"]
    assert "33.3%" in errors_of(problems)[0].message(Language.ENGLISH)


def test_same_id_with_other_content_is_a_warning() -> None:
    evidence, problems = read(observations=SOUND + "2,R,乙,S1a,1,20,\n")
    assert [(p.code, p.severity, p.row) for p in problems] == [("check_id_twice", Severity.WARNING, 4)]
    assert len(evidence.checks) == 3


def test_latest_grade_counts_and_the_earlier_is_reported() -> None:
    evidence, problems = read(
        documents="standard,area,grade,date\nDC,S1,良,2022-08-20\nDC,S1,优,2022-08-01\nDC,,良,\n"
    )
    assert evidence.grades[["area_code", "score_share"]].to_numpy().tolist() == [["S1", 0.8], ["D", 0.8]]
    assert [(p.code, p.severity, p.row) for p in problems] == [("document_superseded", Severity.WARNING, 3)]


@pytest.mark.parametrize(
    ("row", "code", "column", "value"),
    [
        ("DC,S1a,优,", "grade_of_unscored_area", "area", "S1a"),
        ("DD,S1,优,", "grade_of_unscored_area", "area", "S1"),
        ("DX,S1,优,", "unknown_standard", "standard", "DX"),
        ("DC,S9,优,", "unknown_evidence_area", "area", "S9"),
        ("DC,S1,甲等,", "unknown_grade", "grade", "甲等"),
    ],
)
def test_unusable_grades_are_set_aside(row: str, code: str, column: str, value: str) -> None:
    evidence, problems = read(documents=f"standard,area,grade,date\n{row}\n")
    assert [(p.code, p.severity, p.row, p.column, p.value) for p in problems] == [
        (code, Severity.SET_ASIDE, 2, column, value)
    ]
    assert evidence.grades.empty


def test_events_are_never_set_aside() -> None:
    """An unknown item or area would hide a deduction: errors, both at once."""
    _, problems = read(negative_list="item,date,area,verified\nNX,2022-08-01,S9,是\n")
    assert [(p.code, p.severity, p.row, p.value) for p in problems] == [
        ("unknown_negative_item", Severity.ERROR, 2, "NX"),
        ("unknown_event_area", Severity.ERROR, 2, "S9"),
    ]


def test_event_without_a_date_and_wave_without_field_dates() -> None:
    _, problems = read(negative_list="item,date,area,verified\nNG,,S1,是\n")
    assert [(p.code, p.column) for p in problems] == [("blank_cell", "date")]
    tables = tables_of(framework=FRAMEWORK, steps=STEPS, negative_list="item,date\nNG,2022-08-01\n")
    wave = replace(small_wave(("S1",)), field=None)
    framework, _ = read_framework(tables, wave)
    _, problems = read_evidence(tables, wave, framework)
    assert [p.code for p in problems] == ["field_dates_needed"]


def test_impossible_date_is_an_error() -> None:
    _, problems = read(negative_list="item,date,area,verified\nNG,2022-09-31,S1,是\n")
    assert [(p.code, p.row, p.value) for p in errors_of(problems)] == [("impossible_date", 2, "2022-09-31")]


def test_units_are_read_and_checked() -> None:
    evidence, problems = read(
        units="code,name,kind,parent,liaison_for\nHQ,指挥部,指挥部,,\nG1,一组,指导督导组,HQ,S1、S2\nG2,二组,专班,H0,S9\n"
    )
    assert evidence.units["G1"].liaison_for == ("S1", "S2")
    assert [(p.code, p.severity, p.row, p.value) for p in problems] == [
        ("unknown_unit", Severity.ERROR, 4, "H0"),
        ("unit_of_unknown_area", Severity.WARNING, 4, "S9"),
    ]


def test_without_evidence_there_is_none_and_no_problem() -> None:
    evidence, problems = read()
    assert problems == ()
    assert evidence.checks.empty
    assert evidence.grades.empty
    assert evidence.events.empty


@pytest.mark.parametrize("table", ["observations", "documents", "negative_list"])
def test_table_with_only_a_header_is_a_warning(table: str) -> None:
    headers = {"observations": CHECKS, "documents": "standard,area,grade\n", "negative_list": "item,date\n"}
    _, problems = read(**{table: headers[table]})
    assert [(p.code, p.severity, p.file) for p in problems] == [("no_rows", Severity.WARNING, f"{table}.csv")]


def test_cells_are_checked_although_the_framework_has_errors() -> None:
    tables = tables_of(framework="code,name,points\n1,一,100\n", observations=CHECKS + "1,R,甲,S1,多,2,\n")
    wave = small_wave(("S1",))
    framework, problems = read_framework(tables, wave)
    assert framework is None
    _, more = read_evidence(tables, wave, framework)
    assert [p.code for p in (*problems, *more)] == ["leaf_without_method", "bad_number"]


def test_problems_of_unknown_names_name_what_is_near() -> None:
    """A mistyped standard, a grade of another scale: what the user may have meant stands in the remedy."""
    _, problems = read(observations=SOUND + "3,R1,甲,S1a,1,2,\n")
    assert "R" in problems[0].remedy(Language.ENGLISH).split("near it are: ")[1].split(".")[0].split("、")
    _, problems = read(documents="standard,area,grade\nDC,S1,甲等\n")
    assert "优、良" in problems[0].remedy(Language.CHINESE)
    assert "优、良" in problems[0].remedy(Language.ENGLISH)


def test_an_event_outside_its_window_is_a_warning_that_names_the_window() -> None:
    """Field work 2022-08-15 to 2022-08-28, twelve months back; it is still listed among the events."""
    evidence, problems = read(
        negative_list="item,date,area,verified\nNG,2021-08-14,S1,是\nNG,2021-08-15,S1,是\n"
    )
    assert [(p.code, p.severity, p.row, p.column, p.value) for p in problems] == [
        ("event_outside_window", Severity.WARNING, 2, "date", "2021-08-14")
    ]
    for language in Language:
        assert "2021-08-15" in problems[0].message(language)
        assert "2022-08-28" in problems[0].message(language)
    assert len(evidence.events) == 2


DATED = "id,standard,site,area,date,mode,demonstration,found,required\n"


def test_a_check_outside_the_field_work_is_used_with_a_warning() -> None:
    evidence, problems = read(
        observations=DATED
        + "1,R,甲,S1a,2022-08-14,暗访,,1,2\n2,R,乙,S1a,2022-08-15,明查,,1,2\n3,R,丙,S1a,,,,1,2\n"
    )
    assert [(p.code, p.severity, p.row, p.column, p.value) for p in problems] == [
        ("check_outside_field", Severity.WARNING, 2, "date", "2022-08-14")
    ]
    assert "2022-08-28" in problems[0].message(Language.CHINESE)
    assert len(evidence.checks) == 3
    assert evidence.checks["mode"].tolist() == ["covert", "announced", ""]


def test_an_unknown_mode_is_an_error_that_names_the_modes() -> None:
    _, problems = read(observations=DATED + "1,R,甲,S1a,2022-08-15,微服私访,,1,2\n")
    assert [(p.code, p.severity, p.row, p.value) for p in problems] == [
        ("bad_choice", Severity.ERROR, 2, "微服私访")
    ]
    assert "暗访" in problems[0].remedy(Language.CHINESE)


def test_demonstration_is_told_of_the_site_as_a_whole() -> None:
    """甲 says yes once and nothing once: one. 乙 contradicts itself, 丙 says nothing: warned."""
    rows = ["1,R,甲,S1a,,,是,1,2", "2,Q,甲,S1,,,,1,2", "3,R,乙,S1a,,,否,1,2", "4,Q,乙,S1a,,,是,1,2"]
    rows += ["5,R,丙,S1a,,,,1,2", "6,Q,丙,S1a,,,,1,2", "7,R,甲,S2,,,否,1,2"]
    evidence, problems = read(observations=DATED + "\n".join(rows) + "\n")
    assert evidence.checks["demonstration"].tolist() == [True, True, True, True, False, False, False]
    assert [(p.code, p.severity, p.row, p.value) for p in problems] == [
        ("demonstration_contradicted", Severity.WARNING, 4, "乙"),
        ("demonstration_blank", Severity.WARNING, 6, "丙"),
    ]


def without_demonstration(rows: str) -> tuple[Evidence, tuple[Problem, ...], dict[str, tuple[str, str]]]:
    """Evidence of a wave that leaves demonstration sites out, and status and flag of leaf 2 by area."""
    plan = ScoringPlan(leave_out_demonstration=True, draws=0)
    wave = replace(small_wave(("S1", "S2")), set_aside_limit=1.0, scoring=plan)
    tables = tables_of(framework=FRAMEWORK, steps=STEPS, observations=rows)
    framework, _ = read_framework(tables, wave)
    assert framework is not None
    evidence, problems = read_evidence(tables, wave, framework)
    leaves = leaf_table(framework, wave, estimation_of(wave, {}), evidence)
    told = {
        area.code: (str(leaves.status[at, 1]), str(leaves.flag[at, 1]))
        for at, area in enumerate(leaves.areas)
    }
    return evidence, problems, told


def test_demonstration_sites_may_stay_out_of_scores_but_not_of_the_summary() -> None:
    """S1 has an ordinary site, S2 a demonstration site alone: not collected there, and the flag says why."""
    evidence, problems, leaf = without_demonstration(
        DATED + "1,R,甲,S1a,,,否,1,2\n2,R,乙,S1a,,,是,2,2\n3,R,丙,S2a,,,是,2,2\n"
    )
    assert problems == ()
    assert evidence.checks["earned"].tolist() == [0.5]
    assert evidence.left_out["site"].tolist() == ["乙", "丙"]
    summary = evidence.observation_summary
    sites = summary[(summary["by"] == "demonstration") & (summary["area_code"] == "D")]
    assert sites[["demonstration", "sites"]].to_numpy().tolist() == [[False, 1], [True, 2]]
    assert leaf == {
        "D": ("measured", "one_site;no_error_estimate"),
        "S1": ("measured", "one_site;no_error_estimate"),
        "S2": ("not_collected", "only_demonstration"),
    }


def test_a_left_out_site_without_the_thing_tells_nothing_of_its_leaf() -> None:
    """None such at 甲 and at the demonstration site 乙: S1 has none. At 丙, S2's only one: nobody saw any."""
    evidence, _, leaf = without_demonstration(
        DATED + "1,R,甲,S1a,,,否,0,0\n2,R,乙,S1a,,,是,0,0\n3,R,丙,S2a,,,是,0,0\n"
    )
    assert evidence.left_out["earned"].isna().tolist() == [True, True]
    assert leaf == {
        "D": ("not_applicable", ""),
        "S1": ("not_applicable", ""),
        "S2": ("not_collected", ""),
    }


def test_leaving_out_what_nobody_marked_is_a_warning() -> None:
    _, problems, leaf = without_demonstration(DATED + "1,R,甲,S1a,,,,1,2\n")
    assert [(p.code, p.severity, p.file) for p in problems] == [
        ("no_demonstration_site", Severity.WARNING, "wave.toml")
    ]
    assert problems[0].line(Language.CHINESE)
    assert problems[0].line(Language.ENGLISH)
    assert leaf["S1"][0] == "measured"


def test_a_second_tree_shares_the_tables() -> None:
    """Standards of the other tree are passed over here and read there; a third is unknown."""
    wave = replace(small_wave(("S1", "S2")), set_aside_limit=1.0)
    other = "code,name,points,method,source,scoring\n1,校园,100,observation,K,zero_tolerance\n"
    tables = tables_of(
        framework=FRAMEWORK, steps=STEPS, observations=SOUND + "3,K,校园,S1a,0,,\n4,X,校园,S1a,0,,\n"
    )
    framework, _ = read_framework(tables, wave)
    companion, _ = read_framework(tables_of(framework=other), wave)
    assert framework is not None
    assert companion is not None
    evidence, problems = read_evidence(tables, wave, framework, companion)
    assert [(p.code, p.row, p.value) for p in problems] == [("unknown_standard", 5, "X")]
    assert len(evidence.checks) == 2
    theirs, more = read_companion_evidence(tables, wave, companion, evidence.units)
    assert more == ()
    assert theirs.checks["site"].tolist() == ["校园"]


def test_a_quota_with_steps_takes_the_score_of_the_number_missing() -> None:
    """Quota of 4: full score for none missing, half for one, nothing from two on; a surplus is no more."""
    sheet = "code,name,points,method,source,scoring,scale\n1,设施,100,observation,Q,quota,缺数\n"
    steps = "scale,from,score\n缺数,0,1\n缺数,1,0.5\n缺数,2,0\n"
    rows = "".join(f"{found},Q,点{found},S1a,{found},4,\n" for found in (4, 3, 2, 0, 6))
    tables = tables_of(framework=sheet, steps=steps, observations=CHECKS + rows)
    framework, problems = read_framework(tables, small_wave(("S1",)))
    assert framework is not None, problems
    evidence, _ = read_evidence(tables, small_wave(("S1",)), framework)
    assert evidence.checks["earned"].tolist() == [1.0, 0.5, 0.0, 0.0, 1.0]


def test_a_threshold_without_a_low_end_is_all_or_nothing() -> None:
    """Full from 90 % on: 9 of 10 earns everything, 8 of 10 nothing, 17 of 19 (89.5 %) nothing."""
    sheet = "code,name,points,method,source,scoring,low,high\n1,整洁,100,observation,T,threshold,0.9,0.9\n"
    rows = "1,T,甲,S1a,9,10,\n2,T,乙,S1a,8,10,\n3,T,丙,S1a,17,19,\n"
    tables = tables_of(framework=sheet, observations=CHECKS + rows)
    framework, problems = read_framework(tables, small_wave(("S1",)))
    assert framework is not None, problems
    evidence, _ = read_evidence(tables, small_wave(("S1",)), framework)
    assert evidence.checks["earned"].tolist() == [1.0, 0.0, 0.0]


def test_an_observers_judgement_goes_before_the_score_in_passing() -> None:
    """甲 earns 0.5 and is judged to pass, 乙 earns 1 and is judged to fail, 丙 passes by its 0.9."""
    evidence, problems = read(
        observations=CHECKS + "1,R,甲,S1a,1,2,是\n2,R,乙,S1a,2,2,否\n3,R,丙,S1a,9,10,\n"
    )
    assert problems == ()
    sites = evidence.observation_summary
    sites = sites[sites["by"] == "site"].set_index("name")
    assert sites["sites_passed"].loc[["甲", "乙", "丙"]].tolist() == [1, 0, 1]
    assert sites["earned_share"].loc[["甲", "乙", "丙"]].tolist() == [0.5, 1.0, 0.9]
