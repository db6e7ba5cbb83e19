"""The built-in editions: folders of ``indicators/frameworks`` with their facts and tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from indicators.edition.facts import Facts, facts_of
from indicators.schema import INDICATOR_TABLES
from surveys.problem import Problem, Severity
from surveys.table import RawTable, read_csv_table

EDITION_TABLES = ("framework", "steps", "units")
FACTS_FILE = "edition.toml"


@dataclass(frozen=True)
class Edition:
    """An edition as its files stand: its name, what it says of itself, and its tables as raw text."""

    name: str
    facts: Facts
    tables: Mapping[str, RawTable]


def editions() -> tuple[str, ...]:
    """Names of the built-in editions, sorted."""
    return tuple(sorted(entry.name for entry in _folder().iterdir() if entry.joinpath(FACTS_FILE).is_file()))


def read_edition(name: str) -> tuple[Edition, tuple[Problem, ...]]:
    """A built-in edition; KeyError where there is none of that name."""
    if name not in editions():
        raise KeyError(name)
    return read_edition_folder(_folder().joinpath(name), name)


def units_of(facts: Facts, file: str) -> tuple[RawTable | None, tuple[Problem, ...]]:
    """The units of the built-in edition that `Facts.units_of` names; a Problem where there are none.

    Parameters
    ----------
    file
        Where the facts stand.
    """
    lent = {name: _folder().joinpath(name, "units.csv") for name in editions()}
    table = lent.get(facts.units_of)
    if table is None or not table.is_file():
        names = "、".join(name for name, units in lent.items() if units.is_file())
        where = (Severity.ERROR, file, None, "units_of", facts.units_of, {"names": names})
        return None, (Problem("units_of_unknown", *where),)
    return read_csv_table(Path(str(table)), f"{facts.units_of}/units.csv")


def read_edition_folder(folder: Traversable, name: str) -> tuple[Edition, tuple[Problem, ...]]:
    """The edition in a folder of ``framework.csv``, ``steps.csv``, ``units.csv`` and ``edition.toml``.

    Tables of units may be those of another built-in edition, which `Facts.units_of` names.
    """
    facts, problems = _facts(folder, name)
    tables: dict[str, RawTable] = {}
    for table in EDITION_TABLES:
        file = folder.joinpath(f"{table}.csv")
        if table == "units" and facts.units_of:
            raw, found = units_of(facts, f"{name}/{FACTS_FILE}")
        elif file.is_file():
            raw, found = read_csv_table(Path(str(file)), f"{folder.name}/{table}.csv")
        else:
            continue
        problems = (*problems, *found)
        if raw is not None:
            tables[INDICATOR_TABLES[table].name] = raw
    return Edition(name, facts, tables), problems


def _facts(folder: Traversable, name: str) -> tuple[Facts, tuple[Problem, ...]]:
    file = folder.joinpath(FACTS_FILE)
    if not file.is_file():
        return Facts(), ()
    return facts_of(tomllib.loads(file.read_text(encoding="utf-8")), f"{name}/{FACTS_FILE}")


def _folder() -> Traversable:
    return files("indicators").joinpath("frameworks")
