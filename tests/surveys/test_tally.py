"""The tally: sums by cell and answer, and that tallies add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.item import items_of
from surveys.sample import Sample
from surveys.tally import (
    AREA,
    PSU,
    STRATUM,
    WEIGHTING,
    cells_of_records,
    group_axis,
    moments_by_cell,
    tally,
)
from tests.engine import engine
from tests.strategies import MEASURES, make_sample, mean_of, sample_of_frame, samples


def chunk(sample: Sample, rows: np.ndarray) -> Sample:
    """The same sample with only some of its records."""
    return replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[rows]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[rows],
        area_of_record=sample.area_of_record[rows],
        stratum_of_record=sample.stratum_of_record[rows],
        psu_of_record=None if sample.psu_of_record is None else sample.psu_of_record[rows],
        groups={name: (labels, index[rows]) for name, (labels, index) in sample.groups.items()},
    )


def test_tally_counts_what_a_loop_counts() -> None:
    sample = make_sample(7, 2, 2, 5)
    totals = tally(sample)
    cells = cells_of_records(sample)
    for question in sample.questions:
        start = totals.first_answer_of_column[question.name]
        for answer in range(len(question.answers)):
            for cell in range(totals.cell_count):
                rows = [
                    k
                    for k in range(sample.size)
                    if cells[k] == cell and question.answer_of_record[k] == answer
                ]
                weights = [sample.weight_of_record[k] for k in rows]
                assert totals.count_by_cell_answer[cell, start + answer] == len(rows)
                assert totals.weight_by_cell_answer[cell, start + answer] == pytest.approx(sum(weights))
                squares = sum(w**2 for w in weights)
                assert totals.squared_weight_by_cell_answer[cell, start + answer] == pytest.approx(squares)
    assert totals.count_by_cell.sum() == sample.size
    assert list(totals.index_by_axis) == [STRATUM, PSU, AREA, WEIGHTING, group_axis("urban_rural")]
    for axis, of_record in ((STRATUM, sample.stratum_of_record), (AREA, sample.area_of_record)):
        assert (totals.index_by_axis[axis][cells] == of_record).all()


@given(sample=samples(), cut=st.floats(0, 1), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_tallies_of_chunks_add_up_to_the_tally_of_the_whole(sample: Sample, cut: float, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(sample.size)
    middle = int(cut * sample.size)
    parts = tally(chunk(sample, rows[:middle])) + tally(chunk(sample, rows[middle:]))
    whole = tally(sample)
    for axis, index in whole.index_by_axis.items():
        assert (parts.index_by_axis[axis] == index).all()
    for name in ("count_by_cell_answer", "weight_by_cell_answer", "squared_weight_by_cell_answer"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12, atol=1e-12)
    for name in ("count_by_cell", "weight_by_cell", "squared_weight_by_cell"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)


def test_tallies_of_different_columns_do_not_add_up() -> None:
    sample = make_sample(1, 2, 2, 3)
    with pytest.raises(ValueError, match="do not add up"):
        tally(sample, sample.questions[:1]) + tally(sample, sample.questions[1:])


def test_moments_are_linear_maps_of_the_tally() -> None:
    sample = make_sample(11)
    items, columns = items_of(sample, MEASURES)
    totals = tally(sample, columns)
    moments = moments_by_cell(totals, items)
    by_name = {column.name: column for column in columns}
    for index, item in enumerate(items):
        answer = by_name[item.column].answer_of_record
        w, r, y = sample.weight_of_record, item.base_by_answer[answer], item.value_by_answer[answer]
        centred = r * (y - moments.centre[index])
        np.testing.assert_allclose(moments.n[:, index].sum(), r.sum())
        np.testing.assert_allclose(moments.positive[:, index].sum(), (r * y).sum())
        np.testing.assert_allclose(moments.a[:, index].sum(), (w * r).sum())
        np.testing.assert_allclose(moments.b[:, index].sum(), (w * centred).sum(), atol=1e-9)
        np.testing.assert_allclose(moments.q[:, index].sum(), (w * centred**2).sum())
        np.testing.assert_allclose(moments.q2[:, index].sum(), (w**2 * centred**2).sum())


@pytest.mark.parametrize("psu", ["", "unit"])
def test_a_number_far_from_0_has_the_error_of_its_distance_from_another(psu: str) -> None:
    """Years of birth in seconds, incomes in fen: Σwy² − (Σwy)²/Σw would cancel to nothing at 1e9 ± 1."""
    rng = np.random.default_rng(6)
    small = pd.DataFrame({"y": rng.integers(0, 3, 120).astype(float), "w": rng.uniform(0.5, 2, 120)})
    small["unit"] = np.arange(120) // 6
    large = small.assign(y=small["y"] + 1e9)
    near, far = (
        engine(sample_of_frame(data, ["y"], psu=psu, weight="w"), [mean_of("y")]) for data in (small, large)
    )
    np.testing.assert_allclose(far["value"] - 1e9, near["value"], atol=1e-6)
    for name in ("se", "deff"):
        np.testing.assert_allclose(far[name], near[name], rtol=1e-6)
    assert near["se"][0, 0] > 0.01
