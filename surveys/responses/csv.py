"""CSV exports → the columns that are needed, each as distinct texts and an index for every record.

Blocks of the file are walked by several threads; columns that nothing asked for, personal data among them,
are never materialised. What the walk by blocks leaves to a reader of single characters is parsed by pandas.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from surveys.cores import in_threads
from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.responses.body import BLOCK_BYTES, LINE_FEED, Body, body_of, utf8_body
from surveys.responses.column_merge import merge_cells
from surveys.responses.export import Export, export_of
from surveys.responses.parquet import ParquetExport, read_groups, unreadable_columns
from surveys.responses.records import Records
from surveys.responses.slow_csv import read_slowly
from surveys.responses.text_block import Block, Irregular, Layout, parse_block
from surveys.responses.text_column import TextColumn, joined
from surveys.sample import IntArray
from surveys.text_file import decode, delimiter_of

__all__ = ["Records", "TextColumn", "joined", "open_csv", "read_columns"]

_HEADER_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_FILL = "\ufeff \t\r\n"


def open_csv(path: Path, file: str) -> tuple[Export | None, tuple[Problem, ...]]:
    """Read a CSV file's bytes, settle encoding and separator, and split off the header."""
    try:
        body = _utf8_body(path)
        data = b"" if body else path.read_bytes()
    except OSError as error:
        return None, (_unreadable(file, error),)
    if body is None:
        text, problems = decode(data, file)
        if text is None:
            return None, problems
        body = body_of(text.encode("utf-8"))
    return _split(file, body, _head(body).decode("utf-8", errors="ignore")), ()


def read_columns(
    export: Export, positions: Iterable[int], threads: int | None = None, block_bytes: int = BLOCK_BYTES
) -> tuple[Records | None, tuple[Problem, ...]]:
    """The columns at `positions` of an opened file, and a warning where quotes seem to swallow records.

    Parameters
    ----------
    threads
        None: as many as there are cores; the result is the same for any number.
    """
    wanted = sorted(set(positions))
    if unreadable := unreadable_columns(export, wanted):
        return None, unreadable
    try:
        return read_blocks(export, wanted, export.edges(block_bytes), export.first_row, threads)
    except Irregular:
        return _read_slowly(export, wanted, range(len(export.header), export.cells))
    except OSError as error:
        return None, (_unreadable(export.file, error),)


def read_blocks(
    export: Export,
    positions: Sequence[int],
    edges: Sequence[tuple[int, int]],
    first_row: int,
    threads: int | None = None,
) -> tuple[Records, tuple[Problem, ...]]:
    """The columns at `positions` of some blocks of an opened file.

    Parameters
    ----------
    edges
        Start and stop of each block, as of ``export.edges``.
    first_row
        Spreadsheet row of the first record in them.

    Raises
    ------
    Irregular
        Quotes or line ends are such that only `read_columns` can read the file, as a whole.
    OSError
        The file cannot be read.
    """
    if isinstance(export, ParquetExport):
        return read_groups(export, positions, edges, first_row, threads), ()
    beyond = range(len(export.header), export.cells)
    layout = Layout(export.cells, export.delimiter, (*positions, *beyond))
    blocks = in_threads(lambda edge: _parse(export.body, layout, edge), edges, threads)
    sizes = [block.records for block in blocks]
    rows = np.arange(sum(sizes), dtype=np.intp) + first_row
    surplus, swallowing = np.zeros(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.bool_)
    for first, block in zip(np.cumsum([0, *sizes[:-1]]).tolist(), blocks, strict=False):
        surplus[first + block.surplus] = True
        swallowing[first + block.swallowing] = True
    merged = in_threads(
        lambda k: merge_cells([block.columns[k] for block in blocks], export.delimiter),
        range(len(layout.wanted)),
        threads,
    )
    columns = dict(zip(layout.wanted, merged, strict=True))
    for at in beyond:
        surplus |= columns.pop(at).is_filled
    return Records(columns, rows, surplus), _swallowed(export, rows[swallowing])


def _utf8_body(path: Path) -> Body | None:
    """The bytes of a file of UTF-8 that has more than blanks near its beginning; None: decode it."""
    body = utf8_body(path)
    if body is None:
        return None
    while _head(body).startswith(_BOM):
        body = replace(body, start=body.start + len(_BOM))
    return body if _head(body).decode("utf-8", errors="ignore").strip(_FILL) else None


def _head(body: Body) -> bytes:
    size = min(_HEADER_BYTES, body.size)
    return body.characters(body.start, body.start + size)[:size].tobytes()


def _split(file: str, body: Body, head: str) -> Export:
    """Header and records of a text whose beginning is `head`."""
    delimiter = delimiter_of(head)
    # newline="" leaves line ends as they are, so that lengths add up to a position in the file.
    lines = io.StringIO(head, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    header: list[str] = []
    records = 0
    while not any(cell.strip() for cell in header):
        header = next(reader, ["?"])
        records += 1
    start = body.start + sum(len(line.encode("utf-8")) for line in lines[: reader.line_num])
    # Empty lines at the end are what editors leave; lines of separators are records, and are counted.
    rest = replace(body, start=start).without_line_ends()
    return export_of(file, header, rest, delimiter=delimiter, first_row=records + 1)


def _parse(body: Body, layout: Layout, edge: tuple[int, int]) -> Block:
    start, stop = edge
    characters = body.characters(start, stop)
    # The last line may lack its end.
    return parse_block(characters, stop - start + int(characters[stop - start - 1] != LINE_FEED), layout)


def _read_slowly(
    export: Export, wanted: list[int], beyond: range
) -> tuple[Records | None, tuple[Problem, ...]]:
    found, problems = read_slowly(export, [*wanted, *beyond])
    if found is None:
        return None, problems
    columns, surplus, swallowing = found
    rows = np.arange(len(surplus), dtype=np.intp) + export.first_row
    for at in beyond:
        surplus = surplus | columns.pop(at).is_filled
    return Records(columns, rows, surplus), _swallowed(export, rows[swallowing])


def _unreadable(file: str, error: OSError) -> Problem:
    detail = {"reason": error.strerror or str(error) or type(error).__name__}
    return Problem("unreadable_file", Severity.ERROR, file=file, detail=detail)


def _swallowed(export: Export, rows: IntArray) -> tuple[Problem, ...]:
    if not len(rows):
        return ()
    detail = {"rows": list_rows(rows)}
    row = int(rows[0])
    return (Problem("swallowed_records", Severity.WARNING, export.file, row, detail=detail, count=len(rows)),)
