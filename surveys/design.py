"""The sampling design: strata and sampling units, all of the design whether they answered or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from surveys.problem import InputError, Problem, Severity
from surveys.sample import FloatArray, IntArray, Sample
from surveys.wave import LonelyPSU


@dataclass(frozen=True)
class Design:
    """Sampling units nested in strata: the registry of M1, and all that a variance must know of a design.

    Where respondents were drawn directly, each of them is a unit.

    Parameters
    ----------
    strata
        Labels of the strata.
    stratum_of_unit
        Stratum of every sampled unit of the design; units without a usable answer count too.
    population_by_stratum
        Units in the population of each stratum (N_h); infinity where drawn with replacement or unknown.
    lonely_psu
        What a stratum with one sampled unit adds.
    adjust_domain_lonely
        Also treat a stratum as lonely when a domain meets only one of its units (R's
        ``survey.adjust.domain.lonely``); acts with ADJUST and AVERAGE.
    population_by_unit
        Respondents to be had in each unit (M_hi), infinity where not known. None: the units were observed
        whole, there is no second stage.
    auxiliary_by_weighting_cell, factor_by_weighting_cell
        What the weights were made to match, as in `WeightingCells`; read where the tally has weighting cells.
    """

    strata: tuple[str, ...]
    stratum_of_unit: IntArray
    population_by_stratum: FloatArray
    lonely_psu: LonelyPSU = LonelyPSU.ADJUST
    adjust_domain_lonely: bool = False
    population_by_unit: FloatArray | None = None
    auxiliary_by_weighting_cell: FloatArray | None = None
    factor_by_weighting_cell: FloatArray | None = None

    @property
    def unit_count(self) -> int:
        """Sampled units of the whole design."""
        return len(self.stratum_of_unit)

    @cached_property
    def units_by_stratum(self) -> FloatArray:
        """Sampled units n_h of each stratum."""
        return np.bincount(self.stratum_of_unit, minlength=len(self.strata)).astype(np.float64)

    @cached_property
    def unsampled_share_by_stratum(self) -> FloatArray:
        """Finite-population factor 1 − n_h/N_h, between 0 and 1."""
        return np.clip(1.0 - self.units_by_stratum / self.population_by_stratum, 0.0, 1.0)

    @cached_property
    def is_lonely(self) -> npt.NDArray[np.bool_]:
        """Strata with one sampled unit, unless that unit is the whole stratum (a certainty unit)."""
        lone: npt.NDArray[np.bool_] = self.units_by_stratum == 1
        sampled_in_part: npt.NDArray[np.bool_] = self.unsampled_share_by_stratum > 1e-7
        return np.asarray(lone & sampled_in_part)

    def check(self) -> None:
        """Raise `InputError` naming every lonely stratum when the design says so (LonelyPSU.FAIL)."""
        if self.lonely_psu is LonelyPSU.FAIL and self.is_lonely.any():
            raise InputError(
                Problem("lonely_psu", Severity.ERROR, value=self.strata[stratum])
                for stratum in np.flatnonzero(self.is_lonely)
            )


def design_of(sample: Sample) -> Design:
    """Design of a sample; each record is a unit where the sample names no PSUs."""
    clustered = sample.psu_of_record is not None
    weighting = sample.weighting
    return Design(
        strata=sample.strata,
        stratum_of_unit=sample.psu_strata if clustered else sample.stratum_of_record,
        population_by_stratum=sample.population_psus_of_stratum,
        lonely_psu=sample.lonely_psu,
        population_by_unit=sample.population_of_psu if clustered else None,
        auxiliary_by_weighting_cell=None if weighting is None else weighting.auxiliary_by_cell,
        factor_by_weighting_cell=None if weighting is None else weighting.factor_by_cell,
    )


def unit_of_record(sample: Sample) -> IntArray:
    """Sampling unit of each record: its PSU, or the record itself where the sample names no PSUs."""
    if sample.psu_of_record is not None:
        return sample.psu_of_record
    return np.arange(sample.size, dtype=np.intp)
