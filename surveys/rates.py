"""The tidy table of rates: one row for each measure × area (× group)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.area import AreaLevel
from surveys.beside import BESIDE_COLUMNS, blank_beside
from surveys.domain import Domain
from surveys.flag import Flag
from surveys.gate import Gate, GateSettings, companion_cells, gate_means, gate_shares, small_cells
from surveys.interval import IntervalMethod
from surveys.item import Item
from surveys.limits import Limits
from surveys.precision import Precision
from surveys.sample import FloatArray
from surveys.variance import BoolArray
from surveys.verdict import (
    Verdict,
    n_to_settle,
    probability_mean_below,
    probability_share_below,
    verdicts_of,
)

RATES_COLUMNS: dict[str, str] = {
    "wave": "str",
    "questionnaire": "str",
    "measure": "str",
    "measure_name": "str",
    "kind": "str",  # MeasureKind
    "headline": "bool",
    "area_level": "str",  # AreaLevel
    "area_code": "str",
    "area_name": "str",
    "group": "str",  # "" or "urban_rural=urban"
    "value": "float64",  # NaN where withheld or not measured
    "unit": "str",  # Unit
    "standard_error": "float64",  # NaN where not estimable; never 0 for a domain that is one PSU
    "low": "float64",
    "high": "float64",
    "degrees_of_freedom": "float64",
    "base": "str",  # Base
    "n": "int64",  # respondents in the base
    "effective_n": "float64",  # NaN where withheld: it would tell how the answers are spread
    "design_effect": "float64",  # R's deff="replace"; NaN where withheld
    "excluded": "int64",  # sampled records of the domain that are not in the base
    "target": "float64",
    "verdict": "str",  # Verdict; "" where there is no target, measured or not
    "probability_below": "float64",  # P(true value below the target)
    "n_to_settle": "float64",  # interviews that would settle an undetermined verdict; inf: none would
    "flag": "str",  # Flag values joined by ";"
    "method": "str",  # IntervalMethod: how the limits were made; NONE where there are none to show
    **BESIDE_COLUMNS,
}
"""Column names and types, in the order of ``rates.csv``; docs/results.md says the same in words."""


def rates_table(
    wave: str,
    questionnaire: str,
    domains: Sequence[Domain],
    items: Sequence[Item],
    precision: Precision,
    limits: Limits,
    settings: GateSettings,
) -> pd.DataFrame:
    """All estimates as rows: domain by domain, within a domain measure by measure.

    Withheld rows keep their counts, their degrees of freedom and the flags that say why and how they were
    sampled. All that depends on what was answered is blank, or it would tell.
    """
    gate = _gate(domains, items, precision, limits, settings)
    shown = ~gate.withheld & (precision.n > 0)
    target = np.array([np.nan if i.measure.target is None else i.measure.target for i in items])
    target_by_row = np.broadcast_to(target, precision.n.shape)
    low, high = _shown(limits.low, shown), _shown(limits.high, shown)
    verdict = _verdicts(low, high, target_by_row, precision.n)
    settle = shown & (verdict == Verdict.UNDETERMINED)
    names = _names(wave, questionnaire, domains, items)
    columns: dict[str, npt.NDArray[np.generic] | list[object]] = {
        "value": _shown(precision.value, shown),
        "standard_error": _shown(precision.standard_error, shown),
        "low": low,
        "high": high,
        "degrees_of_freedom": precision.degrees_of_freedom,
        "n": precision.n,
        "effective_n": _shown(limits.effective_n, shown),
        "design_effect": _shown(limits.design_effect, shown),
        "excluded": precision.sampled[:, None] - precision.n,
        "target": target_by_row,
        "verdict": verdict,
        "probability_below": _shown(_probability_below(items, precision, limits, target_by_row), shown),
        "n_to_settle": _shown(_settling(domains, items, precision, limits, target_by_row), settle),
        "flag": _flags(gate, precision, limits, np.array([item.is_share for item in items], dtype=bool)),
        "method": np.where(shown, limits.method, IntervalMethod.NONE),
        **blank_beside(len(domains) * len(items)),
    }
    rows = len(domains) * len(items)
    flat = {name: np.reshape(np.asarray(column), rows) for name, column in columns.items()}
    frame = pd.DataFrame({name: names[name] if name in names else flat[name] for name in RATES_COLUMNS})
    return frame.astype(RATES_COLUMNS)


def _names(
    wave: str, questionnaire: str, domains: Sequence[Domain], items: Sequence[Item]
) -> dict[str, pd.Series]:
    """Texts of domains and measures as columns; each is converted once and repeated as an index."""
    measures = [item.measure for item in items]
    domain_of_row, measure_of_row = np.divmod(np.arange(len(domains) * len(items)), max(len(items), 1))

    def by_measure(values: Sequence[str | bool]) -> pd.Series:
        return pd.Series(values).take(measure_of_row).reset_index(drop=True)

    def by_domain(texts: Sequence[str]) -> pd.Series:
        return pd.Series(texts, dtype="str").take(domain_of_row).reset_index(drop=True)

    return {
        "wave": by_domain([wave] * len(domains)),
        "questionnaire": by_domain([questionnaire] * len(domains)),
        "measure": by_measure([measure.name for measure in measures]),
        "measure_name": by_measure([measure.label for measure in measures]),
        "kind": by_measure([measure.kind.value for measure in measures]),
        "headline": by_measure([measure.headline for measure in measures]),
        "area_level": by_domain([domain.level.value for domain in domains]),
        "area_code": by_domain([domain.code for domain in domains]),
        "area_name": by_domain([domain.name for domain in domains]),
        "group": by_domain([domain.group for domain in domains]),
        "unit": by_measure([measure.kind.unit.value for measure in measures]),
        "base": by_measure([measure.base.value for measure in measures]),
    }


def _gate(
    domains: Sequence[Domain],
    items: Sequence[Item],
    precision: Precision,
    limits: Limits,
    settings: GateSettings,
) -> Gate:
    is_share = np.broadcast_to([item.is_share for item in items], precision.n.shape)
    width = np.array([item.highest - item.lowest for item in items])
    n, degrees = precision.n, precision.degrees_of_freedom
    shares = gate_shares(precision.value, limits.low, limits.high, n, limits.effective_n, degrees, settings)
    relative_width = (limits.high - limits.low) / np.where(width > 0, width, np.nan)
    means = gate_means(relative_width, n, degrees, settings)
    insufficient = np.where(is_share, shares.insufficient, means.insufficient)
    parents = [domain.parent if domain.level is AreaLevel.COMMUNITY else "" for domain in domains]
    community = np.array([bool(parent) for parent in parents], dtype=bool)[:, None]
    small = community & small_cells(n, precision.positive, settings, is_share=is_share)
    small |= companion_cells(insufficient | small, n, parents)
    return Gate(
        insufficient=insufficient,
        small_cell=small
        & ~insufficient,  # beside the other reason the mark would only tell about the answers
        few_degrees=np.where(is_share, shares.few_degrees, means.few_degrees),
        extreme=is_share & shares.extreme,
        unreliable_complement=is_share & shares.unreliable_complement,
    )


def _shown(values: FloatArray, shown: BoolArray) -> FloatArray:
    return np.where(shown, values, np.nan)


def _verdicts(
    low: FloatArray, high: FloatArray, target: FloatArray, n: FloatArray
) -> npt.NDArray[np.object_]:
    verdict = verdicts_of(low, high, target)
    verdict[n == 0] = Verdict.NOT_MEASURED
    verdict[np.isnan(target)] = ""
    return verdict


def _probability_below(
    items: Sequence[Item], precision: Precision, limits: Limits, target: FloatArray
) -> FloatArray:
    lowest = np.array([item.lowest for item in items])
    width = np.array([max(item.highest - item.lowest, 0.0) or 1.0 for item in items])
    share, mark = (precision.value - lowest) / width, (target - lowest) / width
    binomial = probability_share_below(share, limits.binomial_n, mark)
    student = probability_mean_below(
        precision.value, precision.standard_error, precision.degrees_of_freedom, target
    )
    return np.where(limits.method == IntervalMethod.STUDENT, student, binomial)


def _settling(
    domains: Sequence[Domain],
    items: Sequence[Item],
    precision: Precision,
    limits: Limits,
    target: FloatArray,
) -> FloatArray:
    is_share = np.array([item.is_share for item in items], dtype=bool)
    deviation = np.sqrt(precision.spread)
    at_target = np.where(is_share, np.sqrt(np.clip(target * (1 - target), 0.0, None)), deviation)
    population = np.array([domain.population or np.inf for domain in domains])[:, None]
    deff = precision.n / np.where(limits.effective_n > 0, limits.effective_n, 1.0)
    return n_to_settle(precision.value, target, at_target, deviation, deff, population)


def _flags(gate: Gate, precision: Precision, limits: Limits, is_share: BoolArray) -> list[object]:
    shape = precision.n.shape
    answered = precision.n > 0
    # A share of 0 or 1 has a mark of its own.
    constant = (precision.spread == 0) & ~(is_share & np.isin(precision.value, (0.0, 1.0)))
    shown = ~gate.withheld
    # A withheld estimate says why it is and how it was sampled; the other marks would tell what was answered.
    masks = {
        Flag.INSUFFICIENT_SAMPLE: gate.insufficient,
        Flag.SMALL_CELL: gate.small_cell,
        Flag.FEW_DEGREES_OF_FREEDOM: shown & gate.few_degrees,
        Flag.EXTREME_SHARE: shown & gate.extreme,
        Flag.UNRELIABLE_COMPLEMENT: shown & gate.unreliable_complement,
        Flag.ONE_PSU: precision.one_unit & ~precision.conditional[:, None],
        Flag.CONDITIONAL_ON_COMMUNITY: answered & precision.conditional[:, None],
        Flag.LONELY_PSU: answered & precision.lonely[:, None],
        Flag.CONSTANT_ANSWERS: shown & answered & constant,
        Flag.ASSUMED_CORRELATION: shown & limits.assumed,
    }
    flag = np.full(shape, "", dtype=object)
    for name, mask in masks.items():
        joined = np.where(flag == "", name.value, flag + f";{name.value}")
        flag = np.where(np.broadcast_to(mask, shape), joined, flag)
    return list(flag.ravel())
