"""Cells that a spreadsheet would run as formulas: guarded in what is written, restored in what is read."""

from __future__ import annotations

import re

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""

_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """`text` with an apostrophe before what a spreadsheet would run, or what `restored` would take one off.

    Examples
    --------
    >>> guarded("=1+1"), guarded("'=1+1"), guarded("plain")
    ("'=1+1", "''=1+1", 'plain')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) or is_guarded(text) else text


def restored(text: str) -> str:
    """What `guarded` was given.

    Examples
    --------
    >>> restored("'=1+1"), restored("''=1+1"), restored("'plain'")
    ('=1+1', "'=1+1", "'plain'")
    """
    return text[1:] if is_guarded(text) else text


def is_guarded(text: str) -> bool:
    """Whether a cell begins with apostrophes and then as a formula does."""
    return text.startswith("'") and _GUARDED.match(text) is not None
