"""Every case of ``../shared/oracles/survey`` is walked whole by some test.

A module that walks cases whole lists their names in a tuple `CASES`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.oracle import shared_path


def test_no_case_of_the_survey_oracles_is_left_out() -> None:
    """And none is listed that does not exist."""
    folders = {path.name for path in shared_path("oracles", "survey").iterdir() if path.is_dir()}
    walked: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path == Path(__file__) or "\nCASES" not in path.read_text(encoding="utf-8"):
            continue
        cases = importlib.import_module(f"tests.surveys.{path.stem}").CASES
        if isinstance(cases, tuple):
            for case in cases:
                walked.setdefault(case, []).append(path.stem)
    assert len(folders) == 34
    assert folders - walked.keys() == set()
    assert walked.keys() - folders == set()
