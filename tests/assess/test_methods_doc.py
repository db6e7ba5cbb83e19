"""docs/methods.md holds every formula that is cited, and names modules and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
PACKAGES = ("surveys", "indicators", "reports", "assess")


def test_every_number_that_code_or_documents_cite_has_a_section() -> None:
    sections = set(re.findall(r"^## (M\d+) ", TEXT, flags=re.MULTILINE))
    paths = [*(path for name in (*PACKAGES, "tests") for path in (ROOT / name).rglob("*.py"))]
    paths += [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    cited = {
        number: path.name
        for path in paths
        for number in re.findall(r"(?<![\w–])M\d+\b", path.read_text(encoding="utf-8"))
    }
    assert {number: name for number, name in cited.items() if number not in sections} == {}


def test_every_module_and_test_that_is_named_exists() -> None:
    names = {path.name for name in (*PACKAGES, "tests") for path in (ROOT / name).rglob("*.py")}
    named = re.findall(r"`([\w/]+\.py)`", TEXT)
    assert named
    assert [name for name in named if Path(name).name not in names] == []
    assert [name for name in named if "/" in name and not (ROOT / name).is_file()] == []
