"""The template workbook has every column of the schema and gives back what people type."""

import csv
import dataclasses
import re
import shutil
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assess.demo import write_demo
from assess.template import GUIDE_SHEET, write_template
from indicators.reading import read_evidence, read_framework
from indicators.schema import INDICATOR_TABLES
from surveys.reading import read_wave
from surveys.schema import SURVEY_TABLES, CellKind, Column
from surveys.table import find_table, parse_table, read_raw_tables, table_names
from surveys.wave_toml import read_wave_toml

TABLES = {**SURVEY_TABLES, **INDICATOR_TABLES}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return write_template(tmp_path / "wave")


def test_every_table_and_column_of_the_schema_is_in_the_workbook(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    assert book.sheetnames == [GUIDE_SHEET, *(table.chinese[0] for table in TABLES.values())]
    for table in TABLES.values():
        (header,) = book[table.chinese[0]].iter_rows(values_only=True)
        assert header == tuple(column.chinese[0] for column in table.columns)


def test_sheets_left_empty_are_as_if_absent_and_required_ones_are_asked_for(workbook: Path) -> None:
    tables, problems = read_raw_tables(workbook.parent, table_names(workbook.parent))
    assert problems == ()
    assert set(tables) == {table.name for table in TABLES.values() if table.required}
    wave, _, problems = read_wave(workbook.parent)
    assert wave is None
    asked = {problem.file for problem in problems if problem.code == "no_rows"}
    assert asked == {f"wave.xlsx[{table.chinese[0]}]" for table in TABLES.values() if table.required}


def test_every_header_has_a_note_and_every_list_a_drop_down(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    assert book.sheetnames[0] == GUIDE_SHEET
    for table in TABLES.values():
        sheet = book[table.chinese[0]]
        listed = {
            str(area).split(":")[0]
            for rule in sheet.data_validations.dataValidation
            for area in rule.sqref.ranges
        }
        for position, column in enumerate(table.columns, 1):
            header = sheet.cell(1, position)
            assert header.comment is not None and column.name in header.comment.text
            has_list = bool(column.choices) or column.kind is CellKind.YES_NO
            assert (sheet.cell(2, position).coordinate in listed) == has_list, (table.name, column.name)
        assert sheet.freeze_panes == "A2"


def test_code_columns_are_text_so_codes_survive_typing(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    areas, framework = book["区域"], book["测评体系"]
    for sheet, table in ((areas, TABLES["areas"]), (framework, TABLES["framework"])):
        for position, column in enumerate(table.columns, 1):
            if column.kind in {CellKind.CODE, CellKind.CODES}:
                covering = [d for d in sheet.column_dimensions.values() if d.min <= position <= d.max]
                assert [dimension.number_format for dimension in covering] == ["@"], column.name
    areas.append(["140213050001", "合成社区", "社区", "140213050", "城", 5200])
    framework.append(["1.10", "1", "街巷保洁", "", 2.5])
    book.save(workbook)
    tables, problems = read_raw_tables(workbook.parent, table_names(workbook.parent))
    assert problems == ()
    area, _ = parse_table(tables["areas"], TABLES["areas"])
    assert area.loc[0, ["code", "parent", "level", "urban_rural"]].tolist() == [
        "140213050001",
        "140213050",
        "community",
        "urban",
    ]
    assert area.loc[0, "population"] == 5200
    raw = find_table(tables, TABLES["framework"])
    assert raw is not None
    leaf, _ = parse_table(raw, TABLES["framework"])
    assert leaf.loc[0, "code"] == "1.10"


def test_an_existing_workbook_or_settings_file_is_left_alone(workbook: Path) -> None:
    before = workbook.read_bytes()
    with pytest.raises(FileExistsError, match=r"wave\.xlsx"):
        write_template(workbook.parent)
    workbook.unlink()
    with pytest.raises(FileExistsError, match=r"wave\.toml"):
        write_template(workbook.parent)
    assert not workbook.exists()
    assert len(before) > 0


def test_settings_are_valid_and_responses_folder_is_there(workbook: Path) -> None:
    settings = tomllib.loads((workbook.parent / "wave.toml").read_text(encoding="utf-8"))
    assert settings["wave"]["id"] and settings["responses"]["residents"]["files"]
    assert (workbook.parent / "responses").is_dir()


def test_settings_offered_in_notes_are_understood_once_they_are_uncommented(workbook: Path) -> None:
    """Only what cannot go together is refused: weights of the data, made here, and replicates of both."""
    path = workbook.parent / "wave.toml"
    noted = re.compile(r"^# (?=\w+ = |\[)", flags=re.MULTILINE)
    path.write_text(noted.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    facts, problems = read_wave_toml(path)
    assert {problem.code for problem in problems} == {"weight_twice", "replicates_with_weighting"}
    assert facts is not None
    (block,) = facts.responses
    assert facts.previous and facts.equivalent and facts.framework
    assert facts.small_areas.measures and facts.small_areas.covariates
    assert block.completed and block.mode and block.replicates is not None
    assert block.weighting.base and block.weighting.nonresponse and block.weighting.rake
    assert block.weighting.trim == 5


def test_the_demo_typed_into_the_workbook_is_the_same_wave(workbook: Path, tmp_path: Path) -> None:
    """Numbers typed as numbers, codes as text, in sheets of Chinese headers; unused sheets stay empty."""
    write_demo(tmp_path / "demo")
    book = openpyxl.load_workbook(workbook)
    for path in (tmp_path / "demo").glob("*.csv"):
        table = TABLES[path.stem]
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()):
            book[table.chinese[0]].append([_typed(row.get(c.name, ""), c) for c in table.columns])
    folder = tmp_path / "typed"
    shutil.copytree(tmp_path / "demo" / "responses", folder / "responses")
    shutil.copy(tmp_path / "demo" / "wave.toml", folder)
    book.save(folder / "wave.xlsx")
    wave, tables, problems = read_wave(folder)
    expected, expected_tables, _ = read_wave(tmp_path / "demo")
    assert wave is not None and expected is not None
    assert problems == ()
    assert dataclasses.replace(wave, folder=expected.folder) == expected
    framework, of_framework = read_framework(tables, wave)
    assert of_framework == ()
    assert framework == read_framework(expected_tables, expected)[0]
    evidence, of_evidence = read_evidence(tables, wave, framework)
    assert [problem.code for problem in of_evidence] == ["event_outside_window"], "one of the demo's events"
    same, _ = read_evidence(expected_tables, expected, framework)
    pd.testing.assert_frame_equal(evidence.observation_summary, same.observation_summary)


def _typed(text: str, column: Column) -> str | float | None:
    """A cell as a person fills it in: numbers where the column holds numbers, nothing where it is blank."""
    numeric = column.kind in {CellKind.NUMBER, CellKind.WHOLE}
    return (float(text) if numeric else text) if text else None
