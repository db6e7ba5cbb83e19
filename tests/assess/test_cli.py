"""The command line as its users meet it: help, exit codes, what is printed where."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

import assess
from assess.cli import app
from assess.terminal import print_summary
from surveys.problem import Language
from tests.wave_folder import minimal_wave, replace_in

runner = CliRunner()
COMMANDS = ("demo", "template", "check", "rates", "table", "run", "compare", "doctor")

ANSWERS = "district,community,q1\n" + "".join(
    f"{district},{district}{community},{answer}\n"
    for district in ("A", "B")
    for community in range(4)
    for answer in (1, 1, 1, 2, 1, 1, 2, 1, 1, 99) * 3
)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(ANSWERS, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command_says_what_it_does(command: str) -> None:
    import typer

    click_command = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    assert click_command.help
    for parameter in click_command.params:
        assert getattr(parameter, "help", None), f"{command} {parameter.name} has no help"


def test_rates_of_a_bare_csv_as_json(answers: Path) -> None:
    """21 of 27 valid answers in each community are positive: the rate is 7/9 in each group and overall."""
    done = runner.invoke(
        app,
        [
            "rates",
            str(answers),
            "--by",
            "district",
            "--positive",
            "q1=1",
            "--psu",
            "community",
            "--missing",
            "99",
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [row["value"] for row in rows] == pytest.approx([7 / 9] * 3)
    assert [row["n"] for row in rows] == [108, 108, 216]
    assert [row["excluded"] for row in rows] == [12, 12, 24]


def test_rates_writes_a_csv_that_holds_what_was_printed(answers: Path, tmp_path: Path) -> None:
    target = tmp_path / "rates.csv"
    done = runner.invoke(
        app, ["rates", str(answers), "--by", "district", "--positive", "q1=1", "-o", str(target)]
    )
    assert done.exit_code == 0, done.output
    assert target.read_text(encoding="utf-8-sig").splitlines()[0].startswith("wave,questionnaire,measure")


def test_a_label_that_holds_a_comma_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("d,q\n" + 'A,"Yes, often"\n' * 60 + "A,No\n" * 40, encoding="utf-8")
    done = runner.invoke(app, ["rates", str(path), "--by", "d", "--positive", 'q="Yes, often"', "--json"])
    assert done.exit_code == 0, done.output
    assert [row["value"] for row in json.loads(done.stdout)] == pytest.approx([0.6, 0.6])


def test_a_file_that_cannot_be_written_is_a_usage_error(answers: Path, tmp_path: Path) -> None:
    target = tmp_path / "no such folder" / "rates.csv"
    done = runner.invoke(
        app, ["rates", str(answers), "--by", "district", "--positive", "q1=1", "-o", str(target)]
    )
    assert done.exit_code == 2
    assert str(target) in done.stderr


def test_help_comes_in_the_language_asked_for_before_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assess", "--lang", "en", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Mock assessment" in done.stdout


def test_a_malformed_positive_is_a_usage_error(answers: Path) -> None:
    done = runner.invoke(app, ["rates", str(answers), "--by", "district", "--positive", "q1"])
    assert done.exit_code == 2
    assert "q1" in done.stderr


def test_an_unknown_column_exits_3_and_names_the_headers(answers: Path) -> None:
    done = runner.invoke(app, ["rates", str(answers), "--by", "street", "--positive", "q1=1", "--lang", "en"])
    assert done.exit_code == 3
    assert "street" in done.stderr
    assert "district" in done.stderr


def test_an_absent_wave_exits_3_with_a_remedy_and_no_traceback(tmp_path: Path) -> None:
    done = runner.invoke(app, ["run", str(tmp_path / "nowhere")])
    assert done.exit_code == 3
    assert "Traceback" not in done.output
    assert "wave.toml" in done.stderr


def test_check_as_json_lists_both_languages(tmp_path: Path) -> None:
    done = runner.invoke(app, ["check", str(tmp_path), "--json"])
    assert done.exit_code == 3
    first = json.loads(done.stdout)[0]
    assert first["severity"] == "error"
    assert set(first["message"]) == {"zh", "en"}


@pytest.fixture
def without_target(tmp_path: Path) -> Path:
    """The minimal wave; awareness has no target, the others have one."""
    folder = minimal_wave(tmp_path)
    replace_in(folder / "measures.csv", "q1,,,,90%", "q1,,,,")
    return folder


def test_a_headline_measure_without_a_target_is_printed_beside_others_with_one(without_target: Path) -> None:
    console = Console(width=120, record=True, file=StringIO())
    print_summary(assess.run(without_target), console, Language.CHINESE)
    lines = console.export_text().splitlines()
    (awareness,) = (line for line in lines if "知晓率" in line)
    assert "未设目标" in awareness
    assert any(mark in line for line in lines if "支持率" in line for mark in "●◆▼")


@pytest.mark.parametrize("how", [[], ["--quiet"], ["--json"]])
def test_a_result_that_cannot_be_told_leaves_nothing_behind(
    how: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("no words")

    monkeypatch.setattr("assess.terminal.print_summary", fail)
    done = runner.invoke(app, ["run", str(minimal_wave(tmp_path)), "-o", str(tmp_path / "out"), *how])
    assert done.exit_code == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["--lang", "en", "run"], Language.ENGLISH),
        (["run", "--lang", "en"], Language.ENGLISH),
        (["--lang", "en", "run", "--lang", "zh"], Language.CHINESE),
        (["run"], None),
    ],
)
def test_reports_are_in_the_language_asked_for_on_either_side_of_the_command(
    arguments: list[str], language: Language | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    run = assess.run

    def recorded(wave: Path, *_: object, **options: Any) -> object:
        asked.append(options["language"])
        return run(wave)

    monkeypatch.setattr("assess.pipeline.run", recorded)
    done = runner.invoke(app, [*arguments, str(minimal_wave(tmp_path))])
    assert done.exit_code == 0, done.output
    assert asked == [language]


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_reader_that_leaves_is_no_fault(how: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assess", "table", str(minimal_wave(tmp_path)), "q1", *how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=120) == 0, said
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_one_problem_is_counted_in_good_english(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    (folder / "areas.csv").unlink()
    done = runner.invoke(app, ["check", str(folder), "--lang", "en"])
    assert "Errors: 1; set aside: 0; warnings: 0" in done.output


def test_file_names_that_look_like_markup_are_printed_as_they_are(
    answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Square brackets in the names of files and folders are neither styles nor faults of ours."""
    monkeypatch.chdir(answers.parent)
    Path("x[").mkdir()
    asked = ["rates", str(answers), "--by", "district", "--positive", "q1=1", "-o"]
    for call, name in (
        ([*asked, "a[bold]b.csv"], "a[bold]b.csv"),
        ([*asked, "x[/z].csv"], "x[/z].csv"),
        (["template", "t[/red]"], "t[/red]"),
    ):
        done = runner.invoke(app, call)
        assert done.exit_code == 0, done.output
        assert name in done.stdout
