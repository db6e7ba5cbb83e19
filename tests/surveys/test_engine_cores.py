"""Estimates are equal to the bit for any number of threads of the linear algebra below numpy."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surveys.covariance import area_covariances
from surveys.design import design_of
from surveys.domain import domains_of
from surveys.item import items_of
from surveys.precision import precision_of
from surveys.product import inner_products, product
from surveys.sample import WeightingCells
from surveys.tally import tally
from tests.strategies import MEASURES, make_sample, make_wave

ROOT = Path(__file__).resolve().parents[2]


def digits(clustered: bool) -> str:
    """Every bit of the errors and covariances of 40 raked measures in 31 areas, of two stages."""
    sample = make_sample(1, 30, 20, 20, clustered=clustered)
    cell = 12 * sample.stratum_of_record + np.arange(sample.size) % 12
    margins = np.zeros((360, 42))
    margins[np.arange(360), np.arange(360) % 12] = 1
    margins[np.arange(360), 12 + np.arange(360) // 12] = 1
    factor = np.random.default_rng(1).uniform(0.5, 2, 360)
    sample = replace(
        sample,
        weighting=WeightingCells(cell, margins, factor),
        population_psus_of_stratum=np.full(30, 60.0 if clustered else np.inf),
        population_of_psu=np.full(600, 3000.0) if clustered else None,
    )
    items, columns = items_of(sample, [replace(MEASURES[i % 5], name=f"m{i}") for i in range(40)])
    totals, design = tally(sample, columns), design_of(sample)
    domains = domains_of(sample, make_wave(30, 20).areas, totals)[:31]
    precision = precision_of(totals, items, design, domains)
    covariances = area_covariances(sample, columns, totals, items, design, domains, precision, range(31))
    parts = [precision.value, precision.variance, *(m.to_numpy() for m in covariances.values())]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts).hex()


@pytest.mark.parametrize("clustered", [True, False])
def test_estimates_are_equal_to_the_bit_for_any_number_of_threads(clustered: bool) -> None:
    """In processes of their own, for the number of threads is fixed when numpy is loaded."""
    code = f"from tests.surveys.test_engine_cores import digits; print(digits({clustered}))"
    found = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
        made = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(made.stdout)
    assert len(found) == 1 and len(found.pop()) > 10_000


@pytest.mark.parametrize("shape", [(3, 5, 4), (41, 360, 1200), (400, 500, 3), (40, 20_011, 40), (1, 0, 2)])
def test_products_are_those_of_numpy(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    np.testing.assert_allclose(product(left, right), left @ right, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(inner_products(left), left @ left.T, rtol=1e-9, atol=1e-9)
