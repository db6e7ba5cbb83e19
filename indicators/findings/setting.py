"""Settings of a what-if: which leaf is put to which value where, read from what people write and checked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from indicators.columns import TOTAL_NODE
from indicators.framework import Framework, Indicator, Method
from indicators.scores.leaf import LeafTable
from indicators.status import NodeStatus
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.area_lookup import AreaLookup
from surveys.cells import is_bare_percent, normal
from surveys.measure_reading import mark_range
from surveys.problem import Problem, Severity
from surveys.questionnaire import Unit
from surveys.schema import fold
from surveys.wave import Wave

MOST_NAMED = 6
"""Leaves or areas that a message names."""
MOST_CODES = 3
TOTAL_NAMES = (TOTAL_NODE, "总分")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written for one setting.

    Parameters
    ----------
    text
        The whole of it, for messages.
    area
        Code or name; empty: the district.
    value
        A number, or a text such as ``0.92`` or ``92%``.
    """

    text: str
    node: str
    area: str
    value: float | str


@dataclass(frozen=True, slots=True)
class Setting:
    """A leaf put to a value: its place in a `LeafTable`, the value on the leaf's own scale."""

    row: int
    column: int
    value: float


def entry_of(text: str) -> Entry:
    """The parts of ``NODE@AREA=VALUE``; what is missing is empty, and `settings_of` says so."""
    place, _, value = text.partition("=")
    node, _, area = place.partition("@")
    return Entry(text, node.strip(), area.strip(), value.strip())


def settings_of(
    entries: Sequence[Entry], framework: Framework, leaves: LeafTable, wave: Wave
) -> tuple[tuple[Setting, ...], tuple[Problem, ...]]:
    """Settings of a what-if, and every problem of what was written.

    Parameters
    ----------
    leaves
        Leaves as measured; only those that have a value can be put to another one.
    """
    checked = [_setting(entry, framework, leaves, wave) for entry in entries]
    problems = [problem for _, problem in checked if problem is not None]
    settings = [(entry, setting) for entry, (setting, _) in zip(entries, checked, strict=True) if setting]
    problems += _repeated(settings, leaves)
    return tuple(setting for _, setting in settings), tuple(problems)


class _RefusedError(Exception):
    def __init__(self, code: str, **detail: str) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def _setting(
    entry: Entry, framework: Framework, leaves: LeafTable, wave: Wave
) -> tuple[Setting | None, Problem | None]:
    try:
        leaf = _leaf(entry, framework)
        area = _area(entry, wave)
        row, column = leaves.row_of_area[area.code], leaves.column_of_leaf[leaf.code]
        _require_value(leaf, area, leaves, row, column)
        value = _value(entry, leaves.unit[column], *_range(leaf, leaves.unit[column], wave))
    except _RefusedError as refused:
        return None, Problem(refused.code, Severity.ERROR, value=entry.text, detail=refused.detail)
    return Setting(row, column, value), None


def _leaf(entry: Entry, framework: Framework) -> Indicator:
    code = normal(entry.node)
    if not code or entry.value == "":
        raise _RefusedError("what_if_form")
    indicator = framework.by_code.get(code)
    if indicator is None:
        raise _no_node(code, framework)
    if indicator.method is Method.NEGATIVE:
        raise _RefusedError("what_if_of_event", node=code, name=indicator.name)
    if indicator.method is None:
        below = [f"{leaf.code} {leaf.name}" for leaf in _leaves_below(framework, code)]
        raise _RefusedError("what_if_of_node", node=code, name=indicator.name, leaves=_listed(below))
    return indicator


def _no_node(code: str, framework: Framework) -> _RefusedError:
    """What can be set instead of what is no code of the tree: the total, a source, or nothing known."""
    examples = _listed([f"{leaf.code} {leaf.name}" for leaf in framework.leaves[:MOST_CODES]])
    if fold(code) in {fold(name) for name in TOTAL_NAMES}:
        return _RefusedError("what_if_of_total", examples=examples)
    fed = [indicator for indicator in framework.indicators if indicator.source == code]
    if fed and all(indicator.method is Method.NEGATIVE for indicator in fed):
        return _RefusedError("what_if_of_event", node=code, name=fed[0].name)
    if fed:
        leaves = [f"{leaf.code} {leaf.name}" for leaf in fed if leaf.method is not Method.NEGATIVE]
        return _RefusedError("what_if_of_source", node=code, leaves=_listed(leaves))
    near = get_close_matches(code, [leaf.code for leaf in framework.leaves], n=MOST_CODES, cutoff=0.5)
    if near:
        return _RefusedError("what_if_unknown_node", node=code, near=_listed(near))
    return _RefusedError("what_if_unknown_code", node=code, examples=examples)


def _area(entry: Entry, wave: Wave) -> Area:
    found = named_area(entry.area, wave.areas)
    if isinstance(found, Problem):
        raise _RefusedError(found.code, **found.detail)
    return found


def named_area(name: str, register: AreaRegister) -> Area | Problem:
    """The district or subdistrict that a code or name means (empty: the district), or why it is none."""
    if not name:
        return register.district
    found = AreaLookup(register).find(name)
    if found < 0:
        names = {known: area for area in register.areas for known in (area.code, area.name)}
        near = [names[known] for known in get_close_matches(name, names, n=MOST_CODES, cutoff=0.5)]
        there = near or [register.district, *register.subdistricts]
        said = _listed(list(dict.fromkeys(f"{area.code} {area.name}" for area in there)))
        detail = {"area": name, "near": said}
        return Problem("what_if_unknown_area", Severity.ERROR, value=name, detail=detail)
    area = register.areas[found]
    if area.level is AreaLevel.COMMUNITY:
        above = register.ancestor(area.code, AreaLevel.SUBDISTRICT)
        detail = {"area": area.name, "above": above.code if above else "—"}
        return Problem("what_if_of_community", Severity.ERROR, value=name, detail=detail)
    return area


def _require_value(leaf: Indicator, area: Area, leaves: LeafTable, row: int, column: int) -> None:
    """Only what counts in the total of the area can be put to another value."""
    if leaf.level is AreaLevel.DISTRICT and area.level is not AreaLevel.DISTRICT:
        raise _RefusedError("what_if_district_only", node=leaf.code, name=leaf.name, area=area.name)
    match leaves.status[row, column]:
        case NodeStatus.MEASURED:
            return
        case NodeStatus.WITHHELD:
            raise _RefusedError("what_if_withheld", node=leaf.code, name=leaf.name, area=area.name)
        case _:
            raise _RefusedError("what_if_not_measured", node=leaf.code, name=leaf.name, area=area.name)


def _range(leaf: Indicator, unit: Unit, wave: Wave) -> tuple[float, float]:
    """Least and largest value that the leaf can have."""
    measure = next((m for m in wave.measures if m.name == leaf.source), None)
    if unit is Unit.SHARE or measure is None:
        return 0.0, 1.0
    if unit is Unit.POINTS:
        return 0.0, 100.0
    asked = {question.name: question for question in wave.questions_of(measure.questionnaire)}
    used = [asked[name] for name in measure.questions if name in asked]
    return mark_range(measure, used)


def _value(entry: Entry, unit: Unit, low: float, high: float) -> float:
    span = f"{low:g}–{high:g}"
    text = normal(str(entry.value))
    percent = text.endswith("%")
    if percent and unit is not Unit.SHARE:
        raise _RefusedError("what_if_percent", range=span)
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise _RefusedError("what_if_no_number", number=text) from None
    if not math.isfinite(value):
        raise _RefusedError("what_if_no_number", number=text)
    value = value / 100 if percent else value
    if unit is Unit.POINTS and 0 < value <= 1:
        raise _RefusedError("what_if_share_for_points", points=f"{value * 100:g}")
    if low <= value <= high:
        return value
    if unit is not Unit.SHARE:
        raise _RefusedError("what_if_off_scale", range=span)
    if is_bare_percent(value) and not percent:
        raise _RefusedError("what_if_bare_percent", share=f"{value / 100:g}", percent=f"{value:g}%")
    raise _RefusedError("what_if_off_share")


def _repeated(settings: Sequence[tuple[Entry, Setting]], leaves: LeafTable) -> Iterator[Problem]:
    """The same leaf twice in one area, or in the district and in a part of it."""
    times = Counter((setting.row, setting.column) for _, setting in settings)
    told: set[tuple[int, int]] = set()
    for entry, setting in settings:
        place = setting.row, setting.column
        leaf, area = leaves.leaves[setting.column], leaves.areas[setting.row]
        detail = {"node": leaf.code, "name": leaf.name, "area": area.name}
        if times[place] > 1 and place not in told:
            told.add(place)
            yield Problem("what_if_twice", Severity.ERROR, value=entry.text, detail=detail)
        if area.level is not AreaLevel.DISTRICT and times[(0, setting.column)]:
            yield Problem("what_if_whole_and_part", Severity.ERROR, value=entry.text, detail=detail)


def _leaves_below(framework: Framework, code: str) -> list[Indicator]:
    below: list[Indicator] = []
    for child in framework.children(code):
        below += [child] if child.method is not None else _leaves_below(framework, child.code)
    return below


def _listed(texts: Sequence[str]) -> str:
    more = "、…" if len(texts) > MOST_NAMED else ""
    return "、".join(texts[:MOST_NAMED]) + more
