"""Laws of adding up: threads leave no bit, the order of records and of chunks no more than rounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.sample import Sample
from surveys.tally import Tally, tally
from tests.strategies import make_sample, samples

quick = settings(max_examples=40, deadline=None)
SUMS = (
    "count_by_cell_answer",
    "weight_by_cell_answer",
    "squared_weight_by_cell_answer",
    "count_by_cell",
    "weight_by_cell",
    "squared_weight_by_cell",
)


def records(sample: Sample, rows: np.ndarray) -> Sample:
    return replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[rows]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[rows],
        area_of_record=sample.area_of_record[rows],
        stratum_of_record=sample.stratum_of_record[rows],
        psu_of_record=None if sample.psu_of_record is None else sample.psu_of_record[rows],
        groups={name: (labels, index[rows]) for name, (labels, index) in sample.groups.items()},
    )


def in_chunks(sample: Sample, size: int, threads: int) -> Tally:
    parts = [
        tally(records(sample, np.arange(start, min(start + size, sample.size))), threads=threads)
        for start in range(0, sample.size, size)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def assert_close(one: Tally, other: Tally) -> None:
    for axis, index in one.index_by_axis.items():
        assert index.tolist() == other.index_by_axis[axis].tolist()
    for name in SUMS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


@given(sample=samples(), size=st.integers(1, 40))
@quick
def test_tallies_of_a_chunking_are_equal_to_the_bit_for_any_number_of_threads(
    sample: Sample, size: int
) -> None:
    one = in_chunks(sample, size, 1)
    for threads in (2, 3):
        many = in_chunks(sample, size, threads)
        assert all(getattr(one, name).tobytes() == getattr(many, name).tobytes() for name in SUMS)
    assert_close(one, tally(sample))


@given(sample=samples(), seed=st.integers(0, 99))
@quick
def test_the_order_of_records_changes_sums_by_rounding_only(sample: Sample, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(sample.size)
    assert_close(tally(records(sample, order)), tally(sample))


@pytest.mark.parametrize("clustered", [True, False])
def test_weights_alike_within_cells_are_added_up_like_any_others(*, clustered: bool) -> None:
    """Counts times weights are the sums that a walk over the records gives."""
    sample = make_sample(5, clustered=clustered)
    alike = replace(sample, weight_of_record=1.0 + sample.area_of_record / 7)
    # One record more, of another weight, makes the walk the general one; its cell is not compared.
    last = np.append(np.arange(sample.size), sample.size - 1)
    mixed = records(alike, last)
    mixed.weight_of_record[-1] *= 3
    plain, general = tally(alike), tally(mixed)
    other = np.arange(plain.cell_count - 1)
    for name in SUMS:
        np.testing.assert_allclose(getattr(plain, name)[other], getattr(general, name)[other], rtol=1e-12)
