"""Bad input of a wave's definition and answers: each defect is a Problem of the right severity and place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from surveys.estimate import estimate
from surveys.problem import Problem, Severity, errors_of
from surveys.reading import read_wave
from surveys.responses import read_samples
from tests.wave_folder import minimal_wave, problems_of, replace_in, severities, the

FIRST = "responses/residents-1.csv"
ERROR, SET_ASIDE, WARNING = Severity.ERROR, Severity.SET_ASIDE, Severity.WARNING


def test_minimal_wave_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(minimal_wave(tmp_path)) == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "severity", "row", "column", "value"),
    [
        # wave.toml
        ("wave.toml", 'id = "2022Q3"', "", "missing_key", ERROR, 2, "wave.id", ""),
        ("wave.toml", '"third_party"', '"friends"', "bad_toml_choice", ERROR, 4, "wave.kind", "friends"),
        ("wave.toml", "synthetic = true", "synthetic = 1", "wrong_type", ERROR, 9, "wave.synthetic", "1"),
        ("wave.toml", "synthetic = true", "syntetic = true", "unknown_key", WARNING, 9, "wave.syntetic", ""),
        ("wave.toml", "0.05", "5", "bare_share", ERROR, 21, "limits.set_aside", "5"),
        (
            "wave.toml",
            "2022-08-28]",
            "2022-08-01]",
            "field_ends_first",
            ERROR,
            8,
            "wave.field",
            "2022-08-15 – 2022-08-01",
        ),
        ("wave.toml", "synthetic = true", "synthetic = yes", "bad_toml", ERROR, 9, "", ""),
        (
            "wave.toml",
            "residents-*.csv",
            "people-*.csv",
            "no_matching_file",
            ERROR,
            None,
            "",
            "responses/people-*.csv",
        ),
        (
            "wave.toml",
            "[limits]",
            "[weighting.residents]\nrake = ['q1']\n[limits]",
            "rake_without_controls",
            ERROR,
            None,
            "weighting.residents.rake",
            "q1",
        ),
        (
            "wave.toml",
            "[limits]",
            "[weighting.residents]\nbase = 'probability'\n[limits]",
            "missing_key",
            ERROR,
            20,
            "weighting.residents.probability",
            "",
        ),
        (
            "wave.toml",
            "[limits]",
            "[weighting.residents]\nbase = 'equal'\n[limits]",
            "weight_twice",
            ERROR,
            21,
            "weighting.residents.base",
            "equal",
        ),
        (
            "wave.toml",
            "[limits]",
            "[weighting.people]\nbase = 'equal'\n[limits]",
            "unknown_questionnaire",
            ERROR,
            20,
            "weighting.people",
            "people",
        ),
        ("wave.toml", 'weight = "weight"', "", "equal_weights", WARNING, None, "", ""),
        # areas
        ("areas.csv", "code,name", "kode,name", "missing_column", ERROR, 1, "code", ""),
        (
            "areas.csv",
            "140213,平城区,district",
            "140213,平城区,community",
            "no_district",
            ERROR,
            None,
            "",
            "",
        ),
        (
            "areas.csv",
            "永泰街道,subdistrict,140213",
            "永泰街道,subdistrict,999",
            "unknown_parent",
            ERROR,
            3,
            "parent",
            "999",
        ),
        (
            "areas.csv",
            "永泰第一社区,community,140213050,",
            "永泰第一社区,community,140213,",
            "wrong_parent_level",
            ERROR,
            5,
            "parent",
            "140213",
        ),
        (
            "areas.csv",
            "永泰第一社区,community,140213050,",
            "永泰第一社区,community,,",
            "blank_parent",
            ERROR,
            5,
            "parent",
            "140213050001",
        ),
        (
            "areas.csv",
            "永泰第一社区,community,140213050,",
            "永泰第一社区,community,140213050001,",
            "area_cycle",
            ERROR,
            5,
            "parent",
            "140213050001",
        ),
        (
            "areas.csv",
            "140213067,小南头街道,subdistrict",
            "140213067,小南头街道,district",
            "several_districts",
            ERROR,
            4,
            "level",
            "140213067",
        ),
        ("areas.csv", "140213050002,", "140213050001,", "duplicate_key", ERROR, 6, "code", "140213050001"),
        ("areas.csv", "60000", "-60000", "not_positive", ERROR, 3, "population", "-60000"),
        ("areas.csv", "60000,8", "60000,1", "psu_count_too_small", ERROR, None, "psu_count", "1"),
        ("areas.csv", "60000,8", "60000,1e400", "bad_number", ERROR, 3, "psu_count", "1e400"),
        ("areas.csv", "60000", "六万", "bad_number", ERROR, 3, "population", "六万"),
        # questions, answers
        ("questions.csv", "single,know", "single,knew", "unknown_scale", ERROR, 2, "scale", "knew"),
        ("questions.csv", "single,know", "single,", "blank_scale", ERROR, 2, "scale", "q1"),
        ("questions.csv", "single,know", "choice,know", "bad_choice", ERROR, 2, "kind", "choice"),
        (
            "questions.csv",
            "activity,q1,1",
            "activity,q9,1",
            "unknown_question",
            ERROR,
            5,
            "asked_if_question",
            "q9",
        ),
        (
            "questions.csv",
            "activity,q1,1",
            "activity,q1,7",
            "unknown_answer",
            ERROR,
            5,
            "asked_if_codes",
            "7",
        ),
        (
            "questions.csv",
            "activity,q1,1",
            "activity,q1,",
            "half_condition",
            ERROR,
            5,
            "asked_if_codes",
            "q1",
        ),
        (
            "questions.csv",
            "activity,q1,1",
            "activity,q4,1",
            "condition_cycle",
            ERROR,
            5,
            "asked_if_question",
            "q4",
        ),
        (
            "questions.csv",
            "residents,q1,q1",
            "officials,q1,q1",
            "unknown_questionnaire",
            ERROR,
            2,
            "questionnaire",
            "officials",
        ),
        (
            "questions.csv",
            "residents,q2,q2",
            "residents,q2,q7",
            "missing_response_column",
            ERROR,
            1,
            "q7",
            "",
        ),
        (
            "questions.csv",
            "residents,q2,q2",
            "residents,q2,q",
            "ambiguous_response_column",
            ERROR,
            1,
            "q",
            "",
        ),
        (
            "answers.csv",
            "拒答,refused,,refused",
            "拒答,refused,,silent",
            "bad_choice",
            ERROR,
            7,
            "role",
            "silent",
        ),
        # measures
        ("measures.csv", "residents,q1,,,,90%", "residents,q1,,,,90", "bare_share", ERROR, 2, "target", "90"),
        (
            "measures.csv",
            "residents,q1,,,,90%",
            "residents,q1,,,,120%",
            "share_out_of_range",
            ERROR,
            2,
            "target",
            "1.2",
        ),
        (
            "measures.csv",
            "residents,q1,,,,90%",
            "residents,q1,,,,120",
            "share_out_of_range",
            ERROR,
            2,
            "target",
            "120",
        ),
        ("measures.csv", "q3,,,,85", "q3,,,,0.85", "target_out_of_range", ERROR, 6, "target", "0.85"),
        ("measures.csv", "residents,q1,", "residents,q8,", "unknown_question", ERROR, 2, "questions", "q8"),
        ("measures.csv", "at_least,1", "at_least,", "blank_at_least", ERROR, 3, "at_least", "participation"),
        ("measures.csv", "at_least,1", "at_least,9", "at_least_out_of_reach", ERROR, 3, "at_least", "9"),
        ("measures.csv", "at_least,1", "positive,1", "at_least_without_rule", ERROR, 3, "at_least", "1"),
        ("measures.csv", "q3,,,,85", "q1,,,,85", "scale_without_scores", ERROR, 6, "questions", "q1"),
        ("measures.csv", "q3,,,,85", "q4,,,,85", "score_of_multiple_choice", ERROR, 6, "questions", "q4"),
        ("measures.csv", "q5,,,,", "q4,,,,", "score_of_multiple_choice", ERROR, 7, "questions", "q4"),
        (
            "measures.csv",
            "residents,q1,,",
            "residents,q1,score,",
            "rule_does_not_fit",
            ERROR,
            2,
            "rule",
            "score",
        ),
        (
            "measures.csv",
            "support,residents,q2",
            "support,residents,q5",
            "scale_without_positive",
            ERROR,
            4,
            "questions",
            "q5",
        ),
        # answers of residents
        (FIRST, "1,140213050001,3000", "1,140213050001,", "blank_weight", ERROR, 2, "weight", ""),
        (FIRST, "1,140213050001,3000", "1,140213050001,0", "weight_not_positive", ERROR, 2, "weight", "0"),
        (
            FIRST,
            "1,140213050001,3000",
            "1,140213050001,-1.2",
            "weight_not_positive",
            ERROR,
            2,
            "weight",
            "-1.2",
        ),
        (FIRST, "1,140213050001,3000", "1,140213050001,1e400", "bad_weight", ERROR, 2, "weight", "1e400"),
        (FIRST, "1,140213050001,3000", "1,140213050001,heavy", "bad_weight", ERROR, 2, "weight", "heavy"),
        (FIRST, "1,140213050001,3000", "1,999,3000", "unknown_area", SET_ASIDE, 2, "community", "999"),
        (FIRST, "1,140213050001,3000", "1,,3000", "blank_area", SET_ASIDE, 2, "community", ""),
        (FIRST, "1,140213050001,3000", "1,140213050,3000", "blank_psu", SET_ASIDE, 2, "", ""),
        (FIRST, "3000,1,1,1,1,6", "3000,7,1,1,1,6", "answer_outside_scale", SET_ASIDE, 2, "q1", "7"),
        (FIRST, "3000,1,1,1,1,6,", "3000,1,1,1,1,6,,surplus", "record_too_many_cells", SET_ASIDE, 2, "", ""),
        (FIRST, "3000,1,1,1,1,6,", '3000,1,1,1,1,"6,', "bad_quotes", ERROR, 2, "", ""),
        (FIRST, "3000,1,1,1,1,6", "3000,2,1,1,1,6", "answered_though_not_asked", WARNING, 2, "q4", ""),
        (FIRST, "_id,community", "_id,village", "missing_response_column", ERROR, 1, "community", ""),
    ],
)
def test_each_defect_is_a_problem_with_severity_place_and_value(
    tmp_path: Path,
    file: str,
    old: str,
    new: str,
    code: str,
    severity: Severity,
    row: int | None,
    column: str,
    value: str,
) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / file, old, new)
    problems = problems_of(folder)
    problem = the(tuple(p for p in problems if p.code == code)[:1], code)
    assert (problem.severity, problem.row, problem.column, problem.value) == (severity, row, column, value)
    assert problem.file


def test_defects_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "areas.csv", "60000", "六万")
    replace_in(folder / "questions.csv", "single,know", "single,knew")
    replace_in(folder / "measures.csv", "90%", "90")
    replace_in(folder / FIRST, "1,140213050001,3000", "1,140213050001,0")
    found = {problem.code for problem in problems_of(folder)}
    assert {"bad_number", "unknown_scale", "bare_share", "weight_not_positive"} <= found


def test_exact_duplicate_is_set_aside_and_the_first_stays(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    path = folder / FIRST
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    problem = the(problems_of(folder), "duplicate_record")
    assert (problem.severity, problem.row, problem.column) == (SET_ASIDE, 26, "_id")
    assert problem.value == ""  # ids are never quoted
    wave, _, _ = read_wave(folder)
    assert wave is not None
    samples, quality, _ = read_samples(wave)
    assert samples[0].size == 48
    aside = quality.query("category == 'set_aside'").iloc[0]
    assert (aside["reason"], aside["count"], aside["rows"]) == ("duplicate_record", 1, "26")


def test_same_id_with_other_answers_is_a_warning_listing_both_rows(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "\n2,", "\n1,")
    problem = the(problems_of(folder), "repeated_id")
    assert (problem.severity, problem.detail["rows"], problem.count) == (WARNING, "2, 3", 2)


def test_more_set_aside_than_the_limit_is_an_error(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    path = folder / FIRST
    path.write_text(path.read_text(encoding="utf-8").replace("140213050002", "999", 3), encoding="utf-8")
    problem = the(problems_of(folder), "too_many_set_aside")
    assert problem.severity is ERROR
    assert (problem.detail["aside"], problem.detail["read"], problem.detail["share"]) == ("3", "48", "6.2%")


def test_wrong_column_of_a_question_is_an_error(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "questions.csv", "residents,q3,q3", "residents,q3,weight")
    assert the(problems_of(folder), "wrong_scale").severity is ERROR


def test_ambiguous_name_of_an_area_is_set_aside_and_a_unique_one_is_used(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "areas.csv", "永泰第二社区", "小南头第一村")
    replace_in(folder / FIRST, "1,140213050001,3000", "1,小南头第一村,3000")
    replace_in(folder / FIRST, "2,140213050001,2000", "2, 永泰第一社区 ,2000")
    problems = problems_of(folder)
    assert [problem.code for problem in problems] == ["ambiguous_area"]
    assert the(problems, "ambiguous_area").value == "小南头第一村"


@pytest.mark.parametrize("name", ["areas.csv", "questions.csv", "answers.csv", "measures.csv", FIRST])
@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty_file"), (b"\xff\xfe\xfd\x80x,\xe5", "wrong_encoding")]
)
def test_empty_or_undecodable_file_is_one_error_that_names_it(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    folder = minimal_wave(tmp_path)
    (folder / name).write_bytes(content)
    problems = problems_of(folder)
    assert the(problems, code).file == name
    assert not [problem for problem in problems if problem.code == "missing_table"]


@pytest.mark.parametrize("name", ["areas.csv", "questions.csv", "answers.csv", "measures.csv", FIRST])
def test_file_with_only_a_header_is_an_error(tmp_path: Path, name: str) -> None:
    folder = minimal_wave(tmp_path)
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    problems = [problem for problem in problems_of(folder) if problem.code == "no_rows"]
    assert [(problem.severity, problem.file) for problem in problems] == [(ERROR, name)]


@pytest.mark.parametrize("name", ["areas", "questions", "answers", "measures"])
def test_absent_table_is_an_error(tmp_path: Path, name: str) -> None:
    folder = minimal_wave(tmp_path)
    (folder / f"{name}.csv").unlink()
    assert the(problems_of(folder), "missing_table").file == f"{name}.csv"


def test_folder_without_wave_toml_is_an_error(tmp_path: Path) -> None:
    wave, _, problems = read_wave(tmp_path)
    assert wave is None
    assert "no_wave_toml" in {problem.code for problem in errors_of(problems)}


def test_cleaning_log_is_an_error_and_not_ignored(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    (folder / "cleaning.csv").write_text("id,question,change,old,new\n1,q1,set,1,2\n", encoding="utf-8")
    assert the(problems_of(folder), "cleaning_not_used").severity is ERROR


def test_population_weights_need_the_population(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "wave.toml", 'weight = "weight"', '[weighting.residents]\nbase = "population"')
    assert problems_of(folder) == ()
    replace_in(folder / "areas.csv", "60000", "")
    problem = the(problems_of(folder), "no_population")
    assert (problem.severity, problem.value) == (ERROR, "140213050")


@pytest.mark.parametrize("rows", [1, 48], ids=["one respondent", "all answers missing"])
def test_thin_data_give_flagged_estimates_and_not_problems(tmp_path: Path, rows: int) -> None:
    """One respondent, or no answers at all: an honest table, withheld or not measured, without a warning."""
    folder = minimal_wave(tmp_path)
    lines = (folder / FIRST).read_text(encoding="utf-8-sig").splitlines()
    kept = lines[:2] if rows == 1 else [lines[0], *(f"{i},140213050001,1,,,,,," for i in range(48))]
    shutil.rmtree(folder / "responses")
    (folder / "responses").mkdir()
    (folder / FIRST).write_text("\n".join(kept) + "\n", encoding="utf-8")
    wave, _, problems = read_wave(folder)
    assert wave is not None
    samples, _, of_samples = read_samples(wave)
    assert (*problems, *of_samples) == ()
    assert samples[0].size == rows
    table = estimate(samples[0], wave).rates
    assert table["value"].isna().all()
    judged = table[table["target"].notna()]
    assert set(judged["verdict"]) <= {"undetermined", "not_measured"}


def test_no_personal_data_in_any_problem(tmp_path: Path) -> None:
    """A telephone number in a coded column is not quoted; undeclared columns are never read."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "3000,1,1,1,1,6", "3000,13800138000,1,1,1,6")
    problems: tuple[Problem, ...] = problems_of(folder)
    assert severities(problems) == {SET_ASIDE}
    assert "13800138000" not in "".join(problem.line() for problem in problems)
    assert the(problems, "answer_outside_scale").value == "…"
