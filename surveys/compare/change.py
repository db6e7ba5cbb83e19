"""Change of every measure in every area between two waves of one questionnaire (M7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.area import AreaLevel
from surveys.compare.comparability import reasons_against
from surveys.compare.difference import Differences, Pairing, differences
from surveys.compare.vocabulary import ChangeFamily, ChangeMethod, NotComparable
from surveys.domain import Domain
from surveys.measured import Measured
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray
from surveys.wave import Wave


@dataclass(frozen=True)
class Change:
    """Changes of one questionnaire, beside the rates of the new wave; arrays of its (domains, items).

    Parameters
    ----------
    value, low, high, statistic, p
        NaN where `reason` says why, or where nobody was asked.
    value_old
        NaN where there is no change to show: it would invite a comparison that does not hold.
    n_old
        Respondents in the base of the old wave; 0 where there were none.
    shared_psus
        PSUs of the domain in both waves, shape (domains,).
    method, family, reason
        `ChangeMethod`, `ChangeFamily`, and `NotComparable` values joined by ``;``.
    correlation
        Between the changes of the items in one area, shape (items, items).
    """

    new: Measured
    value: FloatArray
    value_old: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    method: npt.NDArray[np.object_]
    n_old: FloatArray
    shared_psus: IntArray
    family: npt.NDArray[np.object_]
    reason: npt.NDArray[np.object_]
    correlation: FloatArray


def change_of(
    old_wave: Wave, old: Measured | None, new_wave: Wave, new: Measured, equivalent: Collection[str] = ()
) -> Change:
    """Changes of a questionnaire between two waves.

    Parameters
    ----------
    old
        None where the old wave did not have the questionnaire.
    equivalent
        As in `reasons_against`.
    """
    shape = (len(new.domains), len(new.items))
    reason = np.full(shape, NotComparable.ABSENT.value, dtype=object)
    numbers = {
        name: np.full(shape, np.nan) for name in ("value", "value_old", "low", "high", "statistic", "p")
    }
    method, n_old = np.full(shape, ChangeMethod.NONE.value, dtype=object), np.zeros(shape)
    shared, correlation = np.zeros(shape[0], dtype=np.intp), np.eye(shape[1])
    pairing = None if old is None else _pairing(old, new)
    if old is not None and pairing is not None and len(pairing.domains) and len(pairing.items):
        found = differences(old, new, pairing)
        cells = np.ix_(pairing.domains[:, 1], pairing.items[:, 1])
        reason[cells] = _reasons(old_wave, old, new_wave, new, pairing, equivalent)
        known = reason[cells] == ""
        old_values = old.precision.value[np.ix_(pairing.domains[:, 0], pairing.items[:, 0])]
        for name, values in (*_numbers(found), ("value_old", old_values)):
            numbers[name][cells] = np.where(known, values, np.nan)
        limits = np.where(found.is_student, ChangeMethod.STUDENT.value, ChangeMethod.MOVER.value)
        method[cells] = np.where(known & np.isfinite(found.low), limits, ChangeMethod.NONE.value)
        n_old[cells] = old.precision.n[np.ix_(pairing.domains[:, 0], pairing.items[:, 0])]
        shared[pairing.domains[:, 1]] = found.shared_psus
        correlation[np.ix_(pairing.items[:, 1], pairing.items[:, 1])] = found.correlation_of_items
    reason[new.precision.n == 0] = ""  # 未测: the rate itself says so
    return Change(
        new=new,
        **numbers,
        method=method,
        n_old=n_old,
        shared_psus=shared,
        family=_families(new, (reason == "") & np.isfinite(numbers["statistic"])),
        reason=reason,
        correlation=correlation,
    )


def _numbers(found: Differences) -> Iterator[tuple[str, FloatArray]]:
    yield "value", found.value
    yield "low", found.low
    yield "high", found.high
    yield "statistic", found.statistic
    yield "p", found.p


def _pairing(old: Measured, new: Measured) -> Pairing:
    """Domains of the same area and breakdown, items of the same measure."""
    domain_of_key = {_key(domain): index for index, domain in enumerate(old.domains)}
    item_of_name = {item.measure.name: index for index, item in enumerate(old.items)}
    domains = [
        (domain_of_key[_key(domain)], index)
        for index, domain in enumerate(new.domains)
        if _key(domain) in domain_of_key
    ]
    items = [
        (item_of_name[item.measure.name], index)
        for index, item in enumerate(new.items)
        if item.measure.name in item_of_name
    ]
    pairs = np.array(domains, dtype=np.intp).reshape(-1, 2)
    return Pairing(
        domains=pairs,
        items=np.array(items, dtype=np.intp).reshape(-1, 2),
        pool=old.partition[pairs[:, 0]] & new.partition[pairs[:, 1]],
    )


def _key(domain: Domain) -> tuple[str, str, str]:
    return domain.level.value, domain.code, domain.group


def _reasons(
    old_wave: Wave,
    old: Measured,
    new_wave: Wave,
    new: Measured,
    pairing: Pairing,
    equivalent: Collection[str],
) -> npt.NDArray[np.object_]:
    """Why each pair cannot be compared: by what was measured, then by what may be shown."""
    old_cells = np.ix_(pairing.domains[:, 0], pairing.items[:, 0])
    new_cells = np.ix_(pairing.domains[:, 1], pairing.items[:, 1])
    absent = old.precision.n[old_cells] == 0
    # What either wave withholds stays withheld: with the other value, the change would give it back (M17).
    withheld = ~old.shown[old_cells] | ~new.shown[new_cells]
    reason = np.where(withheld, NotComparable.WITHHELD.value, "").astype(object)
    reason[absent] = NotComparable.ABSENT.value
    for column, (before, now) in enumerate(pairing.items):
        against = reasons_against(
            old_wave, old.items[before].measure, new_wave, new.items[now].measure, equivalent
        )
        if against:
            reason[:, column] = ";".join(each.value for each in against)
    return reason


def _families(new: Measured, tested: BoolArray) -> npt.NDArray[np.object_]:
    headline = np.array([item.measure.headline for item in new.items], dtype=bool)
    whole = np.array([not domain.group for domain in new.domains], dtype=bool)
    level = np.array([domain.level.value for domain in new.domains], dtype=object)
    district = np.outer(whole & (level == AreaLevel.DISTRICT.value), headline)
    subdistrict = np.outer(whole & (level == AreaLevel.SUBDISTRICT.value), headline)
    family = np.select(
        [~tested, district, subdistrict],
        [ChangeFamily.NONE.value, ChangeFamily.DISTRICT.value, ChangeFamily.HEADLINE.value],
        ChangeFamily.EXPLORATORY.value,
    )
    return family.astype(object)


def frame_of(change: Change, wave_old: str) -> pd.DataFrame:
    """Rows of one questionnaire, in the order of the new wave's rates, before they are judged together."""
    rates = change.new.rates
    rows = len(rates)
    columns: dict[str, npt.NDArray[np.generic] | pd.Series | str] = {
        "wave_old": wave_old,
        "wave_new": rates["wave"],
        **{name: rates[name] for name in _CARRIED},
        "value_old": change.value_old.reshape(rows),
        "value_new": rates["value"],
        "change": change.value.reshape(rows),
        "low": change.low.reshape(rows),
        "high": change.high.reshape(rows),
        "p": change.p.reshape(rows),
        "method": change.method.reshape(rows),
        "family": change.family.reshape(rows),
        "reason": change.reason.reshape(rows),
        "n_old": change.n_old.reshape(rows),
        "n_new": rates["n"],
        "shared_psus": np.repeat(change.shared_psus, len(change.new.items)),
    }
    return pd.DataFrame(columns)


_CARRIED = (
    "questionnaire",
    "measure",
    "measure_name",
    "kind",
    "headline",
    "area_level",
    "area_code",
    "area_name",
    "group",
    "unit",
)
