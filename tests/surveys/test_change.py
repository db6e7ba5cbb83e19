"""Change between waves: what the joint design, MOVER and the table of changes promise (M7)."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.beside import with_changes
from surveys.compare import (
    CHANGE_COLUMNS,
    ChangeFamily,
    ChangeMethod,
    ChangeVerdict,
    NotComparable,
    beside_rates,
    changes_of,
    differences_of_domains,
)
from surveys.compare.difference import Differences, Pairing, differences
from surveys.compare.joint import joint_design, joint_error
from surveys.compare.mover import mover_interval
from surveys.compare.multiplicity import benjamini_hochberg
from surveys.compare.psu_scores import psu_scores
from surveys.estimate import estimate
from surveys.measured import Measured, measure
from surveys.questionnaire import MeasureKind
from surveys.sample import ReplicateWeights, Sample, WeightingCells
from surveys.tallied import TalliedSample, tallied
from surveys.wave import LonelyPSU
from tests.strategies import make_sample, make_wave

NEW = make_wave(4, 5)
OLD = replace(NEW, id="2022Q2")
BETTER = (0.8, 0.1, 0.05, 0.03, 0.02)


def paired(old: Measured, new: Measured) -> Pairing:
    """Every domain with its namesake, every item with itself."""
    index = {(d.code, d.group): at for at, d in enumerate(old.domains)}
    domains = [(index[d.code, d.group], at) for at, d in enumerate(new.domains) if (d.code, d.group) in index]
    pairs = np.array(domains)
    items = np.arange(len(new.items))
    return Pairing(pairs, np.column_stack([items, items]), new.partition[pairs[:, 1]])


def compared(old: Sample, new: Sample) -> Differences:
    first, second = measure(old, OLD), measure(new, NEW)
    return differences(first, second, paired(first, second))


def with_own_communities(sample: Sample, which: np.ndarray) -> Sample:
    """The same answers from communities of other names, where `which` says so."""
    return replace(
        sample,
        psus=tuple(
            f"other {label}" if other else label for label, other in zip(sample.psus, which, strict=True)
        ),
    )


# ---- limits


def test_mover_with_symmetric_limits_is_the_textbook_formula() -> None:
    one, two, r = np.array([0.03, 0.05, 0.01]), np.array([0.02, 0.05, 0.08]), np.array([0.0, 0.5, 0.9])
    low, high = mover_interval(0.4, (0.4 - one, 0.4 + one), 0.6, (0.6 - two, 0.6 + two), r)
    half = np.sqrt(one**2 + two**2 - 2 * r * one * two)
    np.testing.assert_allclose(low, 0.2 - half, rtol=1e-12)
    np.testing.assert_allclose(high, 0.2 + half, rtol=1e-12)


@given(
    *[st.floats(0, 1, allow_subnormal=False)] * 2,
    *[st.floats(0, 0.3)] * 4,
    st.floats(-0.95, 0.95),
)
def test_mover_holds_the_difference_and_turns_with_time(
    p1: float, p2: float, a: float, b: float, c: float, d: float, r: float
) -> None:
    first, second = (p1 - a, p1 + b), (p2 - c, p2 + d)
    low, high = mover_interval(p1, first, p2, second, r)
    assert low <= p2 - p1 <= high
    back_low, back_high = mover_interval(p2, second, p1, first, r)
    assert (-back_high, -back_low) == (pytest.approx(low), pytest.approx(high))


def test_two_waves_without_any_error_still_have_an_interval() -> None:
    """100 % twice: a standard error would be 0; each wave's own limits are not."""
    constant = (1.0, 0.0, 0.0, 0.0, 0.0)
    found = compared(
        make_sample(1, probabilities=constant, missing=0.0),
        make_sample(2, probabilities=constant, missing=0.0),
    )
    assert (found.value == 0).all()
    assert (found.low < 0).all() and (found.high > 0).all()
    assert (found.p > 0.9).all()  # φ of 100 % depends a little on the effective size


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.booleans())
def test_exchanging_the_waves_turns_every_change(first: int, second: int, clustered: bool) -> None:
    old, new = (make_sample(seed, clustered=clustered) for seed in (first, second))
    there, back = compared(old, new), compared(new, old)
    np.testing.assert_allclose(there.value, -back.value, atol=1e-14)
    np.testing.assert_allclose(there.low, -back.high, atol=1e-12)
    np.testing.assert_allclose(there.statistic, -back.statistic, atol=1e-9)
    np.testing.assert_allclose(there.p, back.p, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_rescaled_weights_of_one_wave_change_nothing(seed: int, factor: float) -> None:
    old, new = make_sample(seed), make_sample(seed + 1, probabilities=BETTER)
    scaled = replace(new, weight_of_record=new.weight_of_record * factor)
    one, two = compared(old, new), compared(old, scaled)
    for name in ("value", "low", "high", "p", "correlation"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-9, atol=1e-12)


# ---- the joint design


@pytest.mark.parametrize("weighted", ["not", "poststratified", "raked"])
def test_a_wave_beside_itself_has_its_own_variance_as_covariance(weighted: str) -> None:
    """V₁ = V₂ = C₁₂ = the variance of `precision_of`, with calibrated weights too; the change has none."""
    sample = make_sample(3, take=20)
    cell = np.arange(sample.size) % 6
    if weighted == "poststratified":
        sample = replace(sample, weighting=WeightingCells(cell))
    if weighted == "raked":
        margins = np.column_stack([np.eye(2)[np.arange(6) % 2], np.eye(3)[np.arange(6) % 3]])
        sample = replace(sample, weighting=WeightingCells(cell, margins, np.linspace(0.8, 1.3, 6)))
    wave = measure(sample, NEW)
    joint = joint_design(sample, sample)
    domains = [at for at, domain in enumerate(wave.domains) if not wave.precision.conditional[at]]
    items = range(len(wave.items))
    for domain, scores in zip(domains, psu_scores(wave, domains, items), strict=True):
        error = joint_error(joint, scores, scores)
        expected = wave.precision.variance[domain]
        np.testing.assert_allclose(error.old_variance, expected, rtol=1e-9)
        np.testing.assert_allclose(error.between, expected, rtol=1e-9)
        np.testing.assert_allclose(error.of_changes, 0.0, atol=1e-15 * np.max(expected))
        np.testing.assert_array_equal(
            error.degrees_of_freedom, wave.precision.degrees_of_freedom[domain].astype(float)
        )
        assert error.overlap == pytest.approx(1.0)


def test_only_domains_with_common_communities_take_part_of_the_pooled_correlation() -> None:
    """D0 keeps its five communities, the other subdistricts have new ones."""
    sample = make_sample(5, take=20)
    other = with_own_communities(make_sample(6, take=20), np.arange(20) >= 5)
    first, second = measure(sample, OLD), measure(other, NEW)
    pairing = paired(first, second)
    found = differences(first, second, pairing)
    row = {
        first.domains[d].code: at for at, (d, _) in enumerate(pairing.domains) if not first.domains[d].group
    }
    assert found.shared_psus[row["D0"]] == 5
    assert found.shared_psus[row["D"]] == 5
    for code in ("D1", "D2", "D3"):
        assert found.shared_psus[row[code]] == 0
        assert (found.correlation[row[code]] == 0).all()
    alike = differences(first, measure(replace(other, psus=sample.psus), NEW), pairing)
    assert (alike.shared_psus[[row["D0"], row["D3"]]] == 5).all()


def test_where_all_overlap_alike_the_correlation_is_the_ratio_of_pooled_sums() -> None:
    """M7: r = ΣC₁₂/√(ΣV₁ΣV₂) over subdistricts, cut to [0, .95]."""
    old = replace(make_sample(7, take=20), weight_of_record=np.ones(400))
    new = replace(make_sample(8, take=20), weight_of_record=np.ones(400))
    first, second = measure(old, OLD), measure(new, NEW)
    pairing = paired(first, second)
    found = differences(first, second, pairing)
    joint = joint_design(old, new)
    areas = np.flatnonzero(first.partition)
    items = range(len(first.items))
    errors = [
        joint_error(joint, one, two)
        for one, two in zip(psu_scores(first, areas, items), psu_scores(second, areas, items), strict=True)
    ]
    between = sum(error.between for error in errors)
    length = np.sqrt(
        sum(error.old_variance for error in errors) * sum(error.new_variance for error in errors)
    )
    expected = np.clip(between / length, 0.0, 0.95)
    np.testing.assert_allclose(found.correlation[areas[0]], expected, rtol=1e-12)
    assert (expected > 0).any()


def test_a_community_is_the_same_psu_however_its_wave_has_to_write_it() -> None:
    """A label that occurs in two strata of one wave is written ``stratum/label`` there."""
    sample = make_sample(9)
    prefixed = tuple(
        f"{sample.strata[stratum]}/{label}"
        for stratum, label in zip(sample.psu_strata, sample.psus, strict=True)
    )
    joint = joint_design(sample, replace(sample, psus=prefixed))
    assert joint.design.unit_count == len(sample.psus)
    np.testing.assert_array_equal(joint.unit_of_old, joint.unit_of_new)


def test_a_community_in_another_stratum_is_another_unit() -> None:
    sample = make_sample(9)
    moved = replace(sample, strata=("X", *sample.strata[1:]))
    joint = joint_design(sample, moved)
    assert joint.design.unit_count == len(sample.psus) + 5
    assert joint.design.strata == (*sample.strata, "X")


def test_a_stratum_that_is_lonely_in_each_wave_is_not_where_the_waves_differ() -> None:
    """One community in each subdistrict, another one next time: two units a stratum in the union."""
    sample = make_sample(10, communities=1, take=60)
    joint = joint_design(sample, with_own_communities(sample, np.ones(4, dtype=bool)))
    assert not joint.design.is_lonely.any()
    replace(joint.design, lonely_psu=LonelyPSU.FAIL).check()
    assert joint_design(sample, sample).design.is_lonely.all()


def test_respondents_as_units_are_drawn_anew() -> None:
    old, new = (make_sample(seed, clustered=False) for seed in (11, 12))
    found = compared(old, new)
    assert (found.correlation == 0).all() and (found.shared_psus == 0).all()
    with pytest.raises(ValueError, match="samples of PSUs"):
        joint_design(old, new)


@pytest.mark.parametrize(
    "kind", ["linearised", "replicate weights", "replicate weights, respondents as units"]
)
def test_a_comparison_rests_on_the_rates_that_the_wave_prints(kind: str) -> None:
    sample = make_sample(13, take=30, clustered="respondents" not in kind)
    if kind != "linearised":
        rng = np.random.default_rng(1)
        weights = sample.weight_of_record[:, None] * rng.uniform(0.5, 1.5, (sample.size, 40))
        sample = replace(sample, replicates=ReplicateWeights(weights, np.full(40, 1 / 39)))
    wave = measure(sample, NEW)
    pd.testing.assert_frame_equal(wave.rates, estimate(sample, NEW).rates)
    # Without a common community the limits of a change are made of nothing but what both tables print.
    before = with_own_communities(make_sample(14, take=30), np.ones(20, dtype=bool))
    changes, rates = changes_of([before], OLD, [sample], NEW), estimate(before, OLD).rates
    printed = [(table["low"], table["high"]) for table in (rates, wave.rates)]
    expected = mover_interval(rates["value"], printed[0], wave.rates["value"], printed[1])
    shown = changes["change"].notna()
    assert set(changes.loc[shown, "area_level"]) == {"district", "subdistrict"}
    np.testing.assert_allclose(changes.loc[shown, "low"], expected[0][shown], rtol=1e-12)
    np.testing.assert_allclose(changes.loc[shown, "high"], expected[1][shown], rtol=1e-12)


def test_a_wave_read_in_parts_changes_as_one_held_in_memory() -> None:
    """Of a file larger than memory only labels, design and tally are left."""
    old, new = make_sample(15, take=30), make_sample(16, take=30, probabilities=BETTER)
    items, _, totals = tallied(new, NEW)
    none = np.empty(0, dtype=np.intp)
    kept = {field.name: getattr(new, field.name) for field in fields(new)}
    gone = {name: none for name in kept if name.endswith("_of_record")}
    parts = TalliedSample(**(kept | gone), totals=totals, items=items, records=new.size)
    expected = changes_of([old], OLD, [new], NEW)
    pd.testing.assert_frame_equal(changes_of([old], OLD, [parts], NEW), expected)


# ---- the table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return changes_of([make_sample(21, take=30)], OLD, [make_sample(22, take=30, probabilities=BETTER)], NEW)


def test_the_table_has_a_row_for_each_rate_of_the_new_wave(table: pd.DataFrame) -> None:
    rates = measure(make_sample(22, take=30, probabilities=BETTER), NEW).rates
    assert table.dtypes.astype(str).to_dict() == CHANGE_COLUMNS
    keys = ["measure", "area_level", "area_code", "group"]
    pd.testing.assert_frame_equal(table[keys], rates[keys])
    pd.testing.assert_series_equal(table["value_new"], rates["value"], check_names=False)
    filled = with_changes(rates, beside_rates(table))
    pd.testing.assert_series_equal(filled["change"], table["change"])
    assert filled["change_verdict"].tolist() == table["verdict"].tolist()


def test_every_change_is_judged_with_its_family(table: pd.DataFrame) -> None:
    known = table["change"].notna()
    in_headline = table["headline"] & (table["area_level"] == "subdistrict") & (table["group"] == "")
    in_district = table["headline"] & (table["area_level"] == "district") & (table["group"] == "")
    families = {
        ChangeFamily.HEADLINE: known & in_headline,
        ChangeFamily.DISTRICT: known & in_district,
        ChangeFamily.EXPLORATORY: known & ~in_headline & ~in_district,
        ChangeFamily.NONE: ~known,
    }
    for family, rows in families.items():
        assert (table.loc[rows, "family"] == family).all()
    stepped = table["family"].isin([ChangeFamily.HEADLINE, ChangeFamily.DISTRICT])
    assert (table.loc[stepped, "p_adjusted"] >= table.loc[stepped, "p"]).all()
    assert table.loc[stepped, "q"].isna().all()
    listed = table["family"] == ChangeFamily.EXPLORATORY
    assert (table.loc[listed, "q"] >= table.loc[listed, "p"]).all()
    assert table.loc[listed, "p_adjusted"].isna().all()
    for level in ("district", "subdistrict"):
        rows = table[listed & (table["area_level"] == level) & (table["group"] == "")]
        np.testing.assert_allclose(rows["q"], benjamini_hochberg(rows["p"].to_numpy()))


def test_the_table_says_how_limits_were_made(table: pd.DataFrame) -> None:
    known = table["change"].notna()
    assert (table.loc[known, "method"] == ChangeMethod.MOVER).all()
    assert (table.loc[~known, "method"] == ChangeMethod.NONE).all()
    mean = replace(NEW.measures[2], kind=MeasureKind.MEAN)
    old, new = (replace(wave, measures=(mean,)) for wave in (OLD, NEW))
    numbers = changes_of([make_sample(21, take=30)], old, [make_sample(22, take=30)], new)
    shown = numbers["change"].notna() & (numbers["area_level"] != "community")
    assert shown.any()
    assert (numbers.loc[shown, "method"] == ChangeMethod.STUDENT).all()
    middle = (numbers["low"] + numbers["high"]) / 2
    np.testing.assert_allclose(middle[shown], numbers["change"][shown])


def test_a_change_is_called_one_only_where_list_and_interval_agree(table: pd.DataFrame) -> None:
    called = table["verdict"].isin([ChangeVerdict.IMPROVED, ChangeVerdict.DECLINED])
    assert called.any()
    judged = table["p_adjusted"].fillna(table["q"])
    assert (judged[called] <= 0.05).all()
    assert (table.loc[table["verdict"] == ChangeVerdict.IMPROVED, "low"] > 0).all()
    assert (table.loc[table["verdict"] == ChangeVerdict.DECLINED, "high"] < 0).all()
    quiet = table["verdict"] == ChangeVerdict.NO_DETECTABLE_CHANGE
    crosses = (table["low"] <= 0) & (table["high"] >= 0)
    assert (crosses | (judged > 0.05))[quiet].all()


def test_what_either_wave_withholds_has_no_change_and_cannot_be_computed() -> None:
    """Communities of 12 interviews are withheld; subdistricts of 60 are shown. M17."""
    old, new = make_sample(31, take=12), make_sample(32, take=40, probabilities=BETTER)
    before, now = measure(old, OLD), measure(new, NEW)
    changes = changes_of([old], OLD, [new], NEW)
    hidden_before = before.rates.set_index(["measure", "area_code", "group"])["value"].isna()
    hidden_now = now.rates.set_index(["measure", "area_code", "group"])["value"].isna()
    keys = pd.MultiIndex.from_frame(changes[["measure", "area_code", "group"]])
    either = hidden_before.reindex(keys).to_numpy() | hidden_now.reindex(keys).to_numpy()
    assert either.any() and not either.all()
    told = ["value_old", "change", "low", "high", "p", "p_adjusted", "q"]
    assert changes.loc[either, told].isna().all(axis=None)
    assert (changes.loc[either, "reason"] == NotComparable.WITHHELD).all()
    assert (changes.loc[either, "verdict"] == ChangeVerdict.NOT_COMPARABLE).all()
    assert changes.loc[~either, ["value_old", "change", "low", "high", "p"]].notna().all(axis=None)


def test_no_change_of_a_measure_an_area_or_answers_that_were_not_there() -> None:
    fewer = replace(OLD, measures=OLD.measures[1:], areas=make_wave(3, 5).areas)
    old = make_sample(41, subdistricts=3, take=30)
    changes = changes_of([old], fewer, [make_sample(42, take=30)], NEW)
    absent = (changes["measure"] == "awareness") | changes["area_code"].str.startswith("D3")
    assert (changes.loc[absent, "reason"] == NotComparable.ABSENT).all()
    assert (changes.loc[absent, "verdict"] == ChangeVerdict.NOT_MEASURED).all()
    assert (changes.loc[changes["measure"] == "awareness", "n_old"] == 0).all()
    shown = ~absent & (changes["area_level"] != "community")
    assert (changes.loc[shown, "reason"] == "").all()


def test_a_questionnaire_that_is_new_has_nothing_to_compare_with() -> None:
    changes = changes_of([], OLD, [make_sample(43, take=30)], NEW)
    assert (changes["verdict"] == ChangeVerdict.NOT_MEASURED).all()
    assert changes[["value_old", "change", "low", "high", "p"]].isna().all(axis=None)
    assert (changes["n_old"] == 0).all()


def test_no_questionnaire_at_all_is_an_empty_table() -> None:
    assert list(changes_of([], OLD, [], NEW).columns) == list(CHANGE_COLUMNS)


def test_communities_that_are_one_psu_change_by_their_own_respondents() -> None:
    """Large communities are shown, conditional on the community: no covariance, no zero width."""
    old, new = make_sample(51, take=250), make_sample(52, take=250, probabilities=BETTER)
    changes = changes_of([old], OLD, [new], NEW)
    own = changes[(changes["area_level"] == "community") & changes["change"].notna()]
    assert len(own)
    assert (own["shared_psus"] == 1).all()
    assert (own["high"] - own["low"] > 0.01).all()


# ---- domains of one wave


def test_urban_against_rural_is_the_difference_of_their_rates() -> None:
    sample = make_sample(61, take=30)
    rural, urban = ("D", "urban_rural=rural"), ("D", "urban_rural=urban")
    found = differences_of_domains(sample, NEW, [(rural, urban), (("D0", ""), ("D1", ""))])
    rates = measure(sample, NEW).rates.set_index(["area_code", "group", "measure"])["value"]
    assert len(found) == 2 * len(NEW.measures)
    for row in found.itertuples():
        first = rates[row.first_area, row.first_group, row.measure]
        second = rates[row.second_area, row.second_group, row.measure]
        assert row.difference == pytest.approx(second - first)
        assert row.low < row.difference < row.high
        assert row.p <= row.q <= 1


def test_parts_of_common_communities_are_compared_with_their_covariance() -> None:
    """Men and women of the same communities: what a community shares cancels from the difference."""
    sample = make_sample(62, communities=10, take=40)
    rng = np.random.default_rng(5)
    psu = np.asarray(sample.psu_of_record)
    good = rng.random(40)[psu] < 0.5
    q1 = sample.questions[0]
    answer = np.where(good ^ (rng.random(sample.size) < 0.1), 3, 4).astype(np.int32)
    sample = replace(
        sample,
        questions=(replace(q1, answer_of_record=answer), *sample.questions[1:]),
        groups={"sex": (("f", "m"), np.arange(sample.size) % 2)},
    )
    wave = make_wave(4, 10)
    found = differences_of_domains(sample, wave, [(("D", "sex=f"), ("D", "sex=m"))])
    row = found[found["measure"] == "awareness"].iloc[0]
    rates = measure(sample, wave).rates
    each = rates[(rates["group"] != "") & (rates["measure"] == "awareness")]
    independent = np.hypot(*(each["high"] - each["low"]))
    assert row["high"] - row["low"] < 0.5 * independent


def test_overlapping_or_unknown_domains_are_refused() -> None:
    sample = make_sample(63)
    with pytest.raises(ValueError, match="overlap"):
        differences_of_domains(sample, NEW, [(("D0", ""), ("D", ""))])
    with pytest.raises(ValueError, match="no such area"):
        differences_of_domains(sample, NEW, [(("D0", ""), ("D9", ""))])


def test_the_order_of_records_changes_nothing(table: pd.DataFrame) -> None:
    """The same answers read in another order give the same table within rounding."""
    new = make_sample(22, take=30, probabilities=BETTER)
    order = np.random.default_rng(1).permutation(new.size)
    shuffled = replace(
        new,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[order]) for q in new.questions),
        weight_of_record=new.weight_of_record[order],
        area_of_record=new.area_of_record[order],
        stratum_of_record=new.stratum_of_record[order],
        psu_of_record=np.asarray(new.psu_of_record)[order],
        groups={name: (labels, index[order]) for name, (labels, index) in new.groups.items()},
    )
    again = changes_of([make_sample(21, take=30)], OLD, [shuffled], NEW)
    numbers = ["value_old", "value_new", "change", "low", "high", "p", "q"]
    np.testing.assert_allclose(again[numbers], table[numbers], rtol=1e-9, atol=1e-12)
    assert again["verdict"].tolist() == table["verdict"].tolist()
