"""A file of the user that hides one of our packages is named at import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("shadow", ["reports.py", "surveys/__init__.py"])
def test_a_shadowing_file_is_named_with_the_remedy(tmp_path: Path, shadow: str) -> None:
    path = tmp_path / shadow
    path.parent.mkdir(exist_ok=True)
    path.write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import assess"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert str(path) in done.stderr
    assert "Rename it" in done.stderr


def test_a_folder_of_pdfs_called_reports_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "district.pdf").write_bytes(b"%PDF")
    done = subprocess.run(
        [sys.executable, "-c", "import assess; assess.run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
