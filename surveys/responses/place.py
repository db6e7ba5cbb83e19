"""Where records lie: area, stratum and sampling unit of each, and the breakdowns of the register."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.area import AreaLevel, AreaRegister, UrbanRural
from surveys.area_lookup import AreaLookup
from surveys.cells import code_label
from surveys.problem import Problem, Severity
from surveys.renumber import renumbered
from surveys.responses.loading import Loaded, level_named
from surveys.responses.quoting import quotable
from surveys.responses.text_column import TextColumn
from surveys.sample import FloatArray, IntArray
from surveys.wave import Responses

_LISTED_STRATA = 8


@dataclass(frozen=True)
class Design:
    """Stratum and sampling unit of every record.

    Parameters
    ----------
    strata, psus
        Labels; codes of areas where all of them name areas of one level.
    stratum_of_record, psu_of_record
        Index of the label, −1 where it is missing. `psu_of_record` is None where respondents are the units.
        PSU labels are not yet nested in strata.
    stratum_level, psu_level
        Level of the register that the strata or the sampling units are; None where they are no areas.
    """

    strata: tuple[str, ...]
    stratum_of_record: IntArray
    psus: tuple[str, ...]
    psu_of_record: IntArray | None
    stratum_level: AreaLevel | None
    psu_level: AreaLevel | None


def place_records(loaded: Loaded, register: AreaRegister) -> IntArray:
    """Area of each record as an index into ``register.areas``, or one of the negative marks.

    Codes come first, then names that one area has, then codes written as numbers. Without a column of areas
    every record lies in the district.
    """
    column = loaded.columns.get("area")
    if column is None:
        district = next(at for at, area in enumerate(register.areas) if area is register.district)
        return np.full(loaded.size, district, dtype=np.intp)
    lookup = AreaLookup(register)
    area_of_text = [lookup.find(text) for text in column.distinct]
    return np.asarray(area_of_text, dtype=np.intp)[column.text_of_record]


def design_of(
    loaded: Loaded, responses: Responses, register: AreaRegister, area_of_record: IntArray
) -> Design:
    """Strata and sampling units as ``wave.toml`` declares them: a column, or a level of the register."""
    stratum_level: AreaLevel | None = AreaLevel.DISTRICT
    strata: tuple[str, ...] = (register.district.code,)
    stratum_of_record = np.zeros(loaded.size, dtype=np.intp)
    if responses.stratum:
        strata, stratum_of_record, stratum_level = _labels(
            loaded, "stratum", responses.stratum, register, area_of_record
        )
    if not responses.psu:
        return Design(strata, stratum_of_record, (), None, stratum_level, None)
    psus, psu_of_record, psu_level = _labels(loaded, "psu", responses.psu, register, area_of_record)
    return Design(strata, stratum_of_record, psus, psu_of_record, stratum_level, psu_level)


@dataclass(frozen=True)
class NestedDesign:
    """The design of the usable records, as `Sample` holds it: only strata that occur, PSUs nested in them.

    `is_whole_psu` is False for the parts of a label that occurs in several strata, shape (PSUs,).
    """

    strata: tuple[str, ...]
    stratum_of_record: IntArray
    psus: tuple[str, ...]
    psu_of_record: IntArray | None
    psu_strata: IntArray
    is_whole_psu: npt.NDArray[np.bool_]

    @property
    def psus_by_stratum(self) -> IntArray:
        """Number of sampled PSUs of each stratum."""
        return np.bincount(self.psu_strata, minlength=len(self.strata))


def nest(design: Design, usable: IntArray, unanswered: IntArray | None = None) -> NestedDesign:
    """The design restricted to the records `usable`, PSUs as distinct pairs of stratum and label.

    A PSU label that occurs in several strata is written ``stratum/label``.

    Parameters
    ----------
    unanswered
        Sampled contacts without an interview: a PSU in which nobody answered is a PSU of the design too.
    """
    clustered = design.psu_of_record is not None
    sampled = usable if unanswered is None or not clustered else np.concatenate([usable, unanswered])
    present, stratum_of_record = renumbered(design.stratum_of_record[sampled], len(design.strata))
    strata = tuple(design.strata[at] for at in present)
    if design.psu_of_record is None:
        nothing = np.empty(0, dtype=np.intp)
        return NestedDesign(strata, stratum_of_record, (), None, nothing, nothing.astype(np.bool_))
    pair_of_record = stratum_of_record * len(design.psus) + design.psu_of_record[sampled]
    pairs, psu_of_record = renumbered(pair_of_record, len(strata) * len(design.psus))
    psu_strata, label_of_psu = np.divmod(pairs, len(design.psus))
    times = np.bincount(label_of_psu, minlength=len(design.psus))
    psus = tuple(
        design.psus[label] if times[label] == 1 else f"{strata[stratum]}/{design.psus[label]}"
        for stratum, label in zip(psu_strata, label_of_psu, strict=True)
    )
    is_whole = times[label_of_psu] == 1
    stratum_of_usable, psu_of_usable = stratum_of_record[: len(usable)], psu_of_record[: len(usable)]
    return NestedDesign(strata, stratum_of_usable, psus, psu_of_usable, psu_strata, is_whole)


def population_psus(
    design: Design, nested: NestedDesign, register: AreaRegister
) -> tuple[FloatArray, tuple[Problem, ...]]:
    """Sampling units in the population of each stratum, infinity where it is not known.

    Known where the units are communities and the stratum is an area whose `psu_count` is given. A warning
    names strata that are no areas where others, or the register, would allow the correction.
    """
    population = np.full(len(nested.strata), np.inf)
    if design.psu_level is not AreaLevel.COMMUNITY:
        return population, ()
    sampled = nested.psus_by_stratum
    problems = _strata_without_areas(design, nested, register)
    for at, label in enumerate(nested.strata):
        area = register.by_code.get(label) if design.stratum_level else None
        if area is None or area.psu_count is None:
            continue
        if area.psu_count < sampled[at]:
            detail = {"area": area.name, "sampled": str(sampled[at])}
            problems.append(
                Problem(
                    "psu_count_too_small",
                    Severity.ERROR,
                    "areas",
                    None,
                    "psu_count",
                    str(area.psu_count),
                    detail,
                )
            )
        else:
            population[at] = area.psu_count
    return population, tuple(problems)


def urban_rural_of(
    register: AreaRegister, area_of_record: IntArray
) -> tuple[tuple[str, ...], IntArray] | None:
    """城乡 of each record: its area's, or that of the nearest area above. None where no area has one."""
    labels = tuple(UrbanRural)
    if not any(area.urban_rural for area in register.areas):
        return None
    of_area = np.full(len(register.areas), -1, dtype=np.intp)
    for at, area in enumerate(register.areas):
        above = area
        while above.urban_rural is None and above.parent in register.by_code:
            above = register.by_code[above.parent]
        if above.urban_rural is not None:
            of_area[at] = labels.index(above.urban_rural)
    return tuple(label.value for label in labels), of_area[area_of_record]


def ancestors(register: AreaRegister, level: AreaLevel) -> tuple[tuple[str, ...], IntArray]:
    """Codes of the areas of `level`, and which of them holds each area of the register (−1: none)."""
    codes = tuple(area.code for area in register.at(level))
    index_of_code = {code: at for at, code in enumerate(codes)}
    above = [register.ancestor(area.code, level) for area in register.areas]
    return codes, np.asarray(
        [-1 if area is None else index_of_code[area.code] for area in above], dtype=np.intp
    )


def _labels(
    loaded: Loaded, field: str, name: str, register: AreaRegister, area_of_record: IntArray
) -> tuple[tuple[str, ...], IntArray, AreaLevel | None]:
    """Labels of a design field and the index of each record's; −1 where a record has none."""
    column: TextColumn | None = loaded.columns.get(field)
    if column is None:
        named = level_named(name) or AreaLevel.DISTRICT
        codes, ancestor_of_area = ancestors(register, named)
        placed: npt.NDArray[np.bool_] = area_of_record >= 0
        return codes, np.where(placed, ancestor_of_area[np.maximum(area_of_record, 0)], -1), named
    label_of_text, level = _area_codes([code_label(text) for text in column.distinct], register)
    labels = tuple(dict.fromkeys(label for label in label_of_text if label))
    index_of_label = {label: at for at, label in enumerate(labels)}
    indices = np.asarray([index_of_label.get(label, -1) for label in label_of_text], dtype=np.intp)
    return labels, indices[column.text_of_record], level


def _area_codes(labels: list[str], register: AreaRegister) -> tuple[list[str], AreaLevel | None]:
    """Codes of the areas that `labels` name, and their level; as they are where any names none."""
    lookup = AreaLookup(register)
    codes: list[str] = []
    levels: set[AreaLevel] = set()
    for label in labels:
        at = lookup.find(label)
        if label and (at < 0 or levels - {register.areas[at].level}):
            return labels, None
        codes.append(register.areas[at].code if label else "")
        levels |= {register.areas[at].level} if label else set()
    return codes, next(iter(levels), None)


def _strata_without_areas(design: Design, nested: NestedDesign, register: AreaRegister) -> list[Problem]:
    """A warning where the correction would be had if only the strata were areas of one level."""
    if design.stratum_level is not None or all(area.psu_count is None for area in register.areas):
        return []
    lookup = AreaLookup(register)
    strangers = [label for label in nested.strata if lookup.find(label) < 0] or list(nested.strata)
    detail = {"strata": ", ".join(quotable(label) for label in strangers[:_LISTED_STRATA])}
    return [
        Problem("strata_are_no_areas", Severity.WARNING, "wave.toml", detail=detail, count=len(strangers))
    ]
