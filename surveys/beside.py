"""What stands beside a direct estimate in the table of rates: a model's estimate, the change on last time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from surveys.flag import Flag

MODEL_COLUMNS: dict[str, str] = {
    "model_value": "float64",  # small-area estimate (M10); NaN where none is offered
    "model_low": "float64",
    "model_high": "float64",
    "model_weight": "float64",  # γ: weight of the area's own answers in the model's estimate, in [0, 1]
    "model_method": "str",  # surveys.smallarea.estimates.ModelMethod
    "model_note": "str",  # ModelNote values joined by ";": "synthetic" where nearly all of it is model
}
CHANGE_COLUMNS: dict[str, str] = {
    "previous_value": "float64",  # the same rate in the previous wave
    "change": "float64",  # value − previous_value, with limits of M7; NaN where not comparable
    "change_low": "float64",
    "change_high": "float64",
    "change_verdict": "str",  # surveys.compare: improved, declined, … ; "" without a previous wave
    "change_reason": "str",  # why not comparable
}
BESIDE_COLUMNS = {**MODEL_COLUMNS, **CHANGE_COLUMNS}

_KEY = ["measure", "area_level", "area_code", "group"]


def blank_beside(rows: int) -> dict[str, np.ndarray]:
    """Blank columns for `rows` estimates beside which nothing stands."""
    return {
        name: np.full(rows, "" if kind == "str" else np.nan, dtype=object if kind == "str" else np.float64)
        for name, kind in BESIDE_COLUMNS.items()
    }


def with_models(rates: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Rates with the estimates of models beside them, by measure, area and group."""
    filled = _filled(rates, models.assign(group=""), MODEL_COLUMNS)
    offered = filled["model_value"].notna()
    flag = filled["flag"].where(~offered, filled["flag"].map(_with_model_flag))
    return filled.assign(flag=flag)


def with_changes(rates: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Rates with the change on the previous wave beside them, by measure, area and group."""
    return _filled(rates, changes, CHANGE_COLUMNS)


def _with_model_flag(flags: str) -> str:
    return ";".join(flag for flag in (flags, Flag.MODEL_BESIDE.value) if flag)


def _filled(rates: pd.DataFrame, other: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    wanted = pd.MultiIndex.from_frame(rates[_KEY])
    found = other.set_index(_KEY)[list(columns)].reindex(wanted).reset_index(drop=True)
    texts = {name: "" for name, kind in columns.items() if kind == "str"}
    filled = found.fillna(texts).astype(dict(columns)) if texts else found.astype(dict(columns))
    return rates.assign(**{name: filled[name].to_numpy() for name in columns}).astype(dict(columns))
