"""One cell's text → its value, for each kind of cell (docs/formats.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from surveys.schema import NO, YES, CellKind, Column, fold

_NUMBER = re.compile(r"(?P<decimal>[+-]?(\d+(\.\d*)?|\.\d+))([eE](?P<exponent>[+-]?\d{1,4}))?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_LONG_CODE_AS_FLOAT = re.compile(r"(\d{6,})\.0")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?([T\s].*)?")
_COMPACT_DATE = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_DATE_WITHOUT_YEAR = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?")
_SEPARATORS = re.compile(r"[,;、|┋]")
_LARGEST = 1e100
"""No count, weight or score of a survey is larger; the squares of larger numbers would be infinite."""
LEAST_BARE_PERCENT = 2.0
_TRAILING_ZERO = re.compile(r"([+-]?\d+)\.0")
EXCEL_DAY_ZERO = date(1899, 12, 30)


class CellError(ValueError):
    """A cell that does not hold what its column says.

    Parameters
    ----------
    code
        Code of the Problem that the caller makes of it.
    detail
        Placeholders of its message.
    """

    def __init__(self, code: str, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = dict(detail or {})


def normal(text: str) -> str:
    """`text` with full-width digits and signs as ASCII (NFKC) and no blanks around it."""
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip()


def parse_cell(text: str, column: Column) -> object:
    """The value of a cell that is not blank.

    Raises
    ------
    CellError
        The text is no value of this kind; never raised for TEXT.
    """
    match column.kind:
        case CellKind.TEXT:
            return text.strip()
        case CellKind.CODE:
            return parse_code(text)
        case CellKind.CHOICE:
            return _parse_choice(text, column)
        case CellKind.CODES:
            return tuple(parse_code(part) for part in _SEPARATORS.split(normal(text)) if part.strip())
        case CellKind.SHARE:
            return parse_share(text)
        case CellKind.VALUE:
            return parse_value(text)
        case CellKind.NUMBER:
            return parse_number(text)
        case CellKind.WHOLE:
            return _parse_whole(text)
        case CellKind.DATE:
            return parse_date(text)
        case CellKind.YES_NO:
            return _parse_yes_no(text)


def parse_code(text: str) -> str:
    """A code as text; what Excel made of a long code in a CSV file is an error or is mended."""
    code = normal(text)
    if is_spoiled_code(code):
        raise CellError("code_in_scientific_notation")
    as_float = _LONG_CODE_AS_FLOAT.fullmatch(code)
    return as_float.group(1) if as_float else code


def code_label(text: str) -> str:
    """A code of a column that no table declares (groups, strata, sampling units, ids), as text.

    Only a spreadsheet's ``.0`` behind a whole number is dropped: ``8.0`` is ``8``, but ``08`` is not, nor is
    ``1.10`` the same as ``1.1``.
    """
    label = normal(text)
    whole = _TRAILING_ZERO.fullmatch(label)
    return whole.group(1) if whole else label


def is_spoiled_code(text: str) -> bool:
    """Whether a spreadsheet took a long code for a number and cut it: ``1.40213E+11``."""
    return bool(_SCIENTIFIC.fullmatch(normal(text)))


def parse_number(text: str) -> float:
    """A number of finite size; thousands may be separated by commas."""
    plain = normal(text)
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain) or not abs(float(plain)) < _LARGEST:
        raise CellError("bad_number")
    return float(plain)


def plain_number(text: str) -> str:
    """`text` as the shortest spelling of its number (``8.0`` → ``8``); "" where it is none.

    Exact in every digit: 16-digit codes that a binary number cannot tell apart stay apart.
    """
    try:
        parse_number(text)
    except CellError:
        return ""
    spelling = f"{Decimal(normal(text).replace(',', '')):f}"
    if "." in spelling:
        spelling = spelling.rstrip("0").rstrip(".")
    return "0" if spelling in {"-0", ""} else spelling


def parse_share(text: str) -> float:
    """A share in [0, 1], written as `0.9` or `90%`; a bare 90 is refused."""
    plain = normal(text)
    if plain.endswith("%"):
        share = parse_value(plain)
    else:
        share = parse_number(plain)
        if is_bare_percent(share):
            raise CellError("bare_share", {"share": f"{share / 100:g}", "percent": f"{share:g}%"})
    if not 0 <= share <= 1:
        raise CellError("share_out_of_range")
    return share


def is_bare_percent(number: float) -> bool:
    """Whether a number in the place of a share was meant as per cent: 90, but not 1.2, which is too much."""
    return LEAST_BARE_PERCENT <= number <= 100


def parse_value(text: str) -> float:
    """A number, or a percentage as a share."""
    plain = normal(text)
    if not plain.endswith("%"):
        return parse_number(plain)
    percent = plain[:-1].strip()
    parse_number(percent)
    number = _NUMBER.fullmatch(percent.replace(",", ""))
    if number is None:
        raise CellError("bad_number")
    # Move the point of the decimal text, do not divide the binary number, so that 90% is exactly 0.9.
    return float(f"{number['decimal']}e{int(number['exponent'] or 0) - 2}")


def parse_date(text: str) -> date:
    """A date as ISO, with slashes, dots or 年月日, compact, or as Excel's day number; a time is dropped."""
    plain = normal(text)
    match = _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain)
    if match:
        year, month, day = (int(part) for part in match.group(1, 2, 3))
        try:
            return date(year, month, day)
        except ValueError:
            raise CellError("impossible_date") from None
    if re.fullmatch(r"[2-7]\d{4}(\.\d+)?", plain):
        return EXCEL_DAY_ZERO + timedelta(days=int(float(plain)))
    raise CellError("date_without_year" if _DATE_WITHOUT_YEAR.fullmatch(plain) else "bad_date")


def _parse_whole(text: str) -> float:
    number = parse_number(text)
    if number != int(number):
        raise CellError("not_whole")
    return number


def _parse_choice(text: str, column: Column) -> str:
    folded = fold(text)
    for choice, spellings in column.choices.items():
        if folded in {fold(choice), *(fold(spelling) for spelling in spellings)}:
            return choice
    listed = ", ".join(
        f"{choice} ({'/'.join(also)})" if also else choice for choice, also in column.choices.items()
    )
    raise CellError("bad_choice", {"choices": listed})


def _parse_yes_no(text: str) -> bool:
    folded = fold(text)
    if folded in YES or folded in NO:
        return folded in YES
    raise CellError("bad_yes_no")
