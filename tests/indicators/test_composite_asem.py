"""Aggregation of a real index with blanks: the ASEM connectivity index of 51 units, against COINr 1.1.14."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.framework import Aggregate, Direction, Framework, Indicator, Method, Scoring
from indicators.scores.scored import Scored, evaluate
from indicators.scores.uncertainty import DrawSettings
from indicators.value_function import linear_score
from tests.factory_scoring import leaf_table_of
from tests.oracle import shared_path

AGGREGATES = ("Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin")
LEVELS = (*AGGREGATES, "Conn", "Sust", "Index")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(shared_path("oracles", "composite", f"{name}.csv"))


def asem(how: Aggregate) -> Framework:
    """The tree of iMeta: weights are the points; only those of siblings count against each other.

    COINr aggregates 0.99 x + 1 of the min–max table x (0–100), so that no geometric mean meets a zero:
    goalposts of −1/0.99 and 100 make the score (0.99 x + 1)/100.
    """
    meta = table("ASEM_iMeta")
    rows = meta[meta["Level"].notna()].iloc[::-1]  # parents first
    indicators = []
    for row in rows.itertuples():
        leaf = row.Level == 1
        indicators.append(
            Indicator(
                code=row.iCode,
                name=row.iName,
                parent="" if pd.isna(row.Parent) else row.Parent,
                points=float(row.Weight),
                method=Method.DOCUMENT if leaf else None,
                scoring=Scoring.LINEAR if leaf else None,
                low=-1 / 0.99,
                high=100.0,
                aggregate=how,
            )
        )
    return Framework("asem", "ASEM", "COINr", tuple(indicators), {}, "")


def scored(how: Aggregate) -> tuple[Scored, pd.DataFrame]:
    framework, units = asem(how), table("ASEM_normalised_minmax").set_index("uCode")
    leaves = leaf_table_of(framework, units[[leaf.code for leaf in framework.leaves]].to_numpy())
    return evaluate(framework, leaves, pd.DataFrame(), DrawSettings(0), np.zeros(len(units))), units


def test_the_oracle_has_51_units_49_indicators_and_63_blanks() -> None:
    units = table("ASEM_normalised_minmax").set_index("uCode")
    assert units.shape == (51, 49)
    assert int(units.isna().to_numpy().sum()) == 63


@pytest.mark.parametrize(
    ("how", "name"),
    [(Aggregate.ARITHMETIC, "ASEM_agg_arith"), (Aggregate.GEOMETRIC, "ASEM_agg_geom")],
)
def test_every_level_equals_coinr_to_1e_10(how: Aggregate, name: str) -> None:
    """COINr 1.1.14, arithmetic and geometric mean: 51 units × 11 aggregates; blanks are left out."""
    result, units = scored(how)
    expected = table(name).set_index("uCode").loc[units.index]
    node_of = {indicator.code: node for node, indicator in enumerate(result.tree.indicators, 1)}
    for level in LEVELS:
        found = 100 * result.share_by_area_node[:, node_of[level]]
        np.testing.assert_allclose(found, expected[level], rtol=1e-10, err_msg=level)
    np.testing.assert_allclose(result.total_by_area, expected["Index"], rtol=1e-10)


@pytest.mark.parametrize(
    ("how", "name"),
    [(Aggregate.ARITHMETIC, "ASEM_agg_arith"), (Aggregate.GEOMETRIC, "ASEM_agg_geom")],
)
def test_every_leaf_equals_coinrs_normalised_value_to_1e_10(how: Aggregate, name: str) -> None:
    result, units = scored(how)
    codes = [leaf.code for leaf in result.leaves.leaves]
    expected = table(name).set_index("uCode").loc[units.index, codes].to_numpy()
    known = result.leaves.measured
    np.testing.assert_allclose(100 * result.score_by_area_leaf[known], expected[known], rtol=1e-10)
    assert np.isnan(expected[~known]).all()


def test_linear_score_equals_coinrs_min_max_in_both_directions() -> None:
    """Raw data between their own minimum and maximum, 14 of 32 with direction −1.

    Indicators with a denominator are left out for want of their input: COINr divides and then treats them
    for outliers, and the treated table is not among the oracles.
    """
    meta, raw = table("ASEM_iMeta").set_index("iCode"), table("ASEM_iData").set_index("uCode")
    expected = table("ASEM_normalised_minmax").set_index("uCode")
    plain = [code for code in expected.columns if pd.isna(meta.loc[code, "Denominator"])]
    downward = 0
    for code in plain:
        value = raw.loc[expected.index, code].to_numpy(dtype=np.float64)
        direction = Direction.DOWN if meta.loc[code, "Direction"] < 0 else Direction.UP
        downward += direction is Direction.DOWN
        found = linear_score(value, np.nanmin(value), np.nanmax(value), direction)
        np.testing.assert_allclose(100 * found, expected[code], rtol=1e-10, atol=1e-10, err_msg=code)
    assert (len(plain), downward) == (32, 14)
