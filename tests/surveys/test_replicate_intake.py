"""Replicate weights in a file: from the columns that wave.toml names to the errors of the rates."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from surveys.distributions.crossing import crossed_table
from surveys.distributions.distribution import distribution
from surveys.estimate import Estimation, estimate
from surveys.flag import Flag
from surveys.gate import GateSettings
from surveys.questionnaire import Base
from surveys.reading import read_wave
from surveys.replicates.estimation import Replicates, replicated_means
from surveys.responses import read_samples
from surveys.sample import Sample
from surveys.wave import ReplicateCentre
from tests.wave_folder import minimal_wave, problems_of, replace_in, the

FILES = ("responses/residents-1.csv", "responses/residents-2.csv")
OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
NAMED = 'replicate_weights = "rw_*"\nreplicate_type = "jk1"\n'


def communities(folder: Path) -> list[str]:
    records = [record for file in FILES for record in records_of(folder / file)]
    return sorted({record["community"] for record in records})


def records_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def add_replicates(
    folder: Path, settings: str = NAMED, cell: Callable[[dict[str, str], str], str] | None = None
) -> Path:
    """A column for each community, which leaves it out: JK1 over communities."""
    labels = communities(folder)

    def left_out(record: dict[str, str], label: str) -> str:
        kept = float(record["weight"]) * len(labels) / (len(labels) - 1)
        return "0" if record["community"] == label else repr(kept)

    for file in FILES:
        records = records_of(folder / file)
        titles = [*records[0], *(f"rw_{at}" for at in range(len(labels)))]
        lines = [",".join(titles)]
        make = cell or left_out
        lines += [",".join([*record.values(), *(make(record, x) for x in labels)]) for record in records]
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    replace_in(folder / "wave.toml", 'weight = "weight"\n', f'weight = "weight"\n{settings}')
    return folder


def estimated(folder: Path) -> tuple[Sample, Estimation]:
    wave, _, problems = read_wave(folder)
    assert wave is not None, problems
    samples, _, found = read_samples(wave)
    assert samples and not [problem for problem in found if problem.code.startswith("repl")]
    return samples[0], estimate(samples[0], wave, OPEN)


def test_rates_carry_the_errors_of_supplied_replicates(tmp_path: Path) -> None:
    """Standard errors, degrees of freedom and covariances are those of the columns, by hand."""
    folder = add_replicates(minimal_wave(tmp_path))
    count = len(communities(folder))
    sample, found = estimated(folder)
    supplied = sample.replicates
    assert supplied is not None and supplied.centre is ReplicateCentre.MEAN
    assert supplied.weight_by_record.shape == (sample.size, count)
    np.testing.assert_allclose(supplied.scale_by_replicate, (count - 1) / count)
    answer = sample.question("q1")
    codes = np.array([reply.code for reply in answer.answers])[answer.answer_of_record]
    replicates = Replicates(
        supplied.weight_by_record / sample.weight_of_record[:, None], supplied.scale_by_replicate
    )
    in_district = (found.rates["area_level"] == "district") & (found.rates["group"] == "")
    rate = found.rates[in_district & (found.rates["measure"] == "awareness")].iloc[0]
    base = np.isin(codes, ["1", "2"])
    by_hand = replicated_means(
        (codes == "1").astype(float), sample.weight_of_record, replicates, np.arange(sample.size), base
    )
    np.testing.assert_allclose(rate["value"], by_hand.value[0], rtol=1e-12)
    np.testing.assert_allclose(rate["standard_error"], by_hand.standard_error[0], rtol=1e-12)
    assert rate["degrees_of_freedom"] <= by_hand.degrees_of_freedom[0]
    plain = estimated(minimal_wave(tmp_path / "plain"))[1]
    without = plain.rates.loc[rate.name]
    assert (without["measure"], without["value"]) == ("awareness", rate["value"])
    assert without["standard_error"] != rate["standard_error"]
    for code, matrix in found.covariance_by_area.items():
        rows = found.rates[(found.rates["area_code"] == code) & (found.rates["group"] == "")]
        errors = rows.set_index("measure").loc[list(matrix.index), "standard_error"]
        np.testing.assert_allclose(np.diag(matrix), errors**2, rtol=1e-10)


def test_replicates_alone_are_enough_to_know_errors(tmp_path: Path) -> None:
    """Without strata and sampling units in the file, as agencies publish data."""
    folder = add_replicates(minimal_wave(tmp_path))
    replace_in(folder / "wave.toml", 'stratum = "subdistrict"\npsu = "community"\n', "")
    sample, found = estimated(folder)
    assert sample.psu_of_record is None
    district = found.rates[(found.rates["area_level"] == "district") & (found.rates["group"] == "")]
    assert ((district["standard_error"] > 0) == (district["measure"] != "support")).all()
    assert (district["value"][district["measure"] == "support"] == 1).all()  # all alike, and said so
    communities_ = found.rates[found.rates["area_level"] == "community"]
    # All replicates of one unit are alike: no error, and it is said.
    assert communities_["standard_error"].isna().all()
    assert communities_["flag"].str.contains(Flag.ONE_PSU).all()
    answered = found.rates[found.rates["n"] > 0]
    assert (answered["low"] < answered["high"]).all()


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ('replicate_weights = "RW_*"\nreplicate_type = "brr"\n', None),
        ('replicate_weights = "rw_*"\nreplicate_type = "jkn"\nreplicate_scale = 0.75\n', 0.75),
        ('replicate_weights = "rw_*"\nreplicate_type = "fay"\nfay_rho = 0.5\n', None),
        ('replicate_weights = "rw_*"\nreplicate_type = "bootstrap"\nreplicate_centre = "estimate"\n', None),
    ],
)
def test_each_type_sets_what_a_replicate_counts(tmp_path: Path, settings: str, scale: float | None) -> None:
    folder = add_replicates(minimal_wave(tmp_path), settings)
    count = len(communities(folder))
    supplied = estimated(folder)[0].replicates
    assert supplied is not None
    implied = {"brr": 1 / count, "fay": 4 / count, "boot": 1 / (count - 1)}
    expected = scale or next(value for kind, value in implied.items() if kind in settings)
    np.testing.assert_allclose(supplied.scale_by_replicate, np.full(count, expected), rtol=1e-14)
    assert (supplied.centre is ReplicateCentre.ESTIMATE) == ("estimate" in settings)


def test_one_scale_for_each_replicate_in_the_order_of_the_columns(tmp_path: Path) -> None:
    count = len(communities(minimal_wave(tmp_path / "count")))
    scales = [0.5 + at / 10 for at in range(count)]
    folder = add_replicates(minimal_wave(tmp_path), f"{NAMED}replicate_scale = {scales}\n")
    supplied = estimated(folder)[0].replicates
    assert supplied is not None
    np.testing.assert_allclose(supplied.scale_by_replicate, np.array(scales) * (count - 1) / count)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('replicate_weights = "rw_*"\n', "missing_key"),
        ('replicate_weights = "rw_*"\nreplicate_type = "jack"\n', "bad_toml_choice"),
        ('replicate_weights = "rw_*"\nreplicate_type = "jkn"\n', "jkn_without_scale"),
        ('replicate_weights = "rw_*"\nreplicate_type = "fay"\n', "missing_key"),
        ('replicate_weights = "rw_*"\nreplicate_type = "fay"\nfay_rho = 1.0\n', "fay_rho_out_of_range"),
        (f"{NAMED}fay_rho = 0.5\n", "rho_without_fay"),
        (f"{NAMED}replicate_scale = -1\n", "bad_replicate_scale"),
        (f"{NAMED}replicate_scale = [0.5, 0.5]\n", "replicate_scales_do_not_fit"),
        ('replicate_type = "jk1"\n', "replicates_not_named"),
        ('replicate_weights = "brr_*"\nreplicate_type = "brr"\n', "missing_response_column"),
        ('replicate_weights = "rw_0"\nreplicate_type = "brr"\n', "too_few_replicates"),
    ],
)
def test_settings_that_do_not_go_together_are_problems(tmp_path: Path, settings: str, code: str) -> None:
    folder = add_replicates(minimal_wave(tmp_path), settings)
    problems = problems_of(folder)
    assert code in {problem.code for problem in problems}, problems
    the(tuple(problem for problem in problems if problem.code == code)[:1], code)


def test_type_that_is_missing_is_told_with_all_types(tmp_path: Path) -> None:
    folder = add_replicates(minimal_wave(tmp_path), 'replicate_weights = "rw_*"\n')
    problem = the(problems_of(folder), "missing_key")
    assert problem.detail["expected"] == '"jk1" | "jkn" | "brr" | "fay" | "bootstrap"'


@pytest.mark.parametrize(
    ("settings", "code", "column"),
    [
        ('replicate_type = "jkn"', "jkn_without_scale", "replicate_type"),
        ('replicate_type = "jkn"\nreplicate_scale = -1', "bad_replicate_scale", "replicate_scale"),
        ('replicate_type = "jk1"\nreplicate_scale = [0.5, 1]', "replicate_scales_do_not_fit",
         "replicate_scale"),
    ],
)  # fmt: skip
def test_scale_that_is_missing_or_wrong_is_told_once_at_its_setting(
    tmp_path: Path, settings: str, code: str, column: str
) -> None:
    folder = add_replicates(minimal_wave(tmp_path), f'replicate_weights = "rw_*"\n{settings}\n')
    (problem,) = problems_of(folder)
    assert (problem.code, problem.file) == (code, "wave.toml")
    assert problem.column == f"responses.residents.{column}"


def test_replicate_weights_go_with_a_column_of_weights_and_with_nothing_else(tmp_path: Path) -> None:
    folder = add_replicates(minimal_wave(tmp_path))
    replace_in(folder / "wave.toml", 'weight = "weight"\n', "")
    the(problems_of(folder), "replicates_without_weight")
    replace_in(folder / "wave.toml", "[limits]", '[weighting.residents]\nbase = "population"\n\n[limits]')
    the(problems_of(folder), "replicates_with_weighting")


def test_a_weight_that_is_none_names_column_and_rows(tmp_path: Path) -> None:
    """Blank, negative and words alike, one Problem for each column and file."""

    def cell(record: dict[str, str], _: str) -> str:
        return {"1": "", "2": "-3", "3": "?"}.get(record["_id"], "2")

    folder = add_replicates(minimal_wave(tmp_path), cell=cell)
    found = [problem for problem in problems_of(folder) if problem.code == "bad_replicate_cell"]
    assert [problem.column for problem in found] == [f"rw_{at}" for at in range(len(communities(folder)))]
    assert all(problem.detail["rows"] and problem.count == 3 for problem in found)


def test_files_with_other_replicates_are_named(tmp_path: Path) -> None:
    folder = add_replicates(minimal_wave(tmp_path))
    text = (folder / FILES[1]).read_text(encoding="utf-8")
    (folder / FILES[1]).write_text(text.replace("rw_0", "other_0"), encoding="utf-8")
    assert the(problems_of(folder), "replicates_differ").file == FILES[1]


def test_tables_of_answers_have_the_errors_of_the_rates(tmp_path: Path) -> None:
    """A question's positive answers are a rate; crossed tables take their covariance from replicates too."""
    folder = add_replicates(minimal_wave(tmp_path))
    wave, _, _ = read_wave(folder)
    assert wave is not None
    sample, found = estimated(folder)
    table = distribution(sample, wave, "q1", by="subdistrict", base=Base.ANSWERED, settings=OPEN).shares
    shares = table[(table["answer"] == "1") & (table["part"] != "")].set_index("part")
    rates = found.rates[(found.rates["measure"] == "awareness") & (found.rates["group"] == "")]
    rates = rates.set_index("area_code").loc[shares.index]
    assert len(rates) == 2 and (rates["standard_error"] > 0).all()
    np.testing.assert_allclose(shares["standard_error"], rates["standard_error"], rtol=1e-12)
    q1, q3 = (sample.question(name).answer_of_record for name in ("q1", "q3"))
    crossed = crossed_table(sample, (q1 == 3).astype(np.intp), (q3 == 3).astype(np.intp))
    supplied = sample.replicates
    assert crossed is not None and supplied is not None
    replicates = Replicates(
        supplied.weight_by_record / sample.weight_of_record[:, None], supplied.scale_by_replicate
    )
    neither = ((q1 != 3) & (q3 != 3)).astype(float)
    by_hand = replicated_means(neither, sample.weight_of_record, replicates, np.arange(sample.size))
    np.testing.assert_allclose(crossed.covariance[0, 0], by_hand.variance[0], rtol=1e-10)


def test_a_subdistrict_that_replicates_leave_empty_is_named_with_their_number(tmp_path: Path) -> None:
    """Half-samples that take one subdistrict or the other."""

    def cell(record: dict[str, str], label: str) -> str:
        return "4000" if record["community"][:9] == label[:9] else "0"

    folder = add_replicates(minimal_wave(tmp_path), NAMED.replace("jk1", "brr"), cell)
    found = [problem for problem in problems_of(folder) if problem.code == "replicates_lose_area"]
    assert len(found) == 2
    assert all(problem.detail == {"lost": "2", "replicates": "4"} for problem in found)
    the(tuple(found[:1]), "replicates_lose_area")
