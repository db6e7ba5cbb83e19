"""Laws of estimation, as properties over small samples with and without PSUs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from surveys.area import AreaLevel
from surveys.design import design_of, unit_of_record
from surveys.estimate import estimate, estimate_groups
from surveys.gate import GateSettings
from surveys.records.linear import mean_variance
from surveys.sample import Sample, WeightingCells
from surveys.wave import Wave
from tests.strategies import MEASURES, make_sample, make_wave, mean_of, sample_of_frame, samples

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
NUMBERS = ["value", "standard_error", "low", "high", "effective_n", "design_effect", "probability_below"]


def wave_of(sample: Sample) -> Wave:
    subdistricts = len(sample.strata)
    return make_wave(subdistricts, len(sample.area_codes) // subdistricts)


def rates(sample: Sample) -> pd.DataFrame:
    return estimate(sample, wave_of(sample), OPEN).rates


def assert_same(left: pd.DataFrame, right: pd.DataFrame, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(left[NUMBERS], right[NUMBERS], rtol=rtol, atol=1e-9)
    same = ["measure", "area_code", "group", "n", "excluded", "verdict", "flag", "method"]
    pd.testing.assert_frame_equal(left[same], right[same])


def reordered(sample: Sample, order: np.ndarray) -> Sample:
    return replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[order]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[order],
        area_of_record=sample.area_of_record[order],
        stratum_of_record=sample.stratum_of_record[order],
        psu_of_record=None if sample.psu_of_record is None else sample.psu_of_record[order],
        groups={name: (labels, index[order]) for name, (labels, index) in sample.groups.items()},
    )


@given(sample=samples(), factor=st.sampled_from([1e-3, 0.5, 7.0, 1e4]))
@quick
def test_rescaling_all_weights_changes_nothing(sample: Sample, factor: float) -> None:
    assert_same(rates(sample), rates(replace(sample, weight_of_record=factor * sample.weight_of_record)))


@given(sample=samples(), seed=st.integers(0, 99))
@quick
def test_the_order_of_records_changes_nothing(sample: Sample, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(sample.size)
    assert_same(rates(sample), rates(reordered(sample, order)), rtol=1e-10)


@given(sample=samples())
@quick
def test_names_and_order_of_strata_and_answers_change_nothing(sample: Sample) -> None:
    last = len(sample.strata) - 1
    turned = replace(
        sample,
        strata=tuple(f"层{i}" for i in range(last + 1)),
        stratum_of_record=last - sample.stratum_of_record,
        psu_strata=last - sample.psu_strata,
        questions=tuple(
            replace(
                q,
                answers=q.answers[::-1],
                answer_of_record=(len(q.answers) - 1 - q.answer_of_record).astype(np.int32),
            )
            for q in sample.questions
        ),
    )
    assert_same(rates(sample), rates(turned))


@given(sample=samples())
@quick
def test_estimates_are_finite_and_inside_their_range(sample: Sample) -> None:
    table = rates(sample)
    answered = table[table["n"] > 0]
    top = np.where(answered["unit"] == "points", 100.0, 1.0)
    assert answered[["value", "low", "high"]].notna().all(axis=None)
    assert ((answered["low"] >= 0) & (answered["high"] <= top)).all()
    assert (answered["low"] <= answered["value"] + 1e-9).all()
    assert (answered["high"] >= answered["value"] - 1e-9).all()
    assert (answered["high"] - answered["low"] > 1e-9 * top).all()
    assert (answered["effective_n"] <= answered["n"] + 1e-9).all()
    nobody = table[table["n"] == 0]
    assert (nobody["verdict"] == np.where(nobody["target"].isna(), "", "not_measured")).all()
    assert nobody["value"].isna().all()


@given(sample=samples())
@quick
def test_a_single_sampling_unit_never_has_an_error_of_zero(sample: Sample) -> None:
    table = rates(sample)
    lone = table["flag"].str.contains("one_psu")
    assert table.loc[lone, "standard_error"].isna().all()
    zero = table[table["standard_error"] == 0]
    unanimous = zero["unit"].eq("share") & zero["value"].isin([0.0, 1.0])
    assert (unanimous | zero["flag"].str.contains("constant_answers")).all()


@given(seed=st.integers(0, 500), weighting_cells=st.sampled_from([0, 2, 5]))
@quick
def test_one_psu_per_respondent_is_the_design_without_psus(seed: int, weighting_cells: int) -> None:
    """Also with weighting cells that cross strata, areas and breakdowns (M5)."""
    sample = make_sample(seed, 3, 2, 8, clustered=False)
    if weighting_cells:
        cell = np.random.default_rng(seed).integers(0, weighting_cells, sample.size)
        sample = replace(sample, weighting=WeightingCells(cell))
    singles = replace(
        sample,
        psus=tuple(map(str, range(sample.size))),
        psu_of_record=np.arange(sample.size),
        psu_strata=sample.stratum_of_record,
    )
    left, right = rates(sample), rates(singles)
    for column in ("value", "standard_error", "design_effect"):
        np.testing.assert_allclose(left[column], right[column], rtol=1e-9, atol=1e-12)


@given(values=st.lists(st.integers(1, 10), min_size=2, max_size=60))
@quick
def test_a_simple_random_sample_is_the_textbook_formula(values: list[int]) -> None:
    """V(ȳ) = s²/n, with (1 − n/N) where N is known; s² with n − 1."""
    assume(len(set(values)) > 1)
    y = np.array(values, dtype=float)
    data = pd.DataFrame({"y": y, "N": 1000.0})
    for fpc, factor in (("", 1.0), ("N", 1 - len(y) / 1000)):
        sample = sample_of_frame(data, ["y"], fpc=fpc)
        row = estimate_groups(sample, [mean_of("y")], settings=OPEN).iloc[0]
        np.testing.assert_allclose(row["value"], y.mean(), rtol=1e-12)
        expected = np.sqrt(factor * y.var(ddof=1) / len(y))
        np.testing.assert_allclose(row["standard_error"], expected, rtol=1e-10)
        by_records = mean_variance(y, sample.weight_of_record, design_of(sample), unit_of_record(sample))
        np.testing.assert_allclose(by_records.standard_error[0], expected, rtol=1e-10)


@given(sample=samples())
@quick
def test_covariances_agree_with_the_errors_of_the_table(sample: Sample) -> None:
    result = estimate(sample, wave_of(sample), OPEN)
    for code, matrix in result.covariance_by_area.items():
        table = result.rates[(result.rates["area_code"] == code) & (result.rates["group"] == "")]
        errors = table.set_index("measure").loc[list(matrix.index), "standard_error"]
        np.testing.assert_allclose(np.diag(matrix), errors**2, rtol=1e-8, atol=1e-12)
        known = matrix.dropna(how="all").dropna(axis=1, how="all").to_numpy()
        scale = np.abs(known).max(initial=1e-12)
        assert (np.linalg.eigvalsh((known + known.T) / 2) >= -1e-9 * scale).all()
    eigenvalues = np.linalg.eigvalsh(result.correlation.to_numpy())
    assert (eigenvalues >= -1e-9).all()
    assert list(result.correlation.index) == [measure.name for measure in MEASURES]


@given(sample=samples())
@quick
def test_the_gate_never_adds_and_never_shows_a_withheld_number(sample: Sample) -> None:
    shown, everything = estimate(sample, wave_of(sample)).rates, rates(sample)
    withheld = shown["flag"].str.contains("insufficient_sample|small_cell")
    assert shown.loc[withheld, [*NUMBERS, "n_to_settle"]].isna().all(axis=None)
    assert shown.loc[withheld, "verdict"].isin(["undetermined", ""]).all()
    assert (shown.loc[withheld, "method"] == "none").all()
    flags = shown.loc[withheld, "flag"].str.split(";").explode()
    design = {"insufficient_sample", "small_cell", "one_psu", "conditional_on_community", "lonely_psu"}
    assert set(flags) <= design
    np.testing.assert_allclose(shown.loc[~withheld, NUMBERS], everything.loc[~withheld, NUMBERS])
    assert shown.loc[shown["n"] < 30, "value"].isna().all()
    communities = shown[(shown["area_level"] == AreaLevel.COMMUNITY.value) & (shown["n"] > 0)]
    alone = communities.assign(withheld=communities["value"].isna(), parent=communities["area_code"].str[:2])
    by_parent = alone.groupby(["measure", "parent"])["withheld"]
    assert not ((by_parent.sum() == 1) & (by_parent.size() > 1)).any()
