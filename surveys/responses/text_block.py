"""One block of CSV → raw cells of the wanted columns, by whole-array operations on its bytes.

Separators are found by comparison; quotes by their parity. Cells of one byte, as most answers are, stay
bytes; longer ones become words of eight bytes that are hashed, so that a text is made once a block.
What this walk does not settle raises `Irregular`, and the file is read character by character.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.responses.body import CARRIAGE_RETURN, LINE_FEED, QUOTE, ByteArray
from surveys.responses.inspection import holds_record
from surveys.responses.text_column import IndexArray
from surveys.sample import IntArray

_WORD = 8
_LONGEST = 256
"""Longer cells are taken as Python bytes one by one: codes, ids and labels are shorter."""
_MASK = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], dtype=np.uint64)


class Irregular(Exception):  # noqa: N818 — no error: the file is read another way
    """Quotes or line ends that only a reader of single characters settles."""


@dataclass(frozen=True)
class Layout:
    """How an export is laid out, and what is wanted of it.

    Parameters
    ----------
    cells
        Cells of the header's row.
    wanted
        Positions of the columns.
    """

    cells: int
    delimiter: str
    wanted: tuple[int, ...]


@dataclass(frozen=True)
class ByteCells:
    """Cells of at most one byte each; a line end stands for an empty one, shape (records,)."""

    byte_of_record: ByteArray


@dataclass(frozen=True)
class TextCells:
    """Cells of any length: each distinct one once, and its index for every record."""

    distinct: tuple[bytes, ...]
    text_of_record: IndexArray


@dataclass(frozen=True)
class Block:
    """What a block says; records are numbered from its first.

    Parameters
    ----------
    columns
        In the order of `Layout.wanted`.
    surplus, swallowing
        Records with something beyond the header's cells; with lines in a cell that look like records.
    """

    records: int
    columns: tuple[ByteCells | TextCells, ...]
    surplus: IntArray
    swallowing: IntArray


@dataclass(frozen=True)
class _Cells:
    """Where the cells of a block lie: start and length of each, and the last cell of each record."""

    start_of_cell: IntArray
    length_of_cell: IntArray
    stop_of_cell: IntArray
    last_of_record: IntArray


def parse_block(characters: ByteArray, size: int, layout: Layout) -> Block:
    """Walk one block.

    Parameters
    ----------
    characters
        Its bytes, at least eight more behind them; shape (at least size + 8,).
    size
        Number of its bytes; the last is a line feed, the first begins a record.

    Raises
    ------
    Irregular
        It has a NUL, a line end of a carriage return alone, or a quote inside an unquoted cell.
    """
    text = characters[:size]
    if text.min() == 0:
        raise Irregular
    returns = _returns(text)
    quotes = np.flatnonzero(text == QUOTE)
    is_end = text == LINE_FEED
    breaks = np.empty(0, dtype=np.intp)
    is_separator = is_end | (text == ord(layout.delimiter))
    if len(quotes):
        inside = _inside_quotes(text, quotes, layout.delimiter)
        breaks = np.flatnonzero(is_end & inside)
        is_separator &= ~inside
    cells = _cells(text, is_separator, int(np.count_nonzero(is_end)) - len(breaks), layout)
    if returns:
        _drop_returns(text, cells)
    if len(quotes):
        _drop_quotes(text, cells)
    regular = len(cells.start_of_cell) == layout.cells * len(cells.last_of_record) and bool(
        (np.diff(cells.last_of_record, prepend=-1) == layout.cells).all()
    )
    columns = (
        _regular_columns(characters, cells, layout, quoted=len(quotes) > 0)
        if regular
        else _ragged_columns(characters, cells, layout)
    )
    surplus = np.empty(0, dtype=np.intp) if regular else _surplus(text, cells, layout)
    swallowing = _swallowing(text, cells, breaks, layout) if len(breaks) else np.empty(0, dtype=np.intp)
    return Block(len(cells.last_of_record), columns, surplus, swallowing)


def _returns(text: ByteArray) -> bool:
    """Whether lines end in two characters; one of them alone is not walked here."""
    returns = np.flatnonzero(text == CARRIAGE_RETURN)
    if len(returns) and (text[-1] == CARRIAGE_RETURN or (text[returns + 1] != LINE_FEED).any()):
        raise Irregular
    return len(returns) > 0


def _inside_quotes(text: ByteArray, quotes: IntArray, delimiter: str) -> npt.NDArray[np.bool_]:
    """Whether each character stands between quotes, the opening one included."""
    if len(quotes) % 2:
        raise Irregular
    opening, closing = quotes[0::2], quotes[1::2]
    before, after = text[opening - 1], text[np.minimum(closing + 1, len(text) - 1)]
    begins = (opening == 0) | (before == ord(delimiter)) | (before == LINE_FEED)
    begins[1:] |= opening[1:] == closing[:-1] + 1
    ends = (after == ord(delimiter)) | (after == LINE_FEED) | (after == CARRIAGE_RETURN)
    ends[:-1] |= opening[1:] == closing[:-1] + 1
    if not (begins.all() and ends.all()):
        raise Irregular
    lengths = np.diff(quotes, prepend=0, append=len(text))
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)


def _cells(text: ByteArray, is_separator: npt.NDArray[np.bool_], records: int, layout: Layout) -> _Cells:
    stop_of_cell = np.flatnonzero(is_separator)
    start_of_cell = np.empty_like(stop_of_cell)
    start_of_cell[0] = 0
    np.add(stop_of_cell[:-1], 1, out=start_of_cell[1:])
    length_of_cell = stop_of_cell - start_of_cell
    last_of_record = np.arange(layout.cells - 1, len(stop_of_cell), layout.cells)
    if len(stop_of_cell) != records * layout.cells or (text[stop_of_cell[last_of_record]] != LINE_FEED).any():
        last_of_record = np.flatnonzero(text.take(stop_of_cell) == LINE_FEED)
    return _Cells(start_of_cell, length_of_cell, stop_of_cell, last_of_record)


def _drop_returns(text: ByteArray, cells: _Cells) -> None:
    last = cells.last_of_record
    ends_in_return = (cells.length_of_cell[last] > 0) & (
        text[cells.stop_of_cell[last] - 1] == CARRIAGE_RETURN
    )
    cells.length_of_cell[last] -= ends_in_return


def _drop_quotes(text: ByteArray, cells: _Cells) -> None:
    """Leave what stands between the quotes of a cell; doubled ones inside are halved in distinct texts."""
    quoted = (text.take(cells.start_of_cell) == QUOTE) & (cells.length_of_cell > 0)
    np.add(cells.start_of_cell, quoted, out=cells.start_of_cell)
    np.subtract(cells.length_of_cell, 2 * quoted, out=cells.length_of_cell)


def _regular_columns(
    characters: ByteArray, cells: _Cells, layout: Layout, *, quoted: bool
) -> tuple[ByteCells | TextCells, ...]:
    shape = (len(cells.last_of_record), layout.cells)
    starts, lengths = cells.start_of_cell.reshape(shape), cells.length_of_cell.reshape(shape)
    longest = lengths.max(axis=0)
    # One gather of the first byte of all cells costs less than one for each column.
    first_bytes = characters.take(cells.start_of_cell).reshape(shape)
    columns: list[ByteCells | TextCells] = []
    for at in layout.wanted:
        if longest[at] > 1 or quoted:
            columns.append(_texts(characters, starts[:, at], lengths[:, at]))
        else:
            columns.append(ByteCells(np.ascontiguousarray(first_bytes[:, at])))
    return tuple(columns)


def _ragged_columns(characters: ByteArray, cells: _Cells, layout: Layout) -> tuple[TextCells, ...]:
    """Columns of records that differ in their number of cells; a cell that a record lacks is empty."""
    last = cells.last_of_record
    first = np.concatenate([np.zeros(1, dtype=np.intp), last[:-1] + 1])
    columns = []
    for at in layout.wanted:
        cell = np.minimum(first + at, last)
        length = np.where(first + at <= last, cells.length_of_cell[cell], 0)
        columns.append(_texts(characters, cells.start_of_cell[cell], length))
    return tuple(columns)


def _texts(characters: ByteArray, start: IntArray, length: IntArray) -> TextCells:
    """Distinct texts of cells, compared word by word; exact, whatever the hashing behind it does."""
    longest = int(length.max(initial=0))
    if longest > _LONGEST:
        return _python_texts(characters, start, length)
    words = np.ndarray((len(characters) - _WORD + 1,), dtype="<u8", buffer=characters, strides=(1,))
    key = words[start] & _MASK[np.minimum(length, _WORD)]
    code, distinct = pd.factorize(key)
    if longest <= _WORD:
        return TextCells(tuple(distinct.view("S8").tolist()), code.astype(_index_type(len(distinct))))
    for offset in range(_WORD, longest, _WORD):
        more = np.flatnonzero(length > offset)
        size = np.minimum(length[more] - offset, _WORD)
        word, _ = pd.factorize(words[start[more] + offset] & _MASK[size])
        pair, _ = pd.factorize(code[more] * (int(word.max(initial=0)) + 1) + word)
        # Behind all codes so far: a text that goes on is no longer alike to one that ended.
        code[more] = int(code.max(initial=0)) + 1 + pair
    code, kept = pd.factorize(code)
    example = np.empty(len(kept), dtype=np.intp)
    example[code] = np.arange(len(code))
    content = [
        characters[a : a + size].tobytes()
        for a, size in zip(start[example].tolist(), length[example].tolist(), strict=True)
    ]
    return TextCells(tuple(content), code.astype(_index_type(len(kept))))


def _python_texts(characters: ByteArray, start: IntArray, length: IntArray) -> TextCells:
    index_of_text: dict[bytes, int] = {}
    code = [
        index_of_text.setdefault(characters[a : a + size].tobytes(), len(index_of_text))
        for a, size in zip(start.tolist(), length.tolist(), strict=True)
    ]
    return TextCells(tuple(index_of_text), np.asarray(code, dtype=_index_type(len(index_of_text))))


def _index_type(size: int) -> np.dtype[np.unsignedinteger]:
    return np.min_scalar_type(max(size - 1, 0))


def _surplus(text: ByteArray, cells: _Cells, layout: Layout) -> IntArray:
    """Records with something but blanks in a cell beyond the header's."""
    last = cells.last_of_record
    longer = np.flatnonzero(np.diff(last, prepend=-1) > layout.cells)
    found = [
        at for at in longer.tolist() if any(c.strip() for c in _content(text, cells, at)[layout.cells :])
    ]
    return np.asarray(found, dtype=np.intp)


def _swallowing(text: ByteArray, cells: _Cells, breaks: IntArray, layout: Layout) -> IntArray:
    """Records with line breaks in a cell and, behind one of them, what looks like a record."""
    records = np.unique(np.searchsorted(cells.stop_of_cell[cells.last_of_record], breaks))
    found = [
        at
        for at in records.tolist()
        if any(
            "\n" in cell and holds_record(cell, position, layout.cells, layout.delimiter)
            for position, cell in enumerate(_content(text, cells, at))
        )
    ]
    return np.asarray(found, dtype=np.intp)


def _content(text: ByteArray, cells: _Cells, record: int) -> list[str]:
    """All cells of a record."""
    first = int(cells.last_of_record[record - 1]) + 1 if record else 0
    within = slice(first, int(cells.last_of_record[record]) + 1)
    return [
        unquoted(text[start : start + length].tobytes())
        for start, length in zip(
            cells.start_of_cell[within].tolist(), cells.length_of_cell[within].tolist(), strict=True
        )
    ]


def unquoted(content: bytes) -> str:
    """Text of a cell whose outer quotes are gone; only a quoted one can hold quotes, and they are doubled."""
    return content.decode("utf-8").replace('""', '"')
