"""What a table of a wave is made of: columns, kinds of cells, accepted spellings."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CellKind(StrEnum):
    """What the cells of a column hold."""

    CODE = "code"  # text; `1.10` is not `1.1`, leading zeros stay
    TEXT = "text"
    CHOICE = "choice"  # one of a declared list
    CODES = "codes"  # several codes, separated by , ; 、 or |
    SHARE = "share"  # `0.9` or `90%`; a bare 90 is an error
    VALUE = "value"  # a share, points or a value on a scale; the measure says which
    NUMBER = "number"
    WHOLE = "whole"
    DATE = "date"  # ISO, 2022/8/15, 2022年8月15日, or an Excel date
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Canonical (English) header and the column's name in frames.
    chinese
        Accepted Chinese headers; the first is the one that templates write.
    required
        The column must exist and none of its cells may be blank.
    choices
        For CHOICE: canonical value → accepted Chinese spellings, the first of them preferred.
    note_zh, note_en
        What to fill in; shown in the template workbook and in docs/formats.md.
    """

    name: str
    chinese: tuple[str, ...]
    kind: CellKind
    required: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note_zh: str = ""
    note_en: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every accepted header."""
        return (self.name, *self.chinese)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a wave.

    Parameters
    ----------
    required
        A wave cannot be read without it.
    keeps_extra
        Unknown columns are meant (covariates), so they are kept without a warning.
    key
        Columns whose values together name a row; two rows with the same key are an error.
    """

    name: str
    chinese: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False
    keeps_extra: bool = False
    note_zh: str = ""
    note_en: str = ""
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every accepted name of the file or sheet."""
        return (self.name, *self.chinese)

    def column(self, name: str) -> Column:
        """One column by its canonical name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def fold(text: str) -> str:
    """`text` as headers, choices and labels are compared: NFKC, trimmed, inner blanks single, case folded."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).casefold()


YES = frozenset({"yes", "y", "true", "1", "是", "有", "对", "√", "✓"})
NO = frozenset({"no", "n", "false", "0", "否", "无", "×", "✗"})
"""Accepted spellings of YES_NO cells, folded."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "district": ("区", "区县", "县", "市", "区级"),
    "subdistrict": ("街道", "乡镇", "镇", "乡", "街道级"),
    "community": ("社区", "村", "社区/村", "社区级"),
}
"""Spellings of the levels of the area register; also the choices of `level` in other tables."""
