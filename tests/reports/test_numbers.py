"""What is printed may not contradict what was decided."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import numbers
from surveys.questionnaire import Unit

SHARES = st.floats(0, 1)


def as_share(text: str) -> float:
    return float(text.rstrip("%")) / 100


def test_share_prints_as_per_cent_with_one_decimal() -> None:
    text = numbers.estimate_text(0.8716, 0.8512, 0.8899, Unit.SHARE, 0.9)
    assert (text.value, text.interval, text.mark) == ("87.2%", "85.1–89.0%", "90%")


def test_points_print_without_a_sign() -> None:
    text = numbers.estimate_text(84.06, 83.2, 84.9, Unit.POINTS, 85.0)
    assert (text.value, text.interval, text.mark) == ("84.1", "83.2–84.9", "85")


def test_low_just_below_the_mark_does_not_print_as_the_mark() -> None:
    text = numbers.estimate_text(0.93, 0.8996, 0.95, Unit.SHARE, 0.9)
    assert text.interval == "89.96–95.00%"


def test_high_just_below_the_mark_does_not_print_as_the_mark() -> None:
    assert numbers.estimate_text(0.86, 0.81, 0.89996, Unit.SHARE, 0.9).interval == "81.000–89.996%"


@given(st.tuples(SHARES, SHARES, SHARES).map(sorted), st.integers(1, 999))
def test_printed_ends_stay_on_their_side_of_the_mark(ends: list[float], thousandths: int) -> None:
    mark = thousandths / 1000
    low, value, high = ends
    if any(0 < abs(end - mark) < 1e-7 for end in ends):
        return  # closer to the mark than the most decimals that are ever printed
    decimals = numbers.decimals_for((value, low, high), mark, Unit.SHARE)
    for end in ends:
        printed = as_share(numbers.number(end, Unit.SHARE, decimals))
        assert (round(printed, 10) < mark) == (end < mark)


def test_nothing_known_prints_a_dash_and_no_interval() -> None:
    text = numbers.estimate_text(math.nan, math.nan, math.nan, Unit.SHARE)
    assert (text.value, text.interval, text.mark) == ("—", "", "—")


def test_value_without_sampling_error_has_no_interval() -> None:
    assert numbers.interval(0.6, 0.6, Unit.SHARE) == ""


def test_negative_zero_prints_as_zero() -> None:
    assert numbers.points(-0.01) == "0.0"
    assert numbers.signed(-0.02, Unit.SHARE) == "−2.0"


def test_small_positive_points_never_print_as_nothing() -> None:
    assert numbers.small_points(0.001) == "<0.01"
    assert numbers.small_points(0.0) == "0.00"


def test_mark_prints_as_it_was_declared() -> None:
    assert numbers.mark_text(0.875, Unit.SHARE) == "87.5%"
    assert numbers.mark_text(0.57, Unit.SHARE) == "57%"
    assert numbers.mark_text(100.0, Unit.POINTS) == "100"


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "<1%"),
        (0.005, "<1%"),
        (0.0099, "<1%"),
        (0.01, "1%"),
        (0.31, "31%"),
        (0.99, "99%"),
        (0.995, ">99%"),
        (1.0, ">99%"),
        (math.nan, numbers.DASH),
    ],
)
def test_probability_is_never_printed_as_impossible_or_certain(probability: float, text: str) -> None:
    assert numbers.probability(probability) == text


def test_a_larger_probability_never_prints_as_less() -> None:
    printed = [numbers.probability(step / 2000) for step in range(2001)]
    order = {"<1%": 0, ">99%": 100} | {f"{percent}%": percent for percent in range(1, 100)}
    places = [order[text] for text in printed]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.99, numbers.Likelihood.LIKELY),
        (0.8, numbers.Likelihood.LIKELY),
        (0.6, numbers.Likelihood.RATHER),
        (0.5, numbers.Likelihood.EVEN),
        (0.1, numbers.Likelihood.UNLIKELY),
        (math.nan, numbers.Likelihood.UNKNOWN),
    ],
)
def test_probability_is_said_in_words(probability: float, word: numbers.Likelihood) -> None:
    assert numbers.likelihood(probability) is word


@given(st.floats(-1e4, 1e4))
def test_coordinate_reads_back_to_a_hundredth(value: float) -> None:
    assert abs(float(numbers.coordinate(value)) - value) <= 0.0051


def test_limits_of_a_difference_that_leave_out_zero_do_not_print_as_zero() -> None:
    assert numbers.signed_interval(-0.004, 0.042, Unit.SHARE) == "−0.4 ~ +4.2"
    assert numbers.signed_interval(0.0003, 0.042, Unit.SHARE) == "+0.03 ~ +4.20"
    assert numbers.signed_interval(-3.2, -0.04, Unit.POINTS) == "−3.20 ~ −0.04"
    assert numbers.signed_interval(0.0, 0.042, Unit.SHARE) == "+0.0 ~ +4.2"
    assert numbers.signed_interval(float("nan"), 0.042, Unit.SHARE) == ""


def test_no_error_is_printed_where_all_answers_are_alike() -> None:
    """The 0 of linearisation is no knowledge; a census of differing answers has an error of 0."""
    assert numbers.standard_error(0.0, Unit.SHARE, "extreme_share;assumed_correlation") == "—"
    assert numbers.standard_error(0.0, Unit.POINTS, "constant_answers") == "—"
    assert numbers.standard_error(0.0, Unit.SHARE, "") == "0.00%"
    assert numbers.standard_error(0.0272, Unit.SHARE, "unreliable_complement") == "2.72%"
    assert numbers.standard_error(math.nan, Unit.SHARE, "insufficient_sample") == "—"
