"""Conditions, design labels, repeated records, and what of an answer may be quoted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.problem import Problem, Severity, errors_of
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.responses.quoting import HIDDEN, quotable
from surveys.sample import NOT_ASKED, Sample
from tests.wave_folder import minimal_wave, problems_of, replace_in, the

FIRST, SECOND = "responses/residents-1.csv", "responses/residents-2.csv"


def read(folder: Path) -> tuple[Sample, pd.DataFrame, tuple[Problem, ...]]:
    wave, _, of_wave = read_wave(folder)
    assert wave is not None
    samples, quality, problems = read_samples(wave)
    assert samples
    return samples[0], quality, (*of_wave, *problems)


def add_column(path: Path, title: str, cell_of: Callable[[dict[str, str]], str]) -> None:
    """A further column, each cell made of the record's other cells."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.DictReader(file))
    lines = [",".join([*records[0], title])]
    lines += [",".join([*record.values(), cell_of(record)]) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_columns(folder: Path, title: str, cell_of: Callable[[dict[str, str]], str]) -> None:
    for file in (FIRST, SECOND):
        add_column(folder / file, title, cell_of)


def asked_of_q4(sample: Sample) -> int:
    return int((sample.question("q4").answer_of_record != NOT_ASKED).sum())


@pytest.mark.parametrize("kind", ["text", "date", "meta"])
def test_condition_on_a_question_whose_answers_are_not_read_is_an_error(tmp_path: Path, kind: str) -> None:
    """With a scale it used to pass the check, and then everybody counted as asked."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / "questions.csv", "residents,q5,", f"residents,q1t,q1,同,{kind},know,,\nresidents,q5,")
    replace_in(folder / "questions.csv", "activity,q1,1", "activity,q1t,1")
    problem = the(problems_of(folder), "condition_not_read")
    assert (problem.severity, problem.row, problem.column, problem.value) == (
        Severity.ERROR,
        5,
        "asked_if_question",
        "q1t",
    )


@pytest.mark.parametrize(
    ("condition", "same"), [("q5,6.0", "q5,6"), ("q5,０６", "q5,6"), ("q1,1.0", "q1,1"), ("q1,知道", "q1,1")]
)
def test_codes_of_conditions_are_compared_as_answers_are(tmp_path: Path, condition: str, same: str) -> None:
    samples = []
    for name, text in (("a", condition), ("b", same)):
        folder = minimal_wave(tmp_path / name)
        replace_in(folder / "questions.csv", "activity,q1,1", f"activity,{text}")
        samples.append(read(folder)[0])
    assert asked_of_q4(samples[0]) == asked_of_q4(samples[1]) > 0


def test_condition_that_nobody_meets_is_an_error_where_answers_would_be_lost(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "questions.csv", "activity,q1,1", "activity,q5,6000")
    problem = the(problems_of(folder), "condition_never_met")
    assert (problem.severity, problem.column, problem.value) == (Severity.ERROR, "q5", "6000")


def test_number_of_a_condition_that_nobody_gave_is_a_warning(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "questions.csv", "activity,q1,1", "activity,q5,6;6000")
    problem = the(problems_of(folder), "condition_code_absent")
    assert (problem.severity, problem.value) == (Severity.WARNING, "6000")


def test_word_as_condition_on_a_number_is_an_error(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "questions.csv", "activity,q1,1", "activity,q5,six")
    assert the(problems_of(folder), "bad_number").column == "asked_if_codes"


def test_answer_outside_the_scale_that_a_condition_rules_out_is_counted_once(tmp_path: Path) -> None:
    """Not asked in quality.csv, and a contradiction among the problems; not also set aside as invalid."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "4,140213050001,2000,2,1,1,,20,", "4,140213050001,2000,2,1,1,77,20,")
    _, quality, problems = read(folder)
    assert [problem.code for problem in problems] == ["answered_though_not_asked"]
    assert quality.query("item == 'q4' and category == 'invalid'").empty


def test_rows_of_invalid_answers_stand_beside_their_file(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "1,140213050001,3000,1,", "1,140213050001,3000,7,")
    replace_in(folder / SECOND, "25,140213067001,2000,1,", "25,140213067001,2000,7,")
    _, quality, _ = read(folder)
    invalid = quality.query("category == 'invalid'")[["file", "count", "rows"]]
    assert invalid.to_numpy().tolist() == [[FIRST, 1, "2"], [SECOND, 1, "2"]]


@pytest.mark.parametrize("field", ["psu", "stratum", "area", "id"])
def test_codes_that_a_spreadsheet_cut_are_an_error(tmp_path: Path, field: str) -> None:
    """All communities as 1.40213E+11 would be one sampling unit, and nobody would know."""
    folder = minimal_wave(tmp_path)
    add_columns(folder, "cut", lambda _: "1.40213E+11")
    names = {"psu": "community", "stratum": "subdistrict", "area": "community", "id": "_id"}
    replace_in(folder / "wave.toml", f'{field} = "{names[field]}"', f'{field} = "cut"')
    problems = [p for p in problems_of(folder) if p.code == "code_in_scientific_notation"]
    assert [(p.severity, p.row, p.count, p.file) for p in problems] == [
        (Severity.ERROR, 2, 24, FIRST),
        (Severity.ERROR, 2, 24, SECOND),
    ]
    assert problems[0].value == ("…" if field == "id" else "1.40213E+11")


def test_units_of_two_files_are_the_same_with_and_without_a_trailing_zero(tmp_path: Path) -> None:
    """A spreadsheet writes 8.0 where another writes 8; but 08 is another code."""
    folder = minimal_wave(tmp_path)
    add_column(folder / FIRST, "cc", lambda record: str(int(record["_id"]) % 3 + 1))
    add_column(folder / SECOND, "cc", lambda record: f"{int(record['_id']) % 3 + 1}.0")
    replace_in(folder / "wave.toml", 'psu = "community"', 'psu = "cc"')
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"\n', "")
    assert read(folder)[0].psus == ("1", "2", "3")


@pytest.mark.parametrize("spelling", ["name", "code"])
def test_column_of_areas_is_as_good_a_stratum_as_the_level(tmp_path: Path, spelling: str) -> None:
    """Names or codes: strata are resolved through the register, so psu_count is used all the same."""
    before = read(minimal_wave(tmp_path / "before"))[0]
    folder = minimal_wave(tmp_path)
    names = {
        "140213050": {"name": "永泰 街道", "code": "140213050.0"},
        "140213067": {"name": "小南头街道", "code": "140213067"},
    }
    add_columns(folder, "jd", lambda record: names[record["community"][:9]][spelling])
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"', 'stratum = "jd"')
    sample, _, problems = read(folder)
    assert problems == ()
    assert sample.strata == before.strata
    assert sample.psus == before.psus
    np.testing.assert_array_equal(sample.population_psus_of_stratum, before.population_psus_of_stratum)


def test_strata_that_are_no_areas_lose_the_correction_with_a_warning(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    add_columns(folder, "jd", lambda record: "东片" if record["community"] < "140213060" else "小南头街道")
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"', 'stratum = "jd"')
    sample, _, problems = read(folder)
    assert np.isinf(sample.population_psus_of_stratum).all()
    problem = the(problems, "strata_are_no_areas")
    assert (problem.severity, problem.detail["strata"]) == (Severity.WARNING, "东片")


def test_population_weights_follow_a_column_of_strata_that_are_areas(tmp_path: Path) -> None:
    """M5: population of the stratum / interviews in it, also where records name no area at all."""
    folder = minimal_wave(tmp_path)
    add_columns(folder, "jd", lambda record: record["community"][:9])
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"', 'stratum = "jd"')
    replace_in(folder / "wave.toml", 'area = "community"\n', "")
    replace_in(folder / "wave.toml", 'psu = "community"\n', "")
    replace_in(folder / "wave.toml", 'weight = "weight"', '[weighting.residents]\nbase = "population"')
    sample = read(folder)[0]
    assert sample.weighting is not None
    sums = np.bincount(sample.weighting.cell_of_record, sample.weight_of_record)
    np.testing.assert_allclose(sums, [60000, 40000], rtol=1e-12)


def test_population_weights_beside_other_strata_say_which_areas_they_follow(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    add_columns(folder, "jd", lambda record: f"片{int(record['_id']) % 2}")
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"', 'stratum = "jd"')
    replace_in(folder / "wave.toml", 'weight = "weight"', '[weighting.residents]\nbase = "population"')
    problem = the(read(folder)[2], "weighted_by_other_areas")
    assert (problem.severity, problem.detail["level"]) == (Severity.WARNING, "subdistrict")


@pytest.mark.parametrize(
    "repeated", ["1.0,140213050001,3000", "1,140213050001.0,3000.0", "１,140213050001,3000"]
)
def test_duplicate_is_found_however_its_numbers_are_spelt(tmp_path: Path, repeated: str) -> None:
    folder = minimal_wave(tmp_path)
    line = "1,140213050001,3000,1,1,1,1,6,"
    replace_in(folder / FIRST, line, f"{line}\n{repeated},1,1,1,1,6,")
    problem = the(problems_of(folder), "duplicate_record")
    assert (problem.row, problem.count) == (3, 1)


def test_record_whose_original_was_set_aside_is_kept(tmp_path: Path) -> None:
    """The first copy has a stray cell: were the second dropped as its duplicate, the interview were lost."""
    folder = minimal_wave(tmp_path)
    line = "3,140213050001,3000,1,1,1,3,3,"
    replace_in(folder / FIRST, line, f"{line},extra\n{line}")
    sample, quality, _ = read(folder)
    assert sample.size == 48
    aside = quality.query("category == 'set_aside'")
    assert aside["reason"].tolist() == ["record_too_many_cells"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("7", "7"),
        ("满意", "满意"),
        ("非常满意但是对停车有意见的一位居民", HIDDEN),
        ("13800138000", HIDDEN),
        ("138-0013-8000", HIDDEN),
        ("138 0013 800", HIDDEN),
        ("张三138001", "张三138001"),
        ("１３８００１３８", HIDDEN),
        ("140213999999", "140213999999"),
        ("140213999", "140213999"),
        ("140213999999.0", "140213999999.0"),
        ("140214999999", HIDDEN),
        ("140213199001011234", HIDDEN),
        ("14021319990", HIDDEN),
    ],
)
def test_only_short_cells_and_official_codes_are_quoted(text: str, shown: str) -> None:
    assert quotable(text, "140213") == shown


def test_personal_data_in_any_cell_reach_no_problem(tmp_path: Path) -> None:
    """A telephone number as area, as weight, and in an answer beside a name."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "1,140213050001,3000", "1,13800138000,3000")
    replace_in(folder / FIRST, "2,140213050001,2000,1", "2,140213050001,2000,张三 138-0013-8000")
    replace_in(folder / FIRST, "3,140213050001,3000", "3,140213050001,138-0013-8000")
    problems = problems_of(folder)
    assert {"unknown_area", "answer_outside_scale", "bad_weight"} == {problem.code for problem in problems}
    everything = "".join(problem.line() + repr(problem) for problem in problems)
    assert not any(text in everything for text in ("13800138000", "0013", "张三"))


def test_hidden_values_share_one_problem(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    for at, area in enumerate(("13800138000", "13900139000"), 1):
        replace_in(folder / FIRST, f"\n{at},140213050001", f"\n{at},{area}")
    problem = the(problems_of(folder), "unknown_area")
    assert (problem.value, problem.count, problem.detail["rows"]) == (HIDDEN, 2, "2, 3")


def test_swallowed_records_of_a_wave_are_a_warning(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    text = (folder / FIRST).read_text(encoding="utf-8-sig").splitlines()
    text[2], text[5] = text[2] + '"note', text[5] + '"'
    (folder / FIRST).write_text("\n".join(text) + "\n", encoding="utf-8")
    problems = problems_of(folder)
    assert errors_of(problems) == ()
    assert the(problems, "swallowed_records").row == 3


def test_name_where_a_number_should_be_is_never_quoted(tmp_path: Path) -> None:
    """A shifted row puts a short name into a number question: told with its row, without the name."""
    folder = minimal_wave(tmp_path)
    path = folder / FIRST
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.reader(file))
    records[1][records[0].index("q5")] = "王小明"
    path.write_text("\n".join(",".join(record) for record in records) + "\n", encoding="utf-8")
    problem = the(problems_of(folder), "answer_no_number")
    assert (problem.severity, problem.row, problem.value) == (Severity.SET_ASIDE, 2, "")
    assert all("王小明" not in each.line() for each in problems_of(folder))
