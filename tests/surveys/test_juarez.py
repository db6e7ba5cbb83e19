"""Real answers: Así Estamos Juárez 2023 and 2024, from the raw field exports as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.estimate import estimate, estimate_groups
from surveys.problem import Severity, errors_of
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.responses.bare import sample_of_csv
from surveys.sample import Sample
from surveys.wave import Wave
from tests.oracle import shared_path
from tests.wave_folder import WAVES, the


def juarez(year: int) -> tuple[Wave, Sample, pd.DataFrame]:
    shared_path("data", "juarez")
    wave, _, problems = read_wave(WAVES / f"juarez_{year}")
    assert wave is not None
    assert problems == ()
    samples, quality, problems = read_samples(wave)
    assert errors_of(problems) == ()
    return wave, samples[0], quality


def expected() -> pd.DataFrame:
    table = pd.read_csv(shared_path("data", "juarez", "expected_R_survey.csv"), dtype={"domain": str})
    kind = table["indicator"].str.contains("mean").map({True: "_mean", False: "_satisfied"})
    return table.assign(
        measure=table["indicator"].str.split().str[0].str.lower() + kind,
        area_code=table["domain"].replace("all", "08037"),
    )


def test_rates_by_district_equal_survey_in_r() -> None:
    """R survey 4.1-1: strata = distrito, clusters = AGEB nested, w = 1; shared/data/juarez."""
    wave, sample, _ = juarez(2023)
    rates = estimate(sample, wave).rates
    both = expected().merge(rates, on=["measure", "area_code"], suffixes=("_r", ""), validate="one_to_one")
    assert len(both) == 60
    np.testing.assert_allclose(both["value"], both["estimate"], rtol=1e-8)
    np.testing.assert_allclose(both["standard_error"], both["se"], rtol=1e-8)
    np.testing.assert_allclose(both["design_effect"], both["deff"], rtol=1e-8)
    assert (both["n"] == both["n_r"]).all()


def test_means_round_to_the_published_figures() -> None:
    """published.csv: what the organisation printed for PER 2023, to two decimals."""
    wave, sample, _ = juarez(2023)
    rates = estimate(sample, wave).rates.query("area_level == 'district'").set_index("measure")
    printed = pd.read_csv(shared_path("data", "juarez", "published.csv")).query("domain_or_file == 'PER'")
    assert len(printed) == 4
    for row in printed.itertuples():
        found = rates.loc[f"{str(row.column).lower()}_mean"]
        assert abs(found["value"] - row.published) <= 0.005
        assert found["n"] == row.n_valid


def test_every_answer_of_2023_is_accounted_for() -> None:
    _, sample, quality = juarez(2023)
    of_answers = quality[quality["item"] != "records"].groupby("item")["count"].sum()
    assert sample.size == 1524
    assert (of_answers == 1524).all()
    assert len(sample.psus) == 57
    counts = quality.set_index(["item", "category"])["count"]
    assert counts["q61", "not_asked"] == 19  # "No hay banquetas en mi area"
    assert counts["q46", "not_asked"] == 1  # "No hay alumbrado en la colonia"


def test_wave_2024_sets_57_blank_rows_aside_below_the_limit() -> None:
    wave, sample, quality = juarez(2024)
    aside = quality.query("category == 'set_aside'").iloc[0]
    assert (aside["count"], aside["rows"]) == (57, "1485–1541")
    assert sample.size == 1540 - 57
    rates = estimate(sample, wave).rates
    assert rates.query("area_level == 'district'")["value"].notna().all()


def test_57_blank_rows_are_an_error_under_a_limit_of_three_per_cent(tmp_path: Path) -> None:
    source = shared_path("data", "juarez", "PER_2024_RAW_responses_V3.csv").resolve()
    for path in (WAVES / "juarez_2024").iterdir():
        text = path.read_text(encoding="utf-8")
        text = text.replace("../../../../shared/data/juarez/PER_2024_RAW_responses_V3.csv", source.as_posix())
        (tmp_path / path.name).write_text(
            text + ("\n[limits]\nset_aside = 0.03\n" if path.suffix == ".toml" else ""), encoding="utf-8"
        )
    wave, _, _ = read_wave(tmp_path)
    assert wave is not None
    problem = the(read_samples(wave)[2], "too_many_set_aside")
    assert problem.severity is Severity.ERROR
    assert (problem.detail["share"], problem.detail["limit"]) == ("3.7%", "3.0%")


def test_bare_export_gives_the_same_rates_as_the_wave() -> None:
    """`assess rates` on the raw file: BOM, 146 empty headers, headers by their beginning."""
    path = shared_path("data", "juarez", "PER_2023_RAW_RESPONSES.csv")
    survey, problems = sample_of_csv(
        path, by="Q2", positive={"Q40": ["8", "9", "10"]}, missing=["0", "99"], stratum="Q2", psu="Q1"
    )
    assert survey is not None
    assert [problem.code for problem in problems] == ["rates_without_weight"]
    assert survey.labels == tuple(str(district) for district in range(2, 11))
    rates = estimate_groups(survey.sample, survey.measures, survey.by)
    oracle = expected().query("measure == 'q40_satisfied'").set_index("area_code")
    assert len(rates) == 10
    for row in rates.itertuples():
        code = str(row.group).removeprefix("Q2=") or "08037"
        np.testing.assert_allclose(row.value, oracle.loc[code, "estimate"], rtol=1e-8)
        np.testing.assert_allclose(row.standard_error, oracle.loc[code, "se"], rtol=1e-8)


@pytest.mark.parametrize("beginning", ["Q19", "Q20"])
def test_beginning_shared_by_two_scales_is_an_error_that_lists_both(beginning: str) -> None:
    path = shared_path("data", "juarez", "PER_2023_RAW_RESPONSES.csv")
    survey, problems = sample_of_csv(path, by="Q2", positive={beginning: ["8"]})
    assert survey is None
    assert the(problems, "ambiguous_response_column").column == beginning
