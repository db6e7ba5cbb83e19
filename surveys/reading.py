"""A wave folder → `Wave`: ``wave.toml`` and the tables areas, questions, answers and measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from surveys.area_reading import build_register
from surveys.control import build_controls, unused_controls
from surveys.measure_reading import build_measures
from surveys.problem import Problem, Severity
from surveys.questionnaire_reading import build_questions, build_scales
from surveys.schema import SURVEY_TABLES
from surveys.smallarea.settings import check_small_areas
from surveys.table import RawTable, canonical_name, parse_table, read_raw_tables, stem_of, table_names
from surveys.toml_section import FILE
from surveys.wave import Wave
from surveys.wave_toml import WaveFacts, read_wave_toml


def read_wave(path: Path) -> tuple[Wave | None, dict[str, RawTable], tuple[Problem, ...]]:
    """The definition of a wave and every table of its folder; answers are read by `surveys.responses`.

    Parameters
    ----------
    path
        The wave folder, or its ``wave.toml``.

    Returns
    -------
    (wave, tables, problems)
        Wave: None where something it cannot do without is missing or unreadable. It may carry defects that
        `problems` reports as errors, so that later readers can add theirs; nothing may be computed from it
        then. Tables: every table found, canonical names for those of this room; `surveys.table.find_table`
        finds the others under any of their names.
    """
    folder = path.parent if path.name == FILE else path
    if not folder.is_dir():
        return None, {}, (Problem("no_wave_folder", Severity.ERROR, file=str(path)),)
    facts, problems = read_wave_toml(folder / FILE)
    tables, of_files = read_raw_tables(folder, _names(folder, facts))
    unreadable = {canonical_name(stem_of(problem.file)) for problem in of_files}
    wave, of_tables = _build(facts, folder, tables, unreadable)
    return wave, tables, (*problems, *of_files, *of_tables)


def _names(folder: Path, facts: WaveFacts | None) -> list[str]:
    """Every table of the folder; files of answers that lie beside them are not tables."""
    patterns = [pattern for block in facts.responses for pattern in block.files] if facts else []
    answers = {found.stem for pattern in patterns if "/" not in pattern for found in folder.glob(pattern)}
    return [name for name in table_names(folder) if name not in answers]


def _build(
    facts: WaveFacts | None, folder: Path, tables: Mapping[str, RawTable], unreadable: set[str]
) -> tuple[Wave | None, list[Problem]]:
    """The wave, and Problems; what could not be read is not reported as missing a second time."""
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, schema in SURVEY_TABLES.items():
        if name in tables:
            frames[name], found = parse_table(tables[name], schema)
            problems += found
        elif schema.required and name not in unreadable:
            detail = {"names": " / ".join(f"{also}.csv" for also in schema.names)}
            problems.append(Problem("missing_table", Severity.ERROR, f"{name}.csv", detail=detail))
    problems += _unsupported(frames)
    register = None
    if "areas" in frames:
        register, found = build_register(frames["areas"])
        problems += found
    if not {"questions", "answers"} <= frames.keys():
        return None, problems
    questionnaires = _questionnaires(facts, frames["questions"])
    controls, of_controls = build_controls(frames.get("controls"), register, questionnaires)
    problems += of_controls
    questions, found = build_questions(frames["questions"], build_scales(frames["answers"]), questionnaires)
    problems += found
    if "measures" not in frames:
        return None, problems
    measures, found = build_measures(frames["measures"], questions, questionnaires)
    problems += found
    if facts is None or register is None:
        return None, problems
    wave = Wave(
        **{name: getattr(facts, name) for name in WaveFacts.__dataclass_fields__},
        folder=folder,
        areas=register,
        questions=questions,
        measures=measures,
        controls=controls,
    )
    of_plans = [
        *unused_controls(controls, wave.responses),
        *check_small_areas(
            wave.small_areas, measures, register, areas_file=str(frames["areas"].attrs["file"])
        ),
    ]
    return wave, [*problems, *of_plans]


def _questionnaires(facts: WaveFacts | None, questions: pd.DataFrame) -> tuple[str, ...]:
    """Names of the blocks of wave.toml; where that could not be read, those that the questions use."""
    if facts is not None:
        return tuple(block.questionnaire for block in facts.responses)
    return tuple(dict.fromkeys(name for name in questions["questionnaire"] if name))


def _unsupported(frames: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Tables that are declared but not used yet say so: a cleaning log would change the numbers."""
    severity_of = {"cleaning": Severity.ERROR, "dispositions": Severity.WARNING}
    return [
        Problem(f"{name}_not_used", severity, str(frames[name].attrs["file"]), count=len(frames[name]))
        for name, severity in severity_of.items()
        if name in frames and not frames[name].empty
    ]
