"""What may be shown: M4's six rules and M17's small cells."""

from __future__ import annotations

import numpy as np
import pytest

from surveys.gate import Gate, GateSettings, companion_cells, gate_means, gate_shares, small_cells


def shares(p: float, low: float, high: float, n: float = 500, n_e: float = 400, df: float = 20) -> Gate:
    one = [np.array([value], dtype=float) for value in (p, low, high, n, n_e, df)]
    return gate_shares(*one)


@pytest.mark.parametrize(
    ("gate", "withheld"),
    [
        (shares(0.5, 0.45, 0.55, n=29, n_e=29), True),  # 1: fewer than 30 respondents
        (shares(0.5, 0.45, 0.55, n=300, n_e=29.9), True),  # 1: fewer than 30 effective
        (shares(0.5, 0.45, 0.55, n=29, n_e=60), True),  # 1: the effective size is capped at n
        (shares(0.5, 0.35, 0.65), True),  # 2: width .30
        (shares(0.5, 0.36, 0.65), False),
        (shares(0.01, 0.0, 0.05), False),  # 3: width .05 is shown however wide in relation to the share
        (shares(0.05, 0.02, 0.09), True),  # 4: width .07 is more than 1.3 × .05
        (shares(0.06, 0.02, 0.09), False),
        (shares(0.95, 0.91, 0.98), False),  # the complement is a footnote, not a reason to withhold
        (shares(0.0, 0.0, 0.08), False),  # 4 says nothing about 0
    ],
)
def test_presentation_rules(gate: Gate, withheld: bool) -> None:
    assert bool(gate.withheld[0]) is withheld


def test_review_marks() -> None:
    assert shares(0.5, 0.45, 0.55, df=7).few_degrees[0]
    assert not shares(0.5, 0.45, 0.55, df=8).few_degrees[0]
    assert shares(1.0, 0.97, 1.0).extreme[0] and shares(0.0, 0.0, 0.02).extreme[0]
    assert shares(0.95, 0.91, 0.98).unreliable_complement[0]
    assert not shares(0.90, 0.87, 0.93).unreliable_complement[0]
    withheld = shares(1.0, 0.6, 1.0, df=3)
    assert withheld.withheld[0] and not withheld.extreme[0] and not withheld.few_degrees[0]


def test_nobody_is_not_measured_and_not_withheld() -> None:
    assert not shares(np.nan, np.nan, np.nan, n=0, n_e=0, df=0).withheld[0]


def test_thresholds_are_settings() -> None:
    one = [np.array([value], dtype=float) for value in (0.5, 0.3, 0.7, 12, 12, 4)]
    assert gate_shares(*one).withheld[0]
    assert not gate_shares(*one, GateSettings(least_n=10, least_effective_n=10, widest=0.5)).withheld[0]


def test_means_need_answers_and_limits_and_are_marked_where_these_are_wide_or_unsure() -> None:
    width = np.array([0.1, 0.3, 0.1, np.nan, 0.89, 0.9])
    n = np.array([100.0, 100.0, 20.0, 100.0, 100.0, 100.0])
    gate = gate_means(width, n, np.array([5.0, 20.0, 5.0, 5.0, 20.0, 20.0]))
    assert gate.withheld.tolist() == [False, False, True, True, False, True]
    assert gate.few_degrees.tolist() == [True, True, False, False, True, False]
    assert not gate_means(width, n, np.full(6, 20.0)).few_degrees[0]


def test_small_cells_of_communities_are_protected() -> None:
    n = np.array([40.0, 40.0, 40.0, 40.0, 40.0, 40.0, 0.0])
    positive = np.array([20.0, 36.0, 4.0, 35.0, 5.0, 40.0, 0.0])
    small = small_cells(n, positive, is_share=np.ones(7, dtype=bool))
    assert small.tolist() == [False, True, True, False, False, False, False]
    assert not small_cells(n, positive, is_share=np.zeros(7, dtype=bool)).any()


def test_the_only_withheld_community_takes_its_smallest_sibling_along() -> None:
    """Columns: one withheld; two withheld; none; one withheld whose smallest sibling nobody answered in."""
    parents = ["", "A", "A", "A", "B", "B", "C"]
    withheld = np.zeros((7, 4), dtype=bool)
    withheld[1, 0] = withheld[1:3, 1] = withheld[4, 3] = withheld[6, :] = True
    n = np.repeat([[300.0], [20.0], [60.0], [50.0], [20.0], [40.0], [20.0]], 4, axis=1)
    n[5, 3] = 0
    result = companion_cells(withheld, n, parents)
    assert np.argwhere(result).tolist() == [[3, 0]]
    tied = companion_cells(withheld, np.where(n == 60, 50.0, n), parents)
    assert np.argwhere(tied).tolist() == [[2, 0]]
