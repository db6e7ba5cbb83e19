"""Speed of scoring: a tree of 120 standards in many areas, beside a loop over units.

The loop is how packages score one unit after another (COINr's shape): goalposts, then weighted means of
what is not blank, level by level, for each draw anew. Without draws it adds √(g′Cg) of every node, as we do.
It makes no bounds, intervals or table, so it is flattered.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.evidence.tables import CHECKS_COLUMNS, GRADES_COLUMNS, Evidence
from indicators.framework import Framework, Indicator, Method, Scoring, Step
from indicators.scores.leaf_values import leaf_table
from indicators.scores.scored import Scored, evaluate
from indicators.scores.scoring import score
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.estimate import Estimation
from surveys.questionnaire import Base, Measure, MeasureKind, Rule
from surveys.rates import RATES_COLUMNS
from surveys.wave import Wave, WaveKind

PROJECTS, CONTENTS, STANDARDS = 8, 5, 3
METHODS = (Method.QUESTIONNAIRE, Method.OBSERVATION, Method.DOCUMENT)
GRADES = (("优", 1.0), ("良", 0.8), ("中", 0.6))


@dataclass(frozen=True)
class ScoringCase:
    """Everything that scoring needs: as many standards of each method, three sites a subdistrict."""

    framework: Framework
    wave: Wave
    estimation: Estimation
    evidence: Evidence


def make_case(subdistricts: int, seed: int = 1) -> ScoringCase:
    """A tree of 8 projects × 5 contents × 3 standards = 120 leaves in a district and its subdistricts."""
    rng = np.random.default_rng(seed)
    framework = _framework()
    codes = [f"S{at:05d}" for at in range(subdistricts)]
    areas = (Area("D", "D", AreaLevel.DISTRICT), *(Area(c, c, AreaLevel.SUBDISTRICT, "D") for c in codes))
    asked = [leaf.source for leaf in framework.leaves if leaf.method is Method.QUESTIONNAIRE]
    wave = Wave(
        id="bench",
        kind=WaveKind.THIRD_PARTY,
        title={},
        folder=Path(),
        areas=AreaRegister(areas),
        questions=(),
        measures=tuple(
            Measure(name, name, MeasureKind.SHARE, "q", (name,), Rule.POSITIVE, Base.ANSWERED, target=0.9)
            for name in asked
        ),
        responses=(),
        field=(date(2022, 8, 15), date(2022, 8, 28)),
    )
    evidence = Evidence(checks=_checks(rng, framework, codes), grades=_grades(rng, framework, codes))
    return ScoringCase(framework, wave, _estimation(rng, areas, asked), evidence)


@dataclass(frozen=True)
class Timing:
    """Seconds of one step of scoring; `loop`: those of the same scores and errors in the loop over units."""

    step: str
    areas: int
    draws: int
    seconds: float
    loop: float
    limit: float


def timings(areas: int, repeats: int) -> list[Timing]:
    """The two cases of the requirements: 18 subdistricts with 1,000 draws, and many areas without draws."""
    found = []
    for subdistricts, draws, limit in ((18, 1000, 3.0), (areas, 0, 2.0)):
        case = make_case(subdistricts)
        score_case(case, draws)  # the first call also pays for imports and caches
        tree = statistics.median(tree_seconds(case, draws) for _ in range(repeats))
        whole = statistics.median(
            _seconds(lambda case=case, draws=draws: score_case(case, draws)) for _ in range(repeats)
        )
        loop = loop_seconds(case, draws)
        found.append(
            Timing("assess: leaf values to the table of scores", subdistricts, draws, tree, loop, limit)
        )
        found.append(
            Timing("assess: rates, checks, grades to scores", subdistricts, draws, whole, loop, limit)
        )
    return found


def score_case(case: ScoringCase, draws: int) -> pd.DataFrame:
    """Leaf values, tree, errors and table."""
    settings = DrawSettings(draws)
    return score(case.framework, case.wave, case.estimation, case.evidence, settings).scores


def tree_seconds(case: ScoringCase, draws: int) -> float:
    """Seconds from leaf values to the table."""
    leaves = leaf_table(case.framework, case.wave, case.estimation, case.evidence)
    settings, none = DrawSettings(draws), np.zeros(len(leaves.areas))

    def evaluated() -> Scored:
        return evaluate(case.framework, leaves, case.estimation.correlation, settings, none)

    return _seconds(lambda: score_table(evaluated()))


def loop_seconds(case: ScoringCase, draws: int) -> float:
    """Seconds of the loop over areas from leaf values to scores of every draw, or without draws to errors.

    A hundredth of the draws, or 300 areas, are timed and multiplied: each takes as long as another.
    """
    leaves = leaf_table(case.framework, case.wave, case.estimation, case.evidence)
    rows = [dict(zip(leaves.column_of_leaf, row, strict=True)) for row in leaves.value.tolist()]
    children_of = {i.code: case.framework.children(i.code) for i in case.framework.indicators}
    timed = rows[:300]

    def drawn() -> None:
        for _ in range(max(draws // 100, 1)):
            for row in rows:
                score_one_area(case.framework, children_of, row)

    def with_errors() -> None:
        for row, covariance in zip(timed, leaves.covariance, strict=False):
            score_one_area(case.framework, children_of, row)
            errors_of_one_area(case.framework, children_of, leaves.column_of_leaf, row, covariance)

    if draws:
        return _seconds(drawn) * draws / max(draws // 100, 1)
    return _seconds(with_errors) * len(rows) / len(timed)


def score_one_area(
    framework: Framework, children_of: Mapping[str, tuple[Indicator, ...]], value_of: Mapping[str, float]
) -> dict[str, float]:
    """Scores of one area's nodes in plain Python; "" is the total. A blank value is NaN."""
    share_of: dict[str, float] = {}
    for indicator in reversed(framework.indicators):
        code = indicator.code
        if indicator.method is None:
            _put_mean(share_of, code, children_of[code])
        elif not math.isnan(value_of[code]):
            value = value_of[code]
            if indicator.scoring is Scoring.LINEAR:
                value = min(1.0, max(0.0, (value - indicator.low) / (indicator.high - indicator.low)))
            share_of[code] = value
    _put_mean(share_of, "", framework.roots)
    return share_of


def errors_of_one_area(
    framework: Framework,
    children_of: Mapping[str, tuple[Indicator, ...]],
    column_of: Mapping[str, int],
    value_of: Mapping[str, float],
    covariance: np.ndarray,
) -> dict[str, float]:
    """√(g′Cg) of one area's nodes, arithmetic means only; "" is the total."""
    gradient_of: dict[str, dict[int, float]] = {}
    for indicator in [*reversed(framework.indicators), None]:
        code = "" if indicator is None else indicator.code
        if indicator is not None and indicator.method is not None:
            if not math.isnan(value_of[code]):
                linear = indicator.scoring is Scoring.LINEAR
                inside = indicator.low <= value_of[code] <= indicator.high
                slope = inside / (indicator.high - indicator.low) if linear else 1.0
                gradient_of[code] = {column_of[code]: slope}
            continue
        children = framework.roots if indicator is None else children_of[code]
        known = [child for child in children if child.code in gradient_of]
        weight = sum(child.points for child in known)
        if weight:
            gradient_of[code] = {
                column: child.points / weight * slope
                for child in known
                for column, slope in gradient_of[child.code].items()
            }
    error_of = {}
    for code, gradient in gradient_of.items():
        at, slopes = list(gradient), np.array(list(gradient.values()))
        error_of[code] = math.sqrt(slopes @ covariance[np.ix_(at, at)] @ slopes)
    return error_of


def _put_mean(share_of: dict[str, float], code: str, children: tuple[Indicator, ...]) -> None:
    """The weighted mean of the children that have a score; nothing where none has."""
    weight = earned = 0.0
    for child in children:
        if child.code in share_of:
            weight += child.points
            earned += child.points * share_of[child.code]
    if weight:
        share_of[code] = earned / weight


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _framework() -> Framework:
    rows: list[Indicator] = []
    for project in range(1, PROJECTS + 1):
        rows.append(Indicator(f"{project}", f"project {project}", "", 100 / PROJECTS))
        for content in range(1, CONTENTS + 1):
            parent = f"{project}.{content}"
            rows.append(Indicator(parent, parent, f"{project}", 100 / PROJECTS / CONTENTS))
            for at, method in enumerate(METHODS, 1):
                code = f"{parent}.{at}"
                scoring = (Scoring.LINEAR, Scoring.RATIO, Scoring.STEPS)[at - 1]
                rows.append(
                    Indicator(
                        code,
                        code,
                        parent,
                        100 / PROJECTS / CONTENTS / STANDARDS,
                        method=method,
                        source=f"m{code}",
                        scoring=scoring,
                        low=0.5 if scoring is Scoring.LINEAR else 0.0,
                        high=0.98 if scoring is Scoring.LINEAR else 1.0,
                        scale="grades" if scoring is Scoring.STEPS else "",
                    )
                )
    steps = {"grades": tuple(Step(share, grade=grade) for grade, share in GRADES)}
    return Framework("bench", "bench", "", tuple(rows), steps, "")


def _estimation(rng: np.random.Generator, areas: tuple[Area, ...], names: list[str]) -> Estimation:
    shape = (len(areas), len(names))
    value = rng.uniform(0.75, 0.95, shape)
    effective_n = np.where(np.arange(len(areas))[:, None] == 0, 900.0, 50.0) * np.ones(shape)
    error = np.sqrt(value * (1 - value) / effective_n)
    columns: dict[str, object] = {name: "" if kind == "str" else 0.0 for name, kind in RATES_COLUMNS.items()}
    columns |= {
        "measure": np.tile(names, len(areas)),
        "area_level": np.repeat([str(area.level) for area in areas], len(names)),
        "area_code": np.repeat([area.code for area in areas], len(names)),
        "value": value.ravel(),
        "standard_error": error.ravel(),
        "low": (value - 2 * error).ravel(),
        "high": (value + 2 * error).ravel(),
        "degrees_of_freedom": 20.0,
        "n": 60,
        "effective_n": effective_n.ravel(),
        "verdict": "undetermined",
    }
    rates = pd.DataFrame(columns).astype(RATES_COLUMNS)
    correlation = 0.8 * np.eye(len(names)) + 0.2
    covariance = correlation * error[:, :, None] * error[:, None, :]
    frames = {
        area.code: pd.DataFrame(matrix, index=names, columns=names)
        for area, matrix in zip(areas, covariance, strict=True)
    }
    return Estimation(rates, frames, pd.DataFrame(correlation, index=names, columns=names))


def _checks(rng: np.random.Generator, framework: Framework, codes: list[str]) -> pd.DataFrame:
    nodes = [leaf.code for leaf in framework.leaves if leaf.method is Method.OBSERVATION]
    size = len(codes) * 3 * len(nodes)
    columns: dict[str, object] = {
        name: "" if kind == "str" else None for name, kind in CHECKS_COLUMNS.items()
    }
    columns |= {
        "node": np.tile(nodes, len(codes) * 3),
        "area_code": np.repeat(codes, 3 * len(nodes)),
        "site": np.tile(np.repeat(["a", "b", "c"], len(nodes)), len(codes)),
        "demonstration": False,
        "earned": rng.beta(8, 2, size).round(1),
        "standing": 1.0,
        "mark": 1.0,
    }
    return pd.DataFrame(columns).astype(CHECKS_COLUMNS)


def _grades(rng: np.random.Generator, framework: Framework, codes: list[str]) -> pd.DataFrame:
    nodes = [leaf.code for leaf in framework.leaves if leaf.method is Method.DOCUMENT]
    graded = rng.integers(0, len(GRADES), len(codes) * len(nodes))
    columns = {
        "node": np.tile(nodes, len(codes)),
        "area_code": np.repeat(codes, len(nodes)),
        "grade": np.array([grade for grade, _ in GRADES])[graded],
        "score_share": np.array([share for _, share in GRADES])[graded],
    }
    return pd.DataFrame(columns).astype(GRADES_COLUMNS)
