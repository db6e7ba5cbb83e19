"""The margins that weights are raked to: control totals, or the register's own population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.control import controls_of, parts_of
from surveys.problem import Problem, Severity
from surveys.responses.control_problem import (
    at_row,
    far_from_population,
    listed,
    no_variable,
    unknown_categories,
)
from surveys.responses.loading import URBAN_RURAL, level_named
from surveys.responses.place import urban_rural_of
from surveys.responses.variable import Records, Variable, variable_of
from surveys.responses.weighting_problem import weighting_problem
from surveys.sample import FloatArray, IntArray
from surveys.schema import fold
from surveys.wave import Control, Responses
from surveys.weights.raking import Margin

DIFFER = 1e-3
"""Totals of two margins may differ by this part; they are then scaled to the first, and said so."""
_ROUNDING = 1e-9


def margins_of(
    responses: Responses, controls: Sequence[Control], records: Records
) -> tuple[tuple[Margin, ...], list[Problem]]:
    """Every margin that ``rake`` names, for the records; with errors none may be used.

    A margin whose controls give areas counts within each of these areas.
    """
    margins: list[Margin] = []
    problems: list[Problem] = []
    for name in responses.weighting.rake:
        rows = controls_of(controls, responses.questionnaire, name)
        if not rows:
            made, found = _register_margin(name, responses, records)
            margins += [made] if made else []
            problems += found
        for level in dict.fromkeys(_level(row, records.register) for row in rows):
            of_level = tuple(row for row in rows if _level(row, records.register) is level)
            made, found = _control_margin(name, level, of_level, responses, records)
            margins += [made] if made else []
            problems += found
    found_scaled, of_totals = _alike(margins, responses)
    for margin in margins[:1]:  # the others have its total
        problems += far_from_population(margin, responses, records)
    return found_scaled, [*problems, *of_totals]


def _level(row: Control, register: AreaRegister) -> AreaLevel | None:
    area = register.by_code.get(row.area)
    return area.level if area else None


@dataclass(frozen=True)
class _Crossed:
    """Several variables as one: the key of a combination is one whole number, −1 where a part is unknown."""

    variables: tuple[Variable, ...]

    @property
    def key_count(self) -> int:
        """All keys lie below it."""
        return prod(len(variable.labels) for variable in self.variables)

    def key_of_record(self) -> IntArray:
        if len(self.variables) == 1:
            return self.variables[0].category_of_record
        key = np.zeros(len(self.variables[0].category_of_record), dtype=np.intp)
        unknown = np.zeros(len(key), dtype=np.bool_)
        for variable in self.variables:
            unknown |= variable.category_of_record < 0
            key = key * len(variable.labels) + np.maximum(variable.category_of_record, 0)
        return np.where(unknown, -1, key)

    def find(self, texts: Sequence[str]) -> int:
        if len(texts) != len(self.variables):
            return -1
        key = 0
        for variable, text in zip(self.variables, texts, strict=True):
            at = variable.find(text)
            if at < 0:
                return -1
            key = key * len(variable.labels) + at
        return key

    def label(self, key: int) -> str:
        parts: list[str] = []
        for variable in reversed(self.variables):
            key, at = divmod(key, len(variable.labels))
            parts.append(variable.labels[at])
        return " × ".join(reversed(parts))


def _control_margin(
    name: str,
    level: AreaLevel | None,
    rows: Sequence[Control],
    responses: Responses,
    records: Records,
) -> tuple[Margin | None, list[Problem]]:
    """A margin whose totals the controls give; `level`: that of their areas, None for the district."""
    if not all(row.total > 0 for row in rows):
        return None, []  # reported where the table was read
    names = ([level.value] if level else []) + list(parts_of(name))
    texts_of_row = [([row.area] if level else []) + list(parts_of(row.category)) for row in rows]
    variables: list[Variable] = []
    for at, part in enumerate(names):
        asked = [texts[at] if at < len(texts) else "" for texts in texts_of_row]
        variable = variable_of(part, records, tuple(text for text in dict.fromkeys(asked) if text))
        if variable is None:
            return None, no_variable(part, name, rows, asked, responses, records)
        variables.append(variable)
    crossed = _Crossed(tuple(variables))
    keys = [crossed.find(texts) for texts in texts_of_row]
    problems = unknown_categories(name, rows, keys, variables)
    total_of_key: dict[int, float] = {}
    for row, key in zip(rows, keys, strict=True):
        if key in total_of_key:
            problems.append(at_row("control_twice", row))
        if key >= 0:
            total_of_key[key] = row.total
    if problems:
        return None, problems
    return _margin_of(name, crossed, total_of_key, rows[0].file, responses)


def _margin_of(
    name: str,
    crossed: _Crossed,
    total_of_key: dict[int, float],
    file: str,
    responses: Responses,
) -> tuple[Margin | None, list[Problem]]:
    """The margin of known totals, checked against the records."""
    key_of_record = crossed.key_of_record()
    keys = np.array(sorted(total_of_key), dtype=np.intp)
    where = {"margin": name, "questionnaire": responses.questionnaire}
    interviews_of_key = _interviews_of_key(key_of_record, crossed.key_count)
    without = [key for key in interviews_of_key if key not in total_of_key]
    empty = [key for key in keys.tolist() if key not in interviews_of_key]
    problems: list[Problem] = []
    if without:
        named = listed([f"{crossed.label(key)} (n = {interviews_of_key[key]})" for key in without])
        detail = {**where, "categories": named}
        problems.append(Problem("category_without_control", Severity.ERROR, file, detail=detail))
    if empty:
        named = listed([f"{crossed.label(key)} ({total_of_key[key]:,.0f})" for key in empty])
        detail = {**where, "categories": named}
        problems.append(Problem("control_without_interviews", Severity.ERROR, file, detail=detail))
    unknown = int(np.count_nonzero(key_of_record < 0))
    if unknown and unknown < len(key_of_record):
        detail = {"margin": name, "share": f"{unknown / len(key_of_record):.1%}"}
        found = ("rake_blank", Severity.WARNING, responses, "rake")
        problems.append(weighting_problem(*found, count=unknown, detail=detail))
    if without or empty:
        return None, problems
    category_of_key = np.full(crossed.key_count + 1, -1)  # the last entry serves key −1
    category_of_key[keys] = np.arange(len(keys))
    category = category_of_key[key_of_record]
    labels = tuple(crossed.label(key) for key in keys.tolist())
    totals = np.array([total_of_key[key] for key in keys.tolist()])
    return Margin(name, labels, category, totals), problems


def _interviews_of_key(key_of_record: IntArray, key_count: int) -> dict[int, int]:
    """Records of each key that occurs, unknown ones left out."""
    count = np.bincount(key_of_record + 1, minlength=key_count + 1)[1:]
    return {key: int(count[key]) for key in np.flatnonzero(count).tolist()}


def _register_margin(
    name: str, responses: Responses, records: Records
) -> tuple[Margin | None, list[Problem]]:
    """A level of the register, or 城乡, by the population of the areas."""
    variable = variable_of(name, records)
    level = level_named(name)
    register = records.register
    if variable is not None and level is not None and register.at(level):
        areas = register.at(level)
        category = variable.category_of_record
        interviews = np.bincount(category[category >= 0], minlength=len(areas))
        missing = [area for area, n in zip(areas, interviews, strict=True) if n and not _known(area)]
        if missing:
            return None, [_no_population(area, responses) for area in missing]
        known = {at: float(area.population or 0) for at, area in enumerate(areas) if _known(area)}
        return _margin_of(name, _Crossed((variable,)), known, "areas", responses)
    if variable is not None and fold(name) in URBAN_RURAL:
        population = _urban_rural_population(register)
        if population is not None:
            known = {at: total for at, total in enumerate(population.tolist()) if total > 0}
            return _margin_of(name, _Crossed((variable,)), known, "areas", responses)
    return None, [weighting_problem("rake_without_controls", Severity.ERROR, responses, "rake", value=name)]


def _urban_rural_population(register: AreaRegister) -> FloatArray | None:
    """Population by 城乡, from the lowest level at which it is known of all areas; None where of none.

    Communities count only if they add up to the subdistricts: a register may list sampled ones alone.
    """
    subdistricts = [area.population or 0.0 for area in register.subdistricts]
    for level in (AreaLevel.COMMUNITY, AreaLevel.SUBDISTRICT):
        areas = register.at(level)
        if not areas or not all(_known(area) for area in areas):
            continue
        at = np.array([register.areas.index(area) for area in areas], dtype=np.intp)
        found = urban_rural_of(register, at)
        if found is None or (found[1] < 0).any():
            continue
        population = np.array([float(area.population or 0) for area in areas])
        above = sum(subdistricts)
        if level is AreaLevel.COMMUNITY and above > 0 and abs(population.sum() / above - 1) > DIFFER:
            continue
        return np.bincount(found[1], weights=population, minlength=len(found[0])).astype(np.float64)
    return None


def _alike(margins: Sequence[Margin], responses: Responses) -> tuple[tuple[Margin, ...], list[Problem]]:
    """All margins with the total of the first; an error where one differs by more than `DIFFER`."""
    problems: list[Problem] = []
    scaled: list[Margin] = []
    for margin in margins:
        first = margins[0]
        off = abs(margin.total / first.total - 1)
        if off > _ROUNDING:
            detail = {
                "margin": margin.name,
                "total": f"{margin.total:,.0f}",
                "other": first.name,
                "other_total": f"{first.total:,.0f}",
                "off": f"{off:.3%}",
                "allowed": f"{DIFFER:.1%}",
            }
            differ = off > DIFFER
            code = "margins_differ" if differ else "margins_scaled"
            severity = Severity.ERROR if differ else Severity.WARNING
            problems.append(weighting_problem(code, severity, responses, "rake", detail=detail))
        total = margin.total_by_category * (first.total / margin.total)
        scaled.append(replace(margin, total_by_category=total))
    return tuple(scaled), problems


def _no_population(area: Area, responses: Responses) -> Problem:
    detail = {"file": "areas", "questionnaire": responses.questionnaire, "area": area.name}
    return Problem("no_population", Severity.ERROR, "areas", None, "population", area.code, detail)


def _known(area: Area) -> bool:
    return area.population is not None and area.population > 0
