"""Several stages of selection: the design variance of records, stage by stage (M2).

    design = design_of_stages([StageColumns(community, stratum=subdistrict, population=communities_there),
                               StageColumns(person, population=residents_there)])
    result = multistage_estimates(linearised_means(values, weight, member), design)

Shared notation: at each stage, unit i of n_h in its stratum h with sampled share f_i, which is n_h/N_h where
units were drawn at random, the inclusion probability where they were drawn with unequal probabilities
(Brewer's approximation) and 0 where drawn with replacement or from a population of unknown size; F_i is the
product of the shares of the units above it, 1 at the first stage.
V = Σ over stages, Σ_i F_i (1 − f_i) n_h/(n_h − 1) (z_i − z̄_h)².

Formulas: Särndal, Swensson & Wretman (1992, ch. 4.3), applied recursively; Brewer (2002, ch. 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.problem import InputError, Problem, Severity
from surveys.records.linear import Estimates, Linearised
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray, sum_by
from surveys.wave import LonelyPSU

CERTAIN = 1e-7
"""An unsampled share below this is none: the stratum was taken whole."""


@dataclass(frozen=True)
class Stage:
    """One stage of selection.

    Parameters
    ----------
    strata
        Labels for messages; at later stages each stratum lies within one unit of the stage above.
    stratum_of_unit, unit_of_record
        Shapes (units,) and (records,). Every unit has a record.
    sampled_share_by_unit
        f_i, shape (units,), in [0, 1].
    """

    strata: tuple[str, ...]
    stratum_of_unit: IntArray
    unit_of_record: IntArray
    sampled_share_by_unit: FloatArray

    @property
    def unit_count(self) -> int:
        """Sampled units."""
        return len(self.stratum_of_unit)

    @cached_property
    def units_by_stratum(self) -> FloatArray:
        """Sampled units n_h of each stratum."""
        return np.bincount(self.stratum_of_unit, minlength=len(self.strata)).astype(np.float64)

    @cached_property
    def first_record_of_unit(self) -> IntArray:
        """One record of each unit, to look up what holds for all of them."""
        return np.unique(self.unit_of_record, return_index=True)[1].astype(np.intp)

    def degrees_of_freedom(self, member_by_record: BoolArray) -> FloatArray:
        """Units minus strata that have a member of the domain; shapes (records, estimates), (estimates,)."""
        present = _present(member_by_record, self.unit_of_record, self.unit_count)
        strata = _present(present, self.stratum_of_unit, len(self.strata))
        return np.asarray(present.sum(axis=0) - strata.sum(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class MultistageDesign:
    """Stages of selection, the first drawn first.

    Parameters
    ----------
    lonely_psu
        What a stratum adds, at whatever stage, that holds one sampled unit and more unsampled ones.
    """

    stages: tuple[Stage, ...]
    lonely_psu: LonelyPSU = LonelyPSU.FAIL

    @cached_property
    def reach_by_stage(self) -> tuple[FloatArray, ...]:
        """F_i of the units of each stage."""
        reach = [np.ones(self.stages[0].unit_count)]
        for above, stage in zip(self.stages, self.stages[1:], strict=False):
            parent_of_unit = above.unit_of_record[stage.first_record_of_unit]
            reach.append((reach[-1] * above.sampled_share_by_unit)[parent_of_unit])
        return tuple(reach)

    @cached_property
    def lonely_by_stage(self) -> tuple[BoolArray, ...]:
        """Strata of each stage with one sampled unit, where the others of the stratum leave an error.

        A unit that is its whole stratum (m = M = 1) leaves none, nor does what lies below units that were
        drawn with replacement.
        """
        lonely = []
        for stage, reach in zip(self.stages, self.reach_by_stage, strict=True):
            errs = (reach > 0) & (1.0 - stage.sampled_share_by_unit > CERTAIN)
            units_that_err = np.bincount(stage.stratum_of_unit, weights=errs, minlength=len(stage.strata))
            lonely.append((stage.units_by_stratum == 1) & (units_that_err > 0))
        return tuple(lonely)

    @cached_property
    def implied_weight_of_record(self) -> FloatArray:
        """1/Π f over all stages: the weights of a design whose population is known at every stage.

        Raises
        ------
        ValueError
            A stage was drawn with replacement or from a population of unknown size.
        """
        share = np.ones(len(self.stages[0].unit_of_record))
        for stage in self.stages:
            share = share * stage.sampled_share_by_unit[stage.unit_of_record]
        if (share == 0).any():
            raise ValueError("weights follow from a design only where every stage's population is known")
        return 1.0 / share

    def check(self) -> None:
        """Raise `InputError` naming every lonely stratum of every stage when the design says FAIL."""
        if self.lonely_psu is not LonelyPSU.FAIL:
            return
        codes = ("lonely_psu",) + ("lonely_later_unit",) * (len(self.stages) - 1)
        problems = [
            Problem(code, Severity.ERROR, value=stage.strata[stratum])
            for code, stage, lonely in zip(codes, self.stages, self.lonely_by_stage, strict=True)
            for stratum in np.flatnonzero(lonely)
        ]
        if problems:
            raise InputError(problems)


def multistage_estimates(linearised: Linearised, design: MultistageDesign) -> Estimates:
    """Variances, covariances and degrees of freedom of linearised estimates over all stages (M2).

    Degrees of freedom are those of the first stage: units minus strata with a member of the domain.

    Raises
    ------
    InputError
        A stratum of some stage holds one sampled unit of several and the design says LonelyPSU.FAIL.
    """
    design.check()
    count = linearised.score_by_record.shape[1]
    matrix = np.zeros((count, count))
    for stage, reach, lonely in zip(
        design.stages, design.reach_by_stage, design.lonely_by_stage, strict=True
    ):
        matrix += _stage_covariance(linearised, stage, reach, lonely, design.lonely_psu)
    return Estimates(
        value=linearised.value,
        variance=np.diag(matrix).copy(),
        covariance=matrix,
        degrees_of_freedom=design.stages[0].degrees_of_freedom(linearised.member_by_record),
    )


def _stage_covariance(
    linearised: Linearised, stage: Stage, reach: FloatArray, lonely: BoolArray, rule: LonelyPSU
) -> FloatArray:
    score = sum_by(linearised.score_by_record, stage.unit_of_record, stage.unit_count)
    size = stage.units_by_stratum
    mean = sum_by(score, stage.stratum_of_unit, len(stage.strata)) / size[:, None]
    # As in the variance of one stage: a lonely unit is centred at the mean of all units, or counts nothing.
    centre = np.where(size[:, None] > 1, mean, score.mean(axis=0))
    lone_factor = 1.0 if rule is LonelyPSU.ADJUST else 0.0
    small_sample = np.where(size > 1, size / np.maximum(size - 1, 1), lone_factor)
    factor = reach * (1.0 - stage.sampled_share_by_unit) * small_sample[stage.stratum_of_unit]
    deviation = score - centre[stage.stratum_of_unit]
    matrix = (deviation * factor[:, None]).T @ deviation
    if rule is LonelyPSU.AVERAGE and lonely.any():
        met = _present(linearised.member_by_record, stage.stratum_of_unit[stage.unit_of_record], len(size))
        kept = (met & ~lonely[:, None]).sum(axis=0)
        # NaN where all strata that a domain meets are lonely: a mean over nothing.
        root = np.sqrt(np.where(kept > 0, met.sum(axis=0) / np.maximum(kept, 1), np.nan))
        matrix = matrix * np.outer(root, root)
    return np.asarray(matrix, dtype=np.float64)


def _present(member: BoolArray, group_of_row: IntArray, group_count: int) -> BoolArray:
    return np.asarray(sum_by(member.astype(np.float64), group_of_row, group_count) > 0, dtype=np.bool_)
