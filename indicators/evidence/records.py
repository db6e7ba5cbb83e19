"""What the tables of evidence share: areas, answers of yes and no, and the records that are set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

import numpy as np
import pandas as pd

from surveys.area import AreaRegister
from surveys.area_lookup import BLANK_LABEL, AreaLookup
from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.sample import FloatArray
from surveys.table import header_of, is_unread, records_of


class Sieve:
    """Records of one table that are still usable, and why others are not (the first reason counts)."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.keep = pd.Series(True, index=frame.index)
        self._dropped: list[tuple[str, str, pd.Series, Callable[[Mapping[str, object]], str] | None]] = []

    def drop(
        self,
        code: str,
        column: str,
        unusable: pd.Series,
        names: Callable[[Mapping[str, object]], str] | None = None,
    ) -> None:
        """Set aside the records for which `unusable` holds.

        A cell that could not be read is an error already and is not told again.

        Parameters
        ----------
        names
            What the message calls ``names``, of a record: what might have been meant.
        """
        now = self.keep & unusable.fillna(False).astype(bool)
        self.keep &= ~now
        told = now & ~is_unread(self.frame, column)
        if told.any():
            self._dropped.append((code, column, told, names))

    def problems(self, limit: float) -> tuple[Problem, ...]:
        """One problem for each reason and value, with its rows; an error above `limit` set aside."""
        # The same wrong value may call for another remedy elsewhere: a grade of another standard.
        rows_of: dict[tuple[str, str, str, str | None], list[int]] = {}
        for code, column, now, names in self._dropped:
            rows = self.frame[now]
            hints = [None if names is None else names(row) for row in records_of(rows)]
            for cell, hint, row in zip(rows[column], hints, rows["_row"], strict=True):
                rows_of.setdefault((code, column, _text_of(cell), hint), []).append(int(row))
        found: list[Problem] = []
        for (code, column, value, hint), numbers in rows_of.items():
            place = (str(self.frame.attrs["file"]), min(numbers))
            detail = {} if hint is None else {"names": hint}
            if len(numbers) > 1:
                detail["listed_rows"] = list_rows(np.array(sorted(numbers)))
            header, count = header_of(self.frame, column), len(numbers)
            found.append(Problem(code, Severity.SET_ASIDE, *place, header, value, detail, count))
        share = 1.0 - float(self.keep.mean())
        if share > limit:
            limits = {"share": f"{share:.1%}", "limit": f"{limit:.0%}"}
            file = str(self.frame.attrs["file"])
            found.append(Problem("too_much_evidence_set_aside", Severity.ERROR, file, detail=limits))
        return tuple(found)


def near_names(name: str, known: Iterable[str], most: int = 5) -> str:
    """Names that look like this one, as one text; where none does, the first of them.

    Examples
    --------
    >>> near_names("ST3", ["ST03", "ST30", "LIFT"]), near_names("?", ["ST03", "LIFT"])
    ('ST03、ST30', 'ST03、LIFT')
    """
    names = list(dict.fromkeys(known))
    alike = get_close_matches(name, names, n=most, cutoff=0.6)
    return "、".join(alike or names[:most]) or "—"


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
