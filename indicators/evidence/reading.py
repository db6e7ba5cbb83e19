"""Tables `observations` and `documents` → evidence that can be scored.

Records that cannot be used are set aside, counted and listed with their reason; above the wave's limit that
becomes an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from indicators.columns import empty_frame
from indicators.evidence.demonstration import demonstration_of
from indicators.evidence.observation_form import check_score
from indicators.evidence.records import Sieve, flag_of, near_names, unreadable, with_area
from indicators.evidence.site_totals import subdistrict_of
from indicators.evidence.tables import CHECKS_COLUMNS, GRADES_COLUMNS
from indicators.framework import Framework, Indicator, Method, Scoring
from surveys.area import AreaLevel, AreaRegister
from surveys.column import fold
from surveys.problem import Problem, Severity
from surveys.sample import FloatArray
from surveys.table import problem_at
from surveys.wave import Wave

IMPLAUSIBLE_COUNT = 10_000
"""Faults, items or stretches of one check from which a slip of the keys is likelier than a count."""


def read_checks(
    frame: pd.DataFrame, problems: tuple[Problem, ...], *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """On-site checks, scored by the form of their leaf (`CHECKS_COLUMNS`)."""
    if frame.empty or unreadable(problems):
        return empty_frame(CHECKS_COLUMNS), problems
    leaf_of = _leaves(framework, Method.OBSERVATION)
    placed = with_area(frame, wave.areas, blank="")
    kept = Sieve(placed)
    kept.drop("duplicate_check", "id", placed.drop(columns=["_row"]).astype("str").duplicated())
    _drop_unknown_standards(kept, leaf_of)
    kept.drop("unknown_evidence_area", "area", placed["area_code"] == "")
    for standard, leaf in leaf_of.items():
        _sift_cells(kept, placed, placed["standard"] == standard, leaf)
    usable = placed[kept.keep]
    usable.attrs = placed.attrs
    demonstration, of_demonstration = demonstration_of(usable, wave)
    checks = _scored(usable, demonstration, leaf_of, framework)
    strange = (
        *_repeated_ids(usable),
        *_implausible_counts(usable),
        *_sites_of_two_communities(usable, wave.areas),
        *of_demonstration,
        *_outside_field(usable, wave),
    )
    return checks, (*problems, *kept.problems(wave.set_aside_limit), *strange)


def _scored(
    usable: pd.DataFrame, demonstration: pd.Series, leaf_of: Mapping[str, Indicator], framework: Framework
) -> pd.DataFrame:
    earned = pd.Series(np.nan, index=usable.index)
    for standard, leaf in leaf_of.items():
        rows = usable[usable["standard"] == standard]
        earned.loc[rows.index] = check_score(leaf, *_cells(rows), framework.steps)
    mark = (
        usable["standard"].map({name: _pass_mark(leaf) for name, leaf in leaf_of.items()}).astype("float64")
    )
    judged = flag_of(usable["passed"])
    checks = pd.DataFrame(
        {
            "node": usable["standard"].map({name: leaf.code for name, leaf in leaf_of.items()}),
            "area_code": usable["area_code"],
            "site": usable["site"].map(fold),  # width, case and blanks do not make another site
            "site_type": usable["site_type"],
            "demonstration": demonstration,
            "earned": earned,
            "standing": np.where(np.isnan(judged), earned, judged),
            "mark": mark,
            "site_label": usable["site"],
            "mode": usable["mode"],
            "date": usable["date"],
        }
    )
    return checks.astype(CHECKS_COLUMNS).reset_index(drop=True)


def read_grades(
    frame: pd.DataFrame, problems: tuple[Problem, ...], *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Grades of documents (`GRADES_COLUMNS`); of several reviews of a standard and area the latest."""
    if frame.empty or unreadable(problems):
        return empty_frame(GRADES_COLUMNS), problems
    leaf_of = _leaves(framework, Method.DOCUMENT)
    placed = with_area(frame, wave.areas, blank=wave.areas.district.code)
    score_of = {
        (standard, step.grade): step.score_share
        for standard, leaf in leaf_of.items()
        for step in framework.steps[leaf.scale]
    }
    kept = Sieve(placed)
    _drop_unknown_standards(kept, leaf_of)
    kept.drop("unknown_evidence_area", "area", placed["area_code"] == "")
    scores = [score_of.get(key, np.nan) for key in zip(placed["standard"], placed["grade"], strict=True)]
    score = pd.Series(scores, index=placed.index, dtype="float64")
    kept.drop("unknown_grade", "grade", score.isna(), lambda row: _grades_of(score_of, row["standard"]))
    kept.drop("grade_of_unscored_area", "area", ~_scored_areas(placed, leaf_of, wave.areas))
    usable = placed[kept.keep].assign(score_share=score[kept.keep])
    # Undated reviews are older than dated ones; of the same day the later row counts.
    when = usable["date"].map(lambda day: day.toordinal() if isinstance(day, date) else 0)
    ordered = usable.assign(when=when).sort_values(["when", "_row"])
    superseded = ordered[ordered.duplicated(["standard", "area_code"], keep="last")]
    found = [
        problem_at(frame, row, "document_superseded", "standard", name, severity=Severity.WARNING)
        for row, name in zip(superseded["_row"], superseded["standard"], strict=True)
    ]
    latest = ordered.drop(index=superseded.index).sort_values("_row")
    grades = latest.assign(node=latest["standard"].map({name: leaf.code for name, leaf in leaf_of.items()}))
    table = grades[list(GRADES_COLUMNS)].astype(GRADES_COLUMNS).reset_index(drop=True)
    return table, (*problems, *kept.problems(wave.set_aside_limit), *found)


def _drop_unknown_standards(kept: Sieve, leaf_of: Mapping[str, Indicator]) -> None:
    unknown = ~kept.frame["standard"].isin(leaf_of)
    kept.drop("unknown_standard", "standard", unknown, lambda row: near_names(str(row["standard"]), leaf_of))


def _grades_of(score_of: Mapping[tuple[str, str], float], standard: object) -> str:
    return "、".join(grade for of_standard, grade in score_of if of_standard == standard)


def _sift_cells(kept: Sieve, placed: pd.DataFrame, of_leaf: pd.Series, leaf: Indicator) -> None:
    """Set aside checks of one leaf whose cells do not fit its form of scoring."""
    found, required, passed = placed["found"], placed["required"], flag_of(placed["passed"])
    for column in ("found", "required"):
        kept.drop("negative_count", column, of_leaf & (placed[column] < 0))
    if leaf.scoring is Scoring.PASS_SHARE:
        unjudged = pd.Series(np.isnan(passed), index=placed.index) & ~(required == 0)
        kept.drop("check_without_result", "passed", of_leaf & unjudged)
        return
    kept.drop("check_without_result", "found", of_leaf & found.isna() & ~(required == 0))
    if leaf.scoring is Scoring.ZERO_TOLERANCE:
        return
    kept.drop("check_without_result", "required", of_leaf & required.isna())
    if leaf.scoring in {Scoring.RATIO, Scoring.THRESHOLD}:
        kept.drop("more_found_than_seen", "found", of_leaf & (found > required))


def _implausible_counts(usable: pd.DataFrame) -> tuple[Problem, ...]:
    """Counts that no observer makes at one site: used, and said to be strange."""
    return tuple(
        problem_at(usable, row, "count_implausible", column, f"{count:.10g}", severity=Severity.WARNING)
        for column in ("found", "required")
        for row, count in zip(usable["_row"], usable[column], strict=True)
        if count >= IMPLAUSIBLE_COUNT
    )


def _repeated_ids(usable: pd.DataFrame) -> tuple[Problem, ...]:
    """Checks that share an id but not their content are all used, and said to be strange."""
    repeated = usable[usable["id"].duplicated() & (usable["id"] != "")]
    return tuple(
        problem_at(usable, row, "check_id_twice", "id", name, severity=Severity.WARNING)
        for row, name in zip(repeated["_row"], repeated["id"], strict=True)
    )


def _sites_of_two_communities(usable: pd.DataFrame, register: AreaRegister) -> tuple[Problem, ...]:
    """Within a subdistrict one name is one site (M12); said where its checks name several communities."""
    subdistrict = subdistrict_of(usable["area_code"], register)
    of_community = (subdistrict != "") & (subdistrict != usable["area_code"])
    named = usable.assign(subdistrict=subdistrict, key=usable["site"].map(fold))[of_community]
    communities = named.groupby(["subdistrict", "key"])["area_code"].transform("nunique")
    merged = named[communities > 1].drop_duplicates(["subdistrict", "key"])
    return tuple(
        problem_at(usable, row, "site_in_two_communities", "site", name, severity=Severity.WARNING)
        for row, name in zip(merged["_row"], merged["site"], strict=True)
    )


def _outside_field(usable: pd.DataFrame, wave: Wave) -> tuple[Problem, ...]:
    """Checks dated before or after the field work: used, and said to be strange."""
    if wave.field is None:
        return ()
    first, last = wave.field
    outside = usable[[day is not None and not first <= day <= last for day in usable["date"]]]
    limits = {"first": first.isoformat(), "last": last.isoformat()}
    return tuple(
        problem_at(
            usable, row, "check_outside_field", "date", day.isoformat(), severity=Severity.WARNING, **limits
        )
        for row, day in zip(outside["_row"], outside["date"], strict=True)
    )


def _scored_areas(
    placed: pd.DataFrame, leaf_of: Mapping[str, Indicator], register: AreaRegister
) -> pd.Series:
    """Whether the leaf of each grade has a score in the area that the grade is of."""
    of_district = placed["area_code"] == register.district.code
    of_subdistrict = placed["area_code"].isin([area.code for area in register.subdistricts])
    everywhere = [name for name, leaf in leaf_of.items() if leaf.level is not AreaLevel.DISTRICT]
    return of_district | (of_subdistrict & placed["standard"].isin(everywhere))


def _cells(rows: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        rows["found"].to_numpy(dtype=np.float64),
        rows["required"].to_numpy(dtype=np.float64),
        flag_of(rows["passed"]),
    )


def _pass_mark(leaf: Indicator) -> float:
    """Score from which a check passes: the leaf's target, or full."""
    return 1.0 if leaf.target is None else leaf.target


def _leaves(framework: Framework, method: Method) -> dict[str, Indicator]:
    return {leaf.source: leaf for leaf in framework.leaves if leaf.method is method}
