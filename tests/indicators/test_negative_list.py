"""The negative list: whose event it is, the window, verification, caps."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.evidence.negative_list import deductions_of
from indicators.evidence.tables import EVENTS_COLUMNS
from indicators.framework import Framework, Indicator, Method, Scoring
from surveys.area import AreaLevel
from tests.factory_scoring import FIELD, small_wave

REGISTER = small_wave(("S1", "S2")).areas
AREAS = (REGISTER.district, *REGISTER.subdistricts)


def item(
    code: str,
    points: float,
    *,
    cap: float | None = None,
    level: AreaLevel = AreaLevel.SUBDISTRICT,
    veto: str = "不得评优",
) -> Indicator:
    return Indicator(
        code, code, "", points, method=Method.NEGATIVE, source=code, scoring=Scoring.PER_EVENT, cap=cap,
        level=level, veto_grade=veto,
    )  # fmt: skip


def deductions(
    items: tuple[Indicator, ...], *events: tuple[str, str, date, bool], cap: float | None = None
) -> pd.DataFrame:
    rows = [(node, area, day, "", verified) for node, area, day, verified in events]
    frame = pd.DataFrame(rows, columns=list(EVENTS_COLUMNS)).astype(EVENTS_COLUMNS)
    framework = Framework("t", "t", "", items, {}, "", deduction_cap=cap)
    return deductions_of(framework, frame, AREAS, REGISTER, FIELD)


@pytest.mark.parametrize(
    ("place", "charged"), [("S1a", ["D", "S1"]), ("S1", ["D", "S1"]), ("D", ["D"]), ("S2b", ["D", "S2"])]
)
def test_an_event_counts_for_its_area_and_those_above(place: str, charged: list[str]) -> None:
    found = deductions((item("N", 3),), ("N", place, date(2022, 8, 1), True))
    assert found["area_code"].tolist() == charged
    assert found["points"].tolist() == [3.0] * len(charged)


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        (date(2021, 8, 14), False),
        (date(2021, 8, 15), True),
        (date(2022, 8, 28), True),
        (date(2022, 8, 29), False),
    ],
)
def test_window_runs_from_twelve_months_before_the_first_day_to_the_last(day: date, counted: bool) -> None:
    """Field work 2022-08-15 to 2022-08-28, look-back twelve months; both ends are inside."""
    found = deductions((item("N", 3),), ("N", "D", day, True))
    assert found["counted"].tolist() == [counted]
    assert found["reason"].tolist() == ["" if counted else "outside_window"]
    assert found["veto_grade"].tolist() == ["不得评优" if counted else ""]


def test_only_verified_events_count() -> None:
    found = deductions((item("N", 3),), ("N", "D", date(2022, 8, 1), False))
    assert found[["points", "counted", "reason"]].to_numpy().tolist() == [[0.0, False, "unverified"]]


def test_district_item_is_listed_but_not_charged_below() -> None:
    found = deductions((item("N", 3, level=AreaLevel.DISTRICT),), ("N", "S1", date(2022, 8, 1), True))
    assert found["points"].tolist() == [3.0, 0.0]
    assert found["reason"].tolist() == ["", "district_only"]


def test_caps_are_used_up_in_order_of_date() -> None:
    """Item A: 3 each, cap 5; item B: 2 each; overall 6. By date: A 3, B 2, then A has 2 left, overall 1."""
    found = deductions(
        (item("A", 3, cap=5, veto=""), item("B", 2, veto="")),
        ("A", "D", date(2022, 3, 1), True),
        ("A", "D", date(2022, 1, 1), True),
        ("B", "D", date(2022, 2, 1), True),
        ("B", "D", date(2022, 4, 1), True),
        cap=6,
    )
    assert found["date"].tolist() == ["2022-01-01", "2022-02-01", "2022-03-01", "2022-04-01"]
    assert found["points"].tolist() == [3.0, 2.0, 1.0, 0.0]
    assert found["counted"].tolist() == [True, True, True, False]
    assert found["reason"].tolist() == ["", "", "", "cap_reached"]


@pytest.mark.parametrize(("points", "cap"), [(0, None), (3, 0)])
def test_a_sanction_counts_without_taking_points(points: float, cap: float | None) -> None:
    """A title suspended or withdrawn caps the grade alone: no points of its own, or none below its cap."""
    found = deductions((item("N", points, cap=cap),), ("N", "D", date(2022, 8, 1), True))
    row = found.iloc[0]
    assert (row["points"], row["veto_grade"], row["counted"], row["reason"]) == (0.0, "不得评优", True, "")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 5), st.sampled_from([None, 0.0, 4.0]), st.booleans()), min_size=1, max_size=3
    ),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 900), st.booleans()), max_size=8),
    st.sampled_from([None, 0.0, 6.0]),
)
def test_an_event_counts_exactly_where_it_has_no_reason_not_to(
    kinds: list[tuple[float, float | None, bool]], told: list[tuple[int, int, bool]], cap: float | None
) -> None:
    """Law: counted, no reason, and points or a grade go together; what does not count has neither."""
    items = tuple(
        item(f"N{at}", points, cap=limit, veto="否决" if veto else "")
        for at, (points, limit, veto) in enumerate(kinds)
    )
    events = [
        (f"N{at % len(items)}", "S1", date(2020, 8, 1) + timedelta(days), verified)
        for at, days, verified in told
    ]
    found = deductions(items, *events, cap=cap)
    bites = (found["points"] > 0) | (found["veto_grade"] != "")
    assert (found["counted"] == (found["reason"] == "")).all()
    assert (found["counted"] == bites).all()


def test_no_events_no_rows() -> None:
    assert deductions((item("N", 3),)).empty
