"""The command line as its users meet it: help, exit codes, what is printed where."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assess.cli import app

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
