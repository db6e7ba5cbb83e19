"""Drawings around the matrix: names above narrow columns, and the key to shades and marks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from reports.chart import FONT, GREY, INK
from reports.numbers import coordinate as at
from reports.text_width import cut_to, text_width

SHADES = ((0.95, "#ffffff"), (0.85, "#e8edf2"), (0.7, "#cdd8e3"), (0.5, "#a9bccf"), (0.0, "#7f9ab5"))
"""Least share earned and colour, the lightest first; the style sheet has the same colours as s1, s2, …"""
NAME_SIZE, NAME_WIDTH, TALLEST_NAME = 6.6, 8.0, 66.0
WIDTH, KEY_SIZE, LINE, BOX = 504.0, 7.0, 11.0, 9.0


def vertical_name(name: str) -> str:
    """A name above a narrow column: Chinese from top to bottom, other scripts turned."""
    wide = sum(unicodedata.east_asian_width(character) in "WFA" for character in name)
    return _stacked(name) if wide * 2 >= len(name) else _turned(name)


def legend(shades: Sequence[str], marks: Sequence[tuple[str, str]], finding: str) -> str:
    """Boxes of the shades with their words, then the marks with theirs, in as many lines as it takes."""
    entries = [("", text, colour) for text, (_, colour) in zip(shades, SHADES, strict=True)]
    entries += [(mark, text, "") for mark, text in marks]
    parts, x, line = [], 0.0, 0
    for mark, text, colour in entries:
        width = BOX + 3 + text_width(text, KEY_SIZE) + 9
        if x + width > WIDTH + 9:
            x, line = 0.0, line + 1
        top = line * LINE + 1
        parts.append(_box(x, top, colour) if colour else _written(x + 1, top + 7, mark, KEY_SIZE))
        parts.append(_written(x + BOX + 3, top + 7, text, KEY_SIZE, GREY))
        x += width
    return _drawing(WIDTH, (line + 1) * LINE + 1, finding, parts)


def _stacked(name: str) -> str:
    most = int(TALLEST_NAME / NAME_SIZE)
    shown = name if len(name) <= most else f"{name[: most - 1]}…"
    height = len(shown) * NAME_SIZE * 1.06 + 2
    parts = [
        _written(NAME_WIDTH / 2, (at_ + 0.92) * NAME_SIZE * 1.06, character, NAME_SIZE, INK, "middle")
        for at_, character in enumerate(shown)
    ]
    return _drawing(NAME_WIDTH, height, name, parts)


def _turned(name: str) -> str:
    shown = cut_to(name, NAME_SIZE, TALLEST_NAME)
    height = min(TALLEST_NAME, text_width(shown, NAME_SIZE)) + 2
    text = (
        f'<text transform="translate({at(NAME_WIDTH - 1.5)} {at(height)}) rotate(-90)" x="0" y="0" '
        f'font-size="{at(NAME_SIZE)}" fill="{INK}">{escape(shown)}</text>'
    )
    return _drawing(NAME_WIDTH, height, name, [text])


def _box(x: float, y: float, colour: str) -> str:
    return (
        f'<rect x="{at(x + 0.3)}" y="{at(y)}" width="{at(BOX)}" height="{at(BOX - 1)}" fill="{colour}" '
        f'stroke="{GREY}" stroke-width="0.4"/>'
    )


def _written(x: float, y: float, text: str, size: float, fill: str = INK, anchor: str = "start") -> str:
    return (
        f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" fill="{fill}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _drawing(width: float, height: float, finding: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}pt" height="{at(height)}pt" '
        f'viewBox="0 0 {at(width)} {at(height)}" role="img" font-family="{FONT}">'
        f"<title>{escape(finding)}</title>{''.join(parts)}</svg>"
    )
