"""What the tables of evidence share: areas, answers of yes and no, and the records that are set aside."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from surveys.area import AreaRegister
from surveys.area_lookup import BLANK_LABEL, AreaLookup
from surveys.problem import Problem, Severity
from surveys.sample import FloatArray
from surveys.table import header_of


class Sieve:
    """Records of one table that are still usable, and why others are not (the first reason counts)."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.keep = pd.Series(True, index=frame.index)
        self._dropped: list[tuple[str, str, pd.Series]] = []

    def drop(self, code: str, column: str, unusable: pd.Series) -> None:
        """Set aside the records for which `unusable` holds."""
        now = self.keep & unusable.fillna(False).astype(bool)
        self.keep &= ~now
        if now.any():
            self._dropped.append((code, column, now))

    def problems(self, limit: float) -> tuple[Problem, ...]:
        """One problem for each reason and value; an error besides where more than `limit` was set aside."""
        found: list[Problem] = []
        for code, column, now in self._dropped:
            rows = self.frame[now]
            header = header_of(self.frame, column)
            texts = [_text_of(cell) for cell in rows[column]]
            count_of = Counter(texts)
            first_of = dict(zip(texts[::-1], rows["_row"][::-1], strict=True))
            for value, count in count_of.items():
                place = (str(self.frame.attrs["file"]), int(first_of[value]))
                found.append(Problem(code, Severity.SET_ASIDE, *place, header, value, count=count))
        share = 1.0 - float(self.keep.mean())
        if share > limit:
            detail = {"share": f"{share:.1%}", "limit": f"{limit:.0%}"}
            file = str(self.frame.attrs["file"])
            found.append(Problem("too_much_evidence_set_aside", Severity.ERROR, file, detail=detail))
        return tuple(found)


def _text_of(cell: object) -> str:
    """A cell as a person would write it; blank for a number that is not there."""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:g}"
    return "" if cell is None else str(cell)


def flag_of(column: pd.Series) -> FloatArray:
    """Yes, no and blank as 1, 0 and NaN."""
    return np.array([np.nan if cell is None else float(cell) for cell in column], dtype=np.float64)


def with_area(frame: pd.DataFrame, register: AreaRegister, *, blank: str) -> pd.DataFrame:
    """The frame with `area_code`, from a code or a name that one area has; "" where that is not known."""
    lookup = AreaLookup(register)
    code_at = {at: area.code for at, area in enumerate(register.areas)} | {BLANK_LABEL: blank}
    code_of = {text: code_at.get(lookup.find(text), "") for text in frame["area"].unique()}
    codes = [code_of[text] for text in frame["area"]]
    placed = frame.assign(area_code=pd.Series(codes, index=frame.index, dtype="str"))
    placed.attrs = frame.attrs
    return placed


def unreadable(problems: tuple[Problem, ...]) -> bool:
    """Whether a column that everything needs is missing, so that rows cannot be judged."""
    return any(p.severity is Severity.ERROR and p.code == "missing_column" for p in problems)
