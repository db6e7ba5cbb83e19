"""A file of answers whose header has been read, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.responses.body import BLOCK_BYTES, Body, body_of


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
        The records.
    first_row
        Spreadsheet row of the first record.
    """

    file: str
    header: tuple[str, ...]
    cells: int
    body: Body
    delimiter: str
    first_row: int

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return self.body.size

    def edges(self, block_bytes: int = BLOCK_BYTES) -> list[tuple[int, int]]:
        """Start and stop of each block that is read at once."""
        return self.body.blocks(block_bytes)


def export_of(
    file: str, header: Iterable[str], body: bytes | Body, *, delimiter: str, first_row: int
) -> Export:
    """An export whose header's row was split off; what stands under empty headers at its end is surplus."""
    titles = [title.strip() for title in header]
    cells = len(titles)
    while titles and not titles[-1]:
        titles.pop()
    records = body_of(body) if isinstance(body, bytes) else body
    return Export(file, tuple(titles), cells, records, delimiter, first_row)
