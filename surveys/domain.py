"""Domains: the areas and breakdowns for which rates are made, as sets of cells of the tally."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.sample import IntArray, Sample
from surveys.tally import AREA, Tally, group_axis
from surveys.variance import BoolArray


@dataclass(frozen=True)
class Domain:
    """One part of the population.

    Parameters
    ----------
    level, code, name
        The area; empty code and name where there is no register.
    group
        Empty, or a breakdown such as ``urban_rural=urban``.
    population
        Residents, where known.
    in_cell
        Whether each cell of the tally belongs to it, shape (cells,).
    parent
        Code of the area above; empty for the district and for breakdowns.
    """

    level: AreaLevel
    code: str
    name: str
    group: str
    population: float | None
    in_cell: BoolArray
    parent: str = ""


def domains_of(sample: Sample, areas: AreaRegister, totals: Tally) -> tuple[Domain, ...]:
    """District, subdistricts, sampled communities, and the district by each label of each breakdown.

    Subdistricts without a record stay in (not measured); communities are often not sampled and are left out.
    """
    district = areas.district
    everywhere = np.ones(totals.cell_count, dtype=bool)
    domains = [_of_area(district, everywhere)]
    for level in (AreaLevel.SUBDISTRICT, AreaLevel.COMMUNITY):
        area_of_cell = _area_of_cell(sample, areas, totals, level)
        for index, area in enumerate(areas.at(level)):
            in_cell = area_of_cell == index
            if level is AreaLevel.SUBDISTRICT or in_cell.any():
                domains.append(_of_area(area, in_cell))
    for group in sample.groups:
        domains += group_domains(
            sample, group, totals, level=district.level, code=district.code, name=district.name
        )
    return tuple(domains)


def group_domains(
    sample: Sample,
    group: str,
    totals: Tally,
    *,
    level: AreaLevel = AreaLevel.DISTRICT,
    code: str = "",
    name: str = "",
) -> tuple[Domain, ...]:
    """One domain for each label of a breakdown that occurs in the sample, within the whole district."""
    labels, _ = sample.groups[group]
    index_of_cell = totals.index_by_axis[group_axis(group)]
    return tuple(
        Domain(level, code, name, f"{group}={label}", None, index_of_cell == index)
        for index, label in enumerate(labels)
        if (index_of_cell == index).any()
    )


def partition_of(domains: Sequence[Domain]) -> BoolArray:
    """Disjoint domains over which correlations are pooled: subdistricts, or the district alone."""
    subdistrict = np.array([d.level is AreaLevel.SUBDISTRICT and not d.group for d in domains], dtype=bool)
    if any(domain.in_cell.any() for domain, inside in zip(domains, subdistrict, strict=True) if inside):
        return subdistrict
    return np.array([d.level is AreaLevel.DISTRICT and not d.group for d in domains], dtype=bool)


def _of_area(area: Area, in_cell: BoolArray) -> Domain:
    return Domain(area.level, area.code, area.name, "", area.population, in_cell, area.parent)


def _area_of_cell(sample: Sample, areas: AreaRegister, totals: Tally, level: AreaLevel) -> IntArray:
    """Index of each cell's area among the areas of a level, −1 where it names none."""
    index_by_code = {area.code: index for index, area in enumerate(areas.at(level))}
    above = [areas.ancestor(code, level) for code in sample.area_codes]
    index_of_area = np.array(
        [-1 if area is None else index_by_code[area.code] for area in above] + [-1], dtype=np.intp
    )
    return np.asarray(
        index_of_area[totals.index_by_axis[AREA]], dtype=np.intp
    )  # the last entry serves index −1
