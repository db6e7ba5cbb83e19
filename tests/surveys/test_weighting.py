"""Weights made by a wave: what they meet, what their errors carry, and what bad input is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from surveys.design import design_of
from surveys.problem import Problem, Severity, errors_of
from surveys.reading import read_wave
from surveys.records.linear import estimates_of, linearised_means
from surveys.responses import read_samples
from surveys.sample import Sample
from surveys.weights.calibration import Calibration, calibrated, raking_calibration
from surveys.weights.summary import weight_summary
from tests.engine import engine
from tests.wave_folder import the
from tests.weighted_wave import (
    AGE,
    POPULATION,
    SEX,
    SUBDISTRICTS,
    controls,
    export,
    read_weighted,
    write_wave,
)

FOUR_LINES = 'base = "population"\nrake = ["sex", "age_group", "subdistrict"]\ntrim = 5'
SEX_AND_AGE = controls(sex=SEX, age_group=AGE)
CROSSED = {f"{sex}*{age}": SEX[sex] * AGE[age] / 100_000 for sex in SEX for age in AGE}


def weighted(folder: Path, weighting: str, **wave: object) -> Sample:
    """The sample of a wave without problems."""
    sample, problems = read_weighted(write_wave(folder / "wave", weighting, **wave))  # type: ignore[arg-type]
    assert problems == ()
    assert sample is not None
    return sample


def problems_of(folder: Path, weighting: str, **wave: object) -> tuple[Problem, ...]:
    return read_weighted(write_wave(folder / "wave", weighting, **wave))[1]  # type: ignore[arg-type]


def by_answer(sample: Sample, question: str) -> list[float]:
    """Weighted totals of the answers of the scale."""
    coded = sample.question(question)
    total = np.bincount(coded.answer_of_record, sample.weight_of_record, minlength=len(coded.answers))
    return [float(value) for value in total[3:]]


def by_subdistrict(sample: Sample) -> list[float]:
    codes = np.array(sample.area_codes)[sample.area_of_record].astype(str)
    weight = pd.Series(sample.weight_of_record).groupby([code[:9] for code in codes]).sum()
    return [float(weight[code]) for code in SUBDISTRICTS]


def test_four_lines_give_weights_whose_margins_are_the_controls(tmp_path: Path) -> None:
    """Sex and age from `controls`, subdistricts from the register's population; to 1e-9."""
    sample = weighted(tmp_path, FOUR_LINES, table=SEX_AND_AGE)
    np.testing.assert_allclose(by_answer(sample, "sex")[:2], list(SEX.values()), rtol=1e-9)
    np.testing.assert_allclose(by_answer(sample, "age_group"), list(AGE.values()), rtol=1e-9)
    np.testing.assert_allclose(by_subdistrict(sample), list(POPULATION.values()), rtol=1e-9)
    assert sample.weight_of_record.max() <= 5 * sample.weight_of_record.mean()


@pytest.mark.parametrize("blanks", [0, 24])
def test_errors_of_raked_rates_are_those_of_the_residuals_that_r_confirms(
    tmp_path: Path, blanks: int
) -> None:
    """SE from the tally = design variance of E = u − g·d·x′β of the records (test_oracle_raking).

    Also where some do not tell their sex, and x holds the known shares.
    """
    data = export()
    data.loc[data.index[:blanks] * 10, "sex"] = ""
    folder = write_wave(tmp_path / "wave", FOUR_LINES, table=SEX_AND_AGE, data=data)
    wave, _, _ = read_wave(folder)
    assert wave is not None
    sample = read_samples(wave)[0][0]
    subdistrict = data["community"].str[:9]
    men_and_women = pd.get_dummies(data["sex"], dtype=float)[["1", "2"]].to_numpy(copy=True)
    men_and_women[(data["sex"] == "").to_numpy()] = [0.48, 0.52]
    others = [pd.get_dummies(column, dtype=float).to_numpy() for column in (data["age_group"], subdistrict)]
    known = np.array([*SEX.values(), *AGE.values(), *POPULATION.values()], dtype=float)
    base = subdistrict.map(pd.Series(POPULATION) / subdistrict.value_counts()).to_numpy(dtype=float)
    made = raking_calibration(np.hstack([men_and_women, *others]), base, known)
    np.testing.assert_allclose(sample.weight_of_record, made.weight_by_unit, rtol=1e-9)
    knows = (data["q1"] == "1").to_numpy(dtype=float)[:, None]
    scores = linearised_means(knows, made.weight_by_unit, np.ones((240, 1), dtype=bool))
    assert sample.psu_of_record is not None
    right = estimates_of(calibrated(scores, made), design_of(sample), sample.psu_of_record)
    ours = engine(sample, wave.measures)
    np.testing.assert_allclose(ours["value"][0, 0], right.value[0], rtol=1e-9)
    np.testing.assert_allclose(ours["se"][0, 0], right.standard_error[0], rtol=1e-8)
    plain = estimates_of(scores, design_of(sample), sample.psu_of_record)
    assert abs(plain.standard_error[0] / right.standard_error[0] - 1) > 0.01


@pytest.mark.parametrize("rake", [("sex", "age_group"), ("age_group", "sex")])
def test_margins_whose_totals_differ_by_rounding_all_have_the_total_of_the_first(
    tmp_path: Path, rake: tuple[str, str]
) -> None:
    """Totals 100,000 and 100,050 cannot both be met: shares are kept, and the sum is that of the first."""
    known = {"sex": SEX, "age_group": {**AGE, "3": 25_050}}
    folder = write_wave(tmp_path / "wave", f'rake = ["{rake[0]}", "{rake[1]}"]', table=controls(**known))
    sample, problems = read_weighted(folder)
    assert [problem.code for problem in problems] == ["margins_scaled"]
    assert sample is not None
    total = sum(known[rake[0]].values())
    for name, totals in known.items():
        shares = np.array(list(totals.values())) / sum(totals.values())
        np.testing.assert_allclose(by_answer(sample, name)[: len(shares)], shares * total, rtol=1e-9)


@pytest.mark.parametrize(
    ("population_of_community", "urban"),
    [([7_500, 12_500, 5_000], 85_000), ([7_500, 12_500, 4_900], 80_000), ([7_500, 12_500, 4_990], 84_990)],
)
def test_urban_and_rural_totals_are_of_communities_only_where_these_add_up_to_subdistricts(
    tmp_path: Path, population_of_community: list[float], urban: float
) -> None:
    """To a thousandth: a register may give the grown-ups of communities, and everyone of subdistricts."""
    folder = write_wave(tmp_path / "wave", 'rake = ["urban_rural"]')
    lines = (folder / "areas.csv").read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        code, name, level, parent, *_ = line.split(",")
        if level == "community":
            subdistrict = SUBDISTRICTS.index(parent)
            kind = "rural" if subdistrict == 2 and code[-1] != "4" else "urban"
            lines[at] = f"{code},{name},{level},{parent},{kind},{population_of_community[subdistrict]}"
    (folder / "areas.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sample, problems = read_weighted(folder)
    assert errors_of(problems) == ()
    assert sample is not None
    labels, kind_of_record = sample.groups["urban_rural"]
    totals = np.bincount(kind_of_record, sample.weight_of_record)
    np.testing.assert_allclose(totals[labels.index("urban")], urban, rtol=1e-9)


def test_crossed_margin_and_urban_rural_hold_together(tmp_path: Path) -> None:
    sample = weighted(
        tmp_path, 'rake = ["sex*age_group", "urban_rural"]', table=controls(**{"sex*age_group": CROSSED})
    )
    sex, age = (sample.question(name).answer_of_record for name in ("sex", "age_group"))
    for crossed, total in CROSSED.items():
        mine, other = (int(part) for part in crossed.split("*"))
        inside = (sex == mine + 2) & (age == other + 2)
        np.testing.assert_allclose(sample.weight_of_record[inside].sum(), total, rtol=1e-9)
    labels, kind = sample.groups["urban_rural"]
    totals = np.bincount(kind, sample.weight_of_record)
    np.testing.assert_allclose(totals[[labels.index("urban"), labels.index("rural")]], [80_000, 20_000])


@pytest.mark.parametrize(
    "table",
    [
        controls(sex={"男": 48_000, "Female": 52_000}),
        controls(sex={"1.0": 48_000, "２": 52_000}),
        "margin,category,total\nsex,男,48000\nsex,女,52000\n",
        "维度,类别,总数\nSEX,1,48000\nSEX,2,52000\n",
    ],
)
def test_categories_are_codes_or_words_in_any_spelling(tmp_path: Path, table: str) -> None:
    sample = weighted(tmp_path, 'rake = ["sex"]', table=table)
    np.testing.assert_allclose(by_answer(sample, "sex")[:2], [48_000, 52_000], rtol=1e-12)


def test_numbers_are_grouped_by_the_controls(tmp_path: Path) -> None:
    groups = {"18-35": 35_000, "36至59岁": 40_000, "60岁及以上": 25_000}
    sample = weighted(tmp_path, 'rake = ["age"]', table=controls(age=groups))
    age = pd.to_numeric(export()["age"]).to_numpy()
    weight = sample.weight_of_record
    totals = [weight[age <= 35].sum(), weight[(age >= 36) & (age < 60)].sum(), weight[age >= 60].sum()]
    np.testing.assert_allclose(totals, list(groups.values()), rtol=1e-12)


@pytest.mark.parametrize(
    ("weighting", "table", "named"),
    [
        ('rake = ["age"]', controls(age={"18-39": 60_000, "50+": 40_000}), "40–49 (n = {40–49})"),
        ('rake = ["age"]', controls(age={"21-39": 6, "45": 1, "50-73": 4}),
         "20 (n = {20}), 40–44 (n = {40–44}), 46–49 (n = {46–49}), 74 (n = {74})"),
        ('rake = ["sex*age"]', controls(**{"sex*age": {"1*18-39": 6, "2*18+": 4, "1*50+": 2}}), None),
        ('rake = ["sex*age"]',
         controls(**{"sex*age": {"1*18-39": 3, "2*18-39": 3, "1*50+": 2, "2*50+": 2}}),
         "男 × 40–49 (n = {1*40–49}), 女 × 40–49 (n = {2*40–49})"),
    ],
)  # fmt: skip
def test_numbers_in_a_gap_between_groups_lack_a_total_and_not_an_answer(
    tmp_path: Path, weighting: str, table: str, named: str | None
) -> None:
    """Somebody of 45 is not of unknown age: spreading them over the groups would be an imputation."""
    problems = problems_of(tmp_path, weighting, table=table)
    if named is None:  # groups of one sex overlap those of the other
        the(problems, "control_groups_overlap")
        return
    age, sex = pd.to_numeric(export()["age"]), export()["sex"]
    inside = {
        f"{prefix}{span}": int((age.between(*map(int, (span.split("–") * 2)[:2])) & kept).sum())
        for span in ("20", "40–44", "46–49", "74", "40–49")
        for prefix, kept in (("", sex != ""), ("1*", sex == "1"), ("2*", sex == "2"))
    }
    problem = the(problems, "category_without_control")
    expected = named
    for span, count in inside.items():
        expected = expected.replace(f"{{{span}}}", str(count))
    assert (problem.severity, problem.detail["categories"]) == (Severity.ERROR, expected)
    assert not [problem for problem in problems if problem.code == "rake_blank"]


def test_numbers_that_are_told_by_nobody_stay_unknown(tmp_path: Path) -> None:
    groups = {"18-35": 35_000, "36-59": 40_000, "60+": 25_000}
    data = export().assign(age=lambda table: table["age"].where(table.index % 10 != 0, ""))
    folder = write_wave(tmp_path / "wave", 'rake = ["age"]', table=controls(age=groups), data=data)
    sample, problems = read_weighted(folder)
    assert sample is not None
    assert the(problems, "rake_blank").count == 24


def test_question_with_several_answers_is_no_margin(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "wave", 'rake = ["many"]', table=controls(many={"1": 50_000, "2": 50_000}))
    questions = folder / "questions.csv"
    more = "residents,many,type,知道哪些？,multiple,know\n"
    questions.write_text(questions.read_text(encoding="utf-8") + more, encoding="utf-8")
    problem = the(read_weighted(folder)[1], "rake_no_variable")
    assert (problem.severity, problem.value) == (Severity.ERROR, "many")


def test_totals_of_grown_ups_only_are_no_cause_for_a_warning(tmp_path: Path) -> None:
    weighted(tmp_path, 'rake = ["sex"]', table=controls(sex={"1": 38_000, "2": 42_000}))


def test_controls_with_areas_hold_within_each_area(tmp_path: Path) -> None:
    lines = ["margin,category,area,total"]
    shares = {"1": 0.4, "2": 0.6}
    lines += [
        f"sex,{sex},{code},{n * share:.0f}" for code, n in POPULATION.items() for sex, share in shares.items()
    ]
    sample = weighted(tmp_path, 'rake = ["sex"]', table="\n".join(lines) + "\n")
    np.testing.assert_allclose(by_subdistrict(sample), list(POPULATION.values()), rtol=1e-12)
    men = sample.question("sex").answer_of_record == 3
    first = np.char.startswith(np.array(sample.area_codes)[sample.area_of_record], SUBDISTRICTS[0])
    np.testing.assert_allclose(sample.weight_of_record[men & first].sum(), 12_000, rtol=1e-12)


def test_column_of_weights_or_probabilities_is_the_base_of_raking(tmp_path: Path) -> None:
    """Within a category all weights keep their ratios."""
    data = export()
    given = weighted(tmp_path / "a", 'rake = ["sex"]', table=controls(sex=SEX), block='weight = "weight"')
    drawn = weighted(
        tmp_path / "b",
        'base = "probability"\nprobability = "chance"\nrake = ["sex"]',
        table=controls(sex=SEX),
    )
    men = (data["sex"] == "1").to_numpy()
    for sample, base in (
        (given, data["weight"].astype(float)),
        (drawn, 1 / data["chance"].astype(float)),
    ):
        ratio = sample.weight_of_record / base.to_numpy()
        np.testing.assert_allclose(ratio[men], ratio[men][0], rtol=1e-12)
        np.testing.assert_allclose(by_answer(sample, "sex")[:2], list(SEX.values()), rtol=1e-12)


def test_probabilities_of_several_stages_are_multiplied(tmp_path: Path) -> None:
    data = export().assign(second="0.5")
    weighting = 'base = "probability"\nprobability = ["chance", "second"]'
    sample = weighted(tmp_path, weighting, data=data)
    np.testing.assert_allclose(sample.weight_of_record, 2 / data["chance"].astype(float), rtol=1e-12)
    assert sample.weighting is None


def test_limit_holds_together_with_the_margins(tmp_path: Path) -> None:
    """Raking alone reaches 2.26 times the mean; trimming afterwards would break the margins."""
    free = weighted(tmp_path / "a", 'rake = ["sex", "age_group", "subdistrict"]', table=SEX_AND_AGE)
    tight = weighted(
        tmp_path / "b", 'rake = ["sex", "age_group", "subdistrict"]\ntrim = 2', table=SEX_AND_AGE
    )
    assert weight_summary(free.weight_of_record).largest_ratio > 2.2
    assert weight_summary(tight.weight_of_record).largest_ratio <= 2 + 1e-12
    for sample in (free, tight):
        np.testing.assert_allclose(by_answer(sample, "sex")[:2], list(SEX.values()), rtol=1e-9)
        np.testing.assert_allclose(by_answer(sample, "age_group"), list(AGE.values()), rtol=1e-9)
        np.testing.assert_allclose(by_subdistrict(sample), list(POPULATION.values()), rtol=1e-9)
    weighting = tight.weighting
    assert weighting is not None
    assert weighting.factor_by_cell is not None
    # The base weights that the variance goes back to are the trimmed ones: smaller where the limit bites.
    base = tight.weight_of_record / weighting.factor_by_cell[weighting.cell_of_record]
    assert base.min() < base.max() * 0.999


def test_errors_of_trimmed_weights_start_from_trimmed_base_weights(tmp_path: Path) -> None:
    """W = min(d·exp(x′λ), cap), λ by scipy: E = U − w·x′β with base weights w/exp(x′λ), below d at the cap.

    With the factors of raking without a limit the base weights would be others, and the error with them.
    """
    data = export()
    folder = write_wave(
        tmp_path / "wave",
        'rake = ["sex", "age_group"]\ntrim = 1.8',
        table=SEX_AND_AGE,
        data=data,
        block='weight = "weight"',
    )
    wave, _, _ = read_wave(folder)
    assert wave is not None
    sample = read_samples(wave)[0][0]
    x = np.hstack([pd.get_dummies(data[name], dtype=float).to_numpy() for name in ("sex", "age_group")])
    known = np.array([*SEX.values(), *AGE.values()], dtype=float)
    base = data["weight"].to_numpy(dtype=float)
    base, cap = base * (known[:2].sum() / base.sum()), 1.8 * known[:2].sum() / 240

    def missed(at: np.ndarray) -> np.ndarray:
        totals = x.T @ np.minimum(base * np.exp(x @ np.append(at, 0.0)), cap)  # the last is the others' sum
        return (totals / known - 1)[:-1]

    found = optimize.root(missed, np.zeros(4), tol=1e-13)
    factor = np.exp(x @ np.append(found.x, 0.0))
    weight = np.minimum(base * factor, cap)
    assert 10 < (weight == cap).sum() < 120
    np.testing.assert_allclose(sample.weight_of_record, weight, rtol=1e-8)
    made = Calibration(x, weight / factor, known, factor, 0)
    knows = (data["q1"] == "1").to_numpy(dtype=float)[:, None]
    scores = linearised_means(knows, weight, np.ones((240, 1), dtype=bool))
    assert sample.psu_of_record is not None
    right = estimates_of(calibrated(scores, made), design_of(sample), sample.psu_of_record)
    ours = engine(sample, wave.measures)
    np.testing.assert_allclose(ours["se"][0, 0], right.standard_error[0], rtol=1e-7)
    free = raking_calibration(x, base, known)
    untrimmed = Calibration(x, weight / free.factor_by_unit, known, free.factor_by_unit, 0)
    wrong = estimates_of(calibrated(scores, untrimmed), design_of(sample), sample.psu_of_record)
    assert abs(wrong.standard_error[0] / right.standard_error[0] - 1) > 1e-4


def test_limit_without_margins_keeps_the_sum_and_claims_no_gain(tmp_path: Path) -> None:
    sample = weighted(tmp_path, "trim = 1.5", block='weight = "weight"')
    given = export()["weight"].astype(float)
    np.testing.assert_allclose(sample.weight_of_record.sum(), given.sum(), rtol=1e-12)
    assert weight_summary(sample.weight_of_record).largest_ratio <= 1.5 + 1e-12
    assert sample.weighting is None


def test_limit_is_a_multiple_of_the_mean_weight_where_most_weights_are_large(tmp_path: Path) -> None:
    """96 weights of 1 and 144 of 100: the mean is 60.4, so 1.5 times it cuts most of them."""
    weights = np.where(np.arange(240) % 5 < 2, 1.0, 100.0)
    data = export().assign(weight=weights.astype(str))
    sample = weighted(tmp_path, "trim = 1.5", block='weight = "weight"', data=data)
    np.testing.assert_allclose(sample.weight_of_record[weights == 100], 1.5 * 60.4, rtol=1e-9)
    np.testing.assert_allclose(sample.weight_of_record.sum(), weights.sum(), rtol=1e-12)


def test_blank_category_is_kept_and_spread_as_the_population(tmp_path: Path) -> None:
    """Nothing is imputed: the known are weighted to the known shares, the unknown keep their interviews."""
    data = export()
    sex = data["sex"].where(data.index % 10 != 0, "").where(data.index % 25 != 3, "9")
    sample, problems = read_weighted(
        write_wave(
            tmp_path / "wave",
            'rake = ["sex", "age_group"]',
            table=SEX_AND_AGE,
            data=data.assign(sex=sex),
        )
    )
    assert sample is not None
    problem = the(problems, "rake_blank")
    unknown = int(sex.isin(["", "9"]).sum())
    assert (problem.severity, problem.count) == (Severity.WARNING, unknown)
    assert sample.size == 240
    men, women, *_ = by_answer(sample, "sex")
    np.testing.assert_allclose(men / (men + women), 0.48, rtol=1e-9)
    assert men + women < 99_000
    np.testing.assert_allclose(by_answer(sample, "age_group"), list(AGE.values()), rtol=1e-9)


def test_whoever_leaves_one_part_of_a_crossed_margin_blank_is_in_none_of_its_categories(
    tmp_path: Path,
) -> None:
    """Unknown sex × known age is unknown, not a young man or an old one; the known keep their shares."""
    data = export()
    data = data.assign(sex=data["sex"].where(data.index % 10 != 0, ""))
    data = data.assign(age_group=data["age_group"].where(data.index % 15 != 1, ""))
    table = controls(**{"sex*age_group": CROSSED})
    folder = write_wave(tmp_path / "wave", 'rake = ["sex*age_group"]', table=table, data=data)
    sample, problems = read_weighted(folder)
    assert sample is not None
    unknown = ((data["sex"] == "") | (data["age_group"] == "")).to_numpy()
    assert the(problems, "rake_blank").count == unknown.sum() == 40
    key = (data["sex"] + "*" + data["age_group"])[~unknown].to_numpy()
    known = pd.Series(sample.weight_of_record[~unknown]).groupby(key).sum()
    shares = pd.Series(CROSSED) / sum(CROSSED.values())
    np.testing.assert_allclose(known[shares.index] / known.sum(), shares, rtol=1e-9)
    np.testing.assert_allclose(sample.weight_of_record.sum(), 100_000, rtol=1e-9)


def contacts() -> pd.DataFrame:
    """Those who were sampled: in the second subdistrict half did not answer, and one place did not exist."""
    data = export().assign(done="是")
    silent = data["community"].str.startswith(SUBDISTRICTS[1]) & (data.index % 2 == 0)
    data.loc[silent, ["done", "q1", "sex", "age_group", "age"]] = ["R", "", "", "", ""]
    data.loc[0, "done"] = "NE"
    return data


def test_those_who_answered_carry_the_weight_of_those_who_did_not(tmp_path: Path) -> None:
    """In each cell Σ weights of interviews = Σ base weights of all eligible contacts."""
    data = contacts()
    folder = write_wave(
        tmp_path / "wave",
        'nonresponse = ["subdistrict", "type"]',
        data=data,
        block='weight = "weight"\ncompleted = "done"',
    )
    sample, problems = read_weighted(folder)
    assert errors_of(problems) == ()
    assert sample is not None
    assert sample.size == 240 - 40 - 1
    eligible = data[data["done"] != "NE"]
    key = eligible["community"].str[:9] + eligible["type"]
    right = eligible["weight"].astype(float).groupby(key).sum()
    answered = (eligible["done"] == "是").to_numpy()
    found = pd.Series(sample.weight_of_record).groupby(key[answered].to_numpy()).sum()
    np.testing.assert_allclose(found[right.index], right, rtol=1e-12)
    told = the(problems, "not_completed_adjusted")
    assert (told.count, told.detail["cells"]) == (40, "subdistrict, type")
    assert the(problems, "not_eligible").count == 1


def test_contacts_without_an_interview_are_told_to_need_nonresponse_where_it_is_absent(
    tmp_path: Path,
) -> None:
    folder = write_wave(tmp_path / "wave", 'base = "equal"', data=contacts(), block='completed = "done"')
    told = the(read_weighted(folder)[1], "not_completed")
    assert told.count == 40
    assert "nonresponse" in told.remedy()


@pytest.mark.parametrize("chance", ["0", "-0.1", "", "?", "1.5"])
def test_probability_that_is_none_is_told_without_dividing_by_it(tmp_path: Path, chance: str) -> None:
    data = export()
    data.loc[3, "chance"] = chance
    problems = problems_of(tmp_path, 'base = "probability"\nprobability = "chance"', data=data)
    assert [(problem.severity, problem.row) for problem in problems] == [(Severity.ERROR, 5)]


def test_misspelt_section_is_one_error_and_not_a_wave_without_weights(tmp_path: Path) -> None:
    """With the section's other defects, and what may be written in it."""
    folder = write_wave(tmp_path / "wave", 'base = "population"\nrak = ["sex"]\ntrim = 0.5')
    path = folder / "wave.toml"
    text = path.read_text(encoding="utf-8").replace("[weighting.residents]", "[weighting.resident]")
    path.write_text(text, encoding="utf-8")
    problems = read_weighted(folder)[1]
    assert sorted(problem.code for problem in problems) == [
        "trim_out_of_range",
        "unknown_key",
        "unknown_questionnaire",
    ]
    section = the(problems, "unknown_questionnaire")
    assert text.splitlines()[(section.row or 0) - 1] == "[weighting.resident]"
    assert (section.column, section.value) == ("weighting.resident", "resident")
    assert the(problems, "unknown_key").detail["names"] == "base, nonresponse, probability, rake, trim"


def test_unknown_base_is_not_called_a_wave_without_weights(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'base = "populaton"')
    assert [problem.code for problem in problems] == ["bad_toml_choice"]


def test_text_that_should_be_a_number_shows_its_quotes(tmp_path: Path) -> None:
    problem = the(problems_of(tmp_path, 'base = "equal"\ntrim = "5"'), "wrong_type")
    assert problem.value == '"5"'


def test_population_weights_with_nonresponse_inside_areas_still_meet_the_areas(tmp_path: Path) -> None:
    for name, cells, gains in (("a", "subdistrict", True), ("b", "type", False)):
        folder = write_wave(
            tmp_path / name,
            f'base = "population"\nnonresponse = ["{cells}"]',
            data=contacts(),
            block='completed = "done"',
        )
        sample, problems = read_weighted(folder)
        assert errors_of(problems) == ()
        assert sample is not None
        # Cells that cut across areas leave their populations unmatched, and then no gain may be claimed.
        assert (sample.weighting is not None) is gains
        matched = np.allclose(by_subdistrict(sample), list(POPULATION.values()), rtol=1e-9)
        assert matched is gains


def test_community_in_which_nobody_answered_stays_in_the_design(tmp_path: Path) -> None:
    data = export().assign(done="1")
    data.loc[data["community"] == f"{SUBDISTRICTS[0]}001", "done"] = "0"
    folder = write_wave(
        tmp_path / "wave",
        'base = "population"\nnonresponse = ["subdistrict"]',
        data=data,
        block='completed = "done"',
    )
    sample, problems = read_weighted(folder)
    assert errors_of(problems) == ()
    assert sample is not None
    assert sample.size == 220
    assert len(sample.psu_strata) == 12
    assert sample.psu_of_record is not None
    assert len(np.unique(sample.psu_of_record)) == 11


@pytest.mark.parametrize(
    ("weighting", "table", "code", "severity", "said"),
    [
        ('rake = ["sex", "age_group"]', controls(sex=SEX, age_group={**AGE, "3": 26_000}),
         "margins_differ", Severity.ERROR, {"total": "101,000", "other_total": "100,000", "allowed": "0.1%"}),
        ('rake = ["sex", "age_group"]', controls(sex=SEX, age_group={**AGE, "3": 25_050}),
         "margins_scaled", Severity.WARNING, {"margin": "age_group", "off": "0.050%"}),
        ('rake = ["sex"]', controls(sex={**SEX, "7": 5}), "control_unknown_category", Severity.ERROR,
         {"margin": "sex", "known": "男, 女"}),
        ('rake = ["sex"]', controls(sex={"1": 5}), "category_without_control", Severity.ERROR,
         {"margin": "sex"}),
        ('rake = ["sex"]', "", "rake_without_controls", Severity.ERROR, {"questionnaire": "residents"}),
        ('rake = ["sex"]', controls(sex={"1": 5, "男": 6, "2": 3}), "control_twice", Severity.ERROR, {}),
        ('rake = ["sex"]', controls(sex={**SEX, "3": -1}), "control_not_positive", Severity.ERROR, {}),
        ('rake = ["sex*age_group"]', controls(**{"sex*age_group": {"1": 5}}), "control_unknown_category",
         Severity.ERROR, {}),
        ('rake = ["age"]', controls(age={"41-90": 5, "18-40": 5, "40+": 5}), "control_groups_overlap",
         Severity.ERROR, {"margin": "age", "question": "age", "groups": "18-40, 40+, 41-90"}),
        ('rake = ["age"]', controls(age={"young": 5, "60+": 5}), "control_no_group", Severity.ERROR,
         {"question": "age"}),
        ('rake = ["age"]', controls(age={"59-18": 5, "60+": 5}), "control_no_group", Severity.ERROR, {}),
        ('rake = ["sex*age"]', controls(**{"sex*age": {"1": 5, "2*18+": 5}}), "control_unknown_category",
         Severity.ERROR, {}),
        ('rake = ["sex*age"]', controls(**{"sex*age": {"1": 5}}), "control_no_group", Severity.ERROR, {}),
        ('rake = ["sex"]', controls(sex={"1": 48, "2": 52}), "margins_far_from_population", Severity.WARNING,
         {"margin": "sex", "total": "100", "population": "100,000", "times": "0.001"}),
        ('rake = ["sex"]', controls(sex={"1": 480_000, "2": 520_000}), "margins_far_from_population",
         Severity.WARNING, {"times": "10"}),
        ('rake = ["subdistrict"]', SEX_AND_AGE, "controls_not_used", Severity.WARNING,
         {"margins": "sex, age_group"}),
        ('rake = ["sex"]\ntrim = 1.01', controls(sex=SEX), "trim_impossible", Severity.ERROR,
         {"categories": "sex = 男", "trim": "1.01"}),
        ('base = "probability"\nprobability = "weight"', "", "bad_inclusion", Severity.ERROR, {}),
        ('base = "probability"\nprobability = "type"', "", "bad_probability", Severity.ERROR, {}),
        ('base = "probability"', "", "missing_key", Severity.ERROR, {}),
        ('base = "equal"\nprobability = "chance"', "", "probability_without_base", Severity.ERROR, {}),
        ('base = "equal"\nnonresponse = ["type"]', "", "nonresponse_without_completed", Severity.ERROR, {}),
        ('base = "equal"\ntrim = 1', "", "trim_out_of_range", Severity.ERROR, {}),
        ('base = "equal"\ntrim = inf', "", "trim_out_of_range", Severity.ERROR, {}),
        ('base = "equal"\ntrim = "5"', "", "wrong_type", Severity.ERROR, {"expected": "5"}),
        ('base = "equal"\nrake = [1]', "", "wrong_type", Severity.ERROR, {}),
        ('base = "fair"', "", "bad_toml_choice", Severity.ERROR, {}),
    ],
)  # fmt: skip
def test_each_defect_of_weighting_is_named(
    tmp_path: Path, weighting: str, table: str, code: str, severity: Severity, said: dict[str, str]
) -> None:
    problems = problems_of(tmp_path, weighting, table=table)
    first = next((problem for problem in problems if problem.code == code), None)
    assert first is not None, [problem.code for problem in problems]
    problem = the((first,), code)
    assert problem.severity is severity
    assert said.items() <= dict(problem.detail).items(), problem.detail


def test_category_without_an_interview_is_named_with_its_total(tmp_path: Path) -> None:
    data = export()
    data = data[~((data["sex"] == "1") & (data["age_group"] == "3"))]
    problems = problems_of(
        tmp_path, 'rake = ["sex*age_group"]', table=controls(**{"sex*age_group": CROSSED}), data=data
    )
    problem = the(problems, "control_without_interviews")
    assert (problem.severity, problem.detail["categories"]) == (Severity.ERROR, "男 × 老年 (12,000)")


def test_margins_that_contradict_each_other_do_not_converge_and_the_worst_is_named(tmp_path: Path) -> None:
    """All women live in the first subdistrict, but there are more women than people there."""
    data = export()
    first = data["community"].str.startswith(SUBDISTRICTS[0])
    data = data.assign(sex=np.where(first, "2", "1"))
    problems = problems_of(tmp_path, 'rake = ["sex", "subdistrict"]', table=controls(sex=SEX), data=data)
    problem = the(problems, "calibration_not_converged")
    assert problem.severity is Severity.ERROR
    assert problem.detail["margin"].startswith(("sex = ", "subdistrict = "))
    assert problem.detail["missed"].endswith("%")


def test_all_defects_of_all_margins_are_told_at_once(tmp_path: Path) -> None:
    table = controls(sex={"1": 5}, age_group={**AGE, "8": 5})
    problems = problems_of(tmp_path, 'rake = ["sex", "age_group", "q1"]', table=table)
    assert {problem.code for problem in errors_of(problems)} == {
        "category_without_control",
        "control_unknown_category",
        "rake_without_controls",
    }


def test_weight_of_a_million_millions_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = export()
    data.loc[5, "weight"] = "1e12"
    sample, problems = read_weighted(write_wave(tmp_path / "wave", "", data=data, block='weight = "weight"'))
    assert sample is not None
    problem = the(problems, "weights_very_unequal")
    assert (problem.severity, problem.row, problem.detail["effective"]) == (Severity.WARNING, 7, "1")


def test_record_above_the_level_of_a_margin_counts_as_unknown(tmp_path: Path) -> None:
    """An interview that names only the district is not in any subdistrict's population."""
    data = export()
    data.loc[0, "community"] = "140213"
    data = data.assign(stratum="s", unit=data.index // 20)
    folder = write_wave(tmp_path / "wave", 'rake = ["subdistrict"]', data=data)
    text = (folder / "wave.toml").read_text(encoding="utf-8")
    text = text.replace('stratum = "subdistrict"\npsu = "community"', 'psu = "unit"')
    (folder / "wave.toml").write_text(text, encoding="utf-8")
    sample, problems = read_weighted(folder)
    assert sample is not None
    assert the(problems, "rake_blank").count == 1
    assert sample.weight_of_record.sum() == pytest.approx(100_000)
