"""Which cells of the answers may stand in a message: never one that may hold personal data."""

from __future__ import annotations

from surveys.cells import code_label, normal

HIDDEN = "…"
_MOST_CHARACTERS, _MOST_DIGITS = 12, 6
"""Longer cells may be open answers, more digits (wherever they stand) a telephone or identity number."""
_OFFICIAL_LENGTHS = (6, 9, 12)
"""Digits of the official codes of districts, subdistricts and communities."""


def quotable(text: str, district: str = "") -> str:
    """`text` where it may be quoted, else `HIDDEN`.

    Parameters
    ----------
    district
        Official code of the district: codes of 6, 9 or 12 digits that begin like it are quoted in full.
    """
    code = code_label(text)
    official = code.isdecimal() and len(code) in _OFFICIAL_LENGTHS and code[:6] == district[:6]
    digits = sum(character.isdigit() for character in normal(text))
    return text if official or (len(text) <= _MOST_CHARACTERS and digits <= _MOST_DIGITS) else HIDDEN
