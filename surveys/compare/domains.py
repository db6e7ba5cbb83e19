"""Differences between two parts of one wave: subdistricts, or urban against rural (M7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.compare.difference import Pairing, differences
from surveys.compare.mover import LARGEST_CORRELATION
from surveys.compare.multiplicity import benjamini_hochberg
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.measured import Measured, measure
from surveys.sample import FloatArray, IntArray, Sample
from surveys.variance import BoolArray
from surveys.wave import Wave

DIFFERENCE_COLUMNS: dict[str, str] = {
    "wave": "str",
    "questionnaire": "str",
    "measure": "str",
    "measure_name": "str",
    "unit": "str",  # Unit
    "first_area": "str",  # code
    "first_group": "str",  # "" or "urban_rural=urban"
    "second_area": "str",
    "second_group": "str",
    "value_first": "float64",
    "value_second": "float64",
    "difference": "float64",  # second − first; NaN where one of the two is withheld or not measured
    "low": "float64",
    "high": "float64",
    "p": "float64",
    "q": "float64",  # false-discovery rate of the whole table
}

DomainName = tuple[str, str]
"""Code of an area, and a breakdown such as ``urban_rural=urban`` or the empty text."""


def differences_of_domains(
    sample: Sample,
    wave: Wave,
    pairs: Sequence[tuple[DomainName, DomainName]],
    settings: GateSettings = DEFAULT_GATE,
) -> pd.DataFrame:
    """Differences of every measure between pairs of disjoint domains, second less first.

    Parameters
    ----------
    pairs
        Such as ``[(("D", "urban_rural=rural"), ("D", "urban_rural=urban"))]``. Correlations from common
        PSUs are pooled over the pairs.

    Returns
    -------
    Tidy table, `DIFFERENCE_COLUMNS`.

    Raises
    ------
    ValueError
        A domain is not there, or the two of a pair overlap: compare a part with the rest, not with the whole.
    """
    measured = measure(sample, wave, settings)
    domains = _domains(measured, pairs)
    items = np.arange(len(measured.items))
    pairing = Pairing(
        domains=domains,
        items=np.column_stack([items, items]),
        pool=np.ones(len(domains), dtype=bool),
        least_correlation=-LARGEST_CORRELATION,
    )
    found = differences(measured, measured, pairing)
    shown = measured.shown[domains[:, 0]] & measured.shown[domains[:, 1]]
    p = _blank(found.p, shown)
    known = np.isfinite(p)
    q = np.full(p.shape, np.nan)
    q[known] = benjamini_hochberg(p[known])
    rates = measured.rates.iloc[: len(items)]
    names = [(*first, *second) for first, second in pairs for _ in items]
    places = pd.DataFrame(names, columns=["first_area", "first_group", "second_area", "second_group"])
    measures = pd.concat([rates[list(_OF_RATES)]] * len(pairs), ignore_index=True)
    value = np.where(measured.shown, measured.precision.value, np.nan)
    numbers = {
        "value_first": value[domains[:, 0]],
        "value_second": value[domains[:, 1]],
        "difference": _blank(found.value, shown),
        "low": _blank(found.low, shown),
        "high": _blank(found.high, shown),
        "p": p,
        "q": q,
    }
    flat = pd.DataFrame({name: values.ravel() for name, values in numbers.items()})
    table = pd.concat([measures, places, flat], axis=1)
    return table[list(DIFFERENCE_COLUMNS)].astype(DIFFERENCE_COLUMNS)


_OF_RATES = ("wave", "questionnaire", "measure", "measure_name", "unit")


def _domains(measured: Measured, pairs: Sequence[tuple[DomainName, DomainName]]) -> IntArray:
    index_of_name = {(domain.code, domain.group): at for at, domain in enumerate(measured.domains)}
    unknown = sorted({name for pair in pairs for name in pair if name not in index_of_name})
    if unknown:
        raise ValueError(f"no such area or breakdown: {unknown}; there are {sorted(index_of_name)}")
    indices = [(index_of_name[first], index_of_name[second]) for first, second in pairs]
    for (first, second), names in zip(indices, pairs, strict=True):
        if (measured.domains[first].in_cell & measured.domains[second].in_cell).any():
            raise ValueError(f"{names[0]} and {names[1]} overlap; compare a part with the rest")
    return np.array(indices, dtype=np.intp).reshape(-1, 2)


def _blank(values: FloatArray, shown: BoolArray) -> FloatArray:
    return np.where(shown, values, np.nan)
