"""Sheets → Framework and Evidence. All problems at once; nothing here raises for a defect of the input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from indicators.edition.building import framework_of, parsed
from indicators.edition.built_in import Edition, editions, read_edition
from indicators.edition.facts import Facts
from indicators.evidence.demonstration import split_demonstration
from indicators.evidence.events import read_events
from indicators.evidence.observation_summary import summarise_observations
from indicators.evidence.reading import read_checks, read_grades
from indicators.evidence.tables import Evidence
from indicators.framework import Framework, Method
from indicators.schema import INDICATOR_TABLES
from indicators.unit import ResponsibleUnit
from indicators.unit_reading import read_units
from surveys.problem import Language, Problem, Severity, errors_of
from surveys.table import RawTable, find_table, parse_table
from surveys.wave import Wave

WAVE_FILE = "wave.toml"
_STANDARD_COLUMN = {"observations": "standard", "documents": "standard", "negative_list": "item"}


def check_cells(tables: Mapping[str, RawTable]) -> tuple[Problem, ...]:
    """What is wrong with single cells of these tables, where the wave's own definition cannot be read."""
    found = {name: find_table(tables, schema) for name, schema in INDICATOR_TABLES.items()}
    problems = [parse_table(raw, INDICATOR_TABLES[name])[1] for name, raw in found.items() if raw is not None]
    return tuple(problem for of_table in problems for problem in of_table)


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
    framework, found = framework_of(
        tables if edition is None else edition.tables,
        name="framework" if edition is None else edition.name,
        facts=_facts_of_wave(tables, wave, edition),
        wave=wave,
        units=_units(tables, wave, edition)[0],  # their problems are reported by read_evidence
        built_in=edition is not None,
    )
    return framework, (*problems, *found)


def read_companion(
    wave: Wave, tables: Mapping[str, RawTable]
) -> tuple[Framework | None, tuple[Problem, ...]]:
    """The second tree (minors) that ``companion`` in ``wave.toml`` names: a built-in edition with a share.

    Returns
    -------
    (framework, problems)
        None where the wave names none, or where it cannot be scored by it. Its units are those of the main
        tree.
    """
    name = wave.scoring.companion
    if not name:
        return None, ()
    if name not in editions():
        return None, (_of_setting("unknown_edition", "companion", name, names="、".join(editions())),)
    if name == wave.framework:
        return None, (_of_setting("companion_is_framework", "companion", name),)
    if not wave.framework and find_table(tables, INDICATOR_TABLES["framework"]) is None:
        return None, (_of_setting("companion_alone", "companion", name),)
    edition, problems = read_edition(name)
    if edition.facts.share is None:
        shares = [other for other in editions() if read_edition(other)[0].facts.share is not None]
        detail = {"names": "、".join(shares) or "—"}
        return None, (*problems, _of_setting("companion_without_share", "companion", name, **detail))
    main = read_edition(wave.framework)[0] if wave.framework in editions() else None
    units = _units(tables, wave, main)[0] or _units({}, wave, edition)[0]
    framework, found = framework_of(
        edition.tables, name=name, facts=edition.facts, wave=wave, units=units, built_in=True
    )
    return framework, (*problems, *found)


def read_evidence(
    tables: Mapping[str, RawTable],
    wave: Wave,
    framework: Framework | None,
    also: Framework | None = None,
) -> tuple[Evidence, tuple[Problem, ...]]:
    """Observations, documents, the negative list and units of a wave, parsed and checked.

    Without a framework (none, or one with errors) cells are checked, but only the units are returned: what
    the evidence means is the framework's to say.

    Parameters
    ----------
    also
        Another tree that shares these tables: what belongs to it alone is passed over without a word
        (`read_companion_evidence` reads it). None takes the companion that the wave names, if any.
    """
    edition, _ = _edition(tables, wave)  # reported by read_framework
    units, problems = _units(tables, wave, edition)
    if framework is None:
        of_cells = [parsed(tables, name)[1] for name in _STANDARD_COLUMN]
        return Evidence(units=units), (*problems, *(problem for found in of_cells for problem in found))
    frames = {name: parsed(tables, name) for name in _STANDARD_COLUMN}
    also = also or read_companion(wave, tables)[0]
    if also is not None:
        others = _standards(also) - _standards(framework)
        frames = {name: (_without(name, frame, others), found) for name, (frame, found) in frames.items()}
    evidence, found = _evidence(frames, wave, framework)
    return replace(evidence, units=units), (*problems, *found)


def read_companion_evidence(
    tables: Mapping[str, RawTable], wave: Wave, companion: Framework, units: Mapping[str, ResponsibleUnit]
) -> tuple[Evidence, tuple[Problem, ...]]:
    """The evidence of the second tree, from the tables that it shares with the first.

    Rows of other standards are `read_evidence`'s to judge, and so is what is wrong with cells: only problems
    that the second tree adds are returned.

    Parameters
    ----------
    units
        Responsible units of the main tree's evidence.
    """
    frames = {}
    for name in _STANDARD_COLUMN:
        frame, of_cells = parsed(tables, name)
        frames[name] = (_only(name, frame, _standards(companion)), of_cells)
    evidence, found = _evidence(frames, wave, companion)
    told = {id(problem) for _, of_cells in frames.values() for problem in of_cells}
    return replace(evidence, units=units), tuple(problem for problem in found if id(problem) not in told)


def _evidence(
    frames: Mapping[str, tuple[pd.DataFrame, tuple[Problem, ...]]], wave: Wave, framework: Framework
) -> tuple[Evidence, tuple[Problem, ...]]:
    checks, of_checks = read_checks(*frames["observations"], wave=wave, framework=framework)
    grades, of_grades = read_grades(*frames["documents"], wave=wave, framework=framework)
    events, of_events = read_events(*frames["negative_list"], wave=wave, framework=framework)
    scored, left_out = split_demonstration(checks, wave)
    evidence = Evidence(
        checks=scored,
        left_out=left_out,
        grades=grades,
        events=events,
        observation_summary=summarise_observations(checks, wave.areas),
    )
    return evidence, (*of_checks, *of_grades, *of_events)


def _standards(framework: Framework) -> frozenset[str]:
    """What evidence may name: sources of observed, documented and negative indicators, codes of the last."""
    named = [i.source for i in framework.indicators if i.method not in {None, Method.QUESTIONNAIRE}]
    return frozenset((*named, *(item.code for item in framework.negative_items)))


def _without(name: str, frame: pd.DataFrame, standards: frozenset[str]) -> pd.DataFrame:
    kept = frame[~frame[_STANDARD_COLUMN[name]].isin(standards)].reset_index(drop=True)
    kept.attrs = frame.attrs
    return kept


def _only(name: str, frame: pd.DataFrame, standards: frozenset[str]) -> pd.DataFrame:
    kept = frame[frame[_STANDARD_COLUMN[name]].isin(standards)].reset_index(drop=True)
    kept.attrs = frame.attrs
    return kept


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
        names = "、".join(editions())
        problems.append(_of_setting("unknown_edition", "framework", wave.framework, names=names))
        return None, tuple(problems)
    edition, of_edition = read_edition(wave.framework)
    return edition, (*problems, *of_edition)


def _of_setting(code: str, key: str, value: str, **detail: str) -> Problem:
    return Problem(code, Severity.ERROR, WAVE_FILE, None, key, value, detail)


def _facts_of_wave(tables: Mapping[str, RawTable], wave: Wave, edition: Edition | None) -> Facts:
    """``[framework]`` says what a sheet cannot; of a built-in edition it overrules the marks only."""
    told = wave.scoring.edition
    if edition is not None:
        facts = edition.facts
    else:
        raw = find_table(tables, INDICATOR_TABLES["framework"])
        facts = Facts(
            title=told.title or wave.title.get(Language.CHINESE, wave.id),
            title_en="" if told.title else wave.title.get(Language.ENGLISH, ""),
            version=told.version,
            source=told.source or ("" if raw is None else raw.file),
        )
    target = facts.target if told.target_points is None else told.target_points
    cap = facts.deduction_cap if told.deduction_cap is None else told.deduction_cap
    return replace(facts, target=target, deduction_cap=cap)


def _units(
    tables: Mapping[str, RawTable], wave: Wave, edition: Edition | None
) -> tuple[dict[str, ResponsibleUnit], tuple[Problem, ...]]:
    """Responsible units: the wave's own table `units` goes before the edition's."""
    own = edition is None or find_table(tables, INDICATOR_TABLES["units"]) is not None
    return read_units(tables if own or edition is None else edition.tables, wave.areas)
