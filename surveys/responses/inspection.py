"""What a parser of columns passes over: cells beyond the header, and records swallowed by a stray quote.

A quick count of separators says whether a file can have either; only then are its records looked at one by
one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.responses.export import Export

_LINE_FEED, _CARRIAGE_RETURN = 10, 13
_PIECE_BYTES = 1 << 20
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Inspection:
    """What was found, for each record.

    Parameters
    ----------
    surplus_of_record
        Something stands in a cell beyond the header's row.
    swallowing_of_record
        A cell holds line breaks and, behind one of them, what looks like a record.
    """

    surplus_of_record: npt.NDArray[np.bool_]
    swallowing_of_record: npt.NDArray[np.bool_]


def needs_inspection(export: Export, records: int) -> bool:
    """Whether any line has more separators than the header, or a record has several lines."""
    lines = 0
    content = export.body.content()
    for start, stop in _pieces(content):
        separators_of_line = _count_by_line(
            np.frombuffer(content, np.uint8, stop - start, start), export.delimiter
        )
        if (separators_of_line >= export.cells).any():
            return True
        lines += len(separators_of_line)
    # Where lines end in two characters, the second begins an empty one.
    return lines - content.count(b"\r\n") != records


def inspect(export: Export, records: int) -> Inspection:
    """Look at every record of a file in which something may be amiss."""
    surplus = np.zeros(records, dtype=np.bool_)
    swallowing = np.zeros(records, dtype=np.bool_)
    text = io.StringIO(export.body.content().decode("utf-8"), newline="")
    limit = csv.field_size_limit(max(export.body.size, 1))
    try:
        for at, record in zip(range(records), csv.reader(text, delimiter=export.delimiter), strict=False):
            surplus[at] = any(cell.strip() for cell in record[export.cells :])
            swallowing[at] = any(
                holds_record(cell, position, export.cells, export.delimiter)
                for position, cell in enumerate(record)
                if "\n" in cell or "\r" in cell
            )
    finally:
        csv.field_size_limit(limit)
    return Inspection(surplus, swallowing)


def _pieces(body: bytes) -> Iterator[tuple[int, int]]:
    """Whole lines that fit into a processor's cache: start and stop of each piece."""
    start = 0
    while start < len(body):
        stop = body.rfind(b"\n", start, start + _PIECE_BYTES) + 1
        yield start, stop or len(body)
        start = stop or len(body)


def _count_by_line(characters: npt.NDArray[np.uint8], delimiter: str) -> npt.NDArray[np.int32]:
    """Number of separators of each line."""
    ends = (characters == _LINE_FEED) | (characters == _CARRIAGE_RETURN)
    starts = np.concatenate(([0], np.flatnonzero(ends[:-1]) + 1))
    return np.add.reduceat(characters == ord(delimiter), starts, dtype=np.int32)


def holds_record(cell: str, position: int, cells: int, delimiter: str) -> bool:
    """Whether lines inside a cell look like records.

    A whole line then has the header's number of separators, and the last one, which ends where the quotes
    end, those that stand before the cell.
    """
    lines = _LINE_ENDS.split(cell)
    separators = [line.count(delimiter) for line in lines[1:]]
    whole = cells - 1
    return whole > 0 and (whole in separators[:-1] or (position > 1 and separators[-1:] == [position]))
