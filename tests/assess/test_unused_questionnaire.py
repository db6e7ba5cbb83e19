"""A questionnaire that no measure uses is said at reading and does not stop the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import assess
from surveys.estimate import combine, estimate
from surveys.problem import Severity
from surveys.rates import RATES_COLUMNS
from surveys.reading import read_wave
from surveys.responses import read_samples
from tests.wave_folder import minimal_wave, problems_of, replace_in, the

STAFF = """[responses.staff]
files = ["responses/residents-1.csv"]
id = "_id"
area = "community"
stratum = "subdistrict"
psu = "community"
weight = "weight"

[limits]"""


def with_staff(folder: Path) -> Path:
    """The minimal wave with a second questionnaire of one question and no measure."""
    wave = minimal_wave(folder)
    replace_in(wave / "wave.toml", "[limits]", STAFF)
    with (wave / "questions.csv").open("a", encoding="utf-8") as questions:
        questions.write("staff,z1,q1,您知道吗？,single,know,,\n")
    return wave


def test_a_questionnaire_without_measures_is_said(tmp_path: Path) -> None:
    problem = the(problems_of(with_staff(tmp_path)), "questionnaire_without_measures")
    assert problem.severity is Severity.WARNING and problem.value == "staff"
    assert problem.file == "measures.csv"


def test_its_estimation_is_empty_and_adds_nothing(tmp_path: Path) -> None:
    wave, _, _ = read_wave(with_staff(tmp_path))
    assert wave is not None
    residents, staff = (estimate(sample, wave) for sample in read_samples(wave)[0])
    assert staff.rates.empty and {n: str(d) for n, d in staff.rates.dtypes.items()} == RATES_COLUMNS
    both = combine([residents, staff])
    pd.testing.assert_frame_equal(both.rates, residents.rates)
    pd.testing.assert_frame_equal(both.correlation, residents.correlation)
    assert both.covariance_by_area.keys() == residents.covariance_by_area.keys()
    nothing = combine([staff])
    assert nothing.rates.empty and nothing.correlation.shape == (0, 0)


def test_the_run_gives_the_rates_of_the_others(tmp_path: Path) -> None:
    plain = assess.run(minimal_wave(tmp_path / "plain"), tmp_path / "out1")
    with_unused = assess.run(with_staff(tmp_path / "staff"), tmp_path / "out2")
    np.testing.assert_array_equal(with_unused.rates["value"], plain.rates["value"])
    assert "questionnaire_without_measures" in {problem.code for problem in with_unused.problems}
