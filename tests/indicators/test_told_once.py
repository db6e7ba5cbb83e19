"""Every problem of evidence and frameworks is told, and told once, with all of its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.edition.export import export_edition
from indicators.edition.files import check_edition
from indicators.edition.merged_layout import read_official
from surveys.problem import Language, Problem, Severity
from tests.indicators.test_evidence_reading import CHECKS, SOUND
from tests.indicators.test_evidence_reading import read as read_evidence_of
from tests.indicators.test_framework_reading import SOUND as SHEET
from tests.indicators.test_framework_reading import read, row_of
from tests.official_table import BODY, official


def places(problems: tuple[Problem, ...]) -> list[tuple[str, int | None, str, str]]:
    return [(problem.code, problem.row, problem.column, problem.value) for problem in problems]


@pytest.mark.parametrize("cell", ["abc", "nan"])
@pytest.mark.parametrize(("standard", "rest"), [("R", ",20,"), ("Z", ",,"), ("W", ",3,")])
def test_a_cell_that_cannot_be_read_is_not_called_blank_too(cell: str, standard: str, rest: str) -> None:
    _, problems = read_evidence_of(observations=SOUND + f"3,{standard},甲,S1a,{cell}{rest}\n")
    assert places(problems) == [("bad_number", 4, "found", cell)]


def test_a_blank_cell_beside_one_that_cannot_be_read_is_still_told() -> None:
    _, problems = read_evidence_of(observations=SOUND + "3,R,甲,S1a,abc,20,\n4,R,甲,S1a,,20,\n")
    assert places(problems) == [("bad_number", 4, "found", "abc"), ("check_without_result", 5, "found", "")]


def test_rows_of_the_same_wrong_value_are_listed_from_the_first() -> None:
    """Standards are looked at one after the other: Q (row 4) comes before R (row 2) in the framework."""
    rows = "1,R,甲,S1a,-3,20,\n2,R,甲,S1a,18,20,\n3,Q,甲,S1a,-3,4,\n4,W,甲,S1a,-3,4,\n"
    _, problems = read_evidence_of(observations=CHECKS + rows)
    (problem,) = problems
    assert (problem.row, problem.count, problem.detail["listed_rows"]) == (2, 3, "2, 4, 5")
    assert all("2, 4, 5" in problem.line(language) for language in Language)


@pytest.mark.parametrize("row", ["P,甲,S1a,-3,,是", "P,甲,S1a,,-3,是", "Z,甲,S1a,0,-3,"])
def test_counts_below_0_are_found_where_the_form_does_not_need_them(row: str) -> None:
    _, problems = read_evidence_of(observations=SOUND + f"3,{row}\n")
    assert [(p.code, p.severity, p.row) for p in problems] == [("negative_count", Severity.SET_ASIDE, 4)]


@pytest.mark.parametrize("row", ["Z,甲,S1a,{},,", "W,甲,S1a,{},2,", "P,甲,S1a,{},,是", "R,甲,S1a,3,{},"])
def test_a_count_that_nobody_makes_is_used_with_a_warning(row: str) -> None:
    evidence, problems = read_evidence_of(observations=SOUND + f"3,{row.format(10_000)}\n")
    assert [(p.code, p.severity, p.row) for p in problems] == [("count_implausible", Severity.WARNING, 4)]
    assert len(evidence.checks) == 3
    assert all(problems[0].line(language) for language in Language)
    _, problems = read_evidence_of(observations=SOUND + f"3,{row.format(9_999)}\n")
    assert problems == ()


def test_an_unknown_item_hides_nothing_of_the_other_events() -> None:
    """Rows 3 and 4 lie outside the window, row 6 repeats row 5; the item of row 2 is nobody's."""
    header = "item,date,area,description,verified\n"
    events = "N99,2022-08-01,S1,甲,是\nNG,2030-01-01,S1,乙,是\nNG,2001-01-01,S1,丙,是\n"
    twice = "NG,2022-08-01,S1,丁,是\n" * 2
    evidence, problems = read_evidence_of(negative_list=header + events + twice)
    assert [(p.code, p.row, p.severity) for p in problems] == [
        ("unknown_negative_item", 2, Severity.ERROR),
        ("event_outside_window", 3, Severity.WARNING),
        ("event_outside_window", 4, Severity.WARNING),
        ("event_twice", 6, Severity.WARNING),
    ]
    assert evidence.events.empty


def test_a_scoring_that_is_no_word_is_told_once_and_a_blank_one_as_blank() -> None:
    _, problems = read(row_of("2", "2,,乙,40,observation,OB1,quotaa"))
    assert [p.code for p in problems if p.severity is Severity.ERROR] == ["bad_choice"]
    _, problems = read(row_of("2", "2,,乙,40,observation,OB1,"))
    assert [p.code for p in problems if p.severity is Severity.ERROR] == ["scoring_needed"]
    _, problems = read(row_of("1.2", "1.2,1,甲二,20,document,DC1,steps,,,"))
    assert [p.code for p in problems if p.severity is Severity.ERROR] == ["step_scale_needed"]
    assert all("“”" not in p.line(language) for p in problems for language in Language)


def test_points_of_a_child_that_names_an_unknown_parent_are_no_second_error() -> None:
    _, problems = read(row_of("1.2", "1.2,77,甲二,20,document,DC1,steps,,,等级,,0.85,,,,U1"))
    assert [p.code for p in problems] == ["unknown_parent_node"]
    _, problems = read(row_of("1.2", "1.2,77,甲二,21,document,DC1,steps,,,等级,,0.85,,,,U1"))
    assert [p.code for p in problems if p.severity is Severity.ERROR] == [
        "unknown_parent_node",
        "points_do_not_add_up",
    ]


def test_missing_owners_are_told_beside_an_unknown_one() -> None:
    sheet = SHEET.replace(
        "甲二,20,document,DC1,steps,,,等级,,0.85,,,,U1", "甲二,20,document,DC1,steps,,,等级"
    )
    sheet = sheet.replace("ratio,,,,,,,,,U1", "ratio,,,,,,,,,nobody")
    _, problems = read(sheet)
    assert {p.code for p in problems} == {"leaves_without_owner", "unknown_unit"}


def test_an_event_that_caps_the_grade_is_imported_without_points(tmp_path: Path) -> None:
    """一票否决 where points stand is no number of them; for other methods it stays an error."""
    veto = [["一票否决" if cell == "扣3分" else cell for cell in row] for row in BODY]
    edition, problems = read_official(official(tmp_path, veto))
    assert edition is not None, [problem.line() for problem in problems]
    raw = edition.tables["framework"]
    item = {name: raw.cells[at].iloc[-1] for at, name in enumerate(raw.header)}
    assert (item["points"], item["veto_grade"]) == ("0", "一票否决")
    wrong = [["一票否决" if cell == "3分" else cell for cell in row] for row in BODY]
    assert "import_bad_points" in [problem.code for problem in read_official(official(tmp_path, wrong))[1]]


def test_what_a_fresh_import_leaves_blank_is_told_once_for_each_column(tmp_path: Path) -> None:
    edition, _ = read_official(official(tmp_path))
    assert edition is not None
    export_edition(edition, tmp_path / "new.csv", Language.CHINESE)
    _, _, problems = check_edition(tmp_path / "new.csv")
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    assert sorted(p.code for p in errors) == ["leaf_without_source", "no_step_scales", "scoring_needed"]
    by_code = {problem.code: problem for problem in errors}
    assert by_code["scoring_needed"].detail["node"] == "1.1.2.1、2.1.1.1"
    assert by_code["no_step_scales"].detail["node"] == "1.1.1、1.2.1"
    assert by_code["leaf_without_source"].count == 6
    assert all("“”" not in p.line(language) for p in errors for language in Language)


@pytest.mark.parametrize("word", ["入户问卷", "电话问卷", "电话调查"])
def test_ways_of_asking_are_questionnaires(tmp_path: Path, word: str) -> None:
    body = [[word if cell == "问卷调查" else cell for cell in row] for row in BODY]
    edition, problems = read_official(official(tmp_path, body))
    assert edition is not None, [problem.line() for problem in problems]
    raw = edition.tables["framework"]
    assert (raw.cells[raw.header.index("method")] == "questionnaire").sum() == 2
