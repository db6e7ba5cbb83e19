"""The template workbook has every column of the schema and gives back what people type."""

import tomllib
from pathlib import Path

import openpyxl
import pytest

from assess.template import GUIDE_SHEET, write_template
from indicators.schema import INDICATOR_TABLES
from surveys.schema import SURVEY_TABLES, CellKind
from surveys.table import find_table, parse_table, read_raw_tables, table_names

TABLES = {**SURVEY_TABLES, **INDICATOR_TABLES}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return write_template(tmp_path / "wave")


def test_every_table_and_column_of_the_schema_is_in_the_workbook(workbook: Path) -> None:
    tables, problems = read_raw_tables(workbook.parent, table_names(workbook.parent))
    assert problems == ()
    for table in TABLES.values():
        raw = find_table(tables, table)
        assert raw is not None, table.name
        assert raw.header == tuple(column.chinese[0] for column in table.columns)


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
