"""Text of a cell → value, for each kind of cell."""

from __future__ import annotations

from datetime import date

import pytest

from surveys.cells import CellError, code_label, parse_cell, plain_number
from surveys.column import CellKind, Column

CHOICE = Column(
    "level", ("级别",), CellKind.CHOICE, choices={"district": ("区",), "community": ("社区", "村")}
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (CellKind.CODE, "1.10", "1.10"),
        (CellKind.CODE, "007", "007"),
        (CellKind.CODE, "１４０２１３", "140213"),
        (CellKind.CODE, "140213053.0", "140213053"),
        (CellKind.CODE, "1.0", "1.0"),
        (CellKind.CODES, "1，2、3;4|5", ("1", "2", "3", "4", "5")),
        (CellKind.SHARE, "0.9", 0.9),
        (CellKind.SHARE, "90%", 0.9),
        (CellKind.SHARE, "９０％", 0.9),
        (CellKind.SHARE, "92.5 %", 0.925),
        (CellKind.SHARE, "1", 1.0),
        (CellKind.VALUE, "85", 85.0),
        (CellKind.VALUE, "85%", 0.85),
        (CellKind.VALUE, "8.5e1%", 0.85),
        (CellKind.NUMBER, "1,101,942", 1101942.0),
        (CellKind.NUMBER, "-.5", -0.5),
        (CellKind.WHOLE, "8.0", 8.0),
        (CellKind.DATE, "2022-08-15", date(2022, 8, 15)),
        (CellKind.DATE, "2022/8/15", date(2022, 8, 15)),
        (CellKind.DATE, "2022年8月15日", date(2022, 8, 15)),
        (CellKind.DATE, "20220815", date(2022, 8, 15)),
        (CellKind.DATE, "2022-08-15 09:30", date(2022, 8, 15)),
        (CellKind.DATE, "44788", date(2022, 8, 15)),
        (CellKind.YES_NO, "是", True),
        (CellKind.YES_NO, "No", False),
        (CellKind.TEXT, " 平城区 ", "平城区"),
    ],
)
def test_cell_is_read_as(kind: CellKind, text: str, value: object) -> None:
    assert parse_cell(text, Column("x", ("某列",), kind)) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (CellKind.CODE, "1.40213E+11", "code_in_scientific_notation"),
        (CellKind.SHARE, "90", "bare_share"),
        (CellKind.SHARE, "120%", "share_out_of_range"),
        (CellKind.SHARE, "1.2", "share_out_of_range"),
        (CellKind.SHARE, "2", "bare_share"),
        (CellKind.SHARE, "-0.1", "share_out_of_range"),
        (CellKind.SHARE, "九成", "bad_number"),
        (CellKind.VALUE, "many%", "bad_number"),
        (CellKind.NUMBER, "nan", "bad_number"),
        (CellKind.NUMBER, "inf", "bad_number"),
        (CellKind.NUMBER, "1_000", "bad_number"),
        (CellKind.NUMBER, "12人", "bad_number"),
        (CellKind.NUMBER, "1e400", "bad_number"),
        (CellKind.NUMBER, "-1e400", "bad_number"),
        (CellKind.NUMBER, "1e160", "bad_number"),
        (CellKind.WHOLE, "1e400", "bad_number"),
        (CellKind.VALUE, "1e400%", "bad_number"),
        (CellKind.SHARE, "1e400", "bad_number"),
        (CellKind.WHOLE, "8.5", "not_whole"),
        (CellKind.DATE, "2022-09-31", "impossible_date"),
        (CellKind.DATE, "9月31日", "date_without_year"),
        (CellKind.DATE, "8/15/2022", "bad_date"),
        (CellKind.YES_NO, "maybe", "bad_yes_no"),
    ],
)
def test_cell_is_refused_as(kind: CellKind, text: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        parse_cell(text, Column("x", ("某列",), kind))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "choice"), [("区", "district"), ("District", "district"), ("村", "community")]
)
def test_choice_is_read_in_both_languages(text: str, choice: str) -> None:
    assert parse_cell(text, CHOICE) == choice


def test_unknown_choice_names_what_may_stand_there() -> None:
    with pytest.raises(CellError) as refused:
        parse_cell("省", CHOICE)
    assert refused.value.detail["choices"] == "district (区), community (社区/村)"


def test_ninety_per_cent_is_exactly_nine_tenths() -> None:
    """90 / 100 and 0.9 agree, but 57 % / 100 does not give 0.57 in binary: the decimal text decides."""
    for percent in range(101):
        assert parse_cell(f"{percent}%", Column("x", (), CellKind.SHARE)) == float(f"{percent}e-2")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8.0", "8"),
        ("08", "8"),
        ("-0.0", "0"),
        (".50", "0.5"),
        ("1,200", "1200"),
        ("1e3", "1000"),
        ("1402130530010010001", "1402130530010010001"),
        ("140213053001001", "140213053001001"),
        ("1e400", ""),
        ("八", ""),
    ],
)
def test_number_has_one_spelling_and_loses_no_digit(text: str, number: str) -> None:
    """Two 15-digit codes that differ in the last digit were one number under 12 significant digits."""
    assert plain_number(text) == number


@pytest.mark.parametrize(
    ("text", "label"),
    [("8.0", "8"), ("08", "08"), ("1.10", "1.10"), ("８", "8"), (" A区 ", "A区"), ("8.00", "8.00")],
)
def test_label_of_a_code_stays_text(text: str, label: str) -> None:
    assert code_label(text) == label
