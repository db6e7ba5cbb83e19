"""All files of one questionnaire → the columns that its questions and its design need."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import numpy.typing as npt

from surveys.area import AreaLevel
from surveys.control import parts_of
from surveys.problem import Problem, Severity, shorten
from surveys.questionnaire import CODED_KINDS, Question
from surveys.responses.binding import bind
from surveys.responses.csv import open_csv, read_columns
from surveys.responses.excel import open_workbook
from surveys.responses.export import Export
from surveys.responses.parquet import PARQUET_SUFFIX, open_parquet, unreadable_columns
from surveys.responses.records import Records
from surveys.responses.text_column import TextColumn, joined
from surveys.sample import IntArray
from surveys.schema import LEVELS, fold
from surveys.wave import Responses, Wave

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls")
CODES = ("id", "area", "stratum", "psu")
"""Fields of `Responses` that may name a column of codes or labels."""
DESIGN = (*CODES, "weight", "completed")
"""Fields of `Responses` that may name a column which is read."""
REPLICATE = "replicate:"
"""Beginning of the names of columns of replicate weights."""
URBAN_RURAL = ("urban_rural", "城乡")
"""Names of the variable that the register has beside its levels."""


@dataclass(frozen=True)
class Loaded:
    """Records of all files of a questionnaire, one after the other.

    Parameters
    ----------
    columns
        By name: ``id``, ``area``, ``stratum``, ``psu``, ``weight``, ``completed`` where there is such a
        column, each coded question as ``question:NAME``, what weights are made of as ``weighting:NAME`` and
        ``probability:STAGE``, replicate weights as ``replicate:HEADER``.
    titles
        Header of each of them, shortened, for messages.
    """

    files: tuple[str, ...]
    columns: Mapping[str, TextColumn]
    titles: Mapping[str, str]
    file_of_record: IntArray
    row_of_record: IntArray
    surplus_of_record: npt.NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of records."""
        return len(self.row_of_record)


def level_named(name: str) -> AreaLevel | None:
    """The level of the register that `name` says, in English or Chinese; None where it is a header."""
    folded = fold(name)
    for level, spellings in LEVELS.items():
        if folded in {level, *(fold(spelling) for spelling in spellings)}:
            return AreaLevel(level)
    return None


def load(wave: Wave, responses: Responses) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """Read every file of a questionnaire that can be read; None where none can.

    Errors do not end the reading: what they left is checked as well, though nothing may be computed from it.
    """
    paths, no_files = paths_of(wave.folder, responses)
    problems = list(no_files)
    wanted = _wanted(wave, responses)
    parts: list[Loaded] = []
    for path in paths:
        part, found = _load_file(path, file_label(path, wave.folder), wanted)
        problems += found
        parts += [part] if part else []
    problems += _differing_replicates(parts)
    return (_joined(parts) if parts else None), tuple(problems)


def loaded_of(export: Export, position_of: Mapping[str, int]) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """Records of one opened file, the columns under the names of `position_of`."""
    records, problems = read_columns(export, position_of.values())
    if records is None:
        return None, problems
    if not len(records.row_of_record):
        return None, (*problems, Problem("no_rows", Severity.ERROR, file=export.file))
    return named(export, records, position_of), problems


def named(export: Export, records: Records, position_of: Mapping[str, int]) -> Loaded:
    """Records of one file, or of a part of it, the columns under the names of `position_of`."""
    return Loaded(
        files=(export.file,),
        columns={name: records.columns[at] for name, at in position_of.items()},
        titles={name: shorten(export.header[at], 40) for name, at in position_of.items()},
        file_of_record=np.zeros(len(records.row_of_record), dtype=np.intp),
        row_of_record=records.row_of_record,
        surplus_of_record=records.surplus_of_record,
    )


def open_export(path: Path, file: str) -> tuple[Export | None, tuple[Problem, ...]]:
    """Open a CSV file, the first sheet of a workbook, or a Parquet file."""
    if path.suffix.lower() == PARQUET_SUFFIX:
        return open_parquet(path, file)
    return open_workbook(path, file) if path.suffix.lower() in WORKBOOK_SUFFIXES else open_csv(path, file)


def file_label(path: Path, folder: Path) -> str:
    """A file as the user knows it: relative to the wave folder where it lies below it, else its name."""
    inside = path.resolve().is_relative_to(folder.resolve())
    return path.resolve().relative_to(folder.resolve()).as_posix() if inside else path.name


def paths_matching(folder: Path, pattern: str) -> list[Path]:
    """Files that a pattern of ``wave.toml`` means, in order; what a spreadsheet left open does not count."""
    # glob, not Path.glob: patterns may be absolute or lead out of the folder.
    names = glob.glob(pattern, root_dir=folder)  # noqa: PTH207
    return [(folder / name).resolve() for name in sorted(names) if not Path(name).name.startswith("~$")]


def open_bound(wave: Wave, responses: Responses, path: Path) -> tuple[Export, dict[str, int]] | None:
    """An opened file and the position of every column that is read; None where anything is amiss."""
    export, problems = open_export(path, file_label(path, wave.folder))
    if export is None or problems:
        return None
    position_of, unbound = _bind_all(export, _with_replicates_of(export.header, _wanted(wave, responses)))
    amiss = unbound or unreadable_columns(export, position_of.values())
    return None if amiss else (export, position_of)


def _load_file(
    path: Path, file: str, wanted: Mapping[str, tuple[str, str, bool]]
) -> tuple[Loaded | None, tuple[Problem, ...]]:
    export, problems = open_export(path, file)
    if export is None:
        return None, problems
    wanted = _with_replicates_of(export.header, wanted)
    position_of, unbound = _bind_all(export, wanted)
    lost = [name for name, (_, _, is_read) in wanted.items() if is_read and name not in position_of]
    if any(not name.startswith("question:") for name in lost):
        return None, (*problems, *unbound)
    loaded, found = loaded_of(export, position_of)
    if loaded is not None:
        loaded = _with_blank_columns(loaded, lost)
    return loaded, (*problems, *unbound, *found)


def _with_blank_columns(loaded: Loaded, names: Sequence[str]) -> Loaded:
    """Blanks for questions whose column is missing, an error, so that the rest is checked all the same."""
    blank = TextColumn(("",), np.zeros(loaded.size, dtype=np.intp))
    return replace(
        loaded,
        columns={**loaded.columns, **dict.fromkeys(names, blank)},
        titles={**loaded.titles, **dict.fromkeys(names, "")},
    )


def _joined(parts: Sequence[Loaded]) -> Loaded:
    """Records of several files, one after the other, under the headers of the first."""
    if len(parts) == 1:
        return parts[0]
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    sizes = [part.size for part in parts]
    return Loaded(
        files=tuple(part.files[0] for part in parts),
        columns={name: joined([part.columns[name] for part in parts]) for name in names},
        titles=parts[0].titles,
        file_of_record=np.repeat(np.arange(len(parts), dtype=np.intp), sizes),
        row_of_record=np.concatenate([part.row_of_record for part in parts]),
        surplus_of_record=np.concatenate([part.surplus_of_record for part in parts]),
    )


def paths_of(folder: Path, responses: Responses) -> tuple[list[Path], list[Problem]]:
    """Files of a questionnaire, and a Problem for each pattern that means none."""
    found: dict[Path, None] = {}
    problems: list[Problem] = []
    for pattern in responses.files:
        matching = paths_matching(folder, pattern)
        if not matching:
            detail = {"questionnaire": responses.questionnaire}
            problems.append(
                Problem("no_matching_file", Severity.ERROR, "wave.toml", value=pattern, detail=detail)
            )
        found |= dict.fromkeys(matching)
    return list(found), problems


def _wanted(wave: Wave, responses: Responses) -> dict[str, tuple[str, str, bool]]:
    """What to bind: name → (header or beginning, who asks, whether its cells are read)."""
    questions = {question.name: question for question in wave.questions_of(responses.questionnaire)}
    wanted = {
        f"question:{question.name}": (question.column, f"questions: {question.name}", _is_coded(question))
        for question in questions.values()
        if question.column
    }
    for field in (*DESIGN, "interviewer", "start", "end"):
        name = str(getattr(responses, field))
        if not name or (field in {"stratum", "psu"} and _is_register_level(wave, name)):
            continue
        column = questions[name].column if name in questions else name
        wanted[field] = (column, f"wave.toml: responses.{responses.questionnaire}.{field}", field in DESIGN)
    if responses.replicates:
        asker = f"wave.toml: responses.{responses.questionnaire}.replicate_weights"
        wanted |= {f"{REPLICATE}{name}": (name, asker, True) for name in responses.replicates.columns}
    return wanted | _wanted_for_weights(wave, responses, questions)


def _with_replicates_of(
    header: Sequence[str], wanted: Mapping[str, tuple[str, str, bool]]
) -> dict[str, tuple[str, str, bool]]:
    """What to bind, with the headers that a pattern of replicate weights means in its place.

    A pattern that means none stands as it is, to be reported as a column that is missing.
    """
    result: dict[str, tuple[str, str, bool]] = {}
    for name, (column, asker, is_read) in wanted.items():
        titles = [title for title in header if title and fnmatchcase(fold(title), fold(column))]
        if name.startswith(REPLICATE) and "*" in column and titles:
            result |= {f"{REPLICATE}{title}": (title, asker, is_read) for title in titles}
        else:
            result[name] = (column, asker, is_read)
    return result


def _differing_replicates(parts: Sequence[Loaded]) -> list[Problem]:
    """A Problem for each file whose replicate weights are not those of the first."""
    columns = [{name for name in part.columns if name.startswith(REPLICATE)} for part in parts]
    return [
        Problem(
            "replicates_differ",
            Severity.ERROR,
            part.files[0],
            value=str(len(found)),
            detail={"first": parts[0].files[0], "count": str(len(columns[0]))},
        )
        for part, found in zip(parts, columns, strict=True)
        if found != columns[0]
    ]


def _wanted_for_weights(
    wave: Wave, responses: Responses, questions: Mapping[str, Question]
) -> dict[str, tuple[str, str, bool]]:
    """Columns that ``[weighting.…]`` names: probabilities, and variables that are no questions.

    Who did not answer has no coded answers, so that for nonresponse a question's column is read as it stands.
    """
    plan, asker = responses.weighting, f"wave.toml: weighting.{responses.questionnaire}"
    wanted = {
        f"probability:{at}": (name, f"{asker}.probability", True) for at, name in enumerate(plan.probability)
    }
    for name in dict.fromkeys(part for margin in plan.rake for part in parts_of(margin)):
        if name not in questions and not _is_of_areas(wave, name):
            wanted[column_name(name)] = (name, f"{asker}.rake", True)
    for name in plan.nonresponse:
        if not _is_of_areas(wave, name):
            column = questions[name].column if name in questions else name
            wanted[column_name(name)] = (column, f"{asker}.nonresponse", True)
    return wanted


def column_name(variable: str) -> str:
    """Under which name a column that weights are made of is held."""
    return f"weighting:{fold(variable)}"


def _is_of_areas(wave: Wave, variable: str) -> bool:
    """Whether the register itself has a variable: one of its levels, or 城乡."""
    return _is_register_level(wave, variable) or fold(variable) in URBAN_RURAL


def _is_coded(question: Question) -> bool:
    return question.kind in CODED_KINDS


def _is_register_level(wave: Wave, name: str) -> bool:
    """Whether a design field means a level of the register; a header of that name is meant if it has none."""
    level = level_named(name)
    return level is not None and bool(wave.areas.at(level))


def _bind_all(
    export: Export, wanted: Mapping[str, tuple[str, str, bool]]
) -> tuple[dict[str, int], list[Problem]]:
    """Position of each column that is read; columns that are only named must exist all the same."""
    position_of: dict[str, int] = {}
    problems: list[Problem] = []
    for name, (column, used_by, is_read) in wanted.items():
        position, found = bind(export.header, column, file=export.file, used_by=used_by)
        problems += found
        if position is not None and is_read:
            position_of[name] = position
    return position_of, problems
