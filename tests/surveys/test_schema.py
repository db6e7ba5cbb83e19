"""The declarations of tables are consistent, and docs/formats.md says what they say."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from indicators.schema import INDICATOR_TABLES
from surveys.column import CellKind, Table, fold
from surveys.format_docs import document
from surveys.schema import SURVEY_TABLES
from surveys.toml_section import Section
from surveys.wave_toml import read_wave_toml

TABLES = (*SURVEY_TABLES.values(), *INDICATOR_TABLES.values())
FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_header_means_two_columns(table: Table) -> None:
    headers = [fold(header) for column in table.columns for header in column.headers]
    assert len(headers) == len(set(headers))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_a_chinese_header_and_notes(table: Table) -> None:
    for column in table.columns:
        assert column.chinese, column.name
        assert column.note_zh, column.name
        assert column.note_en, column.name
        assert (column.kind is CellKind.CHOICE) == bool(column.choices), column.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_spelling_means_two_choices(table: Table) -> None:
    for column in table.columns:
        spellings = [fold(word) for choice, also in column.choices.items() for word in {choice, *also}]
        assert len(spellings) == len(set(spellings)), column.name


def test_no_name_means_two_tables() -> None:
    names = [fold(name) for table in TABLES for name in table.names]
    assert len(names) == len(set(names))


def test_formats_document_lists_every_table_and_column_as_declared() -> None:
    """docs/formats.md holds the generated part verbatim, made by `surveys.format_docs.document`."""
    text = FORMATS.read_text(encoding="utf-8")
    for table in TABLES:
        assert document([table]).strip() in text, f"docs/formats.md differs from the schema of {table.name}"


def test_formats_document_describes_every_setting_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key that the reader of ``wave.toml`` asks for stands in its block, or in backticks below it."""
    asked: set[tuple[str, str]] = set()
    get = Section.get

    def recorded(section: Section, key: str, *rest: Any, **options: Any) -> Any:
        asked.add((section.path, key))
        return get(section, key, *rest, **options)

    monkeypatch.setattr(Section, "get", recorded)
    text = FORMATS.read_text(encoding="utf-8").split("## `wave.toml`")[1].split("\n## ")[0]
    block, below = text.split("```toml\n")[1].split("```")
    (tmp_path / "wave.toml").write_text(block, encoding="utf-8")
    facts, problems = read_wave_toml(tmp_path / "wave.toml")
    assert facts is not None and facts.previous and facts.equivalent and facts.small_areas.measures
    # The block lists settings that cannot all go together; it must not hold any that nobody reads.
    assert {problem.code for problem in problems} == {"weight_twice", "replicates_with_weighting"}
    shown = tomllib.loads(block)
    for path, key in sorted(asked):
        inside: dict[str, Any] = shown
        for part in filter(None, path.split(".")):
            inside = inside[part]
        assert key in inside or f"`{key}" in below, f"{path}.{key}"


def test_both_languages_have_the_same_messages() -> None:
    catalogues = [
        tomllib.loads(files("surveys").joinpath("text", f"{language}.toml").read_text(encoding="utf-8"))
        for language in ("zh", "en")
    ]
    assert catalogues[0].keys() == catalogues[1].keys()
    for code, entry in catalogues[0].items():
        if code != "_words":
            assert entry.keys() == catalogues[1][code].keys() == {"message", "remedy"}, code
