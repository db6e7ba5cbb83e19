"""Exports → samples: design, weights, groups, formats of files; and the bare CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from surveys.problem import Severity
from surveys.quality import QUALITY_COLUMNS, list_rows
from surveys.questionnaire import Base, Rule
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.responses.bare import sample_of_csv
from surveys.sample import NOT_ASKED, Sample
from surveys.wave import LonelyPSU, Wave
from tests.wave_folder import minimal_wave, replace_in, the

FIRST, SECOND = "responses/residents-1.csv", "responses/residents-2.csv"


def sample_of(folder: Path) -> tuple[Wave, Sample]:
    wave, _, problems = read_wave(folder)
    assert wave is not None
    samples, _, of_samples = read_samples(wave)
    assert (*problems, *of_samples) == ()
    return wave, samples[0]


def same(one: Sample, other: Sample) -> None:
    """The same records, whatever their files."""
    for name in ("weight_of_record", "area_of_record", "stratum_of_record", "psu_of_record", "psu_strata"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.strata, one.psus) == (other.strata, other.psus)
    for left, right in zip(one.questions, other.questions, strict=True):
        labels = [[q.answers[at].label for at in q.answer_of_record] for q in (left, right)]
        assert labels[0] == labels[1]


def test_wave_says_what_the_sheets_say(tmp_path: Path) -> None:
    wave, _ = sample_of(minimal_wave(tmp_path))
    measures = {measure.name: measure for measure in wave.measures}
    assert [area.name for area in wave.areas.subdistricts] == ["永泰街道", "小南头街道"]
    assert measures["awareness"].target == 0.9
    assert measures["participation"].rule is Rule.AT_LEAST
    assert measures["support"].base is Base.ASKED
    assert measures["satisfaction_rate"].base is Base.ANSWERED
    assert [measure.headline for measure in wave.measures] == [True] * 5 + [False]
    assert wave.responses[0].lonely_psu is LonelyPSU.ADJUST


def test_sample_carries_the_design_of_the_register(tmp_path: Path) -> None:
    _, sample = sample_of(minimal_wave(tmp_path))
    assert sample.size == 48
    assert sample.strata == ("140213050", "140213067")
    assert sample.population_psus_of_stratum.tolist() == [8, 6]
    assert sample.psus == ("140213050001", "140213050002", "140213067001", "140213067002")
    assert sample.psu_strata.tolist() == [0, 0, 1, 1]
    labels, label_of_record = sample.groups["urban_rural"]
    assert [labels[at] for at in label_of_record] == ["urban"] * 24 + ["rural"] * 24
    assert sample.files == (FIRST, SECOND)
    assert sample.row_of_record.tolist() == [*range(2, 26)] * 2


def test_psu_labels_that_return_in_another_stratum_are_other_psus(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "wave.toml", 'psu = "community"', 'psu = "q3"')
    sample = read_samples(_wave(folder, limit="0.5"))[0][0]
    assert "140213050/1" in sample.psus
    assert "140213067/1" in sample.psus
    assert np.isinf(sample.population_psus_of_stratum).all()


def _wave(folder: Path, limit: str) -> Wave:
    replace_in(folder / "wave.toml", "set_aside = 0.05", f"set_aside = {limit}")
    wave, _, _ = read_wave(folder)
    assert wave is not None
    return wave


def test_population_weights_add_up_to_the_population_of_each_stratum(tmp_path: Path) -> None:
    """M5: weight = population of the stratum / usable interviews in it; the cells travel with the sample."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / "wave.toml", 'weight = "weight"', '[weighting.residents]\nbase = "population"')
    _, sample = sample_of(folder)
    assert sample.weighting is not None
    sums = np.bincount(sample.weighting.cell_of_record, sample.weight_of_record)
    np.testing.assert_allclose(sums, [60000, 40000], rtol=1e-12)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_separator_change_nothing(tmp_path: Path, encoding: str, delimiter: str) -> None:
    folder = minimal_wave(tmp_path)
    _, before = sample_of(folder)
    text = (folder / FIRST).read_text(encoding="utf-8-sig").replace("1┋2", "志愿服务┋文明宣传")
    (folder / FIRST).write_bytes(text.replace(",", delimiter).encode(encoding))
    same(before, sample_of(folder)[1])


def test_labels_as_answers_change_nothing(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    _, before = sample_of(folder)
    label = {"1": "知道", "2": "不知道"}
    rows = list(csv.reader((folder / FIRST).read_text(encoding="utf-8-sig").splitlines()))
    for row in rows[1:]:
        row[3] = label[row[3]]
    (folder / FIRST).write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    same(before, sample_of(folder)[1])


def test_workbook_of_answers_reads_like_the_csv(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    _, before = sample_of(folder)
    rows = list(csv.reader((folder / FIRST).read_text(encoding="utf-8-sig").splitlines()))
    with xlsxwriter.Workbook(
        str(folder / "responses/residents-1.xlsx"), {"strings_to_numbers": True}
    ) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    (folder / FIRST).unlink()
    replace_in(folder / "wave.toml", "residents-*.csv", "residents-*.*")
    _, after = sample_of(folder)
    assert after.files == ("responses/residents-1.xlsx", SECOND)
    same(before, after)


def test_line_breaks_in_quotes_and_blank_lines_keep_spreadsheet_rows(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    path = replace_in(folder / FIRST, ",6,\n", ',6,"two\nlines"\n')
    path.write_text(path.read_text(encoding="utf-8") + "\n\n\n", encoding="utf-8")
    _, sample = sample_of(folder)
    assert sample.row_of_record.tolist() == [*range(2, 26)] * 2


def test_those_who_were_not_asked_are_told_from_blanks(tmp_path: Path) -> None:
    _, sample = sample_of(minimal_wave(tmp_path))
    aware = sample.question("q1")
    unaware = np.asarray([answer.code == "2" for answer in aware.answers])[aware.answer_of_record]
    np.testing.assert_array_equal(sample.question("q4").answer_of_record == NOT_ASKED, unaware)


def test_quality_columns_are_those_declared(tmp_path: Path) -> None:
    wave, _, _ = read_wave(minimal_wave(tmp_path))
    assert wave is not None
    quality = read_samples(wave)[1]
    assert {name: str(kind) for name, kind in quality.dtypes.items()} == QUALITY_COLUMNS


def test_quality_accounts_for_every_record_and_every_answer(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / FIRST, "1,140213050001,3000,1,", "1,999,3000,1,")
    replace_in(folder / FIRST, "2,140213050001,2000,1,", "2,140213050001,2000,5,")
    wave, _, _ = read_wave(folder)
    assert wave is not None
    (sample,), quality, _ = read_samples(wave)
    records = quality[quality["item"] == "records"].groupby("category")["count"].sum()
    assert records.to_dict() == {"read": 48, "set_aside": 1, "used": 47}
    answers = quality[quality["item"] != "records"].groupby("item")["count"].sum()
    assert (answers == sample.size).all()
    invalid = quality.query("category == 'invalid'").iloc[0]
    assert invalid[["item", "reason", "count", "rows"]].tolist() == ["q1", "answer_outside_scale", 1, "3"]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([12, 88, 93], "12, 88, 93"),
        ([5, 6], "5, 6"),
        ([3, 5, 6, 7, 9], "3, 5–7, 9"),
        (list(range(0, 40, 2)), "0, 2, 4, 6, 8, 10, 12, 14, 16, 18 …"),
    ],
)
def test_rows_are_listed_with_spans(rows: list[int], text: str) -> None:
    assert list_rows(np.asarray(rows)) == text


def bare_file(folder: Path, text: str) -> Path:
    path = folder / "bare.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_bare_file_takes_every_other_answer_as_not_positive(tmp_path: Path) -> None:
    path = bare_file(tmp_path, "place,Q1,w\nb,8.0,1\na,8.5,2\na,99,1\n,7,1\n10,8,1\n9,,1\n")
    survey, problems = sample_of_csv(path, by="place", positive={"Q1": ["8"]}, missing=["99"], weight="w")
    assert survey is not None
    assert survey.labels == ("9", "10", "a", "b")
    question = survey.sample.questions[0]
    roles = [question.answers[at].role.value for at in question.answer_of_record]
    assert roles == ["positive", "negative", "dont_know", "negative", "positive", "invalid"]
    assert survey.sample.groups["place"][1].tolist() == [3, 2, 2, -1, 1, 0]
    blank = the(problems, "blank_group")
    assert (blank.severity, blank.row) == (Severity.WARNING, 5)
    assert {problem.code for problem in problems} == {"blank_group", "rates_without_psu"}


@pytest.mark.parametrize(
    ("options", "code", "severity"),
    [
        ({"positive": {"Q9": ["8"]}}, "missing_response_column", Severity.ERROR),
        ({"positive": {"Q1": []}}, "no_positive_codes", Severity.ERROR),
        ({"positive": {"Q1": ["8"]}, "missing": ["8.0"]}, "positive_and_missing", Severity.ERROR),
        ({"positive": {"Q1": ["8", "11"]}}, "positive_code_absent", Severity.WARNING),
        ({"positive": {"Q1": ["11", "12"]}}, "no_positive_code_occurs", Severity.ERROR),
        ({"positive": {"Q1": ["8"]}}, "words_among_codes", Severity.WARNING),
        ({"positive": {"Q1": ["8"]}, "weight": "w"}, "weight_not_positive", Severity.ERROR),
        ({"positive": {"Q1": ["8"]}, "psu": "cluster"}, "blank_psu", Severity.SET_ASIDE),
        ({"positive": {"Q1": ["8"]}}, "rates_without_weight", Severity.WARNING),
    ],
)
def test_bare_file_reports(tmp_path: Path, options: dict[str, object], code: str, severity: Severity) -> None:
    path = bare_file(tmp_path, "place,Q1,w,cluster\na,8,1,c1\na,7,0,\nb,none here,1,c2\n")
    survey, problems = sample_of_csv(path, by="place", **options)  # type: ignore[arg-type]
    assert the(problems, code).severity is severity
    assert (survey is None) == (Severity.ERROR in {problem.severity for problem in problems})


def test_codes_that_never_occur_are_answered_with_those_that_do(tmp_path: Path) -> None:
    path = bare_file(tmp_path, "place,Q1\na,8\nb,7\n")
    _, problems = sample_of_csv(path, by="place", positive={"Q1": ["88"]})
    assert the(problems, "no_positive_code_occurs").detail["found"] == "7, 8"


def test_a_mistyped_header_is_answered_with_headers_that_begin_alike(tmp_path: Path) -> None:
    path = bare_file(tmp_path, "date,Q1,Q2 District,Q20 Street,Q72.5\n1,2,3,4,5\n")
    _, problems = sample_of_csv(path, by="Q2x", positive={"Q1": ["2"]})
    assert the(problems, "missing_response_column").detail["headers"] == "Q2 District; Q20 Street"
