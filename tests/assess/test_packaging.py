"""The wheel holds the four packages with their data, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"assess", "surveys", "indicators", "reports"}
DATA_SUFFIXES = {".toml", ".csv", ".j2", ".css", ".txt", ".svg", ".js"}


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
    ]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("assess-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def test_top_level_is_exactly_the_four_packages(members: frozenset[str]) -> None:
    top = {name.split("/")[0] for name in members}
    (metadata,) = top - PACKAGES
    assert metadata.endswith(".dist-info")
    assert top - {metadata} == PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_module_and_data_file_of_a_package_is_inside(members: frozenset[str], package: str) -> None:
    """What git would hold, so that a .gitignore rule or a build setting cannot drop a file unnoticed."""
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", *DATA_SUFFIXES} and "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted <= members


@pytest.mark.parametrize(
    "pattern",
    [
        "assess/text/*.toml",
        "assess/demo/sheets/*.csv",
        "surveys/text/*.toml",
        "indicators/frameworks/*/framework.csv",
        "indicators/frameworks/*/edition.toml",
        "reports/templates/*.j2",
        "reports/static/*.css",
        "reports/text/*.toml",
    ],
)
def test_data_of_each_room_is_inside(members: frozenset[str], pattern: str) -> None:
    assert any(Path(name).match(pattern) for name in members), pattern


def test_no_font_and_no_cache_is_inside(members: frozenset[str]) -> None:
    assert not [name for name in members if name.endswith((".otf", ".ttf", ".ttc", ".woff2", ".pyc"))]


def test_constraints_pin_every_declared_package_by_name_and_version_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    pinned = {_normal(line.split("==")[0]) for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {_normal(re.split(r"[\s<>=!~;\[]", name)[0]) for name in declared} <= pinned
    assert "assess" not in pinned


def test_make_lists_its_targets_and_the_set_up_is_plain_shell() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    for target in ("setup", "demo", "test", "check", "bench", "clean"):
        assert f"make {target} " in done.stdout
    subprocess.run(["sh", "-n", str(ROOT / "tools" / "setup.sh")], check=True)


def test_ci_requires_the_oracles_and_runs_checks_and_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "ASSESS_REQUIRE_ORACLES=1" in script
    assert "make check test" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
