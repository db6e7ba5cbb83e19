"""A column of an export: each distinct text once, and a small index for every record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.sample import IntArray

IndexArray = npt.NDArray[np.integer[Any]]
"""Indices in the smallest unsigned type that holds them: a byte for the answers of most questions."""


@dataclass(frozen=True)
class TextColumn:
    """A column of an export.

    Parameters
    ----------
    distinct
        The texts that occur, trimmed; shape (texts,).
    text_of_record
        Index into `distinct` for each record.
    """

    distinct: tuple[str, ...]
    text_of_record: IndexArray

    @property
    def is_filled(self) -> npt.NDArray[np.bool_]:
        """Whether each record's text is not blank."""
        filled_of_text = np.asarray([text != "" for text in self.distinct], dtype=np.bool_)
        if filled_of_text.all():
            return np.ones(len(self.text_of_record), dtype=np.bool_)
        return filled_of_text.take(self.text_of_record)

    def at(self, records: IntArray) -> TextColumn:
        """The column of some of its records, in ascending order and each once."""
        if len(records) == len(self.text_of_record):
            return self
        return TextColumn(self.distinct, self.text_of_record.take(records))


def column_of_raw(texts: Sequence[str], text_of_record: IndexArray) -> TextColumn:
    """A column of texts as they stand: trimmed, those that are then alike as one."""
    index_of_text: dict[str, int] = {}
    found = (index_of_text.setdefault(text.strip(), len(index_of_text)) for text in texts)
    new = np.fromiter(found, dtype=np.intp, count=len(texts))
    if len(index_of_text) == len(texts):
        return TextColumn(tuple(index_of_text), compact(text_of_record, len(index_of_text)))
    return TextColumn(tuple(index_of_text), compact(new, len(index_of_text)).take(text_of_record))


def joined(parts: Iterable[TextColumn]) -> TextColumn:
    """The same column of several files as one."""
    index_of_text: dict[str, int] = {}
    pieces: list[tuple[list[int], IndexArray]] = []
    for part in parts:
        new = [index_of_text.setdefault(text, len(index_of_text)) for text in part.distinct]
        pieces.append((new, part.text_of_record))
    size = len(index_of_text)
    records = [compact(np.asarray(new, dtype=np.intp), size).take(index) for new, index in pieces]
    return TextColumn(tuple(index_of_text), np.concatenate(records) if records else np.empty(0, np.uint8))


def compact(indices: IndexArray, size: int) -> IndexArray:
    """Indices below `size` in the smallest type that holds them."""
    return indices.astype(np.min_scalar_type(max(size - 1, 0)), copy=False)
