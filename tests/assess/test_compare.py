"""Comparing waves as users meet it: folders, `previous` in wave.toml, the command, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import assess
from assess.cli import app
from assess.comparison import comparison, comparison_with_previous
from assess.demo import write_demo
from surveys.compare import CHANGE_COLUMNS, ChangeVerdict
from surveys.problem import InputError, Language, Severity, errors_of
from surveys.responses import read_samples
from tests.wave_folder import minimal_wave, replace_in

runner = CliRunner()
EARLIER = 'id = "2022Q2"'


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo wave with its earlier round in ``previous``."""
    folder = tmp_path_factory.mktemp("waves") / "demo"
    write_demo(folder)
    return folder


@pytest.fixture
def waves(tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of the minimal wave, the first of them a quarter earlier."""
    old = minimal_wave(tmp_path / "one").rename(tmp_path / "q2")
    new = minimal_wave(tmp_path / "two").rename(tmp_path / "q3")
    replace_in(old / "wave.toml", 'id = "2022Q3"', EARLIER)
    replace_in(old / "wave.toml", "[2022-08-15, 2022-08-28]", "[2022-05-16, 2022-05-29]")
    return old, new


def codes(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    for problem in error.value.problems:
        for language in Language:
            assert "{" not in problem.line(language)
    return {problem.code for problem in error.value.problems}


def test_compare_gives_the_change_of_every_rate(demo: Path) -> None:
    changes = assess.compare(demo / "previous", demo)
    assert list(changes.columns) == list(CHANGE_COLUMNS)
    old, new = (
        rates.set_index(["measure", "area_code", "group"])["value"]
        for rates in (assess.rates(demo / "previous"), assess.rates(demo))
    )
    keys = pd.MultiIndex.from_frame(changes[["measure", "area_code", "group"]])
    known = changes["change"].notna().to_numpy()
    difference = (new.reindex(keys) - old.reindex(keys)).to_numpy()
    assert changes["change"].to_numpy()[known] == pytest.approx(difference[known], abs=1e-12)
    assert known.sum() > 500
    assert (changes["verdict"] == ChangeVerdict.IMPROVED).any()
    district = changes[(changes["area_level"] == "district") & (changes["group"] == "")]
    assert district["change"].notna().all()
    assert (district["shared_psus"] > 0).all()


def test_the_wave_named_in_wave_toml_is_the_one_compared_with(demo: Path) -> None:
    if "previous =" not in (demo / "wave.toml").read_text(encoding="utf-8"):
        replace_in(demo / "wave.toml", "[wave]\n", '[wave]\nprevious = "previous"\n')
    wave = assess.read_wave(demo)
    found = comparison_with_previous(wave, read_samples(wave)[0])
    assert found is not None
    pd.testing.assert_frame_equal(found.changes, assess.compare(demo / "previous", demo))
    assert (found.old.id, found.new.id) == ("2022Q2", "2022Q3")


def test_a_wave_that_names_none_is_compared_with_none(waves: tuple[Path, Path]) -> None:
    wave = assess.read_wave(waves[1])
    assert comparison_with_previous(wave, read_samples(wave)[0]) is None


def test_a_previous_wave_that_is_not_there_is_an_error_with_a_remedy(waves: tuple[Path, Path]) -> None:
    replace_in(waves[1] / "wave.toml", "[wave]\n", '[wave]\nprevious = "../q1"\n')
    wave = assess.read_wave(waves[1])
    with pytest.raises(InputError) as error:
        comparison_with_previous(wave, read_samples(wave)[0])
    assert codes(error) == {"no_previous_wave"}
    (problem,) = errors_of(assess.check(waves[1]))
    assert problem.place == "wave.toml wave.previous"
    assert "../q1" in problem.message(Language.ENGLISH)


def test_a_relative_path_starts_at_the_waves_folder(waves: tuple[Path, Path]) -> None:
    replace_in(waves[1] / "wave.toml", "[wave]\n", '[wave]\nprevious = "../q2"\n')
    wave = assess.read_wave(waves[1])
    found = comparison_with_previous(wave, read_samples(wave)[0])
    assert found is not None
    assert found.old.id == "2022Q2"
    scores = found.changes[(found.changes["measure"] == "satisfaction_score")]
    same = scores[scores["area_level"] == "district"].iloc[0]
    assert same["change"] == 0.0  # the same answers twice
    assert same["low"] < 0 < same["high"]


def test_errors_of_the_other_wave_say_whose_they_are(waves: tuple[Path, Path]) -> None:
    (waves[0] / "areas.csv").unlink()
    with pytest.raises(InputError) as error:
        comparison(*waves)
    (problem,) = error.value.problems
    assert (problem.code, problem.file) == ("missing_table", "q2/areas.csv")
    replace_in(waves[1] / "wave.toml", "[wave]\n", '[wave]\nprevious = "../q2"\n')
    assert [each.file for each in errors_of(assess.check(waves[1]))] == ["q2/areas.csv"]


def test_a_wave_is_not_compared_with_itself(waves: tuple[Path, Path]) -> None:
    with pytest.raises(InputError) as error:
        assess.compare(waves[1], waves[1])
    assert codes(error) == {"same_wave"}


def test_what_is_declared_equivalent_is_compared(waves: tuple[Path, Path]) -> None:
    questions = waves[0] / "questions.csv"
    text = pd.read_csv(questions, dtype=str).set_index("question").loc["q3", "text"]
    replace_in(questions, str(text), "您满意吗？")

    def score(**options: object) -> pd.Series:
        changes = assess.compare(*waves, **options)  # type: ignore[arg-type]
        rows = (changes["measure"] == "satisfaction_score") & (changes["area_level"] == "district")
        return changes[rows].iloc[0]

    assert (score()["reason"], score()["verdict"]) == ("wording", ChangeVerdict.NOT_COMPARABLE)
    assert score(equivalent=["satisfaction_score"])["change"] == 0.0
    replace_in(waves[1] / "wave.toml", "[limits]", '[compare]\nequivalent = ["wording"]\n\n[limits]')
    assert score()["change"] == 0.0
    with pytest.raises(InputError) as error:
        score(equivalent=["satisfaction"])
    assert codes(error) == {"unknown_equivalent"}


def test_a_wrong_declaration_is_blamed_on_whoever_made_it(waves: tuple[Path, Path]) -> None:
    replace_in(waves[1] / "wave.toml", "[limits]", '[compare]\nequivalent = ["typo"]\n\n[limits]')
    with pytest.raises(InputError) as error:
        assess.compare(*waves, equivalent=["bogus"])
    assert {(problem.value, problem.file, problem.column) for problem in error.value.problems} == {
        ("typo", "wave.toml", "compare.equivalent"),
        ("bogus", "", "--equivalent"),
    }


def test_warnings_reach_the_reader(waves: tuple[Path, Path]) -> None:
    found = comparison(waves[1], waves[0])
    assert {problem.code: problem.severity for problem in found.problems} == {
        "previous_is_later": Severity.WARNING
    }


# ---- the command


def test_the_command_prints_rates_of_both_waves_and_writes_all_changes(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "change[b].csv"  # no markup
    done = runner.invoke(
        app, ["compare", str(demo / "previous"), str(demo), "--csv", str(target), "--lang", "en"]
    )
    assert done.exit_code == 0, done.output
    assert "2022Q2" in done.stdout and "2022Q3" in done.stdout
    assert "detectable" in done.stdout
    assert str(target) in done.stdout
    changes = assess.compare(demo / "previous", demo)
    printed = changes[(changes["group"] == "") & changes["headline"] & (changes["area_level"] != "community")]
    assert {row.area_level for row in printed.itertuples()} == {"district", "subdistrict"}
    for row in printed.itertuples():
        assert f" {row.n_old:,}/{row.n_new:,} " in done.stdout
    written = pd.read_csv(target, dtype={"area_code": str}, keep_default_na=False, na_values=[""])
    assert list(written.columns) == list(CHANGE_COLUMNS)
    assert len(written) == len(assess.compare(demo / "previous", demo))


def test_the_command_gives_every_change_as_json(demo: Path) -> None:
    done = runner.invoke(app, ["compare", str(demo / "previous"), str(demo), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert rows[0].keys() == set(CHANGE_COLUMNS)
    assert any(row["change"] is None and row["reason"] for row in rows)


def test_the_command_says_why_measures_are_not_compared(waves: tuple[Path, Path]) -> None:
    replace_in(waves[0] / "wave.toml", 'kind = "third_party"', 'kind = "self_check"')
    done = runner.invoke(app, ["compare", *map(str, waves), "--lang", "zh"])
    assert done.exit_code == 0, done.output
    assert "不可比" in done.stdout
    assert "自查" in done.stdout
    declared = runner.invoke(app, ["compare", *map(str, waves), "--equivalent", "mode", "--json"])
    assert all("mode" not in row["reason"] for row in json.loads(declared.stdout))


def test_waves_that_are_no_pair_exit_3_without_a_traceback(waves: tuple[Path, Path], tmp_path: Path) -> None:
    for arguments in ([waves[0], waves[0]], [tmp_path / "nowhere", waves[1]]):
        done = runner.invoke(app, ["compare", *map(str, arguments)])
        assert done.exit_code == 3
        assert "Traceback" not in done.output


def test_a_run_tells_each_warning_about_the_previous_wave_once(waves: tuple[Path, Path]) -> None:
    replace_in(waves[0] / "wave.toml", "[wave]\n", '[wave]\nprevious = "../q3"\n')
    result = assess.run(waves[0])
    assert [problem.code for problem in result.problems].count("previous_is_later") == 1
    assert result.previous == "2022Q3"
    assert list(result.changes.columns) == list(CHANGE_COLUMNS)
    row = result.rates.query("measure == 'satisfaction_score' and area_level == 'district'").iloc[0]
    assert (row["change"], row["change_verdict"]) == (0.0, ChangeVerdict.NO_DETECTABLE_CHANGE)


def test_a_broken_previous_wave_is_told_before_anything_is_computed(waves: tuple[Path, Path]) -> None:
    replace_in(waves[1] / "wave.toml", "[wave]\n", '[wave]\nprevious = "../q2"\n')
    (waves[0] / "measures.csv").unlink()
    assert [problem.file for problem in assess.check(waves[1])] == ["q2/measures.csv"]
    with pytest.raises(InputError, match="measures"):
        assess.run(waves[1])
