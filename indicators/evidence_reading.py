"""Tables `observations`, `documents` and `negative_list` → evidence that can be scored.

Records that cannot be used are set aside, counted and listed with their reason; above the wave's limit that
becomes an error. An event of the negative list is never set aside: leaving one out would raise a score.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd

from indicators.evidence import CHECKS_COLUMNS, EVENTS_COLUMNS, GRADES_COLUMNS, empty_frame
from indicators.framework import Framework, Indicator, Method, Scoring
from indicators.observation_form import check_score
from surveys.area import AreaRegister
from surveys.problem import Problem, Severity
from surveys.sample import FloatArray
from surveys.table import header_of, problem_at
from surveys.wave import Wave

Parsed = tuple[Problem, ...]


def read_checks(
    frame: pd.DataFrame, problems: Parsed, *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """On-site checks, scored by the form of their leaf (`CHECKS_COLUMNS`)."""
    if frame.empty or _unreadable(problems):
        return empty_frame(CHECKS_COLUMNS), problems
    leaf_of = _leaves(framework, Method.OBSERVATION)
    placed = _with_area(frame, wave.areas, blank="")
    kept = _Sieve(placed)
    kept.drop("duplicate_check", "id", placed.drop(columns=["_row"]).astype("str").duplicated())
    kept.drop("unknown_standard", "standard", ~placed["standard"].isin(leaf_of))
    kept.drop("unknown_evidence_area", "area", placed["area_code"] == "")
    for standard, leaf in leaf_of.items():
        _sift_cells(kept, placed, placed["standard"] == standard, leaf)
    usable = placed[kept.keep]
    earned = pd.Series(np.nan, index=usable.index)
    for standard, leaf in leaf_of.items():
        rows = usable[usable["standard"] == standard]
        earned.loc[rows.index] = check_score(leaf, *_cells(rows), framework.steps)
    mark = (
        usable["standard"].map({name: _pass_mark(leaf) for name, leaf in leaf_of.items()}).astype("float64")
    )
    judged = _flag_of(usable["passed"])
    checks = pd.DataFrame(
        {
            "node": usable["standard"].map({name: leaf.code for name, leaf in leaf_of.items()}),
            "area_code": usable["area_code"],
            "site": usable["site"],
            "site_type": usable["site_type"],
            "demonstration": _flag_of(usable["demonstration"]) == 1,
            "earned": earned,
            "standing": np.where(np.isnan(judged), earned, judged),
            "mark": mark,
        }
    ).astype(CHECKS_COLUMNS)
    found = (*problems, *kept.problems(wave.set_aside_limit), *_repeated_ids(usable))
    return checks.reset_index(drop=True), found


def read_grades(
    frame: pd.DataFrame, problems: Parsed, *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Grades of documents (`GRADES_COLUMNS`); of several reviews of a standard and area the latest."""
    if frame.empty or _unreadable(problems):
        return empty_frame(GRADES_COLUMNS), problems
    leaf_of = _leaves(framework, Method.DOCUMENT)
    placed = _with_area(frame, wave.areas, blank=wave.areas.district.code)
    score_of = {
        (standard, step.grade): step.score_share
        for standard, leaf in leaf_of.items()
        for step in framework.steps[leaf.scale]
    }
    kept = _Sieve(placed)
    kept.drop("unknown_standard", "standard", ~placed["standard"].isin(leaf_of))
    kept.drop("unknown_evidence_area", "area", placed["area_code"] == "")
    scores = [score_of.get(key, np.nan) for key in zip(placed["standard"], placed["grade"], strict=True)]
    score = pd.Series(scores, index=placed.index, dtype="float64")
    kept.drop("unknown_grade", "grade", score.isna())
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


def read_events(
    frame: pd.DataFrame, problems: Parsed, *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Events of the negative list (`EVENTS_COLUMNS`), verified or not.

    `item` is the source or the code of a negative item; an unknown item or area is an error.
    """
    if frame.empty or _unreadable(problems):
        return empty_frame(EVENTS_COLUMNS), problems
    by_code = {item.code: item for item in framework.negative_items}
    item_of = by_code | {item.source: item for item in framework.negative_items}
    placed = _with_area(frame, wave.areas, blank=wave.areas.district.code)
    known = "、".join(item.source for item in framework.negative_items) or "—"
    found: list[Problem] = []
    for row, item, area, area_code in zip(
        placed["_row"], placed["item"], placed["area"], placed["area_code"], strict=True
    ):
        if item and item not in item_of:
            found.append(problem_at(frame, row, "unknown_negative_item", "item", item, names=known))
        if not area_code:
            found.append(problem_at(frame, row, "unknown_event_area", "area", area))
    if wave.field is None:
        found.append(Problem("field_dates_needed", Severity.ERROR, "wave.toml", None, "field"))
    if found or any(problem.severity is Severity.ERROR for problem in problems):
        return empty_frame(EVENTS_COLUMNS), (*problems, *found)
    events = pd.DataFrame(
        {
            "node": placed["item"].map({name: item.code for name, item in item_of.items()}),
            "area_code": placed["area_code"],
            "date": placed["date"],
            "description": placed["description"],
            "verified": _flag_of(placed["verified"]) == 1,
        }
    )
    return events.astype(EVENTS_COLUMNS), problems


class _Sieve:
    """Records of one table that are still usable, and why others are not (the first reason counts)."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.keep = pd.Series(True, index=frame.index)
        self._dropped: list[tuple[str, str, pd.Series]] = []

    def drop(self, code: str, column: str, unusable: pd.Series) -> None:
        """Set aside the records for which `unusable` holds."""
        now = self.keep & unusable.fillna(False).astype(bool)
        self.keep &= ~now
        if now.any():
            self._dropped.append((code, column, now))

    def problems(self, limit: float) -> tuple[Problem, ...]:
        """One problem for each reason and value; an error besides where more than `limit` was set aside."""
        found: list[Problem] = []
        for code, column, now in self._dropped:
            rows = self.frame[now]
            header = header_of(self.frame, column)
            texts = [_text_of(cell) for cell in rows[column]]
            count_of = Counter(texts)
            first_of = dict(zip(texts[::-1], rows["_row"][::-1], strict=True))
            for value, count in count_of.items():
                place = (str(self.frame.attrs["file"]), int(first_of[value]))
                found.append(Problem(code, Severity.SET_ASIDE, *place, header, value, count=count))
        share = 1.0 - float(self.keep.mean())
        if share > limit:
            detail = {"share": f"{share:.1%}", "limit": f"{limit:.0%}"}
            file = str(self.frame.attrs["file"])
            found.append(Problem("too_much_evidence_set_aside", Severity.ERROR, file, detail=detail))
        return tuple(found)


def _text_of(cell: object) -> str:
    """A cell as a person would write it; blank for a number that is not there."""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:g}"
    return "" if cell is None else str(cell)


def _sift_cells(kept: _Sieve, placed: pd.DataFrame, of_leaf: pd.Series, leaf: Indicator) -> None:
    """Set aside checks of one leaf whose cells do not fit its form of scoring."""
    found, required, passed = placed["found"], placed["required"], _flag_of(placed["passed"])
    if leaf.scoring is Scoring.PASS_SHARE:
        kept.drop("check_without_result", "passed", of_leaf & pd.Series(np.isnan(passed), index=placed.index))
        return
    kept.drop("check_without_result", "found", of_leaf & found.isna() & ~(required == 0))
    kept.drop("negative_count", "found", of_leaf & (found < 0))
    if leaf.scoring is Scoring.ZERO_TOLERANCE:
        return
    kept.drop("check_without_result", "required", of_leaf & required.isna())
    kept.drop("negative_count", "required", of_leaf & (required < 0))
    if leaf.scoring in {Scoring.RATIO, Scoring.THRESHOLD}:
        kept.drop("more_found_than_seen", "found", of_leaf & (found > required))


def _repeated_ids(usable: pd.DataFrame) -> tuple[Problem, ...]:
    """Checks that share an id but not their content are all used, and said to be strange."""
    repeated = usable[usable["id"].duplicated() & (usable["id"] != "")]
    return tuple(
        problem_at(usable, row, "check_id_twice", "id", name, severity=Severity.WARNING)
        for row, name in zip(repeated["_row"], repeated["id"], strict=True)
    )


def _cells(rows: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        rows["found"].to_numpy(dtype=np.float64),
        rows["required"].to_numpy(dtype=np.float64),
        _flag_of(rows["passed"]),
    )


def _flag_of(column: pd.Series) -> FloatArray:
    """Yes, no and blank as 1, 0 and NaN."""
    return np.array([np.nan if cell is None else float(cell) for cell in column], dtype=np.float64)


def _pass_mark(leaf: Indicator) -> float:
    """Score from which a check passes: the leaf's target, or full."""
    return 1.0 if leaf.target is None else leaf.target


def _leaves(framework: Framework, method: Method) -> dict[str, Indicator]:
    return {leaf.source: leaf for leaf in framework.leaves if leaf.method is method}


def _with_area(frame: pd.DataFrame, register: AreaRegister, *, blank: str) -> pd.DataFrame:
    """The frame with `area_code`, from a code or a name that only one area has; "" where unknown."""
    times = Counter(area.name for area in register.areas)
    code_of = {area.name: area.code for area in register.areas if times[area.name] == 1}
    code_of |= {code: code for code in register.by_code} | {"": blank}
    codes = [code_of.get(text, "") for text in frame["area"]]
    placed = frame.assign(area_code=pd.Series(codes, index=frame.index, dtype="str"))
    placed.attrs = frame.attrs
    return placed


def _unreadable(problems: Parsed) -> bool:
    """Whether a column that everything needs is missing, so that rows cannot be judged."""
    return any(p.severity is Severity.ERROR and p.code == "missing_column" for p in problems)
