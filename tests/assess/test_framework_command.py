"""`assess framework`: list, show, check, export and import, for people and for machines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from assess.cli import app
from indicators.edition.built_in import editions
from tests.official_table import official

runner = CliRunner()


def run(*arguments: str) -> tuple[int, str]:
    done = runner.invoke(app, ["framework", *arguments])
    return done.exit_code, done.output


def test_every_option_of_every_sub_command_says_what_it_does() -> None:
    commands = get_command(app).commands["framework"].commands  # type: ignore[attr-defined]
    assert sorted(commands) == ["check", "export", "import", "list", "show"]
    for name, command in commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_list_names_every_built_in_edition() -> None:
    code, text = run("list")
    assert code == 0
    assert all(name in text for name in editions())
    code, text = run("list", "--json")
    by_name = {row["name"]: row for row in json.loads(text)}
    assert tuple(by_name) == editions()
    points = {method: of["points"] for method, of in by_name["demo-2021"]["by_method"].items()}
    assert points == {"questionnaire": 20, "observation": 40, "document": 40, "negative": 31}
    assert (by_name["minors-2021"]["share"], by_name["minors-2021"]["gate"]) == (0.2, 85)


def test_show_prints_the_tree_with_owners_counts_and_hash() -> None:
    code, text = run("show", "minors-2021", "--lang", "en")
    assert code == 0
    assert re.search(r"W1\.1\.1\s+思政课程落实\s+4\s+document\s+平城区教育局", text)
    assert "questionnaire: 7 with 20 points" in text
    shown = json.loads(run("show", "minors-2021", "--json")[1])
    assert shown["content_hash"] in text
    assert len(shown["indicators"]) == 46
    assert set(shown["steps"]) == {"材料等级"}


def test_export_then_check_says_ready_with_the_same_hash(tmp_path: Path) -> None:
    target = tmp_path / "mine.xlsx"
    assert run("export", "demo-2021", "-o", str(target))[0] == 0
    code, text = run("check", str(target))
    assert code == 0
    assert json.loads(run("show", "demo-2021", "--json")[1])["content_hash"] in text
    assert "120" in text and "未核对" in text, "measures are not checked without a wave, and that is said"
    code, text = run("export", "demo-2021", "-o", str(target))
    assert (code, "mine.xlsx" in text) == (2, True)


def test_check_lists_defects_and_ends_with_three(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("code,name,points\n1,甲,60\n", encoding="utf-8")
    code, text = run("check", str(tmp_path / "mine.csv"), "--json")
    assert code == 3
    assert {problem["code"] for problem in json.loads(text)} == {"leaf_without_method", "points_not_hundred"}


def test_import_writes_the_flat_sheet_and_lists_what_is_missing(tmp_path: Path) -> None:
    table = official(tmp_path)
    code, text = run("import", str(table), "-o", str(tmp_path / "flat.csv"))
    assert code == 0
    assert "E7" in text and "平均分开" in text
    assert (tmp_path / "flat.csv").read_text(encoding="utf-8-sig").count("\n") == 15
    assert (tmp_path / "flat-units.csv").is_file()


@pytest.mark.parametrize(
    "command", [("show", "nowhere"), ("check", "nowhere"), ("export", "nowhere", "-o", "x")]
)
def test_an_edition_that_is_not_there_is_a_usage_error(command: tuple[str, ...]) -> None:
    code, text = run(*command)
    assert code == 2
    assert "nowhere" in text and "minors-2021" in text and "Traceback" not in text


def test_an_edition_with_a_wrong_number_is_exported_for_mending(tmp_path: Path) -> None:
    """A bad number, as check calls it: export writes it as it stands, instead of failing half-way."""
    (tmp_path / "bad.csv").write_text("code,name,points\n1,甲,nan\n", encoding="utf-8")
    for name in ("bad.xlsx", "again.csv"):
        code, text = run("export", str(tmp_path / "bad.csv"), "-o", str(tmp_path / name))
        assert (code, "Traceback" in text) == (0, False), text
        code, text = run("check", str(tmp_path / name), "--json")
        assert (code, "bad_number" in text) == (3, True)


def test_an_imported_table_holds_no_formula_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    rows = [["=1+1", "@a", "+s1", "实地考察", "3", "-cmd"]]
    assert run("import", str(official(tmp_path, rows, ())), "-o", str(tmp_path / "flat.csv"))[0] == 0
    for name in ("flat.csv", "flat-units.csv"):
        text = (tmp_path / name).read_text(encoding="utf-8-sig")
        assert not re.search(r"(^|[,\"])[=@+-]", text, re.MULTILINE), text
    shown = json.loads(run("check", str(tmp_path / "flat.csv"), "--json")[1])
    assert "unknown_unit" not in {problem["code"] for problem in shown}


def test_units_of_an_unknown_edition_are_told_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "framework.csv").write_text("code,name,points\n1,甲,100\n", encoding="utf-8")
    (tmp_path / "edition.toml").write_text('units_of = "minimal"', encoding="utf-8")
    for command in (("check",), ("show",), ("export", "-o", str(tmp_path / "out"))):
        code, text = run(command[0], str(tmp_path), *command[1:])
        assert (code, "units_of" in text, "Traceback" in text) == (3, True, False), text
