"""What-if, the way to 达标 and waterfalls of a wave: read it, ask, refuse what cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from assess.appraisal import appraise
from assess.inputs import read_inputs
from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE, WATERFALL_COLUMNS
from indicators.findings.content import contents_of
from indicators.findings.path import Way
from indicators.findings.path import way_to_pass as way_of
from indicators.findings.score_change import ScoreReason
from indicators.findings.setting import Entry, entry_of, named_area, settings_of
from indicators.findings.waterfall import waterfall_between, waterfall_of
from indicators.findings.what_if import WhatIf
from indicators.findings.what_if import what_if as what_if_of
from indicators.framework import Framework
from indicators.scores.scored import Scored
from surveys.area import Area
from surveys.cells import normal
from surveys.problem import InputError, Problem, Severity
from surveys.toml_section import FILE

Asked = Assessment | str | Path
"""A wave: its assessment (`assess.run`), or its folder, which is read and computed."""


def what_if(wave: Asked, settings: Mapping[str, float | str]) -> WhatIf:
    """What becomes of the totals if leaves had other values.

    Parameters
    ----------
    settings
        Value by ``NODE@AREA`` (area by code or name; the district without it), on the leaf's own scale or,
        for shares, as a text such as ``92%``. All of one tree: the first, or the second beside it.

    Raises
    ------
    InputError
        The wave has errors, or a setting names no leaf that has a value there, or a value that is none.

    Examples
    --------
    >>> import assess
    >>> found = assess.what_if("demo", {"1.1.1@140213053": 0.92})  # doctest: +SKIP
    >>> found.totals[["area_name", "before", "after"]]  # doctest: +SKIP
    """
    return what_if_of_texts(wave, [f"{place}={value}" for place, value in settings.items()])


def what_if_of_texts(wave: Asked, texts: list[str]) -> WhatIf:
    """As `what_if`, from texts such as ``1.1.1@140213053=92%``."""
    assessment = assessment_of(wave)
    entries = [entry_of(text) for text in texts]
    scored = _tree_of(entries, assessment)
    settings, problems = settings_of(entries, scored.framework, scored.leaves, assessment.wave)
    if problems or not settings:
        raise InputError(problems or [Problem("what_if_nothing", Severity.ERROR)])
    return what_if_of(scored, settings, assessment.base_by_area)


def way_to_pass(wave: Asked, area: str = "", *, target: float | None = None, companion: bool = False) -> Way:
    """Which leaves, how far, until an area's total surely reaches its mark.

    Parameters
    ----------
    area
        Code or name; empty: the district.
    target
        Mark of the total, in points; None: the edition's own, or else the gate that its total must pass.
    companion
        The total of the second tree instead of the first's.
    """
    assessment = assessment_of(wave)
    scored = _companion(assessment) if companion else _scored(assessment)
    marks = target, scored.framework.target_points, scored.framework.gate_points
    mark = next((points for points in marks if points is not None), None)
    if mark is None:
        raise InputError([Problem("no_total_target", Severity.ERROR, FILE, None, "framework.target")])
    found = _area(assessment, area)
    if found.code not in scored.leaves.row_of_area:
        raise InputError([Problem("area_without_total", Severity.ERROR, value=found.name)])
    if not scored.available_by_area_leaf[scored.leaves.row_of_area[found.code]].any():
        raise InputError([Problem("area_without_total", Severity.ERROR, value=found.name)])
    return way_of(scored, found.code, mark)


def waterfall(
    wave: Asked, other: Asked | None = None, *, area: str = "", areas: tuple[str, str] | None = None
) -> pd.DataFrame:
    """Which leaves a change of the total is made of (`indicators.columns.WATERFALL_COLUMNS`).

    Parameters
    ----------
    wave, other
        From `wave` to `other`; without `other`, from the previous wave that ``wave.toml`` names to `wave`.
    area
        Only this area (code or name); empty: every one.
    areas
        Instead of two waves, two areas of `wave`: from the first to the second.

    Raises
    ------
    InputError
        There is no previous wave, the editions differ, nothing can be compared (another kind of
        assessment), or an area is unknown or has no total.
    """
    assessment = assessment_of(wave)
    _scored(assessment)
    if areas is not None:
        start, end = (_area(assessment, name).code for name in areas)
        return _with_rows(waterfall_between(assessment.scores, start, end), "、".join(areas))
    if other is None:
        table = _on_previous(assessment)
        before, same_edition = assessment.previous, _same_edition_before(assessment)
    else:
        assessment, old = assessment_of(other), assessment
        frameworks = _scored(old).framework, _scored(assessment).framework
        waves = old.wave, assessment.wave
        table = waterfall_of(old.scores, assessment.scores, *frameworks, waves)
        before, same_edition = old.wave.id, _same_total(*frameworks)
    if table.empty:
        code = "waterfall_not_comparable" if same_edition else "waterfall_other_edition"
        raise InputError([Problem(code, Severity.ERROR, value=before)])
    if not area:
        return table
    chosen = _area(assessment, area)
    return _with_rows(table[table["area_code"] == chosen.code].reset_index(drop=True), chosen.name)


def assessment_of(wave: Asked) -> Assessment:
    """An assessment as it is, or that of a wave folder; nothing is written."""
    return wave if isinstance(wave, Assessment) else appraise(read_inputs(wave))


def _on_previous(assessment: Assessment) -> pd.DataFrame:
    if not assessment.previous:
        raise InputError([Problem("no_previous_to_compare", Severity.ERROR, FILE, None, "wave.previous")])
    return assessment.waterfall


def _same_edition_before(assessment: Assessment) -> bool:
    changes = assessment.score_changes
    reasons = changes.loc[changes["node"] == TOTAL_NODE, "reason"]
    return bool((reasons != ScoreReason.EDITION).all())


def _same_total(old: Framework, new: Framework) -> bool:
    return contents_of(old).of_total == contents_of(new).of_total


def _tree_of(entries: Sequence[Entry], assessment: Assessment) -> Scored:
    """The tree that all settings are of: the second where it alone has, or nearly has, their codes."""
    first = _scored(assessment)
    second = None if assessment.companion is None else assessment.companion.scored
    if second is None:
        return first
    trees = [(entry, _is_of_second(entry, first, second)) for entry in entries]
    if len({is_of_second for _, is_of_second in trees}) == 2:
        detail = {"second": second.framework.name}
        mixed = [
            Problem("what_if_two_trees", Severity.ERROR, value=entry.text, detail=detail)
            for entry, is_of_second in trees
            if is_of_second
        ]
        raise InputError(mixed)
    return second if trees and trees[0][1] else first


def _is_of_second(entry: Entry, first: Scored, second: Scored) -> bool:
    code = normal(entry.node)
    if code in first.framework.by_code or code in second.framework.by_code:
        return code not in first.framework.by_code
    near = get_close_matches(code, [*first.framework.by_code, *second.framework.by_code], n=1)
    return bool(near) and near[0] not in first.framework.by_code


def _companion(assessment: Assessment) -> Scored:
    _scored(assessment)
    if assessment.companion is None or assessment.companion.scored is None:
        raise InputError([Problem("no_companion", Severity.ERROR, FILE, None, "wave.companion")])
    return assessment.companion.scored


def _scored(assessment: Assessment) -> Scored:
    if assessment.scored is None:
        raise InputError([Problem("no_scores", Severity.ERROR, FILE, None, "wave.framework")])
    return assessment.scored


def _area(assessment: Assessment, name: str) -> Area:
    found = named_area(name, assessment.wave.areas)
    if isinstance(found, Problem):
        raise InputError([found])
    return found


def _with_rows(table: pd.DataFrame, name: str) -> pd.DataFrame:
    if table.empty:
        raise InputError([Problem("area_without_total", Severity.ERROR, value=name)])
    return table[list(WATERFALL_COLUMNS)]
