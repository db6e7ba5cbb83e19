"""Reading a wave folder as a whole: definition, answers, trees and evidence, and the wave before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from indicators.evidence.demonstration import by_rule_of, check_previous
from indicators.evidence.tables import Evidence
from indicators.findings.importance import check_importance
from indicators.framework import Framework
from indicators.reading import (
    check_cells,
    read_companion,
    read_companion_evidence,
    read_evidence,
    read_framework,
)
from indicators.schema import INDICATOR_TABLES
from indicators.scores.carry import check_carried
from surveys.compare.checks import check_pair
from surveys.problem import InputError, Problem, Severity, errors_of, merge_alike
from surveys.raw_table import RawTable, unknown_tables
from surveys.reading import read_wave as read_wave_folder
from surveys.responses import read_records, read_samples
from surveys.sample import Sample
from surveys.schema import SURVEY_TABLES
from surveys.toml_section import FILE
from surveys.unanswered import unanswered_questions
from surveys.wave import Wave


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run stands.

    Parameters
    ----------
    name
        ``read``, ``estimate``, ``fonts`` (cut once on a machine), or a document that is done.
    done, total
        Steps behind, and all of them; None while the wave is not read yet.
    """

    name: str
    done: int
    total: int | None


Progress = Callable[[Step], None]
"""Called as a run goes on."""


@dataclass(frozen=True)
class TreeInputs:
    """A tree of indicators and what was found beside the questionnaires for it."""

    framework: Framework
    evidence: Evidence


@dataclass(frozen=True)
class Inputs:
    """Everything of a wave folder, read and checked; nothing computed yet.

    Parameters
    ----------
    quality
        What became of every record and every answer.
    companion
        The second tree that ``wave.toml`` names; None without one.
    previous
        The wave that ``wave.toml`` names to compare with; None without one. Its own previous wave is not
        read, and its demonstration sites count as this wave has it.
    is_previous
        Whether this is that wave.
    problems
        Warnings and what was set aside (errors were raised).
    """

    wave: Wave
    samples: tuple[Sample, ...]
    quality: pd.DataFrame
    framework: Framework | None
    evidence: Evidence
    companion: TreeInputs | None
    previous: Inputs | None = None
    is_previous: bool = False
    problems: tuple[Problem, ...] = ()


def read_inputs(path: str | Path, progress: Progress | None = None) -> Inputs:
    """Read a wave folder completely; raises `InputError` with every problem at once."""
    inputs, problems = _read(Path(path), progress)
    if inputs is None or errors_of(problems):
        raise InputError(problems)
    return inputs


def check(path: str | Path) -> tuple[Problem, ...]:
    """Every problem of every file of a wave folder; computes nothing."""
    return _read(Path(path))[1]


def read_wave(path: str | Path) -> Wave:
    """The definition of a wave, without its answers; raises `InputError` with every problem at once."""
    wave, _, problems = read_wave_folder(Path(path))
    if wave is None or errors_of(problems):
        raise InputError(problems)
    return wave


def no_previous_wave(wave: Wave) -> Problem:
    """The folder that ``previous`` names is not there."""
    return Problem("no_previous_wave", Severity.ERROR, FILE, None, "wave.previous", wave.previous)


def previous_folder(wave: Wave) -> Path:
    """Where the previous wave lies: relative paths start at the wave's folder."""
    return wave.folder / wave.previous


def placed(problems: Sequence[Problem], folder: Path) -> tuple[Problem, ...]:
    """Problems of the other wave say whose they are: its files carry the name of its folder."""
    name = (folder.parent if folder.name == FILE else folder).name
    return tuple(
        replace(problem, file=f"{name}/{problem.file}")
        if problem.file and problem.code != "no_wave_folder"
        else problem
        for problem in problems
    )


def _read(path: Path, progress: Progress | None = None) -> tuple[Inputs | None, tuple[Problem, ...]]:
    tell = progress or silent
    wave, tables, problems = read_wave_folder(path)
    if wave is None:
        return None, merge_alike((*problems, *check_cells(tables)))
    # Large files tell their bytes: of a gigabyte one wants to know how much is behind.
    samples, quality, of_samples = read_samples(wave, lambda done, total: tell(Step("read", done, total)))
    few = () if errors_of(of_samples) else unanswered_questions(quality, wave)
    inputs, of_trees = _with_trees(wave, tables, samples, quality)
    previous, of_previous = _read_previous(wave)
    of_carried = () if previous is None else _carried(inputs, previous.wave)
    stray = unknown_tables(tables, (*SURVEY_TABLES.values(), *INDICATOR_TABLES.values()))
    problems = merge_alike((*problems, *stray, *of_samples, *few, *of_trees, *of_previous, *of_carried))
    return replace(inputs, previous=previous, problems=problems), problems


def _with_trees(
    wave: Wave, tables: dict[str, RawTable], samples: tuple[Sample, ...], quality: pd.DataFrame
) -> tuple[Inputs, tuple[Problem, ...]]:
    framework, of_framework = read_framework(tables, wave)
    second, of_second = read_companion(wave, tables)
    evidence, of_evidence = read_evidence(tables, wave, framework, second)
    companion = None
    if second is not None:
        found, more = read_companion_evidence(tables, wave, second, evidence.units)
        companion, of_second = TreeInputs(second, found), (*of_second, *more)
    problems = (*of_framework, *of_second, *of_evidence, *check_importance(wave))
    return Inputs(wave, samples, quality, framework, evidence, companion), problems


def _carried(inputs: Inputs, previous: Wave) -> tuple[Problem, ...]:
    """What both trees would carry over from the previous wave, but may not."""
    trees = [inputs.framework, None if inputs.companion is None else inputs.companion.framework]
    found = [check_carried(tree, previous, inputs.wave) for tree in trees if tree is not None]
    return tuple(problem for problems in found for problem in problems)


def _read_previous(wave: Wave) -> tuple[Inputs | None, tuple[Problem, ...]]:
    """The wave before, with every record in memory: a change needs to know who was asked twice.

    Of its problems only errors are told, and what the two are as a pair: its warnings were told in its time.
    Scores are compared and carried over, so demonstration sites count in it as they do in this wave.
    """
    if not wave.previous:
        return None, ()
    folder = previous_folder(wave)
    if not folder.exists():
        return None, (no_previous_wave(wave),)
    old, tables, problems = read_wave_folder(folder)
    if old is None or errors_of(problems):
        return None, placed(errors_of(problems), folder)
    own_rule = old.scoring.leave_out_demonstration
    old = by_rule_of(old, wave)
    samples, quality, of_samples = read_records(old)
    inputs, of_trees = _with_trees(old, tables, samples, quality)
    errors = placed(errors_of((*of_samples, *of_trees)), folder)
    if errors:
        return None, errors
    trees = [inputs.evidence, *([] if inputs.companion is None else [inputs.companion.evidence])]
    of_pair = (*check_pair(old, wave, wave.equivalent), *check_previous(own_rule, trees, wave))
    return replace(inputs, is_previous=True), of_pair


def silent(_: Step) -> None:
    """Progress for callers that asked for none."""
