"""Sheets → Framework and Evidence. All problems at once; nothing here raises for a defect of the input."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from indicators.edition.checks import check_framework, check_steps
from indicators.edition.reading import (
    Edition,
    content_hash,
    editions,
    indicators_of,
    parents_first,
    read_edition,
    steps_of,
)
from indicators.edition.sheet import Sheet
from indicators.evidence.events import read_events
from indicators.evidence.observation import summarise_observations
from indicators.evidence.reading import read_checks, read_grades
from indicators.evidence.tables import Evidence
from indicators.framework import Framework
from indicators.schema import INDICATOR_TABLES
from indicators.unit_reading import read_units
from surveys.measure_reading import mark_range
from surveys.problem import Language, Problem, Severity, errors_of
from surveys.questionnaire import Measure
from surveys.table import RawTable, find_table, parse_table, records_of
from surveys.wave import Wave

WAVE_FILE = "wave.toml"


def check_cells(tables: Mapping[str, RawTable]) -> tuple[Problem, ...]:
    """What is wrong with single cells of these tables, where the wave's own definition cannot be read."""
    found = {name: find_table(tables, schema) for name, schema in INDICATOR_TABLES.items()}
    parsed = [parse_table(raw, INDICATOR_TABLES[name])[1] for name, raw in found.items() if raw is not None]
    return tuple(problem for problems in parsed for problem in problems)


def read_framework(
    tables: Mapping[str, RawTable], wave: Wave
) -> tuple[Framework | None, tuple[Problem, ...]]:
    """The framework of a wave: its own table, or the built-in edition that ``wave.toml`` names.

    Parameters
    ----------
    tables
        Every table of the wave folder, by its name.

    Returns
    -------
    (framework, problems)
        None where the wave has no framework, or where an error forbids scoring by it.
    """
    edition, problems = _edition(tables, wave)
    if errors_of(problems):
        return None, problems
    source = edition.tables if edition is not None else tables
    raw = find_table(source, INDICATOR_TABLES["framework"])
    if raw is None:
        return None, problems
    frame, of_framework = parse_table(raw, INDICATOR_TABLES["framework"])
    step_frame, of_steps = _parsed(source, "steps")
    units, _ = read_units(_unit_tables(tables, edition), wave.areas)  # reported by read_evidence
    problems = (*problems, *of_framework, *of_steps, *check_steps(step_frame))
    if any(p.code in {"missing_column", "duplicate_header"} for p in errors_of(of_framework)):
        return None, problems
    measures = {measure.name: measure for measure in wave.measures}
    indicators, steps = indicators_of(frame, measures), steps_of(step_frame)
    ranges = {measure.name: _range_of(measure, wave) for measure in wave.measures}
    sheet = Sheet(frame, tuple(records_of(frame)), indicators, steps, measures, ranges, units)
    if frame.empty:
        problems = (*problems, Problem("no_rows", Severity.ERROR, file=raw.file))
    problems = (*problems, *check_framework(sheet))
    if errors_of(problems):
        return None, problems
    framework = Framework(
        name=edition.name if edition is not None else "framework",
        title=edition.title if edition is not None else _title_of(wave),
        source=edition.source if edition is not None else raw.file,
        indicators=parents_first(indicators),
        steps=steps,
        content_hash=content_hash(indicators, steps),
        deduction_cap=edition.deduction_cap if edition is not None else None,
    )
    return framework, problems


def read_evidence(
    tables: Mapping[str, RawTable], wave: Wave, framework: Framework | None
) -> tuple[Evidence, tuple[Problem, ...]]:
    """Observations, documents, the negative list and units of a wave, parsed and checked.

    Without a framework (none, or one with errors) cells are checked, but only the units are returned: what
    the evidence means is the framework's to say.
    """
    edition, _ = _edition(tables, wave)  # reported by read_framework
    units, problems = read_units(_unit_tables(tables, edition), wave.areas)
    if framework is None:
        of_cells = [_parsed(tables, name)[1] for name in ("observations", "documents", "negative_list")]
        return Evidence(units=units), (*problems, *(problem for found in of_cells for problem in found))
    checks, of_checks = read_checks(*_parsed(tables, "observations"), wave=wave, framework=framework)
    grades, of_grades = read_grades(*_parsed(tables, "documents"), wave=wave, framework=framework)
    events, of_events = read_events(*_parsed(tables, "negative_list"), wave=wave, framework=framework)
    evidence = Evidence(
        checks=checks,
        grades=grades,
        events=events,
        units=units,
        observation_summary=summarise_observations(checks, wave.areas),
    )
    return evidence, (*problems, *of_checks, *of_grades, *of_events)


def _range_of(measure: Measure, wave: Wave) -> tuple[float, float]:
    questions = wave.questions_of(measure.questionnaire)
    return mark_range(measure, [question for question in questions if question.name in measure.questions])


def _edition(tables: Mapping[str, RawTable], wave: Wave) -> tuple[Edition | None, tuple[Problem, ...]]:
    if not wave.framework:
        return None, ()
    own = find_table(tables, INDICATOR_TABLES["framework"])
    problems: list[Problem] = []
    if own is not None:
        detail = {"edition": wave.framework}
        problems.append(
            Problem("framework_twice", Severity.ERROR, own.file, value=wave.framework, detail=detail)
        )
    if wave.framework not in editions():
        detail = {"names": "、".join(editions())}
        problems.append(
            Problem("unknown_edition", Severity.ERROR, WAVE_FILE, None, "framework", wave.framework, detail)
        )
        return None, tuple(problems)
    edition, of_edition = read_edition(wave.framework)
    return edition, (*problems, *of_edition)


def _unit_tables(tables: Mapping[str, RawTable], edition: Edition | None) -> Mapping[str, RawTable]:
    """Tables to take the units from: the wave's own table `units` goes before the edition's."""
    if edition is None or find_table(tables, INDICATOR_TABLES["units"]) is not None:
        return tables
    return edition.tables


def _parsed(tables: Mapping[str, RawTable], name: str) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """A table of the wave, typed; an empty one where the wave has none."""
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


def _title_of(wave: Wave) -> str:
    return wave.title.get(Language.CHINESE, wave.id)
