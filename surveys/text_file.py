"""Bytes of a CSV file → text, and which character separates its cells.

Exports come as UTF-8 with or without BOM, UTF-16 (Excel's "Unicode text") or GB18030 (Excel and WPS
on Chinese systems). A file that is none of them is a Problem that names the byte and the row.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from surveys.problem import Problem, Severity

DELIMITERS = (",", ";", "\t")


def read_text(path: Path, file: str) -> tuple[str | None, tuple[Problem, ...]]:
    """Text of a file, decoded strictly; None with a Problem where it cannot be read.

    Parameters
    ----------
    file
        The path as the user knows it, for the Problem.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return None, (Problem("unreadable_file", Severity.ERROR, file=file, detail={"reason": reason}),)
    return decode(data, file)


def decode(data: bytes, file: str) -> tuple[str | None, tuple[Problem, ...]]:
    """`data` as text by the first encoding that fits strictly: UTF-8, UTF-16 with BOM, GB18030."""
    encoding = encoding_of(data)
    if encoding:
        text = data.decode(encoding)
        if text.strip("\ufeff \t\r\n"):
            return text.removeprefix("\ufeff"), ()
        return None, (Problem("empty_file", Severity.ERROR, file=file),)
    # The encoding that gets further is the more likely one, unless it was ruled out as a damaged UTF-8 file.
    failures = [
        at for at in (_first_bad_byte(data, "utf-8"), _first_bad_byte(data, "gb18030")) if at < len(data)
    ]
    start = max(failures) if len(failures) > 1 and not _mostly_utf8(data) else failures[0]
    row = data.count(b"\n", 0, start) + 1
    shown = " ".join(f"{byte:02X}" for byte in data[start : start + 2])
    return None, (
        Problem(
            "wrong_encoding", Severity.ERROR, file=file, row=row, value=shown, detail={"byte": str(start + 1)}
        ),
    )


def encoding_of(data: bytes) -> str:
    """Python's name of the encoding, or "" where none fits."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if _fits(data, "utf-16") else ""
    if _fits(data, "utf-8"):
        return "utf-8-sig"
    # A UTF-8 file with a few damaged bytes often "fits" GB18030 as nonsense, so it must not get that far.
    return "gb18030" if not _mostly_utf8(data) and _fits(data, "gb18030") else ""


def delimiter_of(text: str) -> str:
    """The separator that occurs most often in the header outside quotes; comma where none does."""
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for character in text[:200_000]:
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "\r\n":
            if any(counts.values()):
                break
        elif character in counts:
            counts[character] += 1
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


def _mostly_utf8(data: bytes) -> bool:
    """Whether most of what is beyond ASCII is sound UTF-8; Chinese text in GB18030 hardly ever is."""
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    sound = sum(character > "\x7f" for character in text) - damaged
    return data.startswith(codecs.BOM_UTF8) or sound > 2 * damaged


def _fits(data: bytes, encoding: str) -> bool:
    return _first_bad_byte(data, encoding) == len(data)


def _first_bad_byte(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return len(data)
