"""Weak indicators of a wave that somebody asks for, of every tree of standards it is scored by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from assess.appraisal import appraise
from assess.inputs import read_inputs
from indicators.assessment import Assessment
from indicators.columns import FINDINGS_COLUMNS, empty_frame
from indicators.findings.selection import Selection, select_findings
from indicators.framework import Framework
from indicators.status import WeaknessClass
from surveys.problem import InputError, Problem, Severity

WEAK_COLUMNS: dict[str, str] = {
    **FINDINGS_COLUMNS,
    "involvement": "str",  # indicators.findings.selection.Involvement: lead or supporting
    "framework": "str",  # name of the edition that the standard is of
}


@dataclass(frozen=True)
class WeakOfTree:
    """What was asked for, of one tree; its points are parts of that tree's total."""

    framework: Framework
    selection: Selection


def assessed(wave: str | Path) -> Assessment:
    """The assessment of a wave folder; nothing is written."""
    return appraise(read_inputs(wave))


def weak(
    assessment: Assessment,
    *,
    area: str = "",
    unit: str = "",
    group: str = "",
    task_force: str = "",
    tag: str = "",
    top: int | None = None,
    classes: Collection[WeaknessClass] = (WeaknessClass.CONFIRMED, WeaknessClass.LIKELY),
) -> tuple[WeakOfTree, ...]:
    """Weak indicators by area, unit, group, task force and tag, tree by tree; empty without a framework.

    Parameters are those of `indicators.findings.selection.select_findings`.

    Raises
    ------
    InputError
        Names that nothing goes by in any of the trees; names that are known, but never in the same tree.
    """
    trees = [] if assessment.framework is None else [(assessment.framework, assessment.findings)]
    if assessment.companion is not None:
        trees.append((assessment.companion.framework, assessment.companion.findings))
    found: list[WeakOfTree] = []
    refused: list[tuple[Problem, ...]] = []
    for framework, findings in trees:
        try:
            selection = select_findings(
                findings,
                framework,
                assessment.units,
                assessment.wave.areas,
                area=area,
                unit=unit,
                group=group,
                task_force=task_force,
                tag=tag,
                top=top,
                classes=classes,
            )
        except InputError as error:  # a tag of the other tree, perhaps
            refused.append(error.problems)
        else:
            found.append(WeakOfTree(framework, selection))
    if refused and not found:
        raise InputError(_unknown_everywhere(refused) or _never_together(refused))
    return tuple(found)


def _unknown_everywhere(refused: Sequence[Sequence[Problem]]) -> list[Problem]:
    """What every tree refuses, each once, with the names that look alike in any of them."""
    kept = []
    for problem in refused[0]:
        same = [each for problems in refused for each in problems if each.column == problem.column]
        if len(same) == len(refused):
            helpful = [each for each in same if "names" in each.detail] or [problem]
            names = dict.fromkeys(n for p in helpful for n in p.detail.get("names", "").split(", "))
            kept.append(replace(helpful[0], detail={"names": ", ".join(names)}))
    return kept


def _never_together(refused: Sequence[Sequence[Problem]]) -> list[Problem]:
    """Each name is known in some tree, but no tree knows all of them."""
    asked = dict.fromkeys(f"{problem.column} {problem.value}" for each in refused for problem in each)
    return [Problem("asked_of_different_trees", Severity.ERROR, value=", ".join(asked))]


def weak_rows(found: Collection[WeakOfTree]) -> pd.DataFrame:
    """All as one tidy table (`WEAK_COLUMNS`)."""
    parts = [each.selection.together().assign(framework=each.framework.name) for each in found]
    known = [part for part in parts if not part.empty]
    if not known:
        return empty_frame(WEAK_COLUMNS)
    return pd.concat(known, ignore_index=True)[list(WEAK_COLUMNS)].astype(WEAK_COLUMNS)
