"""Sheets of an edition → Framework, with every check; for waves, and for an edition without a wave."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from indicators.edition.checks import check_framework
from indicators.edition.facts import Facts
from indicators.edition.reading import as_written, content_hash, indicators_of, parents_first, steps_of
from indicators.edition.sheet import Sheet
from indicators.edition.step_checks import check_steps
from indicators.framework import Framework
from indicators.schema import INDICATOR_TABLES
from indicators.unit import ResponsibleUnit
from surveys.measure_reading import mark_range
from surveys.problem import Problem, Severity, errors_of
from surveys.questionnaire import Measure
from surveys.table import RawTable, find_table, parse_table, records_of
from surveys.wave import Wave


def framework_of(
    tables: Mapping[str, RawTable],
    *,
    name: str,
    facts: Facts,
    wave: Wave | None,
    units: Mapping[str, ResponsibleUnit],
    built_in: bool = False,
) -> tuple[Framework | None, tuple[Problem, ...]]:
    """The framework that these tables define.

    Parameters
    ----------
    tables
        `framework` and, where scales are used, `steps`; raw.
    name
        Of the edition.
    wave
        Whose measures the leaves name; None checks everything but what rests on measures.
    units
        Responsible units by code; empty leaves owners unchecked.
    built_in
        Whether it is no sheet of the user's: then no setting of a first wave can be wrong in it.

    Returns
    -------
    (framework, problems)
        None without a table `framework`, or where an error forbids scoring by it.
    """
    raw = find_table(tables, INDICATOR_TABLES["framework"])
    if raw is None:
        return None, ()
    frame, of_framework = parse_table(raw, INDICATOR_TABLES["framework"])
    step_frame, of_steps = parsed(tables, "steps")
    problems = (*of_framework, *of_steps, *check_steps(step_frame))
    if any(p.code in {"missing_column", "duplicate_header"} for p in errors_of(of_framework)):
        return None, problems
    sheet = _sheet(frame, step_frame, wave, units, edition=name if built_in else "")
    if frame.empty:
        problems = (*problems, Problem("no_rows", Severity.ERROR, file=raw.file))
    problems = (*problems, *check_framework(sheet))
    if errors_of(problems):
        return None, problems
    return _framework(sheet, name, facts), problems


def _sheet(
    frame: pd.DataFrame,
    step_frame: pd.DataFrame,
    wave: Wave | None,
    units: Mapping[str, ResponsibleUnit],
    *,
    edition: str,
) -> Sheet:
    """What the checks look at."""
    measures = None if wave is None else {measure.name: measure for measure in wave.measures}
    return Sheet(
        frame=frame,
        step_frame=step_frame,
        rows=tuple(records_of(frame)),
        indicators=indicators_of(frame, measures or {}),
        steps=steps_of(step_frame),
        measures=measures,
        range_by_measure={} if wave is None else {m.name: _range_of(m, wave) for m in wave.measures},
        units=units,
        has_previous=bool(edition) or wave is None or bool(wave.previous),
        edition=edition,
    )


def _framework(sheet: Sheet, name: str, facts: Facts) -> Framework:
    return Framework(
        name=name,
        title=facts.title,
        source=facts.source,
        indicators=parents_first(sheet.indicators),
        steps=dict(sheet.steps),
        content_hash=content_hash(as_written(sheet.frame, sheet.indicators), sheet.steps, facts.marks()),
        deduction_cap=facts.deduction_cap,
        title_en=facts.title_en,
        source_en=facts.source_en,
        version=facts.version,
        target_points=facts.target,
        share=facts.share,
        gate_points=facts.gate,
    )


def parsed(tables: Mapping[str, RawTable], name: str) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """A table of the indicators room, typed; an empty one where there is none."""
    schema = INDICATOR_TABLES[name]
    raw = find_table(tables, schema)
    if raw is None:
        columns = [column.name for column in schema.columns]
        empty = pd.DataFrame({column: pd.Series(dtype="object") for column in [*columns, "_row"]})
        empty.attrs = {"file": f"{name}.csv", "headers": {}}
        return empty, ()
    frame, problems = parse_table(raw, schema)
    if frame.empty:
        problems = (*problems, Problem("no_rows", Severity.WARNING, file=raw.file))
    return frame, problems


def _range_of(measure: Measure, wave: Wave) -> tuple[float, float]:
    questions = wave.questions_of(measure.questionnaire)
    return mark_range(measure, [question for question in questions if question.name in measure.questions])
