"""Waves that went wrong as a whole: everything is told at once, and emptiness is not mistaken for success."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import assess
from surveys.problem import Severity


@pytest.fixture
def wave(demo_wave: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_wave, tmp_path / "wave"))


def codes(wave: Path, severity: Severity) -> set[str]:
    return {problem.code for problem in assess.check(wave) if problem.severity is severity}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8")


def test_a_broken_wave_toml_does_not_hide_what_is_wrong_in_the_tables(wave: Path) -> None:
    edit(wave / "wave.toml", 'kind = "third_party"', "kind = third_party")
    edit(wave / "measures.csv", "90%", "90")
    edit(wave / "observations.csv", "2022-08", "2022-38")
    assert {"bad_toml", "bare_share", "impossible_date"} <= codes(wave, Severity.ERROR)


def test_answers_that_all_vanished_are_warned_of(wave: Path) -> None:
    """All answers of the residents blank: honest rates, not measured, and a warning for each question."""
    for path in (wave / "responses").glob("residents-*.csv"):
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
        design = {"答卷编号", "所在社区", "权数", "访问员", "开始时间", "结束时间"}
        design |= {"性别", "年龄段"}  # the weights need them
        answers = [name for name in table.columns if name not in design]
        table.assign(**dict.fromkeys(answers, "")).to_csv(path, index=False, encoding="utf-8-sig")
    warned = [problem for problem in assess.check(wave) if problem.code == "few_answers"]
    assert len(warned) > 5
    rates = assess.rates(wave).query("questionnaire == 'residents'")
    assert (rates["n"] == 0).all()
    assert rates["value"].isna().all()


def test_a_path_that_is_no_wave_is_called_that(tmp_path: Path) -> None:
    assert codes(tmp_path / "nowhere", Severity.ERROR) == {"no_wave_folder"}


def test_a_missing_question_does_not_hide_what_is_wrong_with_the_records(wave: Path) -> None:
    """One file lacks a question's column and has a negative weight in row 2: both are told at once."""
    path = wave / "responses" / "parents.csv"
    table = pd.read_csv(path, dtype=str, encoding="gb18030", keep_default_na=False)
    table.loc[0, "权数"] = "-1"
    table.drop(columns=table.columns[-1]).to_csv(path, index=False, encoding="utf-8-sig")
    assert {"missing_response_column", "weight_not_positive"} <= codes(wave, Severity.ERROR)
