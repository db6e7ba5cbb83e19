"""What the README promises is run: its commands, its settings and its notebook, as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from surveys.wave_toml import read_wave_toml
from tests.oracle import shared_path
from tests.wave_folder import minimal_wave

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs" / "README.zh.md").read_text(encoding="utf-8")


def _blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL)


def _commands(text: str) -> list[str]:
    """Lines of the shell blocks without their comments; a line that is continued is one."""
    lines = "\n".join(_blocks(text, "sh")).replace("\\\n", " ").splitlines()
    return [" ".join(line.split("#")[0].split()) for line in lines if line.strip()]


# `assess run` prints nineteen documents of the demo, `assess rates` needs shared data: tests of their own.
ON_THE_DEMO = [
    line for line in _commands(README) if re.match(r"assess (?!run|rates)", line) and " demo" in line
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, demo_wave: Path) -> Path:
    """A folder that holds the demo wave under the name that the README uses."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "demo").symlink_to(demo_wave)
    return folder


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_notebook_runs_as_it_stands(home: Path) -> None:
    (notebook,) = _blocks(README, "python")
    done = _run([sys.executable, "-c", notebook], home)
    assert done.returncode == 0, done.stderr
    assert "永泰街道" in done.stdout


@pytest.mark.parametrize("command", ON_THE_DEMO)
def test_commands_on_the_demo_run_as_they_stand(home: Path, command: str) -> None:
    done = _run(["sh", "-c", command], home)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "check" not in command:  # it has nothing to print but what was set aside
        assert re.search("全区|平城区|分值", done.stdout)
    if not re.search("check|framework|waterfall", command):  # these print no estimate
        assert "区间" in done.stdout


def test_a_run_writes_what_the_readme_lists(tmp_path: Path) -> None:
    """The command as it stands, on a wave of few areas and one before it."""
    (command,) = (line for line in _commands(README) if line.startswith("assess run"))
    wave = minimal_wave(tmp_path).rename(tmp_path / "demo")
    before = minimal_wave(tmp_path).rename(tmp_path / "before")
    _replace_id(before / "wave.toml")
    settings = (wave / "wave.toml").read_text(encoding="utf-8")
    named = settings.replace("[wave]", '[wave]\nprevious = "../before"', 1)
    (wave / "wave.toml").write_text(named, encoding="utf-8")
    done = _run(["sh", "-c", command], tmp_path)
    assert done.returncode == 0, done.stderr
    (listed,) = re.findall(r"^`assess run` writes (.*?): all of it", README, flags=re.MULTILINE)
    names = {name for name in re.findall(r"`([\w./]+\.\w+)`", listed) if name != "wave.toml"}
    written = {path.relative_to(wave / "out").as_posix() for path in (wave / "out").rglob("*.*")}
    cards = {name for name in written if name.startswith("scorecards/")}
    of_scores = {f"{name}.csv" for name in ("sensitivity", "score_changes", "waterfall", "deductions")}
    of_scores |= {
        "quadrant.csv",
        "observations.csv",
        "combined.csv",
        "ranking.csv",
    }  # it has no tree, few areas
    assert cards and written - cards == names - of_scores - {"scorecards/CODE.pdf"}
    assert of_scores < names


def _replace_id(settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r'^id = ".*?"', 'id = "before"', text, count=1, flags=re.M), encoding="utf-8")


def test_rates_of_the_shared_survey_run_as_they_stand() -> None:
    (rates,) = (line for line in _commands(README) if line.startswith("assess rates"))
    shared_path("data", "juarez")
    done = _run(["sh", "-c", rates], ROOT)
    assert done.returncode == 0, done.stderr
    assert "91.1" in done.stdout, "the published share of 8–10 answers on Q40"


def test_no_command_of_the_readme_is_left_out() -> None:
    run = [*ON_THE_DEMO, *(line for line in _commands(README) if re.match(r"assess (run|rates) ", line))]
    assert sorted(run) == sorted(line for line in _commands(README) if not line.startswith("make "))
    assert {line.split()[1] for line in run} == {
        "check",
        "compare",
        "cycle",
        "framework",
        "rates",
        "run",
        "table",
        "waterfall",
        "weak",
        "whatif",
    }


def test_settings_of_the_readme_are_understood(tmp_path: Path) -> None:
    """The block on weights, with the settings that the sentence below it names put where it says."""
    (weighting,) = _blocks(README, "toml")
    (previous,) = re.findall(r"`(previous = .*?)` under `\[wave\]`", README)
    (measures,) = re.findall(r"`\[small_areas\]` with `(measures = .*?)`", README)
    lines = (
        '[wave]\nid = "a"\ntitle = "a"',
        previous,
        f"[small_areas]\n{measures}",
        '[responses.residents]\nfiles = ["a.csv"]',
        weighting,
    )
    (tmp_path / "wave.toml").write_text("\n".join(lines), encoding="utf-8")
    facts, problems = read_wave_toml(tmp_path / "wave.toml")
    assert problems == () and facts is not None
    assert facts.previous and facts.small_areas.measures == ("all",)
    plan = facts.responses[0].weighting
    assert (plan.base, plan.rake, plan.trim) == ("population", ("sex*age", "subdistrict"), 5)


def test_the_chinese_readme_has_the_same_commands_settings_and_notebook() -> None:
    assert _commands(CHINESE) == _commands(README)
    assert [*map(tomllib.loads, _blocks(CHINESE, "toml"))] == [*map(tomllib.loads, _blocks(README, "toml"))]
    bare = [
        [re.sub(r"\s*#.*", "", line) for text in _blocks(edition, "python") for line in text.splitlines()]
        for edition in (CHINESE, README)
    ]
    assert bare[0] == bare[1]
    cells = [re.findall(r"^\| (`.*?) \|", edition, flags=re.MULTILINE) for edition in (CHINESE, README)]
    tables = [re.findall(r"`(.+?)`", " ".join(edition)) for edition in cells]
    assert tables[0] == tables[1]


def test_the_chinese_readme_has_the_same_chapters() -> None:
    counts = [
        {mark: len(re.findall(rf"^{mark}", edition, flags=re.MULTILINE)) for mark in ("## ", "- ", r"\| ")}
        for edition in (CHINESE, README)
    ]
    assert counts[0] == counts[1]


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make (\w+)", README, flags=re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("path", ["README.md", "docs/README.zh.md"])
def test_every_linked_file_exists(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / path).parent / link).exists(), link
