"""Laws of the engine with raked weights and two stages, as properties (M1, M2, M5)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.area import AreaLevel
from surveys.design import design_of
from surveys.domain import Domain
from surveys.item import items_of
from surveys.pieces import domain_moments, group_scores, pieces_of
from surveys.precision import Precision, precision_of
from surveys.sample import IntArray, Sample, WeightingCells
from surveys.score import weighting_of
from surveys.tally import AREA, PSU, STRATUM, Tally, group_axis, moments_by_cell, tally
from surveys.variance import BoolArray, covariance
from tests.engine import engine
from tests.strategies import MEASURES, calibrated, make_sample

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ITEMS = MEASURES[:3]
BY = "urban_rural"


@st.composite
def designs(draw: st.DrawFn) -> Sample:
    """Samples with PSUs or without, raked or not, of finite or infinite populations."""
    seed, clustered = draw(st.integers(0, 10_000)), draw(st.booleans())
    sample = make_sample(
        seed,
        draw(st.integers(1, 4)),
        draw(st.integers(2, 5)),
        draw(st.integers(2, 12)),
        clustered=clustered,
        missing=draw(st.sampled_from([0.0, 0.3])),
    )
    if draw(st.booleans()):
        sample = calibrated(sample, seed)
    if draw(st.booleans()):
        residents = np.full(len(sample.psu_strata), 60.0) if clustered else None
        finite = np.full(len(sample.strata), 200.0)
        sample = replace(sample, population_psus_of_stratum=finite, population_of_psu=residents)
    return sample


def chosen(sample: Sample, rows: IntArray) -> Sample:
    """The same sample with its records in another order, or only some of them."""
    weighting = sample.weighting
    return replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[rows]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[rows],
        area_of_record=sample.area_of_record[rows],
        stratum_of_record=sample.stratum_of_record[rows],
        psu_of_record=None if sample.psu_of_record is None else sample.psu_of_record[rows],
        groups={name: (labels, index[rows]) for name, (labels, index) in sample.groups.items()},
        weighting=weighting and replace(weighting, cell_of_record=weighting.cell_of_record[rows]),
    )


def assert_same(left: dict[str, Any], right: dict[str, Any], rtol: float = 1e-9) -> None:
    for name in ("value", "se", "df", "deff", "n"):
        np.testing.assert_allclose(left[name], right[name], rtol=rtol, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(left["covariance"]["all"], right["covariance"]["all"], rtol=rtol, atol=1e-12)


@given(sample=designs(), seed=st.integers(0, 99))
@quick
def test_the_order_of_records_changes_a_tally_by_rounding_only(sample: Sample, seed: int) -> None:
    """Within 1e-12 in every sum; what is estimated from it follows."""
    turned = chosen(sample, np.random.default_rng(seed).permutation(sample.size))
    left, right = tally(sample), tally(turned)
    for name in ("weight_by_cell_answer", "squared_weight_by_cell_answer", "weight_by_cell"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-12)
    assert (left.count_by_cell_answer == right.count_by_cell_answer).all()
    assert_same(engine(sample, ITEMS, BY), engine(turned, ITEMS, BY))


@given(sample=designs(), cuts=st.lists(st.floats(0, 1), max_size=4))
@quick
def test_tallies_of_chunks_give_the_estimates_of_the_whole(sample: Sample, cuts: list[float]) -> None:
    """Also where a chunk lacks cells, PSUs or strata."""
    edges = [0, *sorted(int(cut * sample.size) for cut in cuts), sample.size]
    parts = [tally(chosen(sample, np.arange(a, b))) for a, b in pairwise(edges)]
    whole, joined = tally(sample), parts[0]
    for part in parts[1:]:
        joined = joined + part
    left, right = _precision(sample, whole), _precision(sample, joined)
    for name in ("value", "variance", "plain_variance", "degrees_of_freedom"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-9, atol=1e-14)


@given(sample=designs(), factor=st.sampled_from([1e-3, 7.0, 1e4]), of_base=st.booleans())
@quick
def test_rescaled_weights_change_nothing(sample: Sample, factor: float, of_base: bool) -> None:
    """Whether the base weights were larger, or what they were multiplied by."""
    weighting = sample.weighting
    if weighting is not None and weighting.factor_by_cell is not None and not of_base:
        weighting = replace(weighting, factor_by_cell=factor * weighting.factor_by_cell)
    scaled = replace(sample, weight_of_record=factor * sample.weight_of_record, weighting=weighting)
    assert_same(engine(sample, ITEMS, BY), engine(scaled, ITEMS, BY))


@given(sample=designs(), seed=st.integers(0, 99))
@quick
def test_relabelled_strata_units_and_weighting_cells_change_nothing(sample: Sample, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stratum = rng.permutation(len(sample.strata))
    turned = replace(
        sample,
        strata=tuple(f"层{h}" for h in range(len(stratum))),
        stratum_of_record=stratum[sample.stratum_of_record],
        psu_strata=stratum[sample.psu_strata],
        population_psus_of_stratum=sample.population_psus_of_stratum[np.argsort(stratum)],
    )
    if sample.psu_of_record is not None:
        psu = rng.permutation(len(sample.psu_strata))
        turned = replace(
            turned, psu_of_record=psu[sample.psu_of_record], psu_strata=turned.psu_strata[np.argsort(psu)]
        )
    weighting = sample.weighting
    if weighting is not None:
        assert weighting.auxiliary_by_cell is not None and weighting.factor_by_cell is not None
        cell = rng.permutation(len(weighting.factor_by_cell))
        old = np.argsort(cell)
        auxiliary = weighting.auxiliary_by_cell[old][:, rng.permutation(5)] * rng.uniform(1, 9, 5)
        cells = WeightingCells(cell[weighting.cell_of_record], auxiliary, weighting.factor_by_cell[old])
        turned = replace(turned, weighting=cells)
    assert_same(engine(sample, ITEMS, BY), engine(turned, ITEMS, BY))


@given(seed=st.integers(0, 500), raked=st.booleans(), population=st.sampled_from([np.inf, 400.0]))
@quick
def test_one_psu_per_respondent_is_the_design_without_psus(seed: int, raked: bool, population: float) -> None:
    """Errors and covariances, with raked weights too; a second stage of m = M = 1 adds 0, not 0/0."""
    sample = make_sample(seed, 3, 2, 8, clustered=False)
    sample = calibrated(sample, seed) if raked else sample
    sample = replace(sample, population_psus_of_stratum=np.full(3, population))
    singles = replace(
        sample,
        psus=tuple(map(str, range(sample.size))),
        psu_of_record=np.arange(sample.size),
        psu_strata=sample.stratum_of_record,
        population_of_psu=np.ones(sample.size),
    )
    assert_same(engine(sample, ITEMS, BY), engine(singles, ITEMS, BY), rtol=1e-8)


@given(seed=st.integers(0, 500), raked=st.booleans(), clustered=st.booleans())
@quick
def test_a_domain_split_in_two_adds_up(seed: int, raked: bool, clustered: bool) -> None:
    """A, B and n add up; so do scores, once the parts' sizes are scored too, and hence the variance.

    R = Σ A_j R_j/A gives U = Σ (A_j/A) U_j + Σ (R_j − R)/A · W_j with W_j the part's weight in the unit.
    """
    sample = make_sample(seed, 3, 4, 10, clustered=clustered)
    sample = calibrated(sample, seed) if raked else sample
    items, columns = items_of(sample, ITEMS)
    totals, design = tally(sample, columns), design_of(sample)
    part = totals.index_by_axis[group_axis(BY)]
    in_cell = np.array([part >= 0, part == 0, part == 1])
    cell = moments_by_cell(totals, items)
    moments = domain_moments(cell, in_cell)
    for sums in (moments.n, moments.a, moments.b, moments.q, moments.q2):
        np.testing.assert_allclose(sums[0], sums[1] + sums[2], rtol=1e-12, atol=1e-9)
    if not clustered:
        return
    pieces = pieces_of(totals, in_cell, totals.index_by_axis[PSU], design.unit_count, None)
    score = group_scores(pieces, cell, moments, with_squares=False)
    whole, first, second = np.split(score.total, 3, axis=1)
    ratio = moments.b / moments.a
    share = moments.a / moments.a[0]
    weights = np.split(pieces.by_group(pieces.sums(cell.a)), 3, axis=1)
    expected = share[1] * first + share[2] * second
    expected = expected + sum((ratio[j] - ratio[0]) / moments.a[0] * weights[j] for j in (1, 2))
    np.testing.assert_allclose(whole, expected, atol=1e-12)


@given(seed=st.integers(0, 500))
@quick
def test_the_variance_of_a_split_domain_is_that_of_its_parts_and_their_covariance(seed: int) -> None:
    """Post-stratified to the split, everybody answering: sizes are known, V = Σ (A_j A_k/A²) C_jk."""
    sample = make_sample(seed, 2, 5, 6, missing=0, probabilities=(0.5, 0.2, 0.2, 0.1, 0.0))
    half = np.random.default_rng(seed).integers(0, 2, sample.size)
    sample = replace(sample, weighting=WeightingCells(half), groups={BY: (("a", "b"), half)})
    items, columns = items_of(sample, ITEMS)
    totals, design = tally(sample, columns), design_of(sample)
    part = totals.index_by_axis[group_axis(BY)]
    in_cell = np.array([part >= 0, part == 0, part == 1])
    cell, weighting = moments_by_cell(totals, items), weighting_of(totals, design)
    moments = domain_moments(cell, in_cell)
    pieces = pieces_of(totals, in_cell, totals.index_by_axis[PSU], design.unit_count, weighting)
    score = group_scores(pieces, cell, moments, with_squares=False)
    for item in range(len(items)):
        matrix = covariance(score.total[:, item :: len(items)], design)
        share = moments.a[1:, item] / moments.a[0, item]
        np.testing.assert_allclose(matrix[0, 0], share @ matrix[1:, 1:] @ share, rtol=1e-9, atol=1e-15)


def _precision(sample: Sample, totals: Tally) -> Precision:
    """Everything, and each stratum."""
    items, _ = items_of(sample, ITEMS)
    stratum = totals.index_by_axis[STRATUM]
    assert (totals.index_by_axis[AREA] >= 0).all()
    sets: list[BoolArray] = [stratum >= 0, *(stratum == h for h in range(len(sample.strata)))]
    domains = [Domain(AreaLevel.SUBDISTRICT, str(at), "", "", None, inside) for at, inside in enumerate(sets)]
    return precision_of(totals, items, design_of(sample), domains)
