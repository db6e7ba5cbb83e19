"""CSV files open in a spreadsheet as what they are: text stays text, numbers stay numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.tables import write_table
from surveys.rates import RATES_COLUMNS


def written(frame: pd.DataFrame, folder: Path) -> list[dict[str, str]]:
    path = write_table(frame, dict.fromkeys(frame.columns, "str"), folder / "table.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("cell", ['=cmd|"/c calc"!A1', "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_looks_like_a_formula_gets_an_apostrophe(cell: str, tmp_path: Path) -> None:
    assert written(pd.DataFrame({"name": [cell]}), tmp_path)[0]["name"] == f"'{cell}"


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    assert written(pd.DataFrame({"value": [-1.5]}), tmp_path)[0]["value"] == "-1.5"


def test_floats_read_back_to_the_same_bits(tmp_path: Path) -> None:
    values = np.random.default_rng(1).random(50)
    rows = written(pd.DataFrame({"value": values}), tmp_path)
    assert [float(row["value"]) for row in rows] == values.tolist()


def test_codes_keep_their_zeros_and_blanks_stay_blank(tmp_path: Path) -> None:
    rows = written(
        pd.DataFrame({"code": ["0101", "1.10"], "value": [np.nan, 2.0], "count": [3, 4]}), tmp_path
    )
    assert rows[0] == {"code": "0101", "value": "", "count": "3"}
    assert rows[1]["code"] == "1.10"


def test_file_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = write_table(pd.DataFrame({"a": ["知晓率"]}), {"a": "str"}, tmp_path / "t.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_written_rates_equal_the_frame(printed) -> None:  # type: ignore[no-untyped-def]
    frame = pd.read_csv(printed.folder / "rates.csv", dtype={"area_code": "str"}, encoding="utf-8-sig")
    assert list(frame.columns) == list(RATES_COLUMNS)
    rates = printed.assessment.rates
    np.testing.assert_array_equal(frame["value"].to_numpy(), rates["value"].to_numpy())
    assert frame["area_code"].tolist() == rates["area_code"].tolist()
    assert frame["headline"].tolist() == rates["headline"].tolist()
