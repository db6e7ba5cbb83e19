"""Parquet files of answers → the same columns of texts that a CSV file gives; a few row groups at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveys.cores import in_threads
from surveys.problem import Problem, Severity
from surveys.responses.body import BLOCK_BYTES, body_of
from surveys.responses.export import Export
from surveys.responses.records import Records
from surveys.responses.text_column import TextColumn, column_of_raw

PARQUET_SUFFIX = ".parquet"
_COLUMNS = 8
"""Columns that are decoded at once: a number takes eight bytes, the index of its text mostly one."""
_FIRST_ROW = 2
"""Rows are numbered as if the names of the columns stood in the first."""


@dataclass(frozen=True)
class ParquetExport(Export):
    """A Parquet file whose schema has been read.

    Parameters
    ----------
    path
        Where it lies.
    rows_of_group
        Number of rows of each row group.
    """

    path: Path
    rows_of_group: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of row groups."""
        return len(self.rows_of_group)

    def edges(self, block_bytes: int = BLOCK_BYTES) -> list[tuple[int, int]]:  # noqa: ARG002 — groups are given
        """Each row group; it is read whole."""
        return [(at, at + 1) for at in range(self.size)]


def open_parquet(path: Path, file: str) -> tuple[Export | None, tuple[Problem, ...]]:
    """Read the schema of a Parquet file."""
    try:
        with pq.ParquetFile(path) as found:
            names = tuple(str(name).strip() for name in found.schema_arrow.names)
            groups = tuple(found.metadata.row_group(at).num_rows for at in range(found.num_row_groups))
    except (OSError, pa.ArrowException) as error:
        detail = {"reason": str(error).splitlines()[0] if str(error) else type(error).__name__}
        return None, (Problem("unreadable_file", Severity.ERROR, file=file, detail=detail),)
    return ParquetExport(file, names, len(names), body_of(b""), ",", _FIRST_ROW, path, groups), ()


def read_groups(
    export: ParquetExport,
    positions: Sequence[int],
    edges: Sequence[tuple[int, int]],
    first_row: int,
    threads: int | None = None,
) -> Records:
    """The columns at `positions` of some row groups.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    groups = [at for start, stop in edges for at in range(start, stop)]
    size = sum(export.rows_of_group[at] for at in groups)
    texts: list[TextColumn] = []
    try:
        with pq.ParquetFile(export.path) as file:
            names = [file.schema_arrow.names[at] for at in positions]
            for few in range(0, len(names), _COLUMNS):
                columns = file.read_row_groups(groups, names[few : few + _COLUMNS], use_threads=threads != 1)
                texts += in_threads(_text_column, columns.columns, threads)
    except pa.ArrowException as error:
        raise OSError(str(error)) from error
    pa.default_memory_pool().release_unused()
    rows = np.arange(size, dtype=np.intp) + first_row
    return Records(dict(zip(positions, texts, strict=True)), rows, np.zeros(size, dtype=np.bool_))


def _text_column(column: pa.ChunkedArray) -> TextColumn:
    """A column of any type as texts, blanks for what is missing; distinct ones in order, as of CSV."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode(null_encoding="encode")
    whole = column.unify_dictionaries().combine_chunks()
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    if not chunks:
        return TextColumn((), np.empty(0, dtype=np.uint8))
    texts = ["" if value is None else str(value) for value in chunks[0].dictionary.to_pylist()]
    texts.append("")  # the index of what is missing
    index = pc.fill_null(chunks[0].indices, len(texts) - 1)
    rank_of = {text: at for at, text in enumerate(sorted(set(texts)))}
    new = np.asarray([rank_of[text] for text in texts], dtype=np.min_scalar_type(len(rank_of)))
    return _occurring(list(rank_of), new.take(index.to_numpy()))


def _occurring(texts: list[str], text_of_record: np.ndarray) -> TextColumn:
    """Only texts that occur, as `TextColumn` promises."""
    count = np.bincount(text_of_record, minlength=len(texts))
    if count.all():
        return column_of_raw(texts, text_of_record)
    kept = np.flatnonzero(count)
    rank = np.cumsum(count > 0) - 1
    return column_of_raw([texts[at] for at in kept], rank.take(text_of_record))
