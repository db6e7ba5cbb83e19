"""What the README promises is run: its commands in a fresh folder, its notebook as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import shared_path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", README, flags=re.DOTALL)


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
    (notebook,) = (text for kind, text in BLOCKS if kind == "python")
    done = _run([sys.executable, "-c", notebook], home)
    assert done.returncode == 0, done.stderr
    assert "永泰街道" in done.stdout


def test_check_and_rates_run_as_they_stand(home: Path) -> None:
    shell = [text for kind, text in BLOCKS if kind == "sh"]
    (check,) = (
        line.split("#")[0] for text in shell for line in text.splitlines() if line.startswith("assess check")
    )
    assert _run(["sh", "-c", check], home).returncode == 0
    (rates,) = (text for text in shell if text.startswith("assess rates"))
    shared_path("data", "juarez")
    done = _run(["sh", "-c", rates], ROOT)
    assert done.returncode == 0, done.stderr
    assert "91.1" in done.stdout, "the published share of 8–10 answers on Q40"


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make (\w+)", README, flags=re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_linked_file_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
