"""Parquet files of answers → the same columns of texts that a CSV file gives; a few row groups at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
_BETWEEN_CHOICES = "┋"
"""As the platforms write several choices in one cell."""
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
    kind_of_unreadable
        By position the kind of each column that has no text in each row: records, maps, lists of lists.
    """

    path: Path
    rows_of_group: tuple[int, ...]
    kind_of_unreadable: Mapping[int, str]

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
            kinds = dict(enumerate(found.schema_arrow.types))
    except (OSError, pa.ArrowException) as error:
        detail = {"reason": str(error).splitlines()[0] if str(error) else type(error).__name__}
        return None, (Problem("unreadable_file", Severity.ERROR, file=file, detail=detail),)
    unreadable = {at: str(kind) for at, kind in kinds.items() if _is_nested(kind)}
    return ParquetExport(file, names, len(names), body_of(b""), ",", _FIRST_ROW, path, groups, unreadable), ()


def unreadable_columns(export: Export, positions: Iterable[int]) -> tuple[Problem, ...]:
    """An error for each column of a Parquet file that is wanted and has no text in each row."""
    if not isinstance(export, ParquetExport):
        return ()
    return tuple(
        Problem("parquet_column", Severity.ERROR, export.file, 1, export.header[at], detail={"kind": kind})
        for at in sorted(set(positions))
        if (kind := export.kind_of_unreadable.get(at))
    )


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
                wanted = names[few : few + _COLUMNS]
                table = file.read_row_groups(groups, wanted, use_threads=threads != 1)
                # By name: a column "q1" brings "q1.other" with it.
                texts += in_threads(_text_column, [table.column(name) for name in wanted], threads)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise OSError(str(error)) from error
    pa.default_memory_pool().release_unused()
    rows = np.arange(size, dtype=np.intp) + first_row
    return Records(dict(zip(positions, texts, strict=True)), rows, np.zeros(size, dtype=np.bool_))


def _text_column(column: pa.ChunkedArray) -> TextColumn:
    """A column of any type as texts, blanks for what is missing; distinct ones in order, as of CSV."""
    if pa.types.is_nested(column.type):
        column = _joined_lists(column)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode(null_encoding="encode")
    whole = column.unify_dictionaries().combine_chunks()
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    if not chunks:
        return TextColumn((), np.empty(0, dtype=np.uint8))
    texts = [_text(value) for value in chunks[0].dictionary.to_pylist()]
    texts.append("")  # the index of what is missing
    index = pc.fill_null(chunks[0].indices, len(texts) - 1)
    ordered = sorted(set(texts))
    rank_of = {text: at for at, text in enumerate(ordered)}
    rank = np.fromiter((rank_of[text] for text in texts), np.min_scalar_type(len(ordered)), len(texts))
    del rank_of, texts  # weights that all differ are as many texts as records
    return _occurring(ordered, rank.take(index.to_numpy()))


def _text(value: object) -> str:
    """A cell as text; what is missing or no number (NaN, as some writers mark it) is blank."""
    if value is None or value != value:  # only NaN differs from itself
        return ""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _is_nested(kind: pa.DataType) -> bool:
    """Whether cells are neither single values nor lists of them."""
    if pa.types.is_dictionary(kind):
        return _is_nested(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return bool(pa.types.is_nested(kind.value_type))
    return bool(pa.types.is_nested(kind))


def _joined_lists(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of choices as the texts that a CSV file has: one choice after the other; none: blank."""
    lists = column.cast(pa.large_list(pa.string())).combine_chunks()
    parts = lists.chunks if isinstance(lists, pa.ChunkedArray) else [lists]
    texts = []
    for part in parts:
        filled = pa.LargeListArray.from_arrays(part.offsets, pc.fill_null(part.values, ""))
        between = pc.binary_join(filled, _BETWEEN_CHOICES)
        texts.append(pc.utf8_trim(between, _BETWEEN_CHOICES))  # of choices that are missing
    return pa.chunked_array(texts, pa.string())


def _occurring(texts: list[str], text_of_record: np.ndarray) -> TextColumn:
    """Only texts that occur, as `TextColumn` promises."""
    count = np.bincount(text_of_record, minlength=len(texts))
    if count.all():
        return column_of_raw(texts, text_of_record)
    kept = np.flatnonzero(count)
    rank = np.cumsum(count > 0) - 1
    return column_of_raw([texts[at] for at in kept], rank.take(text_of_record))
