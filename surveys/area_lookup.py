"""Code or name of an area, as people write it → the area of the register. The one rule for every table."""

from __future__ import annotations

from surveys.area import AreaRegister
from surveys.cells import CellError, parse_code, plain_number
from surveys.schema import fold

BLANK_LABEL, UNKNOWN, AMBIGUOUS = -1, -2, -3
"""What stands for an area where a text names none, one that is not in the register, or several."""


class AreaLookup:
    """Code or name of an area → its index in ``register.areas``, or a negative mark.

    Codes come first, then names (width and case do not matter, then blanks neither), then codes written as
    numbers. A name that several areas have is ambiguous.
    """

    def __init__(self, register: AreaRegister) -> None:
        self._of_code = {area.code: at for at, area in enumerate(register.areas)}
        self._of_number: dict[str, set[int]] = {}
        self._of_name: dict[str, set[int]] = {}
        self._of_closed_name: dict[str, set[int]] = {}
        for at, area in enumerate(register.areas):
            self._of_name.setdefault(fold(area.name), set()).add(at)
            self._of_closed_name.setdefault(_without_blanks(area.name), set()).add(at)
            self._of_number.setdefault(plain_number(area.code), set()).add(at)

    def find(self, text: str) -> int:
        """Index of the area that `text` names, or `BLANK_LABEL`, `UNKNOWN` or `AMBIGUOUS`."""
        if not text:
            return BLANK_LABEL
        try:
            code = parse_code(text)
        except CellError:
            return UNKNOWN
        if code in self._of_code:
            return self._of_code[code]
        number = plain_number(text)
        for found in (
            self._of_name.get(fold(text)),
            self._of_closed_name.get(_without_blanks(text)),
            self._of_number.get(number) if number else None,
        ):
            if found:
                return min(found) if len(found) == 1 else AMBIGUOUS
        return UNKNOWN


def _without_blanks(text: str) -> str:
    return fold(text).replace(" ", "")
