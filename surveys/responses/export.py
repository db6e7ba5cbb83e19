"""A file of answers whose header has been read, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A file of answers whose header has been read.

    Parameters
    ----------
    header
        Headers as they stand, trimmed; empty ones before the last named one too, so that positions are those
        of the file.
    cells
        Number of cells of the header's row, empty ones at its end too.
    body
        The records, UTF-8.
    first_row
        Spreadsheet row of the first record.
    """

    file: str
    header: tuple[str, ...]
    cells: int
    body: bytes
    delimiter: str
    first_row: int


def export_of(file: str, header: Iterable[str], body: bytes, *, delimiter: str, first_row: int) -> Export:
    """An export whose header's row was split off; what stands under empty headers at its end is surplus."""
    titles = [title.strip() for title in header]
    cells = len(titles)
    while titles and not titles[-1]:
        titles.pop()
    return Export(file, tuple(titles), cells, body, delimiter, first_row)
