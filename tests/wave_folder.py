"""The minimal wave of tests/waves, copied where a test may spoil it."""

from __future__ import annotations

import shutil
from pathlib import Path

from surveys.problem import Language, Problem, Severity
from surveys.reading import read_wave
from surveys.responses import read_samples

WAVES = Path(__file__).resolve().parent / "waves"


def minimal_wave(folder: Path) -> Path:
    """A copy of the minimal wave below `folder`."""
    return Path(shutil.copytree(WAVES / "minimal", folder / "wave"))


def replace_in(path: Path, old: str, new: str) -> Path:
    """Replace the first occurrence of `old`, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Every problem of a wave's definition and answers, as `assess check` collects them."""
    wave, _, problems = read_wave(folder)
    if wave is None:
        return problems
    return (*problems, *read_samples(wave)[2])


def the(problems: tuple[Problem, ...], code: str) -> Problem:
    """The one problem of this code; it must read well in both languages."""
    found = [problem for problem in problems if problem.code == code]
    assert len(found) == 1, f"{len(found)} × {code} among {[problem.code for problem in problems]}"
    for language in Language:
        line = found[0].line(language)
        assert "{" not in line
        assert found[0].remedy(language)
    return found[0]


def severities(problems: tuple[Problem, ...]) -> set[Severity]:
    """The severities that occur."""
    return {problem.severity for problem in problems}
