"""The records of an export as bytes of UTF-8, in memory, and where they may be cut into blocks."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from surveys.cores import in_threads

ByteArray = npt.NDArray[np.uint8]

LINE_FEED, CARRIAGE_RETURN, QUOTE = 10, 13, 34
PADDING = 9
"""A line feed behind the last record, and room to read any cell as a word of eight bytes."""
BLOCK_BYTES = 1 << 20
"""What is made of a block fits into a processor's cache. Boundaries of blocks never depend on the number of cores, so that sums by block do not either."""
_SEARCH_BYTES = 1 << 16


@dataclass(frozen=True)
class Body:
    """Records of an export.

    Parameters
    ----------
    characters
        UTF-8, `PADDING` further bytes behind them; shape (size + padding,).
    start, stop
        Where the records begin and end in `characters`.
    """

    characters: ByteArray
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return self.stop - self.start

    @cached_property
    def content(self) -> bytes:
        """All records, for readers of whole files."""
        return self.characters[self.start : self.stop].tobytes()

    def without_line_ends(self) -> Body:
        """The same without empty lines at its end."""
        stop = self.stop
        while stop > self.start and self.characters[stop - 1] in (LINE_FEED, CARRIAGE_RETURN):
            stop -= 1
        return Body(self.characters, self.start, stop)

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> list[tuple[int, int]]:
        """Start and stop of each block; a block ends behind a line feed outside quotes, or with the file."""
        edges = [self.start]
        quotes = 0
        counted = self.start
        while edges[-1] + block_bytes < self.stop:
            near = edges[-1] + block_bytes
            quotes += int(np.count_nonzero(self.characters[counted:near] == QUOTE))
            counted = near
            edge = self._line_feed_outside_quotes(near, is_inside=quotes % 2 == 1)
            if edge is None or edge + 1 >= self.stop:
                break
            quotes += int(np.count_nonzero(self.characters[counted : edge + 1] == QUOTE))
            counted = edge + 1
            edges.append(edge + 1)
        return list(zip(edges, [*edges[1:], self.stop], strict=True))

    def _line_feed_outside_quotes(self, start: int, *, is_inside: bool) -> int | None:
        for at in range(start, self.stop, _SEARCH_BYTES):
            piece = self.characters[at : min(at + _SEARCH_BYTES, self.stop)]
            inside = np.cumsum(piece == QUOTE) % 2 == (0 if is_inside else 1)
            found = np.flatnonzero((piece == LINE_FEED) & ~inside)
            if len(found):
                return at + int(found[0])
            is_inside = bool(inside[-1])
        return None


def body_of(content: bytes) -> Body:
    """Records that are in memory as bytes."""
    characters = np.empty(len(content) + PADDING, dtype=np.uint8)
    characters[: len(content)] = np.frombuffer(content, dtype=np.uint8)
    characters[len(content) :] = LINE_FEED
    return Body(characters, 0, len(content))


def read_utf8(path: Path, threads: int) -> tuple[ByteArray | None, int]:
    """Bytes of a UTF-8 file with `PADDING` more behind them, and their number; None in another encoding.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    size = path.stat().st_size
    characters = np.empty(size + PADDING, dtype=np.uint8)
    characters[size:] = LINE_FEED
    edges = np.linspace(0, size, max(threads, 1) + 1).astype(int).tolist()
    is_ascii = in_threads(lambda part: _read_part(path, characters, *part), pairwise(edges), threads)
    return (characters if all(is_ascii) or _is_utf8(characters[:size]) else None), size


def _read_part(path: Path, characters: ByteArray, start: int, stop: int) -> bool:
    """Fill a part of `characters`; whether all of it is ASCII."""
    highest = 0
    with path.open("rb") as file:
        file.seek(start)
        for at in range(start, stop, BLOCK_BYTES):
            piece = characters[at : min(at + BLOCK_BYTES, stop)]
            if file.readinto(piece.data) != len(piece):
                raise OSError("the file shrank while it was read")
            highest = max(highest, int(piece.max(initial=0)))
    return highest < 128


def _is_utf8(characters: ByteArray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(characters), BLOCK_BYTES):
            piece = characters[at : at + BLOCK_BYTES]
            decoder.decode(piece.tobytes(), final=at + BLOCK_BYTES >= len(characters))
    except UnicodeDecodeError:
        return False
    return True
