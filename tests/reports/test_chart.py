"""Charts say what they show, escape what they are given, and stay inside their frame."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from reports.axis import Axis, axis_of
from reports.chart import DotRow, Layout, bar, dot_chart
from reports.text_width import fitted, text_width
from surveys.verdict import Verdict

LAYOUT = Layout(width=240, row=13, label=60, figures=70)
SVG = "{http://www.w3.org/2000/svg}"


def a_row(label: str = "御河街道", verdict: Verdict = Verdict.PASS, value: float = 0.93) -> DotRow:
    return DotRow(label, value, value - 0.05, value + 0.03, verdict, "93.0%", "88.0–96.0%", mark=0.9)


def drawn(*rows: DotRow, finding: str = "发现") -> ElementTree.Element:
    axis = axis_of([0.8, 1.0], "%", 100.0, most=1.0)
    return ElementTree.fromstring(dot_chart(rows, axis, LAYOUT, finding, mark_label="目标 90%"))


def test_first_child_is_the_title_with_the_finding() -> None:
    chart = drawn(a_row(), finding="十八个街道中三个达标")
    assert chart[0].tag == f"{SVG}title"
    assert chart[0].text == "十八个街道中三个达标"


def test_hostile_labels_are_text_not_markup() -> None:
    chart = drawn(a_row(label="<image/>&'"), finding='"><script>x</script>')
    assert {element.tag for element in chart.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "line", "text", "circle", "path")
    }
    assert "<image/>&'" in [element.text for element in chart.iter()]


def test_verdicts_differ_by_shape_not_only_by_colour() -> None:
    shapes = {}
    for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED):
        mark = [
            element
            for element in drawn(a_row(verdict=verdict))
            if element.tag in {f"{SVG}circle", f"{SVG}path"}
        ][-1]
        shapes[verdict] = (mark.tag, len(re.findall("[ML]", mark.get("d", ""))))
    assert len(set(shapes.values())) == 3


def test_withheld_row_draws_words_and_no_mark() -> None:
    row = DotRow("卧虎湾街道", math.nan, math.nan, math.nan, Verdict.UNDETERMINED, "—（样本不足）", "")
    chart = drawn(row)
    assert "—（样本不足）" in [element.text for element in chart.iter()]
    assert not list(chart.iter(f"{SVG}circle"))
    assert not list(chart.iter(f"{SVG}path"))


def test_everything_lies_inside_the_frame() -> None:
    chart = drawn(a_row(value=0.2), a_row(value=0.99))
    width, height = (float(chart.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    for element in chart.iter():
        for name, limit in (
            ("x", width),
            ("x1", width),
            ("x2", width),
            ("cx", width),
            ("y", height),
            ("y2", height),
        ):
            if element.get(name) is not None:
                assert 0 <= float(element.get(name, "")) <= limit


@pytest.mark.parametrize(("low", "high"), [(0.61, 0.97), (0.895, 0.905), (0.0, 1.0), (0.9, 0.9)])
def test_axis_holds_its_values_and_has_few_round_ticks(low: float, high: float) -> None:
    axis = axis_of([low, high, math.nan], "%", 100.0, most=1.0)
    assert axis.low <= low + 1e-9
    assert axis.high >= high - 1e-9
    assert axis.high <= 1.0 + 1e-9
    assert 2 <= len(axis.ticks) <= 8
    assert all(re.fullmatch(r"\d+%", label) for _, label in axis.ticks)


def test_axis_of_nothing_is_still_an_axis() -> None:
    assert axis_of([math.nan], "", 1.0).high > axis_of([math.nan], "", 1.0).low


def test_positions_beyond_the_axis_stop_at_its_edge() -> None:
    assert Axis(0.5, 1.0, ()).position(0.2, 10, 100) == 10
    assert Axis(0.5, 1.0, ()).position(1.2, 10, 100) == 110


def test_bar_length_is_its_share() -> None:
    rectangle = ElementTree.fromstring(bar(0.25, 40, "四分之一")).find(f"{SVG}rect")
    assert rectangle is not None
    assert rectangle.get("width") == "10"


def test_long_names_shrink_to_their_column() -> None:
    name = "平城区高新技术产业开发区某某街道办事处"
    assert text_width(name, fitted(name, 8, 120)) <= 120
    assert fitted("短", 8, 120) == 8


def test_names_too_long_for_one_line_take_two_and_stay_in_their_column() -> None:
    chart = drawn(a_row(label="Street lighting in every neighbourhood of the whole city and beyond"))
    lines = [text for text in chart.iter(f"{SVG}text") if text.get("text-anchor") == "end"]
    assert len(lines) == 2
    for line in lines:
        assert text_width(line.text or "", float(line.get("font-size", ""))) <= LAYOUT.label
