"""An edition → files that people and other programs can edit: a workbook, CSV files, or a folder of them.

Read again, they mean the same: the content hash does not change (`indicators.edition.files`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import xlsxwriter

from indicators.edition.built_in import EDITION_TABLES, FACTS_FILE, Edition
from indicators.schema import INDICATOR_TABLES
from surveys.cells import CellError, parse_number
from surveys.formula import guarded, is_guarded
from surveys.problem import Language
from surveys.schema import CellKind, Column, Table
from surveys.table import parse_table

_NUMBERS = frozenset({CellKind.NUMBER, CellKind.SHARE, CellKind.VALUE, CellKind.WHOLE})
_TO_FILL = frozenset({"source", "scoring", "scale"})
"""Columns of the framework that are written blank too: an imported table has them to be filled in."""
_CREATED = datetime(2021, 1, 1)
"""Of every workbook: the same edition gives the same bytes."""


def export_edition(edition: Edition, path: Path, language: Language) -> tuple[Path, ...]:
    """Write an edition.

    Parameters
    ----------
    path
        ``.xlsx``: a workbook with a sheet for each table and one of facts. ``.csv``: the framework, with
        ``NAME-steps.csv``, ``NAME-units.csv`` and ``NAME-edition.toml`` beside it. Otherwise a folder of
        ``framework.csv``, ``steps.csv``, ``units.csv`` and ``edition.toml``.
    language
        Of headers and of cells with fixed words.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    FileExistsError
        One of the files exists; nothing is written.

    Notes
    -----
    In CSV files a cell that a spreadsheet would run as a formula begins with an apostrophe, which reading
    takes off again (`surveys.formula`); numbers stay as they are. Cells of a workbook are never formulas.
    """
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        _refuse([path])
        return _write({path: _workbook(edition, language)})
    folder, prefix = (path.parent, f"{path.stem}-") if suffix == ".csv" else (path, "")
    content = {
        path if suffix == ".csv" and name == "framework" else folder / f"{prefix}{name}.csv": _csv(records)
        for name, records in _tables(edition, language)
    }
    content[folder / f"{prefix}{FACTS_FILE}"] = _toml(edition).encode()
    _refuse(content)
    return _write(content)


def flat_table(edition: Edition, name: str, language: Language) -> list[list[str]]:
    """One table of an edition with its header: cells as they stand, headers and fixed words in one language.

    Columns that no row fills are left out, unknown ones are kept at the end.
    """
    raw, schema = edition.tables[name], INDICATOR_TABLES[name]
    frame, _ = parse_table(raw, schema)
    position_of = {header: at for at, header in enumerate(raw.header)}
    headers: dict[str, str] = frame.attrs["headers"]
    columns: list[tuple[str, list[str]]] = []
    for column in schema.columns:
        if column.name not in headers:
            continue
        cells = raw.cells[position_of[headers[column.name]]].str.strip().tolist()
        if column.kind is CellKind.CHOICE:
            cells = [_word(column, value, language) for value in frame[column.name]]
        if column.required or any(cells) or (name == "framework" and column.name in _TO_FILL):
            columns.append((_header(column, language), cells))
    known = set(headers.values())
    columns += [
        (title, raw.cells[at].str.strip().tolist()) for title, at in position_of.items() if title not in known
    ]
    return [[title for title, _ in columns], *map(list, zip(*(cells for _, cells in columns), strict=True))]


def _tables(edition: Edition, language: Language) -> Iterator[tuple[str, list[list[str]]]]:
    for name in EDITION_TABLES:
        if name in edition.tables:
            yield name, flat_table(edition, name, language)


def _header(column: Column, language: Language) -> str:
    return column.chinese[0] if language is Language.CHINESE and column.chinese else column.name


def _word(column: Column, value: str, language: Language) -> str:
    spellings = column.choices.get(value, ())
    return spellings[0] if language is Language.CHINESE and spellings else value


def _csv(records: list[list[str]]) -> bytes:
    """CSV as a spreadsheet expects it: with a byte-order mark, and no cell that it would run."""
    stream = io.StringIO(newline="")
    cells = ([guarded(cell) if _number(cell) is None else cell for cell in record] for record in records)
    csv.writer(stream, lineterminator="\r\n").writerows(cells)
    return stream.getvalue().encode("utf-8-sig")


def _toml(edition: Edition) -> str:
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in _facts(edition).items()]
    return "\n".join([*lines, ""])


def _facts(edition: Edition) -> dict[str, str | float]:
    """Facts of the edition; the tables that are written hold the units, wherever they came from."""
    return {name: value for name, value in edition.facts.named().items() if name != "units_of"}


def _workbook(edition: Edition, language: Language) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.set_properties({"created": _CREATED})
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for name, records in _tables(edition, language):
            schema = INDICATOR_TABLES[name]
            sheet = book.add_worksheet(schema.chinese[0] if language is Language.CHINESE else name)
            sheet.freeze_panes(1, 0)
            numeric = _numeric_headers(schema, language)
            for at, title in enumerate(records[0]):
                sheet.set_column(at, at, 14, None if title in numeric else text)
                sheet.write_string(0, at, _literal(title), bold)
                for row, record in enumerate(records[1:], 1):
                    number = _number(record[at]) if title in numeric else None
                    if number is not None and _kept_in_workbook(number):
                        sheet.write_number(row, at, number)
                    elif record[at]:
                        sheet.write_string(row, at, _literal(record[at]), text)
        sheet = book.add_worksheet("版本" if language is Language.CHINESE else "edition")
        rows = [("name", "value"), *((name, str(value)) for name, value in _facts(edition).items())]
        for row, cells in enumerate(rows):
            for at, cell in enumerate(cells):
                sheet.write_string(row, at, cell, bold if row == 0 else text)
    return content.getvalue()


def _numeric_headers(schema: Table, language: Language) -> frozenset[str]:
    return frozenset(_header(column, language) for column in schema.columns if column.kind in _NUMBERS)


def _number(cell: str) -> float | None:
    """A cell as a number; None for blanks, for what is none, and for what keeps its own writing (90%)."""
    try:
        return parse_number(cell)
    except CellError:
        return None


def _kept_in_workbook(number: float) -> bool:
    """Whether a number survives the 16 digits that are written of it."""
    return float(f"{number:.16G}") == number


def _literal(cell: str) -> str:
    """A cell of a workbook, whose own apostrophe reading would take for a guard."""
    return f"'{cell}" if is_guarded(cell) else cell


def _write(content: Mapping[Path, bytes]) -> tuple[Path, ...]:
    """All files under other names first, so that no half of one stays where something fails."""
    parts = {file: file.with_name(f".{file.name}.part") for file in content}
    try:
        for file, part in parts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content[file])
        for file, part in parts.items():
            part.rename(file)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return tuple(content)


def _refuse(files: Iterable[Path]) -> None:
    for file in files:
        if file.exists():
            raise FileExistsError(17, "", str(file))
