"""docs/results.md names every column of every result table, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indicators.assessment import (
    DEDUCTIONS_COLUMNS,
    FINDINGS_COLUMNS,
    OBSERVATIONS_COLUMNS,
    SCORES_COLUMNS,
)
from surveys.flag import Flag
from surveys.quality import QUALITY_COLUMNS
from surveys.rates import RATES_COLUMNS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "columns"),
    [
        ("rates.csv", RATES_COLUMNS),
        ("scores.csv", SCORES_COLUMNS),
        ("weak.csv", FINDINGS_COLUMNS),
        ("quality.csv", QUALITY_COLUMNS),
    ],
)
def test_each_table_lists_its_columns_in_their_order(section: str, columns: dict[str, str]) -> None:
    (body,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## )", TEXT, flags=re.MULTILINE | re.DOTALL)
    firsts = [line.split("|")[1] for line in body.splitlines() if line.startswith("| `")]
    named = [name for cell in firsts for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(columns)


@pytest.mark.parametrize("columns", [DEDUCTIONS_COLUMNS, OBSERVATIONS_COLUMNS])
def test_small_tables_are_described(columns: dict[str, str]) -> None:
    assert all(f"`{name}`" in TEXT for name in columns)


def test_every_flag_is_described() -> None:
    assert all(f"`{flag}`" in TEXT for flag in Flag)
