"""Raw cells of the blocks of a column → one `TextColumn`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveys.responses.body import CARRIAGE_RETURN, LINE_FEED
from surveys.responses.text_block import ByteCells, TextCells, unquoted
from surveys.responses.text_column import IndexArray, TextColumn, column_of_raw, compact

_UNSEEN = 255
_LOOK = 4096


def merge_cells(parts: Sequence[ByteCells | TextCells], delimiter: str) -> TextColumn:
    """One column of all blocks; its texts sorted, so that blocks and threads leave no trace."""
    if parts and all(isinstance(part, ByteCells) for part in parts):
        raw = np.concatenate([part.byte_of_record for part in parts if isinstance(part, ByteCells)])
        parts = [ByteCells(raw)]
    indexed = [_by_text(part, delimiter) if isinstance(part, ByteCells) else part for part in parts]
    distinct = sorted({text for part in indexed for text in part.distinct})
    index_of_text = {text: at for at, text in enumerate(distinct)}
    pieces: list[IndexArray] = []
    for part in indexed:
        new = [index_of_text[text] for text in part.distinct]
        is_same = new == list(range(len(distinct)))
        lut = compact(np.asarray(new, dtype=np.intp), len(distinct))
        pieces.append(part.text_of_record if is_same else lut.take(part.text_of_record))
    records = pieces[0] if len(pieces) == 1 else np.concatenate([np.empty(0, dtype=np.uint8), *pieces])
    return column_of_raw([unquoted(text) for text in distinct], records)


def _by_text(cells: ByteCells, delimiter: str) -> TextCells:
    """Cells of one byte by an index of the few that occur."""
    raw = cells.byte_of_record
    seen = np.zeros(_UNSEEN + 1, dtype=np.bool_)
    seen[raw[:_LOOK]] = True
    code_of_byte = np.where(seen, np.cumsum(seen) - 1, _UNSEEN).astype(np.uint8)
    code = code_of_byte.take(raw)
    if code.max(initial=0) == _UNSEEN:
        seen[raw[code == _UNSEEN]] = True
        code = (np.cumsum(seen) - 1).astype(np.uint8).take(raw)
    empty = {LINE_FEED, CARRIAGE_RETURN, ord(delimiter)}
    texts = [b"" if byte in empty else bytes([byte]) for byte in np.flatnonzero(seen).tolist()]
    # Several line ends mean the same text; they fall together here, as cells that differ in blanks do later.
    kept = list(dict.fromkeys(texts))
    new = np.asarray([kept.index(text) for text in texts], dtype=np.uint8)
    return TextCells(tuple(kept), code if len(kept) == len(texts) else new.take(code))
