"""The records of an export as bytes of UTF-8, and where they may be cut into blocks.

A file of UTF-8 is never in memory as a whole: it is looked at once, and its blocks are read when they are
walked. Other encodings and workbooks come as bytes.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from surveys.cores import cores, in_threads

ByteArray = npt.NDArray[np.uint8]

LINE_FEED, CARRIAGE_RETURN, QUOTE = 10, 13, 34
PADDING = 9
"""A line feed behind the last record, and room to read any cell as a word of eight bytes."""
BLOCK_BYTES = 1 << 20
"""What is made of a block fits into a processor's cache. Boundaries of blocks never depend on the number of
cores, so that sums by block do not either."""
_SEARCH_BYTES = 1 << 16


@dataclass(frozen=True)
class Body:
    """Records of an export.

    Parameters
    ----------
    source
        A file of UTF-8, or its bytes.
    start, stop
        Where the records begin and end in it.
    has_quotes
        Whether there may be a quote anywhere.
    """

    source: Path | bytes
    start: int
    stop: int
    has_quotes: bool = True

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return self.stop - self.start

    def characters(self, start: int, stop: int) -> ByteArray:
        """A copy of a part, `PADDING` line feeds behind it.

        Raises
        ------
        OSError
            The file cannot be read, or shrank since it was looked at.
        """
        piece = np.empty(stop - start + PADDING, dtype=np.uint8)
        piece[stop - start :] = LINE_FEED
        if isinstance(self.source, bytes):
            piece[: stop - start] = np.frombuffer(
                self.source, dtype=np.uint8, count=stop - start, offset=start
            )
        else:
            _read(self.source, piece[: stop - start], start)
        return piece

    def content(self) -> bytes:
        """All records, for readers of whole files."""
        return self.characters(self.start, self.stop)[: self.size].tobytes()

    def without_line_ends(self) -> Body:
        """The same without empty lines at its end."""
        stop = self.stop
        while stop > self.start and self.characters(stop - 1, stop)[0] in (LINE_FEED, CARRIAGE_RETURN):
            stop -= 1
        return replace(self, stop=stop)

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> list[tuple[int, int]]:
        """Start and stop of each block; a block ends behind a line feed outside quotes, or with the file."""
        if not self.size:
            return []
        edges = [self.start]
        counted, quotes = self.start, 0
        while edges[-1] + block_bytes < self.stop:
            near = edges[-1] + block_bytes
            quotes += self._quotes(counted, near)
            edge = self._line_feed_outside_quotes(near, is_inside=quotes % 2 == 1)
            if edge is None or edge + 1 >= self.stop:
                break
            quotes += self._quotes(near, edge + 1)
            counted = edge + 1
            edges.append(counted)
        return list(pairwise([*edges, self.stop]))

    def _quotes(self, start: int, stop: int) -> int:
        if not self.has_quotes:
            return 0
        return int(np.count_nonzero(self.characters(start, stop)[: stop - start] == QUOTE))

    def _line_feed_outside_quotes(self, start: int, *, is_inside: bool) -> int | None:
        size = _SEARCH_BYTES if self.has_quotes else _SEARCH_BYTES >> 4
        for at in range(start, self.stop, size):
            stop = min(at + size, self.stop)
            piece = self.characters(at, stop)[: stop - at]
            is_end = piece == LINE_FEED
            if self.has_quotes:
                inside = np.cumsum(piece == QUOTE) % 2 == (0 if is_inside else 1)
                is_end &= ~inside
                is_inside = bool(inside[-1])
            found = np.flatnonzero(is_end)
            if len(found):
                return at + int(found[0])
        return None


def body_of(content: bytes) -> Body:
    """Records that are in memory as bytes."""
    return Body(content, 0, len(content))


def utf8_body(path: Path, threads: int | None = None) -> Body | None:
    """All bytes of a UTF-8 file; None where it is in another encoding.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    size = path.stat().st_size
    edges = np.linspace(0, size, max(cores() if threads is None else threads, 1) + 1).astype(int).tolist()
    looks = in_threads(lambda part: _look(path, *part), pairwise(edges), threads)
    is_ascii = all(highest < 128 for highest, _ in looks)
    if not is_ascii and not _is_utf8(path, size):
        return None
    return Body(path, 0, size, any(has_quotes for _, has_quotes in looks))


def _look(path: Path, start: int, stop: int) -> tuple[int, bool]:
    """The highest byte of a part, and whether there is a quote in it."""
    highest, quotes = 0, False
    for piece in _pieces(path, start, stop):
        highest = max(highest, int(piece.max()))
        quotes = quotes or bool((piece == QUOTE).any())
    return highest, quotes


def _pieces(path: Path, start: int, stop: int) -> Iterator[ByteArray]:
    """A part of a file piece by piece, each in the place of the one before."""
    room = np.empty(BLOCK_BYTES, dtype=np.uint8)
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        for at in range(start, stop, BLOCK_BYTES):
            piece = room[: min(BLOCK_BYTES, stop - at)]
            _fill(file, piece)
            yield piece


def _read(path: Path, piece: ByteArray, at: int) -> None:
    with path.open("rb", buffering=0) as file:
        file.seek(at)
        _fill(file, piece)


def _fill(file: io.FileIO, piece: ByteArray) -> None:
    done = 0
    while done < len(piece):
        got = file.readinto(piece[done:].data)
        if not got:
            raise OSError("the file shrank while it was read")
        done += got


def _is_utf8(path: Path, size: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(path, 0, size):
            decoder.decode(piece.tobytes())
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
