"""Tables that follow from a synthetic assessment's scores: ranks, quadrants, changes, a second tree.

Drawn, not estimated, but consistent with the scores they stand beside: a range of ranks holds the rank of the
estimate, steps of a waterfall add up, a fragile verdict has a variant on its other side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from indicators.assessment import Assessment, Companion
from indicators.columns import (
    COMBINED_COLUMNS,
    DEDUCTIONS_COLUMNS,
    FINDINGS_COLUMNS,
    QUADRANT_COLUMNS,
    RANKING_COLUMNS,
    SCORE_CHANGES_COLUMNS,
    SCORES_COLUMNS,
    SENSITIVITY_COLUMNS,
    TOTAL_NODE,
    WATERFALL_COLUMNS,
)
from indicators.framework import Framework, Indicator, Method, Scoring
from indicators.status import NodeStatus, WeaknessClass
from surveys.area import Area, AreaLevel
from surveys.beside import CHANGE_COLUMNS as CHANGES_OF_RATES
from surveys.compare import CHANGE_COLUMNS
from surveys.compare.vocabulary import ChangeFamily, ChangeMethod, ChangeVerdict
from surveys.verdict import Verdict, verdict_of

NAN = float("nan")
PREVIOUS = "2022Q2"
SURVEY, SITES, PAPERS = Method.QUESTIONNAIRE, Method.OBSERVATION, Method.DOCUMENT
MINORS = (
    ("立德树人", "学校德育", "校园文明风貌", "校园环境整洁，有核心价值观宣传", SITES, 0.9),
    ("立德树人", "学校德育", "心理辅导知晓", "家长对心理辅导室的知晓率不低于 85%", SURVEY, 0.83),
    ("社会环境", "校园周边", "校园周边秩序", "校园周边 200 米内无占道经营", SITES, 0.8),
    ("社会环境", "活动阵地", "活动场所满意", "家长对活动场所的满意率不低于 85%", SURVEY, 0.86),
    ("社会环境", "活动阵地", "工作档案", "有年度计划、记录和总结", PAPERS, 0.92),
)  # fmt: skip


def table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as a table; what a row does not name is blank."""
    blank: dict[str, object] = {"float64": NAN, "int64": 0, "bool": False, "str": ""}
    filled = [{name: blank[kind] for name, kind in columns.items()} | row for row in rows]
    return pd.DataFrame(filled, columns=list(columns)).astype(columns)


def with_judgements(plain: Assessment, rng: np.random.Generator) -> Assessment:
    """The assessment with ranks, quadrants, sensitivity and a tree of its own for minors."""
    if plain.framework is None:
        return replace(plain, ranking=table(_rate_ranks(plain), RANKING_COLUMNS))
    companion = _companion(plain, rng)
    return replace(
        plain,
        ranking=table([*_total_ranks(plain), *_rate_ranks(plain)], RANKING_COLUMNS),
        quadrant=_quadrant(plain, rng),
        sensitivity=_sensitivity(plain),
        companion=companion,
        combined=_combined(plain, companion),
    )


def with_previous(plain: Assessment, rng: np.random.Generator) -> Assessment:
    """The assessment beside an earlier wave: changes of rates and scores, and where they come from."""
    rates = plain.rates
    change = rng.normal(0.012, 0.02, len(rates)) * np.where(rates["unit"] == "points", 100.0, 1.0)
    half = 1.4 * (rates["high"] - rates["low"]) / 2
    change = np.where(rates["value"].notna(), change, NAN)
    verdict = [_change_verdict(c - h, c + h) for c, h in zip(change, half, strict=True)]
    beside = {
        "previous_value": rates["value"] - change, "change": change, "change_low": change - half,
        "change_high": change + half, "change_verdict": verdict,
        "change_reason": ["" if c == c else "withheld" for c in change],
    }  # fmt: skip
    rates = rates.assign(**beside).astype(CHANGES_OF_RATES)
    score_changes = _score_changes(plain, rng)
    findings = _with_trend(plain.findings, rng)
    return replace(
        plain,
        previous=PREVIOUS,
        rates=rates,
        changes=_changes(rates),
        score_changes=score_changes,
        waterfall=_waterfall(plain, score_changes, rng),
        findings=findings,
    )


def _change_verdict(low: float, high: float) -> ChangeVerdict:
    if math.isnan(low):
        return ChangeVerdict.NOT_COMPARABLE
    if low > 0:
        return ChangeVerdict.IMPROVED
    return ChangeVerdict.DECLINED if high < 0 else ChangeVerdict.NO_DETECTABLE_CHANGE


def _changes(rates: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "wave_old": PREVIOUS, "wave_new": row.wave, "questionnaire": row.questionnaire,
            "measure": row.measure, "measure_name": row.measure_name, "kind": row.kind,
            "headline": row.headline, "area_level": row.area_level, "area_code": row.area_code,
            "area_name": row.area_name, "group": row.group, "unit": row.unit,
            "value_old": row.previous_value, "value_new": row.value, "change": row.change,
            "low": row.change_low, "high": row.change_high, "method": ChangeMethod.MOVER,
            "family": ChangeFamily.EXPLORATORY, "verdict": row.change_verdict, "reason": row.change_reason,
            "n_old": max(1, row.n - 7), "n_new": row.n,
        }
        for row in rates.itertuples(index=False)
    ]  # fmt: skip
    return table(rows, CHANGE_COLUMNS)


def _places(values: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank of each estimate, and the best and worst place that disjoint bands leave."""
    low, high = values - half, values + half
    rank = 1 + (values[None, :] > values[:, None]).sum(axis=1)
    best = 1 + (low[None, :] > high[:, None]).sum(axis=1)
    worst = len(values) - (high[None, :] < low[:, None]).sum(axis=1)
    return rank, best, worst


def _ranked(rows: list[Any], kind: str, name: str, label: str, value: str) -> list[dict[str, Any]]:
    known = [row for row in rows if not math.isnan(getattr(row, value))]
    values = np.array([getattr(row, value) for row in known])
    half = np.array([(row.high - row.low) / 2 for row in known])
    rank, best, worst = _places(values, half)
    many = len(known)
    tiers = [
        "" if many < 3 else "surely_top" if w <= many / 3 else "surely_bottom" if b > many * 2 / 3
        else "undecided"
        for b, w in zip(best, worst, strict=True)
    ]  # fmt: skip
    return [
        {
            "wave": row.wave, "kind": kind, "name": name, "label": label, "comparable": 1, "areas": many,
            "area_code": row.area_code, "area_name": row.area_name, "value": values[at],
            "unit": "points" if kind != "rate" else row.unit, "low": row.low, "high": row.high,
            "rank": rank[at], "rank_low": best[at], "rank_high": worst[at], "simple_rank_low": best[at],
            "simple_rank_high": worst[at], "tier": tiers[at],
        }
        for at, row in enumerate(known)
    ]  # fmt: skip


def _total_ranks(plain: Assessment) -> list[dict[str, Any]]:
    scores = plain.scores[plain.scores["area_level"] == AreaLevel.SUBDISTRICT]
    nodes = [(TOTAL_NODE, "total", "总分"), *((r.code, "node", r.name) for r in _framework(plain).roots)]
    rows: list[dict[str, Any]] = []
    for node, kind, label in nodes:
        rows += _ranked(
            list(scores[scores["node"] == node].itertuples(index=False)), kind, node, label, "points_earned"
        )
    return rows


def _rate_ranks(plain: Assessment) -> list[dict[str, Any]]:
    rates = plain.rates
    shown = rates[rates["headline"] & (rates["group"] == "") & (rates["area_level"] == AreaLevel.SUBDISTRICT)]
    rows: list[dict[str, Any]] = []
    for measure, group in shown.groupby("measure", sort=False):
        here = list(group.itertuples(index=False))
        rows += _ranked(here, "rate", str(measure), here[0].measure_name, "value")
    return rows


def _framework(plain: Assessment) -> Framework:
    assert plain.framework is not None
    return plain.framework


def _totals(plain: Assessment) -> list[Any]:
    return list(plain.scores[plain.scores["node"] == TOTAL_NODE].itertuples(index=False))


def _quadrant(plain: Assessment, rng: np.random.Generator) -> pd.DataFrame:
    scores = plain.scores
    leaves = scores[(scores["method"] != "") & scores["value"].notna()]
    rows = []
    for row in leaves.itertuples(index=False):
        importance = row.effective_points * rng.uniform(0.5, 1.5)
        half = (row.high - row.low) / 2 * 0.35
        gap = row.value - row.target
        names = {(True, True): "strength", (True, False): "repair", (False, True): "maintain"}
        quadrant = names.get((importance >= 2.0, gap >= 0), "chance")
        stability = 1.0 if abs(gap) > half else 0.5 + 0.5 * abs(gap) / max(half, 1e-9)
        rows.append(
            {
                "wave": row.wave, "area_level": row.area_level, "area_code": row.area_code,
                "area_name": row.area_name, "node": row.node, "node_name": row.node_name,
                "method": row.method, "importance_kind": "declared", "importance": importance,
                "importance_mark": 2.0, "value": row.value, "low": row.value - half, "high": row.value + half,
                "unit": row.unit, "target": row.target, "gap": gap, "gap_low": gap - half,
                "gap_high": gap + half, "quadrant": quadrant, "stability": stability,
                "labelled": stability >= 0.8, "n": row.n,
            }
        )  # fmt: skip
    return table(rows, QUADRANT_COLUMNS)


def _sensitivity(plain: Assessment) -> pd.DataFrame:
    totals = _totals(plain)
    subdistricts = [row for row in totals if row.area_level == AreaLevel.SUBDISTRICT]
    order = sorted(subdistricts, key=lambda row: -row.points_earned)
    place = {row.area_code: at for at, row in enumerate(order, start=1)}
    spreads = {"headline": 0.0, "points": 0.6, "leave_one_out": 0.9, "geometric": 1.1, "missing": 0.8,
               "sampling": 2.0}  # fmt: skip
    rows = []
    for row in totals:
        for at, (scenario, spread) in enumerate(spreads.items()):
            low, high = row.points_earned - spread, row.points_earned + spread
            turned = scenario not in {"headline", "sampling"} and low < row.target <= high
            own = place.get(row.area_code, 0)
            rows.append(
                {
                    "wave": row.wave, "area_level": row.area_level, "area_code": row.area_code,
                    "area_name": row.area_name, "scenario": scenario,
                    "variants": (1, 500, 42, 14, 3, 1000)[at],
                    "total_low": low, "total_high": high, "rank_low": max(1, own - at) if own else 0,
                    "rank_high": min(len(place), own + at) if own else 0, "verdict": row.verdict,
                    "verdict_share": 0.7 if turned else 1.0, "fragile": turned,
                    "turned_by": "公共秩序" if turned else "",
                }
            )  # fmt: skip
    return table(rows, SENSITIVITY_COLUMNS)


def _score_changes(plain: Assessment, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for row in plain.scores.itertuples(index=False):
        leaf = row.method != ""
        new = row.value if leaf else row.points_earned
        half = 1.4 * (row.high - row.low) / 2 * (0.35 if leaf else 1.0)
        change = rng.normal(0.01, 0.02) if leaf else rng.normal(0.4, 1.0) * row.points / 40
        if math.isnan(new) or (leaf and rng.uniform() < 0.1):
            rows.append({**_change_key(row), "new": new, "unit": "share" if leaf else "points",
                         "verdict": ChangeVerdict.NOT_COMPARABLE, "reason": "absent"})  # fmt: skip
            continue
        low, high = change - half, change + half
        rows.append(
            {
                **_change_key(row), "old": new - change, "new": new, "unit": "share" if leaf else "points",
                "change": change, "low": low, "high": high, "verdict": _change_verdict(low, high),
            }
        )  # fmt: skip
    return table(rows, SCORE_CHANGES_COLUMNS)


def _change_key(row: Any) -> dict[str, Any]:
    return {
        "wave_old": PREVIOUS, "wave_new": row.wave, "area_level": row.area_level, "area_code": row.area_code,
        "area_name": row.area_name, "node": row.node, "node_name": row.node_name, "depth": row.depth,
    }  # fmt: skip


def _waterfall(plain: Assessment, changes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    framework = _framework(plain)
    rows: list[dict[str, Any]] = []
    for total in changes[changes["node"] == TOTAL_NODE].itertuples(index=False):
        if math.isnan(total.change):
            continue
        steps = rng.normal(0, 0.2, len(framework.leaves))
        steps += (total.change - steps.sum()) / len(steps)
        base = {
            "kind": "wave", "from_label": PREVIOUS, "to_label": total.wave_new,
            "area_level": total.area_level, "area_code": total.area_code, "area_name": total.area_name,
        }  # fmt: skip
        after = total.old
        rows.append({**base, "order": 0, "step": "start", "points": total.old, "total_after": after})
        for order, (leaf, points) in enumerate(zip(framework.leaves, steps, strict=True), start=1):
            after += points
            project = framework.by_code[framework.by_code[leaf.parent].parent].code
            rows.append({**base, "order": order, "step": "leaf", "node": leaf.code, "node_name": leaf.name,
                         "project": project, "points": points, "total_after": after})  # fmt: skip
        rows.append({**base, "order": len(steps) + 1, "step": "end", "points": total.new,
                     "total_after": total.new})  # fmt: skip
    return table(rows, WATERFALL_COLUMNS)


def _with_trend(findings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    change = rng.normal(0, 0.03, len(findings))
    half = np.full(len(findings), 0.025)
    verdicts = [str(_change_verdict(c - h, c + h)) for c, h in zip(change, half, strict=True)]
    return findings.assign(
        previous_value=findings["value"] - change,
        change=change,
        change_low=change - half,
        change_high=change + half,
        change_verdict=verdicts,
    ).astype(FINDINGS_COLUMNS)


def _minors() -> Framework:
    rows: list[Indicator] = []
    contents = dict.fromkeys((project, content) for project, content, *_ in MINORS)
    for p, project in enumerate(dict.fromkeys(project for project, _ in contents), start=1):
        inside = [content for of, content in contents if of == project]
        leaves = [leaf for leaf in MINORS if leaf[0] == project]
        rows.append(Indicator(f"W{p}", project, "", 20.0 * len(leaves)))
        for c, content in enumerate(inside, start=1):
            members = [leaf for leaf in leaves if leaf[1] == content]
            rows.append(Indicator(f"W{p}.{c}", content, f"W{p}", 20.0 * len(members)))
            rows += [
                Indicator(f"W{p}.{c}.{i}", name, f"W{p}.{c}", 20.0, text, method, f"w{p}{c}{i}",
                          Scoring.LINEAR, target=0.85, lead_unit="G11")
                for i, (_, _, name, text, method, _) in enumerate(members, start=1)
            ]  # fmt: skip
    return Framework(
        "minors-2021", "未成年人示例体系（2021 版，合成）", "项目自拟，仅供演示", tuple(rows), {},
        content_hash="7b1d" * 16,
        share=0.2, gate_points=85.0, version="2021",
    )  # fmt: skip


def _companion(plain: Assessment, rng: np.random.Generator) -> Companion:
    framework = _minors()
    mean = {leaf.code: share for leaf, (*_, share) in zip(framework.leaves, MINORS, strict=True)}
    areas = (plain.wave.areas.district, *plain.wave.areas.subdistricts)
    rows: list[dict[str, Any]] = []
    for area in areas:
        spread = 0.0 if area.level is AreaLevel.DISTRICT else 0.04
        shares = {code: float(np.clip(share + spread * rng.normal(), 0, 1)) for code, share in mean.items()}
        rows += _tree_rows(plain, framework, area, shares)
    scores = table(rows, SCORES_COLUMNS)
    return Companion(
        framework, scores, table([], DEDUCTIONS_COLUMNS), _weak_minors(framework, scores), share=0.2
    )


def _tree_rows(
    plain: Assessment, framework: Framework, area: Area, shares: dict[str, float]
) -> list[dict[str, Any]]:
    error = 0.012 if area.level is AreaLevel.DISTRICT else 0.04
    rows = []
    for code, name, parent, depth, points in [
        (TOTAL_NODE, "总分", "", 0, 100.0),
        *((i.code, i.name, i.parent or TOTAL_NODE, i.code.count(".") + 1, i.points)
          for i in framework.indicators),
    ]:  # fmt: skip
        below = [
            share for leaf, share in shares.items() if code == TOTAL_NODE or f"{leaf}.".startswith(f"{code}.")
        ]
        share = float(np.mean(below))
        low, high = max(0.0, share - 1.96 * error), min(1.0, share + 1.96 * error)
        leaf = framework.by_code.get(code) if code in shares else None
        target = 85.0 if code == TOTAL_NODE else 0.85 if leaf is not None else NAN
        scale = points if leaf is None else 1.0
        rows.append(
            {
                "wave": plain.wave.id, "area_level": area.level, "area_code": area.code,
                "area_name": area.name, "node": code, "node_name": name, "parent": parent, "depth": depth,
                "method": "" if leaf is None else leaf.method, "points": points, "effective_points": points,
                "value": NAN if leaf is None else share, "unit": "" if leaf is None else "share",
                "score_share": share, "points_earned": share * points, "standard_error": error * points,
                "root_mean_square_error": error * points, "low": low * points, "high": high * points,
                "coverage": 1.0, "bound_low": share * points, "bound_high": share * points,
                "status": NodeStatus.MEASURED, "target": target, "n": 0 if leaf is None else 40,
                "verdict": "" if math.isnan(target) else verdict_of(low * scale, high * scale, target),
                "pass_probability": 0.4 if code == TOTAL_NODE else NAN,
                "lead_unit": "G11" if leaf is not None else "",
            }
        )  # fmt: skip
    return rows


def _weak_minors(framework: Framework, scores: pd.DataFrame) -> pd.DataFrame:
    rows = []
    low = scores[(scores["method"] != "") & (scores["value"] < scores["target"])]
    for _, group in low.groupby("area_code", sort=False):
        for rank, row in enumerate(group.itertuples(index=False), start=1):
            fails = row.verdict == Verdict.FAIL
            rows.append(
                {
                    "rank": rank, "area_level": row.area_level, "area_code": row.area_code,
                    "area_name": row.area_name, "node": row.node, "node_name": row.node_name,
                    "text": framework.by_code[row.node].text, "method": row.method,
                    "class": WeaknessClass.CONFIRMED if fails else WeaknessClass.LIKELY, "value": row.value,
                    "low": row.low / row.points, "high": row.high / row.points, "unit": "share",
                    "target": row.target, "n": row.n, "points": row.points,
                    "points_lost": row.points - row.points_earned,
                    "points_recoverable": (row.target - row.value) * row.points,
                    "points_confirmed_loss": max(0.0, row.target - row.high / row.points) * row.points,
                    "probability_below": 0.8, "verdict": row.verdict, "lead_unit": row.lead_unit,
                    "lead_unit_name": "未成年人思想道德建设指导督导组",
                }
            )  # fmt: skip
    return table(rows, FINDINGS_COLUMNS)


def _combined(plain: Assessment, companion: Companion) -> pd.DataFrame:
    second = companion.scores[companion.scores["node"] == TOTAL_NODE].set_index("area_code")
    rows = []
    for main in _totals(plain):
        other = second.loc[main.area_code]
        total = 0.8 * main.points_earned + 0.2 * other["points_earned"]
        error = math.hypot(0.8 * main.standard_error, 0.2 * other["standard_error"])
        low, high = total - 1.96 * error, total + 1.96 * error
        rows.append(
            {
                "wave": main.wave, "area_level": main.area_level, "area_code": main.area_code,
                "area_name": main.area_name, "main_total": main.points_earned, "main_low": main.low,
                "main_high": main.high, "companion_total": other["points_earned"],
                "companion_low": other["low"], "companion_high": other["high"], "companion_share": 0.2,
                "gate": 85.0, "gate_verdict": verdict_of(other["low"], other["high"], 85.0),
                "gate_probability": 0.4, "total": total, "low": low, "high": high,
                "root_mean_square_error": error, "target": main.target, "pass_probability": 0.4,
                "verdict": verdict_of(low, high, main.target),
            }
        )  # fmt: skip
    return table(rows, COMBINED_COLUMNS)
