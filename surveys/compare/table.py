"""The tidy table of changes between two waves, judged all at once (M7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.compare.change import Change, change_of, frame_of
from surveys.compare.multiplicity import benjamini_hochberg, step_down_max_t
from surveys.compare.vocabulary import ChangeFamily, ChangeVerdict, NotComparable
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.measured import Measured, measure
from surveys.sample import FloatArray, IntArray, Sample
from surveys.wave import Wave

CHANGE_COLUMNS: dict[str, str] = {
    "wave_old": "str",
    "wave_new": "str",
    "questionnaire": "str",
    "measure": "str",
    "measure_name": "str",
    "kind": "str",  # MeasureKind
    "headline": "bool",
    "area_level": "str",  # AreaLevel
    "area_code": "str",
    "area_name": "str",
    "group": "str",  # "" or "urban_rural=urban"
    "unit": "str",  # Unit
    "value_old": "float64",  # NaN where there is no change to show
    "value_new": "float64",  # as in the rates of the new wave
    "change": "float64",  # value_new − value_old; NaN where `reason` says why
    "low": "float64",  # 95 % limits of this one change
    "high": "float64",
    "method": "str",  # ChangeMethod: how the limits were made
    "p": "float64",  # two-sided, of this one change
    "p_adjusted": "float64",  # by step-down max-t within families `district` and `headline`; NaN elsewhere
    "q": "float64",  # false-discovery rate in `exploratory`, a list for each level of areas; NaN elsewhere
    "family": "str",  # ChangeFamily
    "verdict": "str",  # ChangeVerdict
    "reason": "str",  # NotComparable values joined by ";"
    "n_old": "int64",  # respondents in the base
    "n_new": "int64",
    "shared_psus": "int64",  # sampling units of the area in both waves
}
"""Column names and types, in the order of ``change.csv``; docs/results.md says the same in words."""

LEVEL = 0.05
"""Largest adjusted p, or q, at which a change is called one."""

_BESIDE = {
    "value_old": "previous_value",
    "change": "change",
    "low": "change_low",
    "high": "change_high",
    "verdict": "change_verdict",
    "reason": "change_reason",
}


def changes_of(
    old_samples: Sequence[Sample | Measured],
    old_wave: Wave,
    new_samples: Sequence[Sample | Measured],
    new_wave: Wave,
    *,
    equivalent: Collection[str] = (),
    settings: GateSettings = DEFAULT_GATE,
) -> pd.DataFrame:
    """Change of every rate of the new wave on the old one: a row for each row of the new rates.

    Parameters
    ----------
    old_samples, new_samples
        Answers of each wave, one sample a questionnaire; or what `measure` made of them.
    equivalent
        Differences declared harmless: names of measures, or reasons.
    settings
        Thresholds of what may be shown; what either wave withholds has no change.

    Returns
    -------
    Tidy table, `CHANGE_COLUMNS`.

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.
    """
    by_name = {sample.questionnaire: sample for sample in old_samples}
    changes = []
    for sample in new_samples:
        if not new_wave.measures_of(sample.questionnaire):
            continue
        before = by_name.get(sample.questionnaire)
        has_old = before is not None and old_wave.measures_of(sample.questionnaire)
        old = _measured(before, old_wave, settings) if before is not None and has_old else None
        changes.append(change_of(old_wave, old, new_wave, _measured(sample, new_wave, settings), equivalent))
    return judged(changes, old_wave.id)


def _measured(sample: Sample | Measured, wave: Wave, settings: GateSettings) -> Measured:
    return sample if isinstance(sample, Measured) else measure(sample, wave, settings)


def judged(changes: Sequence[Change], wave_old: str) -> pd.DataFrame:
    """All questionnaires as one table, with what can be said of each change when all are looked at."""
    if not changes:
        return pd.DataFrame(columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS)
    frame = pd.concat([frame_of(change, wave_old) for change in changes], ignore_index=True)
    statistic = np.concatenate([change.statistic.ravel() for change in changes])
    family = frame["family"].to_numpy()
    adjusted, q = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for name in (ChangeFamily.DISTRICT, ChangeFamily.HEADLINE):
        rows, blocks = _family(changes, name)
        adjusted[rows] = step_down_max_t(statistic[rows], blocks)
    # Lists are read one by one: the district's further measures are not lost among its communities'.
    lists = frame["area_level"].where(frame["group"] == "", "group").to_numpy(dtype=object)
    p = frame["p"].to_numpy(dtype=np.float64)
    for name in dict.fromkeys(lists):
        rows = np.flatnonzero((family == ChangeFamily.EXPLORATORY) & (lists == name))
        q[rows] = benjamini_hochberg(p[rows])
    # Draws are finite: an adjusted p is never below the one it adjusts.
    adjusted = np.where(np.isnan(adjusted), np.nan, np.fmax(adjusted, p))
    frame = frame.assign(p_adjusted=adjusted, q=q)
    frame["verdict"] = _verdicts(frame)
    return frame[list(CHANGE_COLUMNS)].astype(CHANGE_COLUMNS)


def beside_rates(changes: pd.DataFrame) -> pd.DataFrame:
    """The columns that stand beside a rate, under the names of `surveys.beside.CHANGE_COLUMNS`."""
    key = ["measure", "area_level", "area_code", "group"]
    return changes[[*key, *_BESIDE]].rename(columns=_BESIDE)


def _family(changes: Sequence[Change], name: ChangeFamily) -> tuple[IntArray, list[FloatArray]]:
    """Rows of a family, and the correlation of those that lie in one area; areas are independent.

    Correlation between areas, which strata across areas could cause, is left out: independence makes the
    largest of many Gaussian deviates largest (Šidák 1967), so it errs on the safe side.
    """
    rows: list[IntArray] = []
    blocks: list[FloatArray] = []
    start = 0
    for change in changes:
        domains, items = change.family.shape
        for domain in range(domains):
            inside = np.flatnonzero(change.family[domain] == name)
            if len(inside):
                rows.append(start + domain * items + inside)
                blocks.append(change.correlation[np.ix_(inside, inside)])
        start += domains * items
    return (np.concatenate(rows) if rows else np.empty(0, dtype=np.intp)), blocks


def _verdicts(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """A change is called one where the list it belongs to and its own limits both say so."""
    probability = frame["p_adjusted"].fillna(frame["q"]).to_numpy(dtype=np.float64)
    surprising = probability <= LEVEL
    known = np.isfinite(probability)
    reason = frame["reason"].to_numpy(dtype=object)
    nothing = (reason == "") | (reason == NotComparable.ABSENT.value)
    verdict = np.select(
        [
            known & surprising & (frame["low"].to_numpy() > 0),
            known & surprising & (frame["high"].to_numpy() < 0),
            known,
            nothing,
        ],
        [
            ChangeVerdict.IMPROVED.value,
            ChangeVerdict.DECLINED.value,
            ChangeVerdict.NO_DETECTABLE_CHANGE.value,
            ChangeVerdict.NOT_MEASURED.value,
        ],
        ChangeVerdict.NOT_COMPARABLE.value,
    )
    return verdict.astype(object)
