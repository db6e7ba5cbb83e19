"""An edition in files of the user's own, without a wave: a folder, a CSV file or a workbook."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import python_calamine

from indicators.edition.building import framework_of
from indicators.edition.built_in import EDITION_TABLES, FACTS_FILE, Edition, editions, read_edition, units_of
from indicators.edition.facts import facts_of
from indicators.framework import Framework, Method
from indicators.schema import INDICATOR_TABLES
from indicators.unit import ResponsibleUnit
from indicators.unit_reading import read_units
from surveys.problem import Problem, Severity, errors_of
from surveys.raw_table import RawTable, excel_text, find_table, raw_table, read_csv_table
from surveys.schema import fold

FACTS_SHEETS = ("edition", "版本")
"""Names of the sheet that holds an edition's facts, a name and a value in each row."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a file says of the edition, and the file."""

    values: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""


def check_edition(
    name_or_path: str | Path,
) -> tuple[Framework | None, Mapping[str, ResponsibleUnit], tuple[Problem, ...]]:
    """Read and check an edition without a wave.

    Parameters
    ----------
    name_or_path
        A built-in edition, a folder (``framework.csv``, ``steps.csv``, ``units.csv``, ``edition.toml``), a
        CSV file of the framework with the others beside it, or a workbook with these sheets.

    Returns
    -------
    (framework, units, problems)
        What rests on measures is not checked; a warning says so and lists them.
    """
    edition, problems = read_any_edition(name_or_path)
    if edition is None:
        return None, {}, problems
    units, of_units = read_units(edition.tables, None)
    framework, found = framework_of(
        edition.tables, name=edition.name, facts=edition.facts, wave=None, units=units
    )
    problems = (*problems, *of_units, *found)
    if framework is None:
        return None, units, problems
    asked = dict.fromkeys(leaf.source for leaf in framework.leaves if leaf.method is Method.QUESTIONNAIRE)
    if asked and str(name_or_path) not in editions():
        raw = edition.tables["framework"]
        detail = {"count_measures": str(len(asked))}
        where = (Severity.WARNING, raw.file, None, "", "、".join(asked), detail)
        problems = (*problems, Problem("measures_unchecked", *where))
    return framework, units, problems


def read_any_edition(name_or_path: str | Path) -> tuple[Edition | None, tuple[Problem, ...]]:
    """A built-in edition by name, or the edition that a path holds; FileNotFoundError where there is none."""
    if str(name_or_path) in editions():
        return read_edition(str(name_or_path))
    path = Path(name_or_path)
    if not path.exists():
        raise FileNotFoundError(2, "", str(path))
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
        tables, facts, problems = _of_workbook(path)
    else:
        tables, facts, problems = _of_csv(path)
    known, of_facts = facts_of(facts.values, facts.file)
    problems = (*problems, *of_facts)
    if "framework" not in tables:
        if not errors_of(problems):
            problems = (*problems, Problem("no_framework_table", Severity.ERROR, path.name, value=path.name))
        return None, problems
    if known.units_of and "units" not in tables:
        units, of_units = units_of(known, facts.file)
        tables |= {} if units is None else {"units": units}
        problems = (*problems, *of_units)
    return Edition(path.stem, known, tables), problems


def _of_csv(path: Path) -> tuple[dict[str, RawTable], _Facts, tuple[Problem, ...]]:
    """Tables of a folder; of a CSV file itself and those beside it (``NAME-steps.csv`` or ``steps.csv``)."""
    tables: dict[str, RawTable] = {}
    problems: tuple[Problem, ...] = ()
    folder, prefix = (path, "") if path.is_dir() else (path.parent, f"{path.stem}-")
    for name in EDITION_TABLES:
        stems = [f"{prefix}{stem}" for stem in INDICATOR_TABLES[name].names]
        stems += INDICATOR_TABLES[name].names
        file = next((folder / f"{stem}.csv" for stem in stems if (folder / f"{stem}.csv").is_file()), None)
        file = path if name == "framework" and path.is_file() else file
        if file is not None:
            raw, found = read_csv_table(file, file.name)
            problems = (*problems, *found)
            if raw is not None:
                tables[name] = raw
    named = [folder / f"{prefix}{FACTS_FILE}", folder / FACTS_FILE]
    facts = next((file for file in named if file.is_file()), None)
    if facts is None:
        return tables, _Facts(), problems
    try:
        values = tomllib.loads(facts.read_text(encoding="utf-8-sig"))
        return tables, _Facts(values, facts.name), problems
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        detail = {"reason": str(error)}
        unreadable = Problem("unreadable_file", Severity.ERROR, facts.name, detail=detail)
        return tables, _Facts(), (*problems, unreadable)


def _of_workbook(path: Path) -> tuple[dict[str, RawTable], _Facts, tuple[Problem, ...]]:
    raws: dict[str, RawTable] = {}
    facts = _Facts()
    problems: tuple[Problem, ...] = ()
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
            texts = {
                name: [[excel_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
                for name, sheet in sheets.items()
            }
    except (python_calamine.CalamineError, OSError) as error:
        detail = {"reason": str(error)}
        return {}, _Facts(), (Problem("unreadable_file", Severity.ERROR, file=path.name, detail=detail),)
    for name, records in texts.items():
        if fold(name) in FACTS_SHEETS:
            values = {record[0].strip(): record[1].strip() for record in records[1:] if len(record) > 1}
            facts = _Facts(values, f"{path.name}[{name}]")
        elif any(cell.strip() for record in records for cell in record):
            raw, found = raw_table(records, f"{path.name}[{name}]")
            problems = (*problems, *found)
            if raw is not None:
                raws[name] = raw
    tables = {name: find_table(raws, INDICATOR_TABLES[name]) for name in EDITION_TABLES}
    return {name: raw for name, raw in tables.items() if raw is not None}, facts, problems
