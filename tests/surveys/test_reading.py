"""Wave folders as people keep them: a workbook with Chinese headers gives the same wave as CSV files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import xlsxwriter

from surveys.reading import read_wave
from surveys.schema import SURVEY_TABLES
from tests.wave_folder import minimal_wave, replace_in, the

TABLES = ("areas", "questions", "answers", "measures")


def chinese(name: str, rows: list[list[str]]) -> list[list[str]]:
    """The same table with Chinese headers and choices."""
    schema = SURVEY_TABLES[name]
    columns = [schema.column(title) for title in rows[0]]
    body = [
        [
            column.choices[cell][0] if cell in column.choices else cell
            for column, cell in zip(columns, row, strict=True)
        ]
        for row in rows[1:]
    ]
    return [[column.chinese[0] for column in columns], *body]


def test_workbook_with_chinese_names_gives_the_same_wave_as_csv(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    before, _, _ = read_wave(folder)
    with xlsxwriter.Workbook(str(folder / "wave.xlsx")) as book:
        book.add_worksheet("说明").write(0, 0, "怎样填写")
        for name in TABLES:
            path = folder / f"{name}.csv"
            sheet = book.add_worksheet(SURVEY_TABLES[name].chinese[0])
            for at, row in enumerate(
                chinese(name, list(csv.reader(path.read_text(encoding="utf-8").splitlines())))
            ):
                sheet.write_row(at, 0, row)
            path.unlink()
    after, tables, problems = read_wave(folder)
    assert problems == ()
    assert after == before
    assert sorted(tables) == sorted(TABLES)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_encoding_of_the_tables_changes_nothing(tmp_path: Path, encoding: str) -> None:
    folder = minimal_wave(tmp_path)
    before, _, _ = read_wave(folder)
    for name in (*(f"{name}.csv" for name in TABLES), "wave.toml"):
        path = folder / name
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert read_wave(folder)[0] == before


def test_wave_is_found_by_its_folder_and_by_its_file(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    assert read_wave(folder / "wave.toml")[0] == read_wave(folder)[0]


def test_further_tables_are_handed_on_and_answers_beside_them_are_not_tables(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    (folder / "framework.csv").write_text("code,points\n1,100\n", encoding="utf-8")
    (folder / "responses/residents-1.csv").rename(folder / "residents.csv")
    replace_in(folder / "wave.toml", "responses/residents-*.csv", "residents*.csv")
    wave, tables, problems = read_wave(folder)
    assert wave is not None
    assert problems == ()
    assert sorted(tables) == sorted((*TABLES, "framework"))


def test_questionnaire_may_be_left_out_where_there_is_only_one(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    before, _, _ = read_wave(folder)
    for name in ("questions.csv", "measures.csv"):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace("residents,", ","), encoding="utf-8")
    assert read_wave(folder)[0] == before


def test_questionnaire_must_be_named_where_there_are_two(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(folder / "wave.toml", "[limits]", '[responses.officials]\nfiles = "x.csv"\n[limits]')
    replace_in(folder / "measures.csv", "residents,q1", ",q1")
    problem = the(read_wave(folder)[2], "blank_questionnaire")
    assert (problem.row, problem.detail["names"]) == (2, "residents, officials")


def test_headline_follows_the_sheet_where_a_kind_says_yes(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    path = folder / "measures.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [lines[0] + ",headline", *(line + "," for line in lines[1:])]
    lines += ["trust,信任,Trust,support,residents,q2,,,,,yes"]
    path.write_text("\n".join(lines), encoding="utf-8")
    wave, _, problems = read_wave(folder)
    assert problems == ()
    assert wave is not None
    assert {m.name for m in wave.measures if m.headline} == {
        "awareness",
        "participation",
        "trust",
        "satisfaction_rate",
        "satisfaction_score",
    }


def test_title_in_one_language_serves_both(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    path = folder / "wave.toml"
    lines = [
        'title = "模拟测评"' if line.startswith('title = { zh = "平城') else line
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    wave, _, _ = read_wave(folder)
    assert wave is not None
    assert set(wave.title.values()) == {"模拟测评"}
