"""Records that repeat an earlier one, in files that are too large to be held: by hashes of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.cells import code_label
from surveys.problem import Problem, Severity
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.parts import Source, walk
from surveys.responses.place import design_of, place_records
from surveys.responses.repeats import find_repeats
from surveys.responses.set_aside import USABLE, reasons_but_repeats
from surveys.responses.text_column import TextColumn, joined
from surveys.sample import IntArray
from surveys.wave import Responses, Wave


@dataclass(frozen=True)
class Repeats:
    """Records that repeat an earlier one.

    Parameters
    ----------
    records
        Their numbers among all records, ascending.
    problems
        Ids that return with other answers.
    """

    records: IntArray
    problems: tuple[Problem, ...] = ()

    def within(self, first: int, size: int) -> npt.NDArray[np.bool_]:
        """Whether each of `size` records from `first` on is one of them."""
        inside = np.zeros(size, dtype=np.bool_)
        low, high = np.searchsorted(self.records, (first, first + size))
        inside[self.records[low:high] - first] = True
        return inside


def id_hashes(column: TextColumn) -> IntArray:
    """A hash of each record's id, eight bytes a record; 0 for blanks."""
    labels = [code_label(text) for text in column.distinct]
    of_text = [hash(label) or 1 if label else 0 for label in labels]
    return np.asarray(of_text, dtype=np.intp).take(column.text_of_record)


def repeats_of(
    wave: Wave,
    responses: Responses,
    sources: Sequence[Source],
    hashes: Sequence[IntArray],
    threads: int | None,
) -> Repeats:
    """Repeats among usable records. Records whose ids share a hash are read once more and compared as text.

    Parameters
    ----------
    hashes
        `id_hashes` of each part; empty where there is no id.
    """
    nothing = Repeats(np.empty(0, dtype=np.intp))
    if not hashes:
        return nothing
    ordered = np.sort(np.concatenate(hashes))
    shared = np.unique(ordered[1:][(ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)])
    if not len(shared):
        return nothing
    candidates: list[Loaded] = []
    numbers: list[IntArray] = []
    first = 0
    for (part, _), hash_of_record in zip(walk(sources, threads), hashes, strict=True):
        records = np.flatnonzero(np.isin(hash_of_record, shared))
        if len(records):
            area_of_record = place_records(part, wave.areas)
            design = design_of(part, responses, wave.areas, area_of_record)
            usable = reasons_but_repeats(part, area_of_record, design) == USABLE
            records = records[usable[records]]
            candidates.append(_only(part, records))
            numbers.append(first + records)
        first += part.size
    loaded = _concatenated(candidates)
    exact, differing = find_repeats(loaded, np.arange(loaded.size))
    problems = problems_by_value("repeated_id", Severity.WARNING, loaded, differing, column="id")
    return Repeats(np.sort(np.concatenate(numbers)[exact]), tuple(problems))


def _only(part: Loaded, records: IntArray) -> Loaded:
    return replace(
        part,
        columns={
            name: TextColumn(column.distinct, column.text_of_record.take(records))
            for name, column in part.columns.items()
        },
        file_of_record=part.file_of_record[records],
        row_of_record=part.row_of_record[records],
        surplus_of_record=part.surplus_of_record[records],
    )


def _concatenated(parts: Sequence[Loaded]) -> Loaded:
    return replace(
        parts[0],
        columns={name: joined([part.columns[name] for part in parts]) for name in parts[0].columns},
        file_of_record=np.concatenate([part.file_of_record for part in parts]),
        row_of_record=np.concatenate([part.row_of_record for part in parts]),
        surplus_of_record=np.concatenate([part.surplus_of_record for part in parts]),
    )
