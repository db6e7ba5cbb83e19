"""Model estimates of a wave: who is offered one, what is withheld, what settings may ask (M10, M17)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.design import design_of
from surveys.domain import domains_of
from surveys.flag import Flag
from surveys.gate import DEFAULT_GATE
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.problem import Language
from surveys.rates import rates_table
from surveys.sample import Sample
from surveys.smallarea.calibration import calibration_of
from surveys.smallarea.estimates import (
    MODEL_COLUMNS,
    DirectTable,
    ModelMethod,
    ModelNote,
    direct_table,
    model_estimates,
)
from surveys.smallarea.settings import check_small_areas
from surveys.tally import tally
from surveys.wave import ALL_SHARES, SmallAreaSettings
from tests.strategies import MEASURES, make_sample, make_wave, samples
from tests.wave_folder import the
from tests.weighted_wave import read_weighted, write_wave

ALL = SmallAreaSettings((ALL_SHARES,))
PLAIN = replace(ALL, benchmark=False)


def direct_of(sample: Sample, areas: AreaRegister) -> tuple[DirectTable, pd.DataFrame]:
    """Direct estimates and rates, as `surveys.estimate` makes them."""
    items, columns = items_of(sample, MEASURES)
    totals = tally(sample, columns)
    domains = domains_of(sample, areas, totals)
    precision = precision_of(totals, items, design_of(sample), domains)
    partition = np.array([domain.level is AreaLevel.SUBDISTRICT for domain in domains])
    limits = limits_of(precision, items, partition)
    rates = rates_table("w", sample.questionnaire, domains, items, precision, limits, DEFAULT_GATE)
    direct = direct_table(totals, items, domains, precision, limits, rates)
    return direct, rates[[name for name in rates if not str(name).startswith("model_")]]


def with_covariate(areas: AreaRegister, level: AreaLevel, name: str, seed: int = 0) -> AreaRegister:
    rng = np.random.default_rng(seed)
    return AreaRegister(
        tuple(
            replace(
                area,
                covariates={**area.covariates, name: f"{rng.normal():.3f}" if area.level is level else ""},
            )
            for area in areas.areas
        )
    )


def test_without_measures_nothing_is_modelled() -> None:
    direct, _ = direct_of(make_sample(1), make_wave(4, 5).areas)
    table = model_estimates(direct, make_wave(4, 5).areas, SmallAreaSettings())
    assert table.empty and list(table.columns) == list(MODEL_COLUMNS)
    assert (
        check_small_areas(SmallAreaSettings(covariates=("no such",)), MEASURES, make_wave(4, 5).areas) == ()
    )


def test_thin_subdistricts_get_a_finite_estimate_beside_the_withheld_one() -> None:
    areas = make_wave(10, 2).areas
    direct, rates = direct_of(make_sample(2, 10, 2, 10), areas)
    table = model_estimates(direct, areas, ALL)
    here = table[table["area_level"] == "subdistrict"]
    key = ["area_level", "area_code", "measure"]
    assert not table.duplicated(key).any()
    beside = here.merge(rates[rates["group"] == ""], on=key, how="left", validate="one_to_one")
    assert beside["flag"].str.contains(Flag.INSUFFICIENT_SAMPLE).all() and beside["value"].isna().all()
    assert set(here["measure"]) == {"awareness", "satisfied", "both", "two"}  # 满意度 is no share
    assert len(here) == 40 and np.isfinite(here[["model_value", "model_mse", "model_weight"]]).all(axis=None)
    assert here["model_value"].between(here["model_low"], here["model_high"]).all()
    assert here["model_method"].isin([ModelMethod.FAY_HERRIOT, ModelMethod.FLOORED]).all()


def test_sound_direct_estimates_are_left_alone() -> None:
    """300 answers a subdistrict: shown, hence no model. Its communities are one PSU each: offered beside."""
    areas = make_wave(6, 5).areas
    direct, rates = direct_of(make_sample(3, 6, 5, 60), areas)
    table = model_estimates(direct, areas, ALL)
    shown = rates[(rates["group"] == "") & rates["value"].notna()]
    assert (shown["area_level"] == "subdistrict").any()
    assert set(table["area_level"]) == {"community"}
    beside = table.merge(rates, on=["area_level", "area_code", "measure"])
    assert beside["flag"].str.contains(Flag.CONDITIONAL_ON_COMMUNITY).all()
    both = beside.dropna(subset=["value", "model_value"])
    assert len(both) > 50
    # Between the community's own share and the district's: drawn towards the mean, never beyond.
    assert np.corrcoef(both["value"], both["model_value"])[0, 1] > 0.5
    mean = both.groupby("measure")["value"].transform("mean")
    assert (both["model_value"] - mean).abs().mean() < (both["value"] - mean).abs().mean()


def test_estimates_of_a_level_add_up_to_the_district() -> None:
    """All subdistricts are thin here, so all of them are in the table, with their weights in the base."""
    areas = make_wave(8, 2).areas
    direct, rates = direct_of(make_sample(4, 8, 2, 10), areas)
    table = model_estimates(direct, areas, ALL)
    for item, one in enumerate(direct.items):
        rows = [i for i, domain in enumerate(direct.domains) if domain.level is AreaLevel.SUBDISTRICT]
        here = table[(table["area_level"] == "subdistrict") & (table["measure"] == one.measure.name)]
        if not len(here):
            continue
        district = rates[(rates["area_level"] == "district") & (rates["measure"] == one.measure.name)]
        total = float(district["value"].iloc[0])
        added = float(np.average(here["model_value"], weights=direct.base[rows, item]))
        assert added == pytest.approx(total, abs=1e-12)


def test_new_codes_and_names_change_no_number() -> None:
    wave = make_wave(6, 3)
    sample = make_sample(5, 6, 3, 12)
    renamed = AreaRegister(
        tuple(
            Area(f"x{a.code}", f"y{a.name}", a.level, f"x{a.parent}" if a.parent else "", a.urban_rural)
            for a in wave.areas.areas
        )
    )
    other = replace(sample, area_codes=tuple(f"x{code}" for code in sample.area_codes))
    one = model_estimates(direct_of(sample, wave.areas)[0], wave.areas, ALL)
    two = model_estimates(direct_of(other, renamed)[0], renamed, ALL)
    assert (("x" + one["area_code"]) == two["area_code"]).all()
    pd.testing.assert_frame_equal(one.drop(columns="area_code"), two.drop(columns="area_code"))


def own_share(direct: DirectTable, areas: AreaRegister, item: int, table: pd.DataFrame) -> pd.Series:
    """What a reader with the weights of all communities can compute from the printed model estimates.

    θ̂ = γφ + (1 − γ)x′β̂ is one equation for φ; β̂ is the same for all, and one community whose direct estimate
    is shown tells it. Here it is known.
    """
    codes = [area.code for area in areas.at(AreaLevel.COMMUNITY)]
    row = {d.code: i for i, d in enumerate(direct.domains) if d.level is AreaLevel.COMMUNITY}
    rows = [row[code] for code in codes]
    calibration = calibration_of(direct.value[rows, item], direct.effective_n[rows, item])
    gamma = table.set_index("area_code")["model_weight"].reindex(codes).to_numpy()
    known = np.isfinite(gamma)
    variance = calibration.sampling_variance_by_area
    between = float((gamma * variance / (1 - gamma))[known].mean())
    weight = 1 / (between + variance)
    beta = float(weight @ calibration.angle(direct.value[rows, item]) / weight.sum())
    value = table.set_index("area_code")["model_value"].reindex(codes).to_numpy()
    angle = np.arccos(np.clip((1 - 2 * value) * np.exp(2 * gamma * variance), -1, 1)) / 2
    own = calibration.share(beta + (angle - beta) / gamma)
    return pd.Series(own, index=codes).dropna()


def test_a_model_estimate_gives_the_own_answers_back_so_small_cells_are_withheld() -> None:
    """The attack succeeds wherever an estimate is printed, so none is printed for a protected community."""
    areas = make_wave(6, 8).areas
    direct, _ = direct_of(make_sample(6, 6, 8, 16), areas)
    table = model_estimates(direct, areas, PLAIN)
    table = table[table["area_level"] == "community"]
    attacked = 0
    for item, one in enumerate(direct.items):
        here = table[table["measure"] == one.measure.name]
        if not here["model_value"].notna().any():
            continue
        own = own_share(direct, areas, item, here)
        for row, domain in enumerate(direct.domains):
            if domain.level is AreaLevel.COMMUNITY and domain.code in own.index:
                assert own[domain.code] == pytest.approx(direct.value[row, item], abs=1e-8)
                positive, n = direct.positive[row, item], direct.n[row, item]
                if not direct.shown[row, item]:
                    assert n >= 10 and min(positive, n - positive) >= 5
                attacked += 1
    assert attacked > 10
    hidden = table[table["model_note"].str.contains(ModelNote.PROTECTED)]
    assert len(hidden) > 10 and (hidden["model_method"] == ModelMethod.NONE).all()
    assert hidden[[name for name in MODEL_COLUMNS if MODEL_COLUMNS[name] == "float64"]].isna().all(axis=None)
    assert not hidden["model_note"].str.contains(ModelNote.SYNTHETIC).any()  # it would tell γ


def test_no_community_is_left_alone_behind_what_the_model_prints() -> None:
    """The subdistrict less all printed communities must not be one protected community."""
    areas = make_wave(6, 8).areas
    for seed in range(8):
        direct, _ = direct_of(make_sample(seed, 6, 8, 20, missing=0.2), areas)
        table = model_estimates(direct, areas, ALL)
        table = table[table["area_level"] == "community"]
        parent = {area.code: area.parent for area in areas.areas}
        secret = table["model_note"].str.contains(ModelNote.PROTECTED)
        count = secret.groupby([table["area_code"].map(parent), table["measure"]]).sum()
        assert (count != 1).all()
        assert secret.any()


def test_the_companion_of_a_protected_community_is_one_that_is_not_shown() -> None:
    """D0-0 has 2 negative answers; D0-1 is larger than D0-2, but D0-2's direct estimate is shown already."""
    areas = make_wave(6, 3).areas
    direct, _ = direct_of(make_sample(10, 6, 3, 14), areas)
    index = {domain.code: row for row, domain in enumerate(direct.domains)}
    rows = [index[code] for code in ("D0-0", "D0-1", "D0-2")]
    n, positive, shown = direct.n.copy(), direct.positive.copy(), direct.shown.copy()
    n[rows], positive[rows] = [[12.0], [80.0], [40.0]], [[10.0], [40.0], [30.0]]
    shown[rows] = [[False], [False], [True]]
    changed = replace(direct, n=n, positive=positive, shown=shown)
    table = model_estimates(changed, areas, ALL).set_index("area_code")
    for code, expected in (("D0-0", True), ("D0-1", True), ("D0-2", False)):
        assert (table.loc[code, "model_note"].str.contains(ModelNote.PROTECTED) == expected).all(), code


def test_a_subdistrict_of_fewer_than_ten_answers_is_protected_with_a_companion() -> None:
    """γ and the estimate give its share back as a community's do."""
    areas = make_wave(10, 2).areas
    direct, _ = direct_of(make_sample(2, 10, 2, 10), areas)
    index = {domain.code: row for row, domain in enumerate(direct.domains)}
    rows = [index[code] for code in ("D3", "D5", "D8")]
    n, positive = direct.n.copy(), direct.positive.copy()
    n[rows], positive[rows] = [[3.0], [12.0], [11.0]], [[2.0], [12.0], [9.0]]
    others = [index[f"D{at}"] for at in range(10) if at not in (3, 5, 8)]
    n[others] = np.maximum(n[others], 12.0)
    table = model_estimates(replace(direct, n=n, positive=positive), areas, ALL)
    here = table[table["area_level"] == "subdistrict"].set_index("area_code")
    secret = here["model_note"].str.contains(ModelNote.PROTECTED)
    # D8 has the smallest base of the others: the district less all the rest would be D3 again.
    assert set(here.index[secret]) == {"D3", "D8"} and secret[["D3", "D8"]].all()
    assert here.loc[secret, ["model_value", "model_weight", "model_mse"]].isna().all(axis=None)
    assert (here.loc[secret, "model_method"] == ModelMethod.NONE).all()
    assert here.loc["D5", "model_value"].notna().all()


def test_unsampled_areas_are_predicted_and_say_so() -> None:
    """A subdistrict without a record always; a community only by covariates."""
    wave = make_wave(8, 3)
    sample = make_sample(7, 7, 3, 10)
    direct, _ = direct_of(sample, wave.areas)
    table = model_estimates(direct, wave.areas, ALL)
    missing = table[table["model_note"].str.contains(ModelNote.NOT_SAMPLED)]
    assert set(missing["area_code"]) == {"D7"}
    assert (missing["model_weight"] == 0).all() and missing["model_value"].notna().all()
    assert missing["model_note"].str.contains(ModelNote.SYNTHETIC).all()
    areas = with_covariate(wave.areas, AreaLevel.COMMUNITY, "old")
    asked = replace(ALL, covariates=("old",))
    assert check_small_areas(asked, MEASURES, areas) == ()
    table = model_estimates(direct_of(sample, areas)[0], areas, asked)
    missing = table[table["model_note"].str.contains(ModelNote.NOT_SAMPLED)]
    assert set(missing["area_code"]) == {"D7", "D7-0", "D7-1", "D7-2"}
    values = missing[missing["area_level"] == "community"].groupby("measure")["model_value"].nunique()
    assert (values == 3).all()


def test_too_few_areas_give_no_model_and_too_many_covariates_are_dropped() -> None:
    wave = make_wave(3, 2)
    table = model_estimates(direct_of(make_sample(8, 3, 2, 8), wave.areas)[0], wave.areas, ALL)
    few = table[table["area_level"] == "subdistrict"]
    assert (few["model_note"] == ModelNote.TOO_FEW_AREAS).all() and (
        few["model_method"] == ModelMethod.NONE
    ).all()
    assert few["model_value"].isna().all() and len(few) > 0
    areas = with_covariate(make_wave(4, 2).areas, AreaLevel.SUBDISTRICT, "old")
    asked = replace(ALL, covariates=("old",))
    assert check_small_areas(asked, MEASURES, areas) == ()
    table = model_estimates(direct_of(make_sample(8, 4, 2, 8), areas)[0], areas, asked)
    here = table[table["area_level"] == "subdistrict"]
    assert (
        here["model_note"].str.contains(ModelNote.COVARIATES_DROPPED).all()
        and here["model_value"].notna().all()
    )


@settings(max_examples=30, deadline=None)
@given(samples())
def test_no_sample_is_too_odd_for_a_finite_answer_or_a_reason(sample: Sample) -> None:
    """One record a community, respondents as units, all answers alike, most of them blank."""
    areas = make_wave(len(sample.strata), 5).areas
    direct, _ = direct_of(sample, areas)
    table = model_estimates(direct, areas, ALL)
    numbers = table[[name for name, kind in MODEL_COLUMNS.items() if kind == "float64"]]
    without = numbers.isna().all(axis=1)
    assert (without | numbers.notna().all(axis=1)).all()
    reasons = f"{ModelNote.PROTECTED}|{ModelNote.TOO_FEW_AREAS}"
    assert table.loc[without, "model_note"].str.contains(reasons).all()
    assert (table.loc[without, "model_method"] == ModelMethod.NONE).all()
    inside = numbers[~without]
    assert inside["model_value"].between(inside["model_low"], inside["model_high"]).all()
    assert (inside["model_low"] < inside["model_high"]).all() and (inside["model_mse"] > 0).all()


def test_all_answers_alike_are_estimated_below_100_per_cent_and_not_benchmarked() -> None:
    areas = make_wave(6, 2).areas
    sample = make_sample(9, 6, 2, 10, probabilities=(1.0, 0.0, 0.0, 0.0, 0.0), missing=0.0)
    table = model_estimates(direct_of(sample, areas)[0], areas, ALL)
    here = table[table["area_level"] == "subdistrict"]
    assert len(here) == 24 and here["model_note"].str.contains(ModelNote.NOT_BENCHMARKED).all()
    assert (
        here["model_value"].between(0.97, 1.0, inclusive="neither").all() and (here["model_high"] == 1).all()
    )
    community = table[table["area_level"] == "community"]
    assert community["model_note"].str.contains(ModelNote.PROTECTED).all()  # 100 % tells about everyone


def test_all_settings_that_cannot_be_met_are_told_at_once() -> None:
    areas = make_wave(6, 2).areas
    areas = with_covariate(areas, AreaLevel.SUBDISTRICT, "old")
    broken = replace(areas.areas[1], covariates={"old": "n/a"})
    areas = AreaRegister((areas.areas[0], broken, *areas.areas[2:]))
    asked = SmallAreaSettings(("awareness", "score", "nothing"), ("old", "young"))
    problems = check_small_areas(asked, MEASURES, areas)
    assert [(p.code, p.value) for p in problems] == [
        ("small_area_measure", "score"),
        ("small_area_measure", "nothing"),
        ("covariate_not_number", "n/a"),
        ("unknown_covariate", "young"),
    ]
    for problem in problems:
        for language in Language:
            assert problem.value in problem.line(language) and "{" not in problem.line(language)


def test_covariate_that_is_no_number_is_told_with_file_row_and_column(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "wave", 'base = "equal"')
    lines = (folder / "areas.csv").read_text(encoding="utf-8").splitlines()
    income = {2: "5.5", 7: "", 12: "high"}  # subdistricts; communities have none, and need none
    lines = [f"{line},{'income' if at == 0 else income.get(at, '')}" for at, line in enumerate(lines)]
    (folder / "areas.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "wave.toml").open("a", encoding="utf-8") as file:
        file.write('[small_areas]\nmeasures = "all"\ncovariates = ["income"]\n')
    problems = read_weighted(folder)[1]
    blank, no_number = the(problems, "covariate_blank"), the(problems, "covariate_not_number")
    assert (blank.place, blank.detail["area"]) == ("areas.csv:8 income", "第2街道")
    assert (no_number.place, no_number.value) == ("areas.csv:13 income", "high")
    assert len(problems) == 2


def test_constant_and_dependent_covariates_are_told() -> None:
    areas = with_covariate(make_wave(6, 2).areas, AreaLevel.SUBDISTRICT, "old")
    more = AreaRegister(
        tuple(
            replace(area, covariates={**area.covariates, "one": "1", "twice": doubled(area)})
            for area in areas.areas
        )
    )
    problems = check_small_areas(replace(ALL, covariates=("old", "one", "twice")), MEASURES, more)
    assert [(p.code, p.column, p.detail["level"]) for p in problems] == [
        ("covariate_collinear", "one", "subdistrict"),
        ("covariate_collinear", "twice", "subdistrict"),
        ("covariate_collinear", "one", "community"),
    ]
    assert all("{" not in problem.line(language) for problem in problems for language in Language)


def doubled(area: Area) -> str:
    return str(2 * float(area.covariates["old"])) if area.covariates.get("old") else ""
