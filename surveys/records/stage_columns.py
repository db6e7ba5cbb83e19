"""From columns of labels and population sizes to stages of selection, with all that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.problem import InputError, Problem, Severity
from surveys.records.stages import MultistageDesign, Stage
from surveys.sample import FloatArray, IntArray
from surveys.wave import LonelyPSU

_EQUAL = 1e-9
"""Sizes within this part of each other are the same number, written or computed differently."""


class Nesting(StrEnum):
    """What the labels of first-stage units mean."""

    UNIQUE = "unique"  # a label in two strata is a mistake
    NESTED = "nested"  # the same label in two strata is two units


@dataclass(frozen=True)
class StageColumns:
    """What the records say about one stage of selection; every column has one entry for each record.

    Parameters
    ----------
    unit
        Labels of sampled units; at later stages they need only differ within the unit above.
    stratum
        Labels of strata; None: one stratum (within each unit above).
    population
        Units in the population of the record's stratum, or the share n_h/N_h of them that was sampled;
        numbers up to 1 throughout the column are shares. Infinity: unknown, or drawn with replacement.
        None: so everywhere.
    probability
        Inclusion probability of the record's unit within the unit above, where units were drawn with
        unequal probabilities without replacement; takes the place of `population`.
    """

    unit: npt.ArrayLike
    stratum: npt.ArrayLike | None = None
    population: npt.ArrayLike | None = None
    probability: npt.ArrayLike | None = None


def design_of_stages(
    columns: Sequence[StageColumns],
    *,
    lonely_psu: LonelyPSU = LonelyPSU.FAIL,
    nesting: Nesting = Nesting.UNIQUE,
) -> MultistageDesign:
    """Design of records from the columns of each stage, the first drawn first.

    Raises
    ------
    InputError
        All that is wrong with the columns: a blank label; a first-stage unit in two strata; a population
        that is not positive, smaller than the sample, different within its stratum, or counts beside shares;
        an inclusion probability outside (0, 1] or different within its unit.
    """
    stages: list[Stage] = []
    problems: list[Problem] = []
    above: _Labels | None = None
    for stage, stage_columns in enumerate(columns, start=1):
        blank = _blank_labels(stage_columns, stage)
        problems += blank
        labels = _labels(stage_columns, above)
        if above is None and nesting is Nesting.UNIQUE and not blank:
            problems += _units_in_two_strata(labels)
        share_by_unit, of_share = _sampled_share(stage_columns, labels)
        problems += of_share
        stages.append(Stage(labels.strata, labels.stratum_of_unit, labels.unit_of_record, share_by_unit))
        above = labels
    if problems:
        raise InputError(problems)
    return MultistageDesign(tuple(stages), lonely_psu)


@dataclass(frozen=True)
class _Labels:
    """Units of one stage; at later stages the label of a stratum begins with the unit above it."""

    strata: tuple[str, ...]
    units: tuple[str, ...]
    stratum_of_unit: IntArray
    unit_of_record: IntArray

    @property
    def units_by_stratum(self) -> IntArray:
        return np.bincount(self.stratum_of_unit, minlength=len(self.strata))


def _labels(columns: StageColumns, above: _Labels | None) -> _Labels:
    unit_code, unit_texts = pd.factorize(np.asarray(columns.unit).astype(str))
    stratum_code, stratum_texts = np.zeros(len(unit_code), dtype=np.intp), np.array([""], dtype=object)
    if columns.stratum is not None:
        stratum_code, stratum_texts = pd.factorize(np.asarray(columns.stratum).astype(str))
    outer = np.zeros(len(unit_code), dtype=np.intp) if above is None else above.unit_of_record
    strata, stratum_of_record = _distinct_pairs(outer, stratum_code)
    units, unit_of_record = _distinct_pairs(stratum_of_record, unit_code)
    names = [str(stratum_texts[own]) for own in strata[:, 1]]
    if above is not None:
        names = [f"{above.units[up]}/{own}".rstrip("/") for up, own in zip(strata[:, 0], names, strict=True)]
    return _Labels(
        strata=tuple(names),
        units=tuple(f"{names[h]}/{unit_texts[own]}".lstrip("/") for h, own in units),
        stratum_of_unit=units[:, 0],
        unit_of_record=unit_of_record,
    )


def _blank_labels(columns: StageColumns, stage: int) -> list[Problem]:
    """Records without a unit or a stratum: they would be taken for one more unit of that name."""
    problems = []
    for code, labels in (("blank_stage_unit", columns.unit), ("blank_stage_stratum", columns.stratum)):
        if labels is None:
            continue
        texts = pd.Series(np.asarray(labels), dtype=object)
        blank = int((texts.isna() | (texts.astype(str).str.strip() == "")).sum())
        if blank:
            problems.append(Problem(code, Severity.ERROR, value=str(blank), detail={"stage": str(stage)}))
    return problems


def _distinct_pairs(outer: IntArray, own: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct pairs, shape (pairs, 2), and the pair of each record."""
    pairs, pair_of_record = np.unique(np.column_stack([outer, own]), axis=0, return_inverse=True)
    return pairs.astype(np.intp), pair_of_record.reshape(-1).astype(np.intp)


def _units_in_two_strata(labels: _Labels) -> list[Problem]:
    strata_by_label: dict[str, list[str]] = {}
    for unit, stratum in zip(labels.units, labels.stratum_of_unit, strict=True):
        name = labels.strata[stratum]
        strata_by_label.setdefault(unit.removeprefix(f"{name}/"), []).append(name)
    return [
        Problem("unit_in_two_strata", Severity.ERROR, value=label, detail={"strata": ", ".join(strata)})
        for label, strata in strata_by_label.items()
        if len(strata) > 1
    ]


def _sampled_share(columns: StageColumns, labels: _Labels) -> tuple[FloatArray, list[Problem]]:
    """f_i of each unit; meaningless where there are problems."""
    if columns.probability is not None:
        return _probability_of_units(np.asarray(columns.probability, dtype=np.float64), labels)
    if columns.population is None:
        return np.zeros(len(labels.units)), []
    population = np.asarray(columns.population, dtype=np.float64)
    stratum_of_record = labels.stratum_of_unit[labels.unit_of_record]
    lowest, highest = _range_by(population, stratum_of_record, len(labels.strata))
    sampled = labels.units_by_stratum.astype(np.float64)
    are_shares = bool(np.nanmax(np.where(np.isfinite(population), population, 0.0), initial=0.0) <= 1)
    problems = []
    for at, label in enumerate(labels.strata):
        low, high = lowest[at], highest[at]
        detail = {"sampled": f"{sampled[at]:g}", "other": f"{high:g}"}
        code = ""
        if not low > 0:
            code = "population_not_positive"
        elif high > low * (1 + _EQUAL):
            code = "population_varies"
        elif not are_shares and low < 1:
            code = "population_mixed"
        elif not are_shares and low < sampled[at] * (1 - _EQUAL):
            code = "population_below_sample"
        if code:
            problems.append(
                Problem(code, Severity.ERROR, value=_text(low), detail={"stratum": label} | detail)
            )
    share = lowest if are_shares else sampled / np.where(lowest > 0, lowest, np.inf)
    unknown = np.isinf(lowest)
    return np.where(unknown, 0.0, np.minimum(share, 1.0))[labels.stratum_of_unit], problems


def _probability_of_units(probability: FloatArray, labels: _Labels) -> tuple[FloatArray, list[Problem]]:
    lowest, highest = _range_by(probability, labels.unit_of_record, len(labels.units))
    problems = []
    for unit, low, high in zip(labels.units, lowest, highest, strict=True):
        code = ""
        if not (low > 0 and high <= 1):
            code = "unit_probability_out_of_range"
        elif high > low * (1 + _EQUAL):
            code = "unit_probability_varies"
        if code:
            detail = {"unit": unit, "other": f"{high:g}"}
            problems.append(Problem(code, Severity.ERROR, value=_text(low), detail=detail))
    return lowest, problems


def _range_by(
    values: FloatArray, group_of_record: IntArray, group_count: int
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest value of each group; a blank counts as −∞, which is never in range."""
    values = np.where(np.isnan(values), -np.inf, values)
    lowest, highest = np.full(group_count, np.inf), np.full(group_count, -np.inf)
    np.minimum.at(lowest, group_of_record, values)
    np.maximum.at(highest, group_of_record, values)
    return lowest, highest


def _text(number: float) -> str:
    return f"{number:g}" if np.isfinite(number) else ""
