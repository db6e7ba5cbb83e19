"""The joint design of two waves: their covariance over the union of sampling units (M7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.compare.psu_scores import PSUScores
from surveys.design import Design
from surveys.measured import Measured
from surveys.sample import FloatArray, IntArray, Sample
from surveys.variance import BoolArray, covariance, sum_by


@dataclass(frozen=True)
class JointDesign:
    """PSUs of two samples as units of one design.

    A PSU of both (the same label in the same stratum) is one unit, so that what it has in common between the
    samples is in the covariance. A PSU of one enters with 0 in the other.

    Parameters
    ----------
    design
        Strata and units of both, without finite-population correction: two samples of a finite population
        that overlap in part have no correction of their own, and without one the error is not understated.
        Only a stratum that is one PSU of one in every sample that has it stays so: it is not lonely.
    unit_of_old, unit_of_new
        Unit of each PSU of either sample.
    """

    design: Design
    unit_of_old: IntArray
    unit_of_new: IntArray

    @property
    def has_certainty(self) -> bool:
        """Whether some stratum is one PSU of one; what its respondents add is in no score of its PSU."""
        return bool(np.isfinite(self.design.population_by_stratum).any())

    def shared_psus(self, old_psus: IntArray, new_psus: IntArray) -> int:
        """How many units some PSUs of the old sample and some of the new have in common."""
        return len(np.intersect1d(self.unit_of_old[old_psus], self.unit_of_new[new_psus]))


@dataclass(frozen=True)
class JointError:
    """Errors of one domain in two samples.

    Parameters
    ----------
    covariance
        Shape (2 × items, 2 × items): the items of the old sample, then those of the new.
    degrees_of_freedom
        Units that answer in either sample minus their strata, shape (items,).
    overlap
        Σ w̃₁w̃₂/√(Σw̃₁² Σw̃₂²) over PSUs: 1 where the samples have the same PSUs with the same weights, 0 where
        they share none.
    """

    covariance: FloatArray
    degrees_of_freedom: FloatArray
    overlap: float

    @property
    def old_variance(self) -> FloatArray:
        """V₁ of each item."""
        return np.diag(self.covariance)[: len(self.covariance) // 2]

    @property
    def new_variance(self) -> FloatArray:
        """V₂ of each item."""
        return np.diag(self.covariance)[len(self.covariance) // 2 :]

    @property
    def between(self) -> FloatArray:
        """C₁₂ of each item."""
        return np.diag(self.covariance, len(self.covariance) // 2)

    def scaled(self, old: FloatArray, new: FloatArray) -> JointError:
        """The same correlations with other variances of the items; where this has none, nor do they."""
        wanted, own = np.concatenate([old, new]), np.diag(self.covariance)
        ratio = np.divide(wanted, own, out=np.zeros_like(own), where=own > 0)
        root = np.sqrt(np.maximum(ratio, 0.0))
        matrix = self.covariance * np.outer(root, root)
        np.fill_diagonal(matrix, np.where(np.isfinite(own), wanted, np.nan))
        return replace(self, covariance=matrix)

    def at_least(self, old: FloatArray, new: FloatArray) -> JointError:
        """The same covariances, with variances of the items that are at least these; NaN says nothing."""
        own = np.diag(self.covariance)
        matrix = self.covariance.copy()
        np.fill_diagonal(matrix, np.where(np.isnan(own), own, np.fmax(own, np.concatenate([old, new]))))
        return replace(self, covariance=matrix)

    @property
    def of_changes(self) -> FloatArray:
        """Covariance of the changes of the items: V₁ + V₂ − C₁₂ − C₂₁, shape (items, items)."""
        items = len(self.covariance) // 2
        old, new = slice(items), slice(items, None)
        matrix = self.covariance
        return np.asarray(
            matrix[old, old] + matrix[new, new] - matrix[old, new] - matrix[new, old], dtype=np.float64
        )


def joint_design(old: Sample, new: Sample) -> JointDesign:
    """The union of the PSUs of two samples, matched by the labels of stratum and PSU.

    Raises
    ------
    ValueError
        The respondents of one of the samples are the units: they are nobody's PSUs.
    """
    if old.psu_of_record is None or new.psu_of_record is None:
        raise ValueError("only samples of PSUs have units in common")
    keys = [_keys(sample) for sample in (old, new)]
    unit_of_key = {key: unit for unit, key in enumerate(dict.fromkeys([*keys[0], *keys[1]]))}
    strata = tuple(dict.fromkeys([*old.strata, *new.strata]))
    place = {stratum: at for at, stratum in enumerate(strata)}
    stratum_of_unit = np.array([place[stratum] for stratum, _ in unit_of_key], dtype=np.intp)
    design = Design(
        strata=strata,
        stratum_of_unit=stratum_of_unit,
        population_by_stratum=np.where(
            (np.bincount(stratum_of_unit, minlength=len(strata)) == 1) & _is_single(strata, old, new),
            1.0,
            np.inf,
        ),
        lonely_psu=new.lonely_psu,
    )
    unit_of_old, unit_of_new = (np.array([unit_of_key[key] for key in each], dtype=np.intp) for each in keys)
    return JointDesign(design, unit_of_old, unit_of_new)


def joint_error(joint: JointDesign, old: PSUScores, new: PSUScores) -> JointError:
    """Errors of the items of one domain; both sides have the items in one order."""
    score = np.concatenate(
        [_placed(old.score, joint.unit_of_old, joint), _placed(new.score, joint.unit_of_new, joint)], axis=1
    )
    answering_old = _placed(old.answering.astype(np.float64), joint.unit_of_old, joint) > 0
    answering_new = _placed(new.answering.astype(np.float64), joint.unit_of_new, joint) > 0
    answering = answering_old | answering_new
    strata_met = sum_by(answering.astype(np.float64), joint.design.stratum_of_unit, len(joint.design.strata))
    weight_old = _placed(old.weight[:, None], joint.unit_of_old, joint)[:, 0]
    weight_new = _placed(new.weight[:, None], joint.unit_of_new, joint)[:, 0]
    length = np.sqrt((weight_old**2).sum() * (weight_new**2).sum())
    return JointError(
        covariance=covariance(score, joint.design, np.concatenate([answering_old, answering_new], axis=1)),
        degrees_of_freedom=(answering.sum(axis=0) - (strata_met > 0).sum(axis=0)).astype(np.float64),
        overlap=float((weight_old * weight_new).sum() / length) if length > 0 else 0.0,
    )


def joint_design_of(old: Measured, new: Measured) -> JointDesign | None:
    """The joint design of two waves; None where respondents are the units of one: nothing is shared then."""
    return joint_design(old.sample, new.sample) if old.is_clustered and new.is_clustered else None


def _is_single(strata: Sequence[str], *samples: Sample) -> BoolArray:
    """Strata of one PSU in the population of every sample that has them, shape (strata,)."""
    single = [
        dict(zip(sample.strata, sample.population_psus_of_stratum == 1, strict=True)) for sample in samples
    ]
    return np.array([all(known.get(stratum, True) for known in single) for stratum in strata], dtype=np.bool_)


def _keys(sample: Sample) -> list[tuple[str, str]]:
    """(Stratum, label) of each PSU; a label that its sample writes ``stratum/label`` counts as the label."""
    strata = [sample.strata[stratum] for stratum in sample.psu_strata]
    bare = [
        (stratum, label.removeprefix(f"{stratum}/"))
        for stratum, label in zip(strata, sample.psus, strict=True)
    ]
    return bare if len(set(bare)) == len(bare) else list(zip(strata, sample.psus, strict=True))


def _placed(values: FloatArray, unit_of_row: IntArray, joint: JointDesign) -> FloatArray:
    result = np.zeros((joint.design.unit_count, values.shape[1]))
    result[unit_of_row] = values
    return result
