"""Groups and limits of a bare CSV (``assess rates``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.problem import Severity, errors_of
from surveys.responses.bare import BareSurvey, sample_of_csv
from tests.wave_folder import the


def bare_file(folder: Path, groups: list[str], more: str = "") -> Path:
    path = folder / "bare.csv"
    path.write_text("g,q\n" + "".join(f"{group},1\n" for group in groups) + more, encoding="utf-8")
    return path


def groups_of(folder: Path, groups: list[str]) -> tuple[str, ...]:
    survey, problems = sample_of_csv(bare_file(folder, groups), by="g", positive={"q": ["1"]})
    assert errors_of(problems) == ()
    assert isinstance(survey, BareSurvey)
    assert survey.sample.groups["g"][0] == survey.labels
    return survey.labels


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        (["140213053001002", "140213053001001"], ("140213053001001", "140213053001002")),
        (["01", "1"], ("01", "1")),
        (["1.10", "1.1"], ("1.1", "1.10")),
        (["8.0", "8"], ("8",)),
        (["８", "8", " 8 "], ("8",)),
        (["10", "9", "b", "a"], ("9", "10", "a", "b")),
    ],
)
def test_groups_are_codes_as_text(tmp_path: Path, groups: list[str], labels: tuple[str, ...]) -> None:
    """Only what a spreadsheet adds to a whole number is dropped; different codes are never one group."""
    assert groups_of(tmp_path, groups) == labels


@pytest.mark.parametrize("option", ["by", "stratum", "psu"])
def test_group_that_a_spreadsheet_cut_is_an_error(tmp_path: Path, option: str) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("g,q,cut\na,1,1.40213E+11\nb,1,x\n", encoding="utf-8")
    survey, problems = sample_of_csv(path, **({"by": "g"} | {option: "cut"}), positive={"q": ["1"]})  # type: ignore[arg-type]
    problem = the(problems, "code_in_scientific_notation")
    assert (survey, problem.severity, problem.row, problem.column) == (None, Severity.ERROR, 2, "cut")


def test_answers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("g,q\na,8.0\na,8\na,9007199254740993\na,9007199254740992\n", encoding="utf-8")
    survey, _ = sample_of_csv(path, by="g", positive={"q": ["8", "9007199254740993"]})
    assert survey is not None
    question = survey.sample.questions[0]
    roles = [question.answers[at].role.value for at in question.answer_of_record]
    assert roles == ["positive", "positive", "positive", "negative"]


@pytest.mark.parametrize(("surplus", "warns"), [(5, False), (6, True), (50, True)])
def test_more_than_five_per_cent_left_out_is_pointed_out(tmp_path: Path, surplus: int, warns: bool) -> None:
    """A bare look is not refused, but nobody may overlook that half of the file is missing."""
    path = bare_file(tmp_path, ["a"] * (100 - surplus), "a,1,zz\n" * surplus)
    survey, problems = sample_of_csv(path, by="g", positive={"q": ["1"]})
    assert survey is not None
    assert survey.sample.size == 100 - surplus
    assert ("many_set_aside" in {problem.code for problem in problems}) == warns
    if warns:
        problem = the(problems, "many_set_aside")
        assert (problem.severity, problem.detail["aside"], problem.detail["read"]) == (
            Severity.WARNING,
            str(surplus),
            "100",
        )


def test_words_among_codes_are_not_quoted_where_they_may_be_personal(tmp_path: Path) -> None:
    path = bare_file(tmp_path, ["a"], "a,张三 138-0013-8000\na,李四 139-0013-9000\n")
    _, problems = sample_of_csv(path, by="g", positive={"q": ["1"]})
    problem = the(problems, "words_among_codes")
    assert (problem.value, problem.count) == ("…", 2)
