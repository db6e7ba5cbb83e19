"""What the command line prints of what-ifs, ways to the target, waterfalls and cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.words import words
from assess.yearly import Cycle
from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE
from indicators.findings.path import Way, WayEnd, WayMark, WayStage
from indicators.findings.score_change import ScoreReason
from indicators.findings.waterfall import WaterfallKind, WaterfallStep
from indicators.findings.what_if import WhatIf
from indicators.framework import Framework
from reports import numbers
from reports.words import words_of
from surveys.compare import ChangeVerdict
from surveys.problem import Language
from surveys.questionnaire import Unit

NOT_ALIKE = 0.005
"""Points by which single effects and the joint one differ in what is printed."""
MOST_STEPS = 20


def print_what_if(found: WhatIf, console: Console, language: Language) -> None:
    """Settings with what each does alone, totals before and after, and how to read them."""
    text = words(language)["whatif"]
    _print_tree(found.framework, console, language)
    settings = _table(text["settings"], [text["area"], text["indicator"]], text["value"], text["points"])
    settings.add_column(text["district_points"], justify="right", no_wrap=True)
    row: Any
    for row in found.settings.itertuples():
        unit = Unit(row.unit)
        value = f"{numbers.number(row.value, unit)} → {numbers.number(row.set_to, unit)}"
        ends = (row.points, row.district_points)
        points = (numbers.signed(end, Unit.POINTS, 2) for end in ends)
        settings.add_row(*_escaped([row.area_name, f"{row.node} {row.node_name}", value, *points]))
    console.print(settings)
    judged = bool(found.totals["target"].notna().any())
    totals = _table(text["totals"], [text["area"]], text["before"], text["after"], text["change"])
    if judged:
        totals.add_column(text["chance"], justify="right", no_wrap=True)
        totals.add_column(words(language)["table"]["verdict"], no_wrap=True)
    for row in found.totals.itertuples():
        cells = [
            row.area_name,
            _with_range(row.before, row.before_low, row.before_high),
            _with_range(row.after, row.after_low, row.after_high),
            numbers.signed(row.change, Unit.POINTS, 2),
        ]
        if judged:
            ends = (row.before_pass_probability, row.after_pass_probability)
            cells.append(" → ".join(numbers.probability(end) for end in ends))
            cells.append(words_of(language)(f"verdict.{row.verdict_after}"))
        totals.add_row(*_escaped(cells))
    console.print(totals)
    for row in found.totals.itertuples():
        if abs(row.change - row.singles) >= NOT_ALIKE:
            singles, joint = (numbers.signed(end, Unit.POINTS, 2) for end in (row.singles, row.change))
            line = text["not_additive"].format(area=row.area_name, singles=singles, joint=joint)
            console.print(escape(line), highlight=False)
    hidden = found.settings["district_set_to"].isna() & found.settings["district_value"].notna()
    if hidden.any():
        untold = found.settings[hidden].drop_duplicates("node").itertuples()
        listed = words_of(language).listed([f"{row.node} {row.node_name}" for row in untold])
        console.print(escape(text["untold"].format(indicators=listed)), highlight=False)
    console.print(text["reading"], highlight=False)


def print_way(way: Way, console: Console, language: Language, most: int = MOST_STEPS) -> None:
    """The steps to the target; in the middle of a long way only where something is reached."""
    text = words(language)["way"]
    _print_tree(way.framework, console, language)
    mark, total = numbers.mark_text(way.target, Unit.POINTS), _with_range(way.total, way.low, way.high)
    start = {"area": way.area_name, "total": total, "mark": mark}
    start["chance"] = numbers.probability(way.pass_probability)
    console.print(escape(text["start"].format(**start)), highlight=False)
    if way.end is not WayEnd.PASSING:
        _print_steps(way.steps, console, language, most)
    steps = numbers.count(len(way.steps))
    console.print(escape(text[f"end_{way.end.value}"].format(mark=mark, steps=steps)), highlight=False)
    if (way.steps["stage"] == WayStage.TO_FULL).any():
        console.print(escape(text["targets_not_enough"].format(mark=mark)), highlight=False)
    if not way.steps.empty:
        console.print(text["reading"], highlight=False)


def _print_tree(framework: Framework, console: Console, language: Language) -> None:
    line = words(language)["whatif"]["tree"].format(title=framework.title_in(language))
    console.print(escape(line), highlight=False)


def _print_steps(steps: pd.DataFrame, console: Console, language: Language, most: int) -> None:
    text = words(language)["way"]
    table = _table("", ["", text["indicator"]], text["value"], text["points"], text["total"], text["chance"])
    shown = (steps["order"] <= most) | (steps["reached"] != "") | (steps["order"] == len(steps))
    hidden = 0
    row: Any
    for row, visible in zip(steps.itertuples(), shown, strict=True):
        if not visible:
            hidden += 1
            continue
        if hidden:
            table.add_row("", escape(text["hidden"].format(count=numbers.count(hidden))))
            hidden = 0
        unit = Unit(row.unit)
        cells = [
            numbers.count(row.order),
            f"{row.node} {row.node_name}",
            f"{numbers.number(row.value, unit)} → {numbers.number(row.set_to, unit)}",
            numbers.signed(row.points, Unit.POINTS, 2),
            _with_range(row.total_after, row.low_after, row.high_after),
            numbers.probability(row.pass_probability),
        ]
        table.add_row(*_escaped(cells))
    console.print(table)
    for row in steps[steps["reached"] != ""].itertuples():
        line = {"step": numbers.count(row.order), "name": row.node_name}
        if row.needed == row.needed:
            line["value"] = numbers.number(row.needed, Unit(row.unit))
            console.print(escape(text["reached"].format(**line)), highlight=False)
        if row.reached == WayMark.SURELY:
            line["value"] = numbers.number(row.set_to, Unit(row.unit))
            console.print(escape(text["surely"].format(**line)), highlight=False)


def print_waterfall(table: pd.DataFrame, console: Console, language: Language, most: int = 10) -> None:
    """Steps of each area: those of the leaves that moved the total most, and all others."""
    text = words(language)["waterfall"]
    for _, steps in table.groupby("area_code", sort=False):
        first = steps.iloc[0]
        title = text[f"title_{first['kind']}"].format(
            area=first["area_name"], start=first["from_label"], end=first["to_label"]
        )
        shown = _table(title, [text["step"]], text["points"], text["total"])
        running = 0.0
        for label, points, is_end in _lines(steps, most, language):
            running = points if is_end else running + points
            change = "" if is_end else numbers.signed(points, Unit.POINTS, 2)
            shown.add_row(*_escaped([label, change, numbers.points(running, 2)]))
        console.print(shown)
    console.print(text["reading"], highlight=False)


def _lines(steps: pd.DataFrame, most: int, language: Language) -> list[tuple[str, float, bool]]:
    """Label, points, and whether it is an end; leaves that moved little are one line."""
    text = words(language)["waterfall"]
    leaves = steps[steps["step"] == WaterfallStep.LEAF]
    largest = leaves["points"].abs().sort_values(ascending=False, kind="stable").index[:most]
    told = leaves.loc[largest].sort_values("points", ascending=False, kind="stable")
    rest = leaves.drop(index=largest)
    of_areas = bool((steps["kind"] == WaterfallKind.AREA).any())
    start, end = (
        text["total_of"].format(area=steps[label].iloc[0]) if of_areas else text[key]
        for key, label in (("start", "from_label"), ("end", "to_label"))
    )
    lines = [(start, _points(steps, WaterfallStep.START), True)]
    columns = (told[name] for name in ("node", "node_name", "points"))
    lines += [(f"{node} {name}", float(points), False) for node, name, points in zip(*columns, strict=True)]
    if not rest.empty:
        label = text["others"].format(count=numbers.count(len(rest)))
        lines.append((label, float(rest["points"].sum()), False))
    for step in list(WaterfallStep)[2:-1]:  # between the leaves and the end
        points = _points(steps, step)
        if abs(points) >= NOT_ALIKE:
            lines.append((text[step.value], points, False))
    lines.append((end, _points(steps, WaterfallStep.END), True))
    return lines


def print_totals(assessment: Assessment, steps: pd.DataFrame, console: Console, language: Language) -> None:
    """What a waterfall's table leaves out: intervals of the totals, and of their change where it is known.

    The change is judged over what both waves have, so its ends may be other totals than the printed ones.
    """
    text, said = words(language)["waterfall"], words_of(language)
    scores, changes = assessment.scores, assessment.score_changes
    totals = scores[scores["node"] == TOTAL_NODE].set_index("area_code")
    ends = steps[steps["step"].isin([WaterfallStep.START, WaterfallStep.END])]
    names = list(ends["area_code"])
    if (steps["kind"] == WaterfallKind.AREA).any():  # the first end is another area's, known by its name
        labels, points = steps[["from_label", "to_label"]].iloc[0], ends["points"]
        earned = zip(totals.index, totals["area_name"], totals["points_earned"], strict=True)
        known = [(str(code), (name, value)) for code, name, value in earned]
        names = [code for pair in zip(labels, points, strict=True) for code, of in known if of == pair]
        changes = changes.iloc[:0]
    wide_but_open = False
    for code in dict.fromkeys(names):
        row = totals.loc[code]
        line = {"area": row["area_name"], "total": _with_range(row["points_earned"], row["low"], row["high"])}
        found = changes[(changes["area_code"] == code) & (changes["node"] == TOTAL_NODE)]
        key = "total_now"
        if not found.empty and found["change"].notna().all():
            change = found.iloc[0]
            limits = numbers.signed_interval(change["low"], change["high"], Unit.POINTS)
            line["change"] = f"{numbers.signed(change['change'], Unit.POINTS)} ({limits})"
            line["verdict"] = said(f"change_verdict.{change['verdict']}")
            key = "total_common" if change["reason"] == ScoreReason.COMPOSITION else "total_change"
            unsure = change["verdict"] == ChangeVerdict.NO_DETECTABLE_CHANGE
            wide_but_open |= bool(unsure and change["low"] * change["high"] > 0)
        console.print(escape(text[key].format(**line)), highlight=False)
    if wide_but_open:
        console.print(text["judged_together"], highlight=False)


def _points(steps: pd.DataFrame, step: WaterfallStep) -> float:
    return float(steps.loc[steps["step"] == step, "points"].sum())


def print_cycle(cycle: Cycle, console: Console, language: Language) -> None:
    """The cycle's total of every area, with its years."""
    text = words(language)["cycle"]
    years = [
        text["year"].format(number=at + 1, wave=year.wave.id, weight=numbers.whole_percent(weight))
        for at, (year, weight) in enumerate(zip(cycle.years, cycle.weights, strict=False))
    ]
    listed = words_of(language).listed(years)
    console.print(escape(text["title"].format(years=listed)), highlight=False)
    if cycle.combined:
        console.print(text["combined"], highlight=False)
    partial = len(cycle.years) < len(cycle.weights)
    table = _table("", [text["area"]], text["total"], text["interval"], text["cautious"])
    if partial:
        table.add_column(text["bounds"], justify="right", no_wrap=True)
    row: Any
    for row in cycle.table.itertuples():
        cells = [
            row.area_name,
            numbers.points(row.total),
            numbers.interval(row.low, row.high, Unit.POINTS),
            numbers.interval(row.cautious_low, row.cautious_high, Unit.POINTS),
        ]
        if partial:
            cells.append(numbers.interval(row.bound_low, row.bound_high, Unit.POINTS))
        table.add_row(*_escaped(cells))
    console.print(table)
    console.print(text["partial"] if partial else text["reading"], highlight=False)


def _table(title: str, names: Sequence[str], *figures: str) -> Table:
    table = Table(
        title=escape(title) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in names:
        table.add_column(name, overflow="fold", min_width=2 if not name else 6)
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _with_range(value: float, low: float, high: float) -> str:
    limits = numbers.interval(low, high, Unit.POINTS)
    return f"{numbers.points(value)} ({limits})" if limits else numbers.points(value)


def _escaped(cells: Sequence[str]) -> list[str]:
    return [escape(cell) for cell in cells]
