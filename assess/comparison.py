"""Comparing two waves as a process: read both, refuse what is no pair, and measure the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assess.inputs import no_previous_wave, placed, previous_folder
from surveys.compare import changes_of
from surveys.compare.checks import check_pair
from surveys.problem import InputError, Problem, errors_of
from surveys.reading import read_wave
from surveys.responses import read_records
from surveys.sample import Sample
from surveys.wave import Wave


@dataclass(frozen=True)
class Comparison:
    """The change between two waves.

    Parameters
    ----------
    old, new
        The two waves.
    changes
        Tidy table, `surveys.compare.CHANGE_COLUMNS`.
    problems
        What a reader of the comparison should know (errors were raised).
    """

    old: Wave
    new: Wave
    changes: pd.DataFrame
    problems: tuple[Problem, ...]


def compare(old: str | Path, new: str | Path, *, equivalent: Sequence[str] = ()) -> pd.DataFrame:
    """Change of every rate from one wave to the next, as a tidy table (`surveys.compare.CHANGE_COLUMNS`).

    Parameters
    ----------
    old, new
        Wave folders, or their ``wave.toml``.
    equivalent
        Differences declared harmless, beside those of the new wave's ``[compare]``: names of measures, or
        reasons such as ``wording``.

    Raises
    ------
    InputError
        One of the waves has errors, or they are no pair; all of them are in it.
    """
    return comparison(old, new, equivalent=equivalent).changes


def comparison(old: str | Path, new: str | Path, *, equivalent: Sequence[str] = ()) -> Comparison:
    """As `compare`, with the waves and the warnings."""
    new_wave, new_samples, of_new = _answers(Path(new))
    old_wave, old_samples, of_old = _answers(Path(old))
    found = (*errors_of(placed(of_old, Path(old))), *errors_of(of_new))
    if old_wave is None or new_wave is None or found:
        raise InputError(found)
    return _compared(old_wave, old_samples, new_wave, new_samples, equivalent)


def comparison_with_previous(wave: Wave, samples: Sequence[Sample]) -> Comparison | None:
    """The change of a wave on the one that its ``wave.toml`` names; None where it names none.

    Parameters
    ----------
    samples
        Its answers, read already.

    Raises
    ------
    InputError
        The previous wave is not there or has errors, or the two are no pair.
    """
    if not wave.previous:
        return None
    folder = previous_folder(wave)
    if not folder.exists():
        raise InputError([no_previous_wave(wave)])
    old_wave, old_samples, of_old = _answers(folder)
    if old_wave is None or errors_of(of_old):
        raise InputError(errors_of(placed(of_old, folder)))
    return _compared(old_wave, old_samples, wave, samples, ())


def _answers(path: Path) -> tuple[Wave | None, tuple[Sample, ...], tuple[Problem, ...]]:
    wave, _, problems = read_wave(path)
    if wave is None or errors_of(problems):
        return None, (), problems
    samples, _, of_samples = read_records(wave)
    return wave, samples, (*problems, *of_samples)


def _compared(
    old: Wave,
    old_samples: Sequence[Sample],
    new: Wave,
    new_samples: Sequence[Sample],
    equivalent: Sequence[str],
) -> Comparison:
    problems = check_pair(old, new, new.equivalent, equivalent)
    if errors_of(problems):
        raise InputError(problems)
    changes = changes_of(old_samples, old, new_samples, new, equivalent=(*new.equivalent, *equivalent))
    return Comparison(old, new, changes, problems)
