"""Files of answers as they come: cells beyond the header, and quotes that swallow records."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from surveys.problem import Problem, Severity
from surveys.responses.csv import Records, open_csv, read_columns
from surveys.responses.export import export_of
from surveys.responses.loading import open_export
from tests.wave_folder import the


def read(path: Path) -> tuple[Records, tuple[Problem, ...]]:
    export, problems = open_export(path, path.name)
    assert export is not None
    records, found = read_columns(export, range(len(export.header)))
    assert records is not None
    return records, (*problems, *found)


def of_text(folder: Path, text: str) -> tuple[Records, tuple[Problem, ...]]:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("text", "surplus"),
    [
        ("a,b\n1,2\n3,4,,x\n5,6,y\n7,8,,\n", [False, True, True, False]),
        ("a,b,\n1,2,\n3,4,z\n", [False, True]),
        ("a,b,,\n1,2\n3,4,,z\n", [False, True]),
        (",a,b\n0,1,2\n1,3,4\n", [False, False]),
        ('a,b\n1,"x,y"\n2,"x\ny",,,z\n3,\n', [False, True, False]),
        ("a\n1\n2,x\n", [False, True]),
    ],
)
def test_any_cell_beyond_the_last_header_is_surplus(tmp_path: Path, text: str, surplus: list[bool]) -> None:
    """However many blank cells or empty headers lie between; an empty header before a named one is none."""
    records, problems = of_text(tmp_path, text)
    assert records.surplus_of_record.tolist() == surplus
    assert problems == ()


def test_stray_cell_beside_the_records_of_a_workbook_is_surplus(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([("a", "b"), ("1", "2"), ("3", "4")]):
            sheet.write_row(at, 0, row)
        sheet.write(2, 9, "stray")
    assert read(path)[0].surplus_of_record.tolist() == [False, True]


@given(st.text(alphabet='ab,,"\n\r ', min_size=1, max_size=20).map(lambda body: body.rstrip("\r\n")))
def test_surplus_agrees_with_the_csv_module_record_by_record(body: str) -> None:
    """Python's csv reader is the oracle: something but blanks beyond the second of two cells."""
    export = export_of("export.csv", ["h", "i"], body.encode(), delimiter=",", first_row=2)
    records = read_columns(export, [0, 1])[0]
    if not body or records is None:  # nothing, or quotes that never close
        return
    cells = list(csv.reader(io.StringIO(body, newline="")))
    surplus = [any(cell.strip() for cell in record[2:]) for record in cells]
    assert records.surplus_of_record.tolist() == surplus


def test_records_swallowed_between_two_stray_quotes_are_reported_with_their_row(tmp_path: Path) -> None:
    """Six records become three; nothing else would tell."""
    text = 'id,q,t\n1,1,ok\n2,1,"unfinished\n3,1,x\n4,1,y\n5,1,"z\n6,1,w\n'
    records, problems = of_text(tmp_path, text)
    assert len(records.row_of_record) == 3
    problem = the(problems, "swallowed_records")
    assert (problem.severity, problem.row, problem.count) == (Severity.WARNING, 3, 1)


def test_one_swallowed_record_is_reported_too(tmp_path: Path) -> None:
    _, problems = of_text(tmp_path, 'id,q,t\n1,1,"unfinished\n2,1,"z\n3,1,w\n')
    assert the(problems, "swallowed_records").row == 2


def test_comments_of_several_lines_are_no_records(tmp_path: Path) -> None:
    records, problems = of_text(tmp_path, 'id,q,t\n1,1,"one, two\nthree\n\nfour, five"\n2,1,w\n')
    assert (len(records.row_of_record), problems) == (2, ())


def test_cells_may_be_longer_than_the_limit_of_the_csv_module(tmp_path: Path) -> None:
    """Python's csv module refuses fields above 131,072 characters; open answers may be longer."""
    path = tmp_path / "export.csv"
    path.write_text('a,b\n1,"' + "x\n" * 100_000 + '"\n', encoding="utf-8")
    export, _ = open_csv(path, path.name)
    assert export is not None
    records, _ = read_columns(export, [0])
    assert records is not None
    assert len(records.row_of_record) == 1
