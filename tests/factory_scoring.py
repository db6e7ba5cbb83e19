"""Small waves, sheets and estimates for tests of the indicators room."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.framework import Framework
from indicators.scores.leaf import LeafTable
from indicators.status import NodeStatus
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.beside import BESIDE_COLUMNS
from surveys.estimate import Estimation
from surveys.questionnaire import Base, Measure, MeasureKind, Rule, Unit
from surveys.rates import RATES_COLUMNS
from surveys.raw_table import RawTable, raw_table
from surveys.verdict import Verdict, verdict_of
from surveys.wave import Wave, WaveKind

FIELD = (date(2022, 8, 15), date(2022, 8, 28))


def small_wave(
    subdistricts: Sequence[str] = ("S1", "S2"), measures: Sequence[Measure] = (), framework: str = ""
) -> Wave:
    """A district D; each subdistrict S1 has communities S1a and S1b."""
    areas = [Area("D", "某区", AreaLevel.DISTRICT)]
    for code in subdistricts:
        areas.append(Area(code, f"{code}街道", AreaLevel.SUBDISTRICT, "D"))
        areas += [Area(f"{code}{part}", f"{code}{part}社区", AreaLevel.COMMUNITY, code) for part in "ab"]
    return Wave(
        id="2022Q3",
        kind=WaveKind.THIRD_PARTY,
        title={},
        folder=Path(),
        areas=AreaRegister(tuple(areas)),
        questions=(),
        measures=tuple(measures),
        responses=(),
        field=FIELD,
        framework=framework,
    )


def share_measure(name: str, target: float | None = None) -> Measure:
    """A share of one question."""
    return Measure(name, name, MeasureKind.SHARE, "q", (name,), Rule.POSITIVE, Base.ANSWERED, target=target)


def score_measure(name: str, target: float | None = None) -> Measure:
    """A 满意度: points in [0, 100]."""
    kind = MeasureKind.SATISFACTION_SCORE
    return Measure(name, name, kind, "q", (name,), Rule.SCORE, Base.ANSWERED, target=target)


def raw_of(name: str, text: str) -> RawTable:
    """A table written as CSV text in a test; blank lines are ignored."""
    lines = [line.strip() for line in text.strip().splitlines()]
    records = list(csv.reader(io.StringIO("\n".join(lines))))
    raw, problems = raw_table(records, f"{name}.csv")
    assert raw is not None, problems
    return raw


def tables_of(**texts: str) -> dict[str, RawTable]:
    """Tables of a wave by name."""
    return {name: raw_of(name, text) for name, text in texts.items()}


def estimation_of(
    wave: Wave,
    values: Mapping[str, Mapping[str, float]],
    *,
    n: float = 100.0,
    covariance: Mapping[str, np.ndarray] | None = None,
    withheld: Sequence[tuple[str, str]] = (),
) -> Estimation:
    """An estimation with these values by area and measure, binomial errors and ±2 SE limits."""
    names = [measure.name for measure in wave.measures]
    rows = []
    for area in wave.areas.areas:
        for measure in wave.measures:
            value = values.get(area.code, {}).get(measure.name)
            hidden = (area.code, measure.name) in withheld
            rows.append(_row(wave, area, measure, np.nan if hidden else value, hidden, n))
    rates = pd.DataFrame(rows, columns=list(RATES_COLUMNS)).astype(RATES_COLUMNS)
    matrices = {}
    for code in values:
        errors = rates[rates["area_code"] == code]["standard_error"].to_numpy()
        given = None if covariance is None else covariance.get(code)
        matrix = np.diag(errors**2) if given is None else given
        matrices[code] = pd.DataFrame(matrix, index=names, columns=names)
    correlation = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    return Estimation(rates, matrices, correlation)


def _row(
    wave: Wave, area: Area, measure: Measure, value: float | None, hidden: bool, n: float
) -> dict[str, object]:
    known = np.nan if value is None else float(value)
    top = 100.0 if measure.kind.unit is Unit.POINTS else 1.0
    error = np.sqrt(np.maximum(known / top * (1 - known / top), 1e-4) / n) * top
    low, high = np.maximum(known - 2 * error, 0.0), np.minimum(known + 2 * error, top)
    target = np.nan if measure.target is None else measure.target
    verdict = "" if measure.target is None else str(verdict_of(float(low), float(high), target))
    if value is None:
        verdict = str(Verdict.NOT_MEASURED)
    return {
        "wave": wave.id,
        "questionnaire": "q",
        "measure": measure.name,
        "measure_name": measure.label,
        "kind": str(measure.kind),
        "headline": False,
        "area_level": str(area.level),
        "area_code": area.code,
        "area_name": area.name,
        "group": "",
        "value": known,
        "unit": str(measure.kind.unit),
        "standard_error": error,
        "low": low,
        "high": high,
        "degrees_of_freedom": 20.0,
        "base": "answered",
        "n": 0 if value is None else int(n),
        "effective_n": n,
        "design_effect": 1.0,
        "excluded": 0,
        "target": target,
        "verdict": verdict,
        "probability_below": np.nan,
        "n_to_settle": np.nan,
        "flag": "insufficient_sample" if hidden else "",
        "method": "",
        **{name: "" if kind == "str" else np.nan for name, kind in BESIDE_COLUMNS.items()},
    }


def leaf_table_of(
    framework: Framework,
    value_by_area_leaf: np.ndarray,
    *,
    standard_error: float = 0.0,
    blank: NodeStatus = NodeStatus.NOT_COLLECTED,
) -> LeafTable:
    """Leaves with these values (NaN: blank), independent errors, and limits of ±1.96 of them."""
    value = np.asarray(value_by_area_leaf, dtype=np.float64)
    known, leaves = ~np.isnan(value), framework.leaves
    error = np.where(known, standard_error, np.nan)
    status = np.full(value.shape, blank, dtype=object)
    status[known] = NodeStatus.MEASURED
    text = np.full(value.shape, "", dtype=object)
    levels = [AreaLevel.DISTRICT, *[AreaLevel.SUBDISTRICT] * (len(value) - 1)]
    return LeafTable(
        areas=tuple(Area(f"A{at}", f"A{at}", level) for at, level in enumerate(levels)),
        leaves=leaves,
        unit=(Unit.SHARE,) * len(leaves),
        sample=("",) * len(leaves),
        status=status,
        value=value,
        low=value - 1.96 * error,
        high=value + 1.96 * error,
        standard_error=error,
        degrees_of_freedom=np.full(value.shape, np.nan),
        effective_n=np.full(value.shape, np.nan),
        n=known.astype(np.int64),
        target=np.tile([np.nan if leaf.target is None else leaf.target for leaf in leaves], (len(value), 1)),
        rate_verdict=text,
        flag=text.copy(),
        carried_from=text.copy(),
        covariance=np.nan_to_num(error)[:, :, None] ** 2 * np.eye(len(leaves)),
    )
