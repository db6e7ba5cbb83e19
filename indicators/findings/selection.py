"""Which weak indicators somebody asks for: of an area, a unit, a group, a task force, a tag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

import pandas as pd

from indicators.framework import Framework, Indicator
from indicators.status import WeaknessClass
from indicators.unit import ResponsibleUnit, UnitKind
from surveys.area import AreaLevel, AreaRegister
from surveys.area_lookup import AMBIGUOUS, UNKNOWN, AreaLookup
from surveys.problem import InputError, Problem, Severity
from surveys.schema import fold

EVERY_SUBDISTRICT = "all"
"""In the place of an area."""
MOST_NEAR = 6


class Involvement(StrEnum):
    """Whether the unit asked for leads the work on an indicator or supports it (配合)."""

    LEAD = "lead"
    SUPPORTING = "supporting"


@dataclass(frozen=True)
class Selection:
    """Weak indicators that were asked for.

    Parameters
    ----------
    findings
        Rows of `FINDINGS_COLUMNS` in their order; of a unit those that it leads.
    supporting
        Those that the unit supports while another leads; empty unless a unit was asked for.
    """

    findings: pd.DataFrame
    supporting: pd.DataFrame

    def together(self) -> pd.DataFrame:
        """Both, with the column ``involvement`` (`Involvement`)."""
        parts = [self.findings.assign(involvement=str(Involvement.LEAD))]
        if not self.supporting.empty:
            parts.append(self.supporting.assign(involvement=str(Involvement.SUPPORTING)))
        return pd.concat(parts, ignore_index=True).astype({"involvement": "str"})


def select_findings(
    findings: pd.DataFrame,
    framework: Framework,
    units: Mapping[str, ResponsibleUnit],
    areas: AreaRegister,
    *,
    area: str = "",
    unit: str = "",
    group: str = "",
    task_force: str = "",
    tag: str = "",
    top: int | None = None,
    classes: Collection[WeaknessClass] = (WeaknessClass.CONFIRMED, WeaknessClass.LIKELY),
) -> Selection:
    """Findings of an area and, if asked for, of a unit, a group, a task force or a tag.

    Parameters
    ----------
    findings
        `FINDINGS_COLUMNS` of `indicators.findings.weakness.find_weak`.
    area
        Code or name; empty: the district; ``all``: every subdistrict. Points of the district and of a
        subdistrict are parts of two different totals, so one selection never holds both.
    unit, group, task_force
        Code or name. A unit answers for those below it too (`ResponsibleUnit.parent`).
    top
        Most findings of each area; None: all.

    Raises
    ------
    InputError
        Names that nothing goes by; all of them are in it, each with names that look alike.

    Examples
    --------
    >>> mine = select_findings(result.findings, result.framework, result.units, result.wave.areas,
    ...                        area="永泰街道", unit="U03")  # doctest: +SKIP
    """
    problems: list[Problem] = []
    codes = _area_codes(area, areas, problems)
    wanted = [
        (ask.of_leaf, _named(ask, text, framework, units, problems))
        for ask, text in ((GROUP, group), (TASK_FORCE, task_force), (TAG, tag))
        if text
    ]
    owners = _with_those_below(_named(UNIT, unit, framework, units, problems), units) if unit else set()
    if problems:
        raise InputError(problems)
    leaf_of = {leaf.code: leaf for leaf in framework.leaves}
    kinds = {str(kind) for kind in classes}
    shown = findings[findings["area_code"].isin(codes) & findings["class"].isin(kinds)]
    leaves = [leaf_of[node] for node in shown["node"]]
    fits = [all(known & set(of_leaf(leaf)) for of_leaf, known in wanted) for leaf in leaves]
    leads = [not unit or leaf.lead_unit in owners for leaf in leaves]
    supports = [bool(owners & set(leaf.supporting_units)) for leaf in leaves]
    own = shown[[fit and lead for fit, lead in zip(fits, leads, strict=True)]]
    beside = shown[[f and s and not lead for f, s, lead in zip(fits, supports, leads, strict=True)]]
    return Selection(_top(own, top), _top(beside, top))


@dataclass(frozen=True)
class Ask:
    """One thing to ask by: its option, where a leaf names it, and which units may be meant beside."""

    option: str
    problem: str
    of_leaf: Callable[[Indicator], Iterable[str]]
    kind: UnitKind | None


UNIT = Ask("--unit", "unknown_asked_unit", lambda leaf: (leaf.lead_unit, *leaf.supporting_units), None)
GROUP = Ask("--group", "unknown_asked_group", lambda leaf: (leaf.group,), UnitKind.GROUP)
TASK_FORCE = Ask(
    "--task-force", "unknown_asked_task_force", lambda leaf: (leaf.task_force,), UnitKind.TASK_FORCE
)
TAG = Ask("--tag", "unknown_asked_tag", lambda leaf: leaf.tags, None)


def _area_codes(text: str, areas: AreaRegister, problems: list[Problem]) -> list[str]:
    if not text:
        return [areas.district.code]
    if text == EVERY_SUBDISTRICT:
        return [each.code for each in areas.subdistricts]
    scored = [areas.district, *areas.subdistricts]
    at = AreaLookup(areas).find(text)
    if at >= 0 and areas.areas[at].level is not AreaLevel.COMMUNITY:
        return [areas.areas[at].code]
    if at >= 0:
        above = areas.ancestor(areas.areas[at].code, AreaLevel.SUBDISTRICT)
        problems.append(
            _problem("asked_area_is_community", "--area", text, "" if above is None else above.name)
        )
        return []
    names = [name for each in scored for name in (each.name, each.code)]
    if at == AMBIGUOUS:
        alike = [f"{each.name} ({each.code})" for each in areas.areas if fold(each.name) == fold(text)]
        problems.append(_problem("ambiguous_asked_area", "--area", text, ", ".join(alike)))
    elif at == UNKNOWN:
        problems.append(_problem("unknown_asked_area", "--area", text, _near(text, names)))
    return []


def _named(
    ask: Ask,
    text: str,
    framework: Framework,
    units: Mapping[str, ResponsibleUnit],
    problems: list[Problem],
) -> set[str]:
    """Codes that go by a code or a name."""
    used = {code for leaf in framework.leaves for code in ask.of_leaf(leaf) if code}
    if ask is not TAG:
        used |= {code for code, unit in units.items() if ask.kind in (None, unit.kind)}
    names = {code: (code, units[code].name) if code in units and ask is not TAG else (code,) for code in used}
    found = {code for code, called in names.items() if fold(text) in {fold(name) for name in called}}
    if not found:
        known = sorted({called[-1] for called in names.values()})
        if known:
            problems.append(_problem(ask.problem, ask.option, text, _near(text, known)))
        else:
            problems.append(Problem("nothing_to_ask_by", Severity.ERROR, column=ask.option, value=text))
    return found


def _with_those_below(codes: set[str], units: Mapping[str, ResponsibleUnit]) -> set[str]:
    below = set(codes)
    while more := {code for code, unit in units.items() if unit.parent in below} - below:
        below |= more
    return below


def _top(rows: pd.DataFrame, top: int | None) -> pd.DataFrame:
    kept = rows if top is None else rows.groupby("area_code", sort=False).head(top)
    return kept.reset_index(drop=True)


def _near(text: str, names: Iterable[str]) -> str:
    """Names that hold the text or look like it; else the first few."""
    known = list(dict.fromkeys(names))
    holding = [name for name in known if fold(text) in fold(name) or fold(name) in fold(text)]
    near = list(dict.fromkeys([*holding, *get_close_matches(text, known, n=MOST_NEAR, cutoff=0.3)]))
    return ", ".join((near or known)[:MOST_NEAR])


def _problem(code: str, option: str, value: str, names: str) -> Problem:
    return Problem(code, Severity.ERROR, column=option, value=value, detail={"names": names})
