"""Model estimates of a wave: a row for each area and share without a sound estimate of its own (M10, M17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from surveys.area import AreaLevel, AreaRegister
from surveys.domain import Domain
from surveys.flag import Flag
from surveys.gate import DEFAULT_GATE, GateSettings, companion_cells
from surveys.item import Item
from surveys.limits import Limits
from surveys.precision import Precision
from surveys.sample import FloatArray
from surveys.smallarea.bootstrap import bootstrap_mse
from surveys.smallarea.settings import MODELLED_LEVELS, auxiliaries
from surveys.smallarea.share_model import DirectShares, ShareEstimates, estimate_shares
from surveys.tally import Tally, moments_by_cell
from surveys.variance import BoolArray
from surveys.wave import SmallAreaSettings

MODEL_COLUMNS: dict[str, str] = {
    "area_level": "str",
    "area_code": "str",
    "measure": "str",
    "model_value": "float64",  # share; NaN where withheld or where no model can be fitted
    "model_low": "float64",
    "model_high": "float64",
    "model_weight": "float64",  # γ: the part of the area's own answers in it
    "model_mse": "float64",  # parametric bootstrap, on the share's own scale
    "model_method": "str",  # ModelMethod
    "model_note": "str",  # ModelNote values joined by ";"
}
"""Column names and types of the table; the first three are its key, unique."""

REPLICATES = 200
_SEED = 20100731
_SMALL_WEIGHT = 0.10
_LEAST_BASE = 10


class ModelMethod(StrEnum):
    """How a model estimate was made."""

    FAY_HERRIOT = "fay_herriot"  # REML on the arcsine scale
    FLOORED = "fay_herriot_li_lahiri"  # REML saw no difference between areas; Li & Lahiri's estimate
    NONE = "none"  # there is none


class ModelNote(StrEnum):
    """What a reader must know beside a model estimate."""

    SYNTHETIC = "synthetic"  # γ < .10: it says what the other areas and the covariates say
    NOT_SAMPLED = "not_sampled"  # nobody answered here
    PROTECTED = "protected"  # withheld: it would give the area's own answers back (M17)
    TOO_FEW_AREAS = "too_few_areas"  # no model: fewer than three areas more than coefficients
    COVARIATES_DROPPED = "covariates_dropped"  # too few sampled areas for them; intercept only
    NOT_BENCHMARKED = "not_benchmarked"  # the district's direct share is 0 or 1


@dataclass(frozen=True)
class DirectTable:
    """Direct estimates of all items in all domains, as estimation made them.

    Parameters
    ----------
    flag
        Column ``flag`` of the rates in the same order, shape (domains, items).
    shown
        Whether the direct estimate is printed, shape (domains, items).
    base
        Weight of those in the base, Σwr, shape (domains, items).
    """

    domains: Sequence[Domain]
    items: Sequence[Item]
    value: FloatArray
    effective_n: FloatArray
    n: FloatArray
    positive: FloatArray
    base: FloatArray
    flag: pd.Series[str]
    shown: BoolArray


def direct_table(
    totals: Tally,
    items: Sequence[Item],
    domains: Sequence[Domain],
    precision: Precision,
    limits: Limits,
    rates: pd.DataFrame,
) -> DirectTable:
    """What the model needs of one estimation; `rates` as `surveys.rates.rates_table` made it."""
    in_cell = np.array([domain.in_cell for domain in domains], dtype=bool).reshape(len(domains), -1)
    return DirectTable(
        domains,
        items,
        precision.value,
        limits.effective_n,
        precision.n,
        precision.positive,
        in_cell @ moments_by_cell(totals, items).a,
        rates["flag"].reset_index(drop=True),
        rates["value"].notna().to_numpy().reshape(precision.n.shape),
    )


def model_estimates(
    direct: DirectTable,
    areas: AreaRegister,
    settings: SmallAreaSettings,
    gate: GateSettings = DEFAULT_GATE,
) -> pd.DataFrame:
    """Model estimates of the areas that have no sound estimate of their own.

    Offered are subdistricts and communities whose direct estimate is withheld, comes from one PSU, or does
    not exist. An unsampled community is predicted only where the model has covariates: without them all of
    them would get one number.

    Parameters
    ----------
    settings
        As `check_small_areas` found no fault with.

    Returns
    -------
    Tidy table, `MODEL_COLUMNS`, in the order of levels, measures and areas; empty where nothing is asked for.
    """
    parts = [
        _of_level(direct, areas, level, item, settings, gate)
        for level in MODELLED_LEVELS
        for item, one in enumerate(direct.items)
        if settings.includes(one.measure)
    ]
    rows = [part for part in parts if len(part)]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(MODEL_COLUMNS))
    return table.astype(MODEL_COLUMNS)


@dataclass(frozen=True)
class _Level:
    """One item in all areas of a level, in the order of the register; arrays of shape (areas,)."""

    code: tuple[str, ...]
    parent: tuple[str, ...]
    value: FloatArray
    effective_n: FloatArray
    n: FloatArray
    positive: FloatArray
    base: FloatArray
    shown: BoolArray
    thin: BoolArray


def _of_level(
    direct: DirectTable,
    areas: AreaRegister,
    level: AreaLevel,
    item: int,
    settings: SmallAreaSettings,
    gate: GateSettings,
) -> pd.DataFrame:
    here = _level_of(direct, areas, level, item)
    auxiliary = auxiliaries(areas, level, settings.covariates)
    shares, dropped = _shares(here, auxiliary, _district_share(direct, item) if settings.benchmark else None)
    everyone = np.ones(len(here.n), dtype=bool)
    guess = level is AreaLevel.SUBDISTRICT or (auxiliary.shape[1] > 1 and not dropped)
    rows = np.flatnonzero(here.thin & ((here.n > 0) | guess))
    if not rows.size:
        return pd.DataFrame()
    protected = _protected(here, gate.least_count if level is AreaLevel.COMMUNITY else 0)
    found = estimate_shares(shares) if shares.fits() else None
    notes = {
        ModelNote.NOT_SAMPLED: here.n == 0,
        ModelNote.PROTECTED: protected,
        ModelNote.TOO_FEW_AREAS: everyone & (found is None),
        ModelNote.COVARIATES_DROPPED: everyone & dropped,
    }
    if found is not None:
        notes[ModelNote.SYNTHETIC] = ~protected & (found.weight < _SMALL_WEIGHT)
        notes[ModelNote.NOT_BENCHMARKED] = everyone & found.unreachable
    return pd.DataFrame(
        {
            "area_level": [level.value] * len(rows),
            "area_code": [here.code[row] for row in rows],
            "measure": [direct.items[item].measure.name] * len(rows),
            **{
                name: np.where(protected, np.nan, values)[rows]
                for name, values in _columns(shares, found).items()
            },
            "model_method": np.where(protected, ModelMethod.NONE, _method(found))[rows],
            "model_note": [";".join(note for note, marked in notes.items() if marked[row]) for row in rows],
        }
    )


def _level_of(direct: DirectTable, areas: AreaRegister, level: AreaLevel, item: int) -> _Level:
    here = areas.at(level)
    row_by_code = {
        domain.code: row
        for row, domain in enumerate(direct.domains)
        if domain.level is level and not domain.group
    }
    row = np.array([row_by_code.get(area.code, -1) for area in here], dtype=np.intp)
    known = row >= 0

    def spread(values: FloatArray) -> FloatArray:
        return np.where(known, values[row, item], 0.0) if len(values) else np.zeros(len(row))

    flags = [
        direct.flag.iloc[index * len(direct.items) + item].split(";") if index >= 0 else [] for index in row
    ]
    n = spread(direct.n)
    weak = {Flag.INSUFFICIENT_SAMPLE, Flag.SMALL_CELL, Flag.ONE_PSU, Flag.CONDITIONAL_ON_COMMUNITY}
    return _Level(
        code=tuple(area.code for area in here),
        parent=tuple(area.parent for area in here),
        value=np.where(n > 0, spread(direct.value), np.nan),
        effective_n=np.where(n > 0, spread(direct.effective_n), 0.0),
        n=n,
        positive=spread(direct.positive),
        base=spread(direct.base),
        shown=spread(direct.shown.astype(np.float64)) > 0,
        thin=(n == 0) | np.array([bool(weak & set(flag)) for flag in flags], dtype=bool),
    )


def _district_share(direct: DirectTable, item: int) -> float | None:
    for row, domain in enumerate(direct.domains):
        if domain.level is AreaLevel.DISTRICT and not domain.group and direct.n[row, item] > 0:
            return float(direct.value[row, item])
    return None


def _shares(here: _Level, auxiliary: FloatArray, total: float | None) -> tuple[DirectShares, bool]:
    """Direct shares with as many covariates as the sampled areas bear, and whether some were dropped."""
    full = DirectShares(here.value, here.effective_n, auxiliary, here.base, total)
    if full.fits() or auxiliary.shape[1] == 1:
        return full, False
    return DirectShares(here.value, here.effective_n, auxiliary[:, :1], here.base, total), True


def _protected(here: _Level, least_count: float) -> BoolArray:
    """Subdistricts or communities whose answers a printed model estimate would give back (M17).

    θ̂ and γ are invertible: with x′β̂, which any shown area tells, they are the direct estimate. So an estimate
    is printed only where the direct one could be, if precision were no matter: at least ten in the base, for
    communities at least `least_count` on either side (M17 has no such rule for subdistricts, whose direct
    shares are shown with one), and never the only one withheld of the area above.
    """
    hidden = (here.n > 0) & ~here.shown
    fewest = np.minimum(here.positive, here.n - here.positive)
    own = hidden & ((here.n < _LEAST_BASE) | (fewest < least_count))
    # What is shown already cannot be taken back: a companion is chosen among the others.
    candidates = np.where(here.shown, 0.0, here.n)
    companion = companion_cells(own[:, None], candidates[:, None], here.parent)[:, 0]
    return own | companion


def _columns(shares: DirectShares, found: ShareEstimates | None) -> dict[str, FloatArray]:
    names = ("model_value", "model_low", "model_high", "model_weight", "model_mse")
    if found is None:
        return {name: np.full(len(shares.sampled), np.nan) for name in names}
    normal = np.random.default_rng(_SEED).standard_normal((REPLICATES, 2, len(shares.sampled)))
    mse = bootstrap_mse(shares, found.between_variance, normal)
    return dict(zip(names, (found.share, found.low, found.high, found.weight, mse), strict=True))


def _method(found: ShareEstimates | None) -> ModelMethod:
    if found is None:
        return ModelMethod.NONE
    return ModelMethod.FLOORED if found.floored else ModelMethod.FAY_HERRIOT
