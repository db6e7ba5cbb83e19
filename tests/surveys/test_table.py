"""Files and sheets → raw tables → typed frames."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from surveys.column import CellKind, Column, Table
from surveys.problem import Problem, Severity
from surveys.raw_table import RawTable, find_table, raw_table, read_csv_table, read_raw_tables, unknown_tables
from surveys.schema import SURVEY_TABLES
from surveys.table import parse_table
from surveys.text_file import decode, delimiter_of, encoding_of
from tests.wave_folder import the

EVERY_KIND = Table(
    "things",
    ("东西",),
    (
        Column("code", ("代码",), CellKind.CODE, required=True),
        Column("choice", ("选择",), CellKind.CHOICE, choices={"up": ("上",)}),
        Column("share", ("比率",), CellKind.SHARE),
        Column("whole", ("整数",), CellKind.WHOLE),
        Column("day", ("日期",), CellKind.DATE),
        Column("sure", ("确定",), CellKind.YES_NO),
        Column("codes", ("多个",), CellKind.CODES),
    ),
    key=("code",),
)


def read(records: list[list[str]]) -> RawTable:
    raw, problems = raw_table(records, "things.csv")
    assert raw is not None
    assert problems == ()
    return raw


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding_gives_the_same_table(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path / "areas.csv", "代码,名称,级别\r\n140213,平城区,区\r\n", encoding)
    raw, problems = read_csv_table(path, "areas.csv")
    assert problems == ()
    assert raw is not None
    assert raw.header == ("代码", "名称", "级别")
    assert raw.cells.iloc[0].tolist() == ["140213", "平城区", "区"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_separator_is_the_one_the_header_uses(delimiter: str) -> None:
    assert delimiter_of(delimiter.join(["code", '"a,b;c"', "name"]) + "\n1;2,3\t4,,,,,,") == delimiter


def test_damaged_utf8_is_an_error_that_names_byte_and_row_and_not_gb18030_nonsense() -> None:
    data = "code,name\n1,平城区的街道\n".encode() + b"2,\xe5\xb9 x\n"
    text, problems = decode(data, "areas.csv")
    assert text is None
    problem = the(problems, "wrong_encoding")
    assert (problem.severity, problem.row, problem.detail["byte"]) == (Severity.ERROR, 3, "34")


def test_latin1_is_an_error() -> None:
    assert encoding_of("código,nombre é\n".encode("latin-1")) == ""


@pytest.mark.parametrize("content", ["", "\ufeff", "\r\n\r\n"])
def test_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    raw, problems = read_csv_table(written(tmp_path / "areas.csv", content), "areas.csv")
    assert raw is None
    assert the(problems, "empty_file").severity is Severity.ERROR


def test_unpaired_quote_is_an_error_at_its_row(tmp_path: Path) -> None:
    path = written(tmp_path / "areas.csv", 'code,name\n1,a\n2,"b\n3,c\n')
    raw, problems = read_csv_table(path, "areas.csv")
    assert raw is None
    assert the(problems, "bad_quotes").row == 3


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    path = written(tmp_path / "areas.csv", 'code,name\n1,"two\nlines"\n\n2,b\n')
    raw, _ = read_csv_table(path, "areas.csv")
    assert raw is not None
    assert raw.rows.tolist() == [2, 4]


def test_row_with_more_cells_than_headers_is_an_error_that_names_it() -> None:
    _, problems = raw_table([["code", "name"], ["1", "a", ""], ["2", "b", "c"]], "areas.csv")
    problem = the(problems, "too_many_cells")
    assert (problem.row, problem.value) == (3, "c")


def test_every_kind_of_cell_has_its_type() -> None:
    raw = read(
        [
            ["代码", "选择", "比率", "整数", "日期", "确定", "多个"],
            ["01", "上", "90%", "3", "2022-8-1", "是", "a、b"],
            ["02"],
        ]
    )
    frame, problems = parse_table(raw, EVERY_KIND)
    assert problems == ()
    first, second = frame.iloc[0], frame.iloc[1]
    assert first.tolist() == ["01", "up", 0.9, 3.0, datetime.date(2022, 8, 1), True, ("a", "b"), 2]
    assert second["choice"] == ""
    assert np.isnan(second["share"])
    assert second["day"] is None
    assert second["sure"] is None
    assert second["codes"] == ()
    assert [str(dtype) for dtype in frame.dtypes] == [
        "str",
        "str",
        "float64",
        "float64",
        "object",
        "object",
        "object",
        "int64",
    ]


def test_absent_optional_columns_are_blank_and_unknown_ones_are_kept() -> None:
    frame, problems = parse_table(read([["code", "colour"], ["1", "red"]]), EVERY_KIND)
    assert frame["choice"].tolist() == [""]
    assert frame["share"].isna().all()
    assert frame["colour"].tolist() == ["red"]
    problem = the(problems, "unknown_column")
    assert (problem.severity, problem.column) == (Severity.WARNING, "colour")


def test_all_defects_come_at_once_with_place_and_value() -> None:
    raw = read(
        [
            ["code", "choice", "share", "日期"],
            ["", "", "", ""],
            ["1", "left", "90", "9月31日"],
            ["1", "", "", "x"],
            ["", "", "0.5", ""],
        ]
    )
    _, problems = parse_table(raw, EVERY_KIND)
    found = [(p.code, p.file, p.row, p.column, p.value) for p in problems]
    assert found == [
        ("blank_cell", "things.csv", 5, "code", ""),
        ("bad_choice", "things.csv", 3, "choice", "left"),
        ("bare_share", "things.csv", 3, "share", "90"),
        ("date_without_year", "things.csv", 3, "日期", "9月31日"),
        ("bad_date", "things.csv", 4, "日期", "x"),
        ("duplicate_key", "things.csv", 4, "code", "1"),
    ]
    assert {problem.severity for problem in problems} == {Severity.ERROR}
    for problem in problems:
        the((problem,), problem.code)


def test_missing_required_column_names_every_accepted_header() -> None:
    _, problems = parse_table(read([["choice"], ["up"]]), EVERY_KIND)
    problem = the(problems, "missing_column")
    assert problem.detail["names"] == "code / 代码"


def test_two_headers_for_one_column_are_an_error() -> None:
    _, problems = parse_table(read([["code", "代码"], ["1", "2"]]), EVERY_KIND)
    assert the(problems, "duplicate_header").severity is Severity.ERROR


def test_header_without_rows_is_an_error_in_a_required_table_only() -> None:
    raw = read([["code", "name", "level"]])
    assert the(parse_table(raw, SURVEY_TABLES["areas"])[1], "no_rows").severity is Severity.ERROR
    assert parse_table(read([["code"]]), EVERY_KIND)[1] == ()


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)


def test_sheet_reads_like_the_csv_of_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [["代码", "比率", "日期"], [140213053001, 0.9, datetime.date(2022, 8, 15)]]
    workbook(tmp_path / "wave.xlsx", {"东西": rows, "说明": [["给人看的"]]})
    tables, problems = read_raw_tables(tmp_path, ["东西", "说明"])
    assert problems == ()
    raw = find_table(tables, EVERY_KIND)
    assert raw is not None
    assert raw.file == "wave.xlsx[东西]"
    frame, problems = parse_table(raw, EVERY_KIND)
    assert problems == ()
    assert frame.loc[0, ["code", "share", "day"]].tolist() == [
        "140213053001",
        0.9,
        datetime.date(2022, 8, 15),
    ]


def test_table_as_file_and_as_sheet_is_an_error(tmp_path: Path) -> None:
    written(tmp_path / "areas.csv", "code\n1\n")
    workbook(tmp_path / "wave.xlsx", {"区域": [["代码"], ["1"]]})
    tables, problems = read_raw_tables(tmp_path, ["areas", "区域"])
    assert list(tables) == ["areas"]
    assert the(problems, "table_twice").file == "wave.xlsx[区域]"


def test_broken_workbook_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "wave.xlsx").write_bytes(b"no workbook")
    assert the(read_raw_tables(tmp_path, ["areas"])[1], "unreadable_file").severity is Severity.ERROR


def test_table_of_an_unknown_name_is_a_warning() -> None:
    raw = RawTable("framwork.csv", ("code",), pd.DataFrame({0: ["1"]}, dtype="str"), np.array([2]))
    problems: tuple[Problem, ...] = unknown_tables({"framwork": raw}, SURVEY_TABLES.values())
    assert the(problems, "unknown_table").severity is Severity.WARNING


def test_a_column_that_lost_its_header_is_an_error_not_a_silence(tmp_path: Path) -> None:
    """A blank header above filled cells, as a slip of the hand leaves it; an empty column is no matter."""
    path = tmp_path / "measures.csv"
    path.write_text("measure,,name,,\nm1,90%,知晓率,,\nm2,80%,参与率,,\n", encoding="utf-8")
    raw, problems = read_csv_table(path, path.name)
    assert raw is not None
    assert problems == ()
    found = [p for p in parse_table(raw, SURVEY_TABLES["measures"])[1] if p.code == "unnamed_column"]
    assert [(p.row, p.value, dict(p.detail)) for p in found] == [(1, "90%", {"letter": "B", "row": "2"})]
