"""Values of all leaves in one area, with what is known of their error; three kinds of blank told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
import pandas as pd

from indicators.evidence.document import document_score
from indicators.evidence.observation import ObservedLeaves
from indicators.framework import Framework, Indicator, Method
from indicators.status import NodeStatus, ScoreFlag
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.interval import clopper_pearson_interval
from surveys.questionnaire import Measure, Unit
from surveys.sample import FloatArray

NORMAL_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True)
class LeafValue:
    """One leaf in one area.

    Parameters
    ----------
    value, low, high
        Value and its 95 % limits on the value's own scale; NaN unless MEASURED.
    standard_error
        Design-based, on the same scale; 0 for documents, NaN where it cannot be estimated.
    effective_n
        n_e of M3 for shares of a questionnaire, N of M12 for observations; NaN elsewhere.
    n
        Respondents, checks or documents.
    target
        Mark on the value's scale; NaN without one.
    rate_verdict
        The rate's own verdict where the leaf takes its measure's target; "" elsewhere.
    """

    status: NodeStatus
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    standard_error: float = np.nan
    effective_n: float = np.nan
    n: int = 0
    target: float = np.nan
    unit: Unit = Unit.SHARE
    rate_verdict: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class AreaLeaves:
    """All leaves of one area, in the order of `Framework.leaves`.

    Parameters
    ----------
    covariance
        Leaf × leaf, of the values on their own scales: that of the answers of one sample, that of sites,
        0 between them; rows of blank leaves are 0, NaN where an error cannot be estimated.
    """

    area: Area
    leaves: tuple[LeafValue, ...]
    covariance: FloatArray

    @property
    def value_by_leaf(self) -> FloatArray:
        """Values on their own scales; NaN where blank."""
        return np.array([leaf.value for leaf in self.leaves])

    def has_status(self, *statuses: NodeStatus) -> np.ndarray:
        """Which leaves have one of these statuses."""
        return np.array([leaf.status in statuses for leaf in self.leaves], dtype=bool)


@dataclass(frozen=True)
class Results:
    """What the leaves of any area are looked up in.

    Parameters
    ----------
    rate_of
        Row of the rates by (area, measure).
    observed_by_area
        得分率 of the observation leaves, `observed_leaves` their codes in its order.
    """

    framework: Framework
    measures: Mapping[str, Measure]
    register: AreaRegister
    rate_of: Mapping[tuple[str, str], Mapping[str, Any]]
    covariance_by_area: Mapping[str, pd.DataFrame]
    observed_by_area: Mapping[str, ObservedLeaves]
    observed_leaves: tuple[str, ...]
    grades: pd.DataFrame


def area_leaves(results: Results, area: Area) -> AreaLeaves:
    """Every leaf of the framework in one area."""
    leaves = tuple(_leaf_value(results, leaf, area) for leaf in results.framework.leaves)
    return AreaLeaves(area, leaves, _covariance(results, area, leaves))


def target_of(leaf: Indicator, measure: Measure | None) -> float:
    """Mark of a leaf: its own, else its measure's, else none (NaN)."""
    if leaf.target is not None:
        return leaf.target
    return np.nan if measure is None or measure.target is None else measure.target


def _leaf_value(results: Results, leaf: Indicator, area: Area) -> LeafValue:
    if leaf.level is AreaLevel.DISTRICT and area.level is not AreaLevel.DISTRICT:
        return LeafValue(NodeStatus.NOT_APPLICABLE)
    match leaf.method:
        case Method.QUESTIONNAIRE:
            return _from_rate(results, leaf, area)
        case Method.OBSERVATION:
            return _from_checks(results, leaf, area)
        case Method.DOCUMENT:
            return _from_grades(results, leaf, area)
        case Method.NEGATIVE | None:
            raise ValueError(f"{leaf.code} is no scored leaf")
        case _:
            assert_never(leaf.method)


def _from_rate(results: Results, leaf: Indicator, area: Area) -> LeafValue:
    """Value of a questionnaire leaf: the rate of its measure in the area. M4 decides what is withheld."""
    measure = results.measures[leaf.source]
    target, unit = target_of(leaf, measure), measure.kind.unit
    row = results.rate_of.get((area.code, leaf.source))
    if row is None or row["n"] == 0:
        return LeafValue(NodeStatus.NOT_COLLECTED, target=target, unit=unit)
    flags = tuple(flag for flag in str(row["flag"]).split(";") if flag)
    if np.isnan(row["value"]):
        return LeafValue(NodeStatus.WITHHELD, n=int(row["n"]), target=target, unit=unit, flags=flags)
    return LeafValue(
        NodeStatus.MEASURED,
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        standard_error=float(row["standard_error"]),
        effective_n=float(row["effective_n"]),
        n=int(row["n"]),
        target=target,
        unit=unit,
        rate_verdict=str(row["verdict"]) if leaf.target is None or leaf.target == measure.target else "",
        flags=flags,
    )


def _from_checks(results: Results, leaf: Indicator, area: Area) -> LeafValue:
    """得分率 of an observation leaf. Checks that all found no such thing make it not applicable."""
    target = target_of(leaf, None)
    observed = results.observed_by_area.get(area.code)
    if observed is None:
        return LeafValue(NodeStatus.NOT_COLLECTED, target=target)
    at = results.observed_leaves.index(leaf.code)
    if observed.checks_by_leaf[at] == 0:
        nothing_there = observed.asked_by_leaf[at] > 0
        status = NodeStatus.NOT_APPLICABLE if nothing_there else NodeStatus.NOT_COLLECTED
        return LeafValue(status, target=target)
    value = float(observed.value_by_leaf[at])
    error = float(np.sqrt(observed.covariance[at, at]))
    binomial_n = float(observed.binomial_n_by_leaf[at])
    low, high = clopper_pearson_interval(value, binomial_n)
    flags = [str(ScoreFlag.ONE_SITE)] * bool(observed.sites_by_leaf[at] == 1)
    flags += [str(ScoreFlag.NO_ERROR_ESTIMATE)] * bool(np.isnan(error))
    return LeafValue(
        NodeStatus.MEASURED,
        value=value,
        low=float(low),
        high=float(high),
        standard_error=error,
        effective_n=binomial_n,
        n=int(observed.checks_by_leaf[at]),
        target=target,
        flags=tuple(flags),
    )


def _from_grades(results: Results, leaf: Indicator, area: Area) -> LeafValue:
    """Score of a document leaf; every document was read, so value and limits coincide."""
    target = target_of(leaf, None)
    found = document_score(leaf, area, results.grades, results.register)
    if found.documents == 0:
        return LeafValue(NodeStatus.NOT_COLLECTED, target=target)
    share = found.score_share
    flags = (str(ScoreFlag.MEAN_OF_SUBDISTRICTS),) if found.of_subdistricts else ()
    return LeafValue(
        NodeStatus.MEASURED, share, share, share, 0.0, n=found.documents, target=target, flags=flags
    )


def _covariance(results: Results, area: Area, leaves: tuple[LeafValue, ...]) -> FloatArray:
    matrix = np.zeros((len(leaves), len(leaves)))
    measured = [leaf.status is NodeStatus.MEASURED for leaf in leaves]
    rows = results.framework.leaves
    asked = [at for at, row in enumerate(rows) if measured[at] and row.method is Method.QUESTIONNAIRE]
    if asked:
        names = [rows[at].source for at in asked]
        matrix[np.ix_(asked, asked)] = results.covariance_by_area[area.code].loc[names, names].to_numpy()
    seen = [at for at, row in enumerate(rows) if measured[at] and row.method is Method.OBSERVATION]
    if seen:
        positions = [results.observed_leaves.index(rows[at].code) for at in seen]
        observed = results.observed_by_area[area.code].covariance
        matrix[np.ix_(seen, seen)] = observed[np.ix_(positions, positions)]
    return matrix
