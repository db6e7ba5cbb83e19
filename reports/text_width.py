"""Estimated widths of texts in drawings, where no layout engine breaks lines for us."""

from __future__ import annotations

import math
import unicodedata


def text_width(text: str, size: float) -> float:
    """Estimated width of a text in points: an em for full-width characters, .57 em for others."""
    wide = sum(unicodedata.east_asian_width(character) in "WFA" for character in text)
    return size * (wide + 0.57 * (len(text) - wide))


def fitted(text: str, size: float, width: float) -> float:
    """Font size at which `text` fits into `width`; never below 60 % of `size`."""
    return max(size * 0.6, min(size, size * width / max(text_width(text, size), 0.01)))


def two_lines(text: str) -> tuple[str, str]:
    """Break near the middle, at a space if there is one."""
    spaces = [at for at, character in enumerate(text) if character == " "]
    middle = len(text) / 2
    split = min(spaces, key=lambda at: abs(at - middle), default=math.ceil(middle))
    return text[:split].strip(), text[split:].strip()


def cut_to(text: str, size: float, width: float) -> str:
    """A line that is too long loses its end."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text}…"
