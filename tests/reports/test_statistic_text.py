"""Statistics and p-values as text."""

from __future__ import annotations

import math

import pytest

from reports.numbers import p_value, statistic


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "< 0.001"), (1e-37, "< 0.001"), (0.00099, "< 0.001"), (0.0217, "= 0.022"), (1.0, "= 1.000")],
)
def test_a_p_value_is_never_printed_as_0(probability: float, text: str) -> None:
    assert p_value(probability) == text


def test_statistics_have_the_decimals_asked_for() -> None:
    assert statistic(5.19336954) == "5.19"
    assert statistic(20.9249, 1) == "20.9"
    assert statistic(math.nan) == "—"
