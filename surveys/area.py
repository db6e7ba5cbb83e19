"""The frame: district, subdistricts (街道) and communities (社区/村), keyed on official codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class AreaLevel(StrEnum):
    """Levels of the register, from the top."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"


class UrbanRural(StrEnum):
    """城乡: a stratum and a breakdown, never a second standard."""

    URBAN = "urban"
    RURAL = "rural"


@dataclass(frozen=True, slots=True)
class Area:
    """One area of the register.

    Parameters
    ----------
    code
        Official code, text (leading zeros stay).
    parent
        Code of the area above; empty for the district.
    population
        Residents; None where not known.
    psu_count
        Communities (primary sampling units) in the population, for the finite-population correction.
    covariates
        Every further column of the sheet, as text.
    row
        Where it stands in the sheet, for messages; None where it is of no sheet.
    """

    code: str
    name: str
    level: AreaLevel
    parent: str = ""
    urban_rural: UrbanRural | None = None
    population: float | None = None
    psu_count: int | None = None
    covariates: Mapping[str, str] = field(default_factory=dict)
    row: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class AreaRegister:
    """All areas of a wave, in the order of the sheet; exactly one district."""

    areas: tuple[Area, ...]

    @cached_property
    def by_code(self) -> dict[str, Area]:
        """Areas by official code."""
        return {area.code: area for area in self.areas}

    @cached_property
    def district(self) -> Area:
        """The one district."""
        return next(area for area in self.areas if area.level is AreaLevel.DISTRICT)

    @cached_property
    def subdistricts(self) -> tuple[Area, ...]:
        """Subdistricts in the order of the sheet."""
        return self.at(AreaLevel.SUBDISTRICT)

    def at(self, level: AreaLevel) -> tuple[Area, ...]:
        """Areas of one level, in the order of the sheet."""
        return tuple(area for area in self.areas if area.level is level)

    def children(self, code: str) -> tuple[Area, ...]:
        """Areas directly below `code`."""
        return tuple(area for area in self.areas if area.parent == code)

    def ancestor(self, code: str, level: AreaLevel) -> Area | None:
        """The area of `level` that holds `code` (or is it); None when `code` lies above that level."""
        area = self.by_code.get(code)
        while area is not None and area.level is not level:
            area = self.by_code.get(area.parent)
        return area
