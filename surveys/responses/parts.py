"""Files of answers part by part, each with the same dictionaries: what is too large is never held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from surveys.problem import Problem, shorten
from surveys.responses.body import BLOCK_BYTES
from surveys.responses.csv import read_blocks
from surveys.responses.export import Export
from surveys.responses.loading import WORKBOOK_SUFFIXES, Loaded, named, open_bound, paths_of
from surveys.responses.parquet import PARQUET_SUFFIX, ParquetExport, open_parquet
from surveys.wave import Responses, Wave

LARGE_BYTES = 128 << 20
"""Files of a questionnaire that are larger than this together are read in parts."""
_BYTES_OF_CELL = 2
"""A code of one digit and its separator."""
PART_ROWS = 250_000
"""Rows of a part of a Parquet file, in whole row groups."""
PART_BLOCKS = 24
"""Blocks of a part: 24 MiB of text, some 250 thousand interviews of forty items. A column of weights that all
differ takes some 300 bytes a record while its part is read."""

Told = Callable[[int, int], None]
"""Called with the bytes that were walked and with all that will be."""


@dataclass(frozen=True)
class Source:
    """An opened file.

    Parameters
    ----------
    position_of
        Position of each column that is read, by its name in `Loaded`.
    parts
        Edges of the blocks of each part.
    """

    export: Export
    position_of: dict[str, int]
    parts: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no record in it."""
        return (
            isinstance(self.export, ParquetExport) and not sum(self.export.rows_of_group)
        ) or not self.parts


def is_large(wave: Wave, responses: Responses, least: int = LARGE_BYTES) -> bool:
    """Whether the files of a questionnaire are together larger than `least` bytes, and no workbooks."""
    paths, problems = paths_of(wave.folder, responses)
    if problems or any(path.suffix.lower() in WORKBOOK_SUFFIXES for path in paths):
        return False
    return sum(_text_bytes(path) for path in paths if path.is_file()) > least


def _text_bytes(path: Path) -> int:
    """Bytes of a file as text, roughly: Parquet holds answers in a fraction of them."""
    if path.suffix.lower() != PARQUET_SUFFIX:
        return path.stat().st_size
    export, _ = open_parquet(path, path.name)
    if not isinstance(export, ParquetExport):
        return 0
    return sum(export.rows_of_group) * export.cells * _BYTES_OF_CELL


def open_sources(
    wave: Wave, responses: Responses, blocks: int = PART_BLOCKS, block_bytes: int = BLOCK_BYTES
) -> tuple[Source, ...] | None:
    """All files; None where one of them, or a header, is amiss: reading them whole says what."""
    paths, _ = paths_of(wave.folder, responses)
    opened = [open_bound(wave, responses, path) for path in paths]
    found = [_source(*each, blocks, block_bytes) for each in opened if each is not None]
    return tuple(found) if found and len(found) == len(paths) else None


def _source(export: Export, position_of: dict[str, int], blocks: int, block_bytes: int) -> Source:
    """An opened file cut into parts."""
    edges = export.edges(block_bytes)
    if isinstance(export, ParquetExport):
        return Source(export, position_of, _groups_by_rows(export.rows_of_group, edges))
    parts = tuple(tuple(edges[at : at + blocks]) for at in range(0, len(edges), blocks))
    return Source(export, position_of, parts)


def _groups_by_rows(
    rows_of_group: Sequence[int], edges: Sequence[tuple[int, int]]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Row groups of each part: as many as make up `PART_ROWS`, at least one."""
    part_of_group = (np.cumsum(rows_of_group) - 1) // PART_ROWS
    first = np.flatnonzero(np.diff(part_of_group, prepend=-1)).tolist()
    return tuple(tuple(edges[start:stop]) for start, stop in pairwise([*first, len(edges)]))


def walk(
    sources: Sequence[Source], threads: int | None = None, tell: Callable[[int], None] | None = None
) -> Iterator[tuple[Loaded, tuple[Problem, ...]]]:
    """Every part of every file in order, with the names of all files.

    Raises
    ------
    Irregular
        A file has to be read whole.
    OSError
        A file cannot be read any more.
    """
    files = tuple(source.export.file for source in sources)
    titles = titles_of(sources[0])
    for at, source in enumerate(sources):
        row = source.export.first_row
        for edges in source.parts:
            positions = sorted(set(source.position_of.values()))
            records, problems = read_blocks(source.export, positions, edges, row, threads)
            part = named(source.export, records, source.position_of)
            row += part.size
            file_of_record = np.full(part.size, at, dtype=np.intp)
            part = replace(part, files=files, titles=titles, file_of_record=file_of_record)
            del records
            yield part, problems
            del part  # not two parts at once, here nor where they are walked
            if tell is not None:
                tell(edges[-1][1] - edges[0][0])


def titles_of(source: Source) -> dict[str, str]:
    """Header of each column, shortened, for messages."""
    return {name: shorten(source.export.header[at], 40) for name, at in source.position_of.items()}


def total_bytes(sources: Sequence[Source]) -> int:
    """Bytes of all records."""
    return sum(source.export.size for source in sources)
