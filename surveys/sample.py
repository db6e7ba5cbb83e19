"""Sample: the usable records of one questionnaire, coded, with their design."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.questionnaire import Answer, Role
from surveys.wave import LonelyPSU, ReplicateCentre

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]
CodeArray = npt.NDArray[np.signedinteger[Any]]
"""Indices in the smallest signed type that holds them (a byte for most questions): a million times forty."""

NOT_ASKED, BLANK, INVALID = 0, 1, 2
"""Answer indices that every question has before those of its scale (scale answer j is index 3 + j)."""
SPECIAL_ANSWERS = (
    Answer(code="", label="未问", role=Role.NOT_ASKED, label_en="not asked"),
    Answer(code="", label="空白", role=Role.INVALID, label_en="blank"),
    Answer(code="", label="无效", role=Role.INVALID, label_en="invalid"),
)


@dataclass(frozen=True)
class CodedQuestion:
    """Answers of one question as indices.

    Parameters
    ----------
    answers
        Answer of each index: `SPECIAL_ANSWERS`, then the scale's; for a number, one for each distinct
        value (its `score`); for multiple choice, one for each distinct set of choices (its `score` is the
        number of positive choices).
    answer_of_record
        Index into `answers` for each record.
    """

    name: str
    answers: tuple[Answer, ...]
    answer_of_record: CodeArray


@dataclass(frozen=True)
class WeightingCells:
    """What the weights were made to match, so that the variance carries it (M5).

    Within a cell all weights were changed by the same factor.

    Parameters
    ----------
    cell_of_record
        Weighting cell of each record; −1 where its weight was matched to nothing.
    auxiliary_by_cell
        x of M5: what the known totals count, shape (cells, totals); for raking a column of 0 and 1 for each
        category of each margin. None: each cell has a total of its own (post-stratification).
    factor_by_cell
        Weight over base weight (g), shape (cells,); None: 1, or not needed as in post-stratification.
    """

    cell_of_record: IntArray
    auxiliary_by_cell: FloatArray | None = None
    factor_by_cell: FloatArray | None = None


@dataclass(frozen=True)
class ReplicateWeights:
    """Replicate weights that came with the records (M2).

    Parameters
    ----------
    weight_by_record
        Final weights of each replicate, not negative, shape (records, replicates).
    scale_by_replicate
        What each replicate's squared deviation counts, shape (replicates,).
    """

    weight_by_record: FloatArray
    scale_by_replicate: FloatArray
    centre: ReplicateCentre = ReplicateCentre.MEAN


@dataclass(frozen=True)
class Sample:
    """The usable records of one questionnaire.

    All ``…_of_record`` arrays have one entry for each record. Indices point into the tuples of labels
    beside them.

    Parameters
    ----------
    weight_of_record
        Positive weights.
    area_of_record
        Index into `area_codes`: the lowest area of the register that the record names.
    stratum_of_record, psu_of_record
        Design indices. PSUs are nested in strata (the same community label in two strata is two PSUs).
        `psu_of_record` is None where every respondent is a sampling unit.
    population_psus_of_stratum
        Sampling units in the population of each stratum for the finite-population correction; infinity
        where it is not known (sampling with replacement). Length: number of strata.
    population_of_psu
        Respondents to be had in each PSU, for the second stage's correction; infinity where it is not known.
        None where PSUs were observed whole (no second stage).
    psu_strata
        Stratum of each PSU, for PSUs of the whole design, answered or not. Empty where `psu_of_record`
        is None.
    groups
        Further breakdowns by name, such as ``urban_rural``: (labels, label index of each record, −1 where
        unknown).
    weighting
        The cells in which weights were made to match known population totals; None otherwise.
    replicates
        Replicate weights supplied with the records: errors come from these. None otherwise.
    row_of_record, file_of_record
        Where the record came from: spreadsheet row and index into `files`.
    """

    questionnaire: str
    questions: tuple[CodedQuestion, ...]
    weight_of_record: FloatArray
    area_codes: tuple[str, ...]
    area_of_record: IntArray
    strata: tuple[str, ...]
    stratum_of_record: IntArray
    population_psus_of_stratum: FloatArray
    psus: tuple[str, ...] = ()
    psu_of_record: IntArray | None = None
    psu_strata: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    population_of_psu: FloatArray | None = None
    groups: dict[str, tuple[tuple[str, ...], IntArray]] = field(default_factory=dict)
    weighting: WeightingCells | None = None
    replicates: ReplicateWeights | None = None
    lonely_psu: LonelyPSU = LonelyPSU.ADJUST
    files: tuple[str, ...] = ()
    file_of_record: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    row_of_record: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    @property
    def size(self) -> int:
        """Number of usable records."""
        return len(self.weight_of_record)

    def question(self, name: str) -> CodedQuestion:
        """One question by name; KeyError if the questionnaire has none of that name."""
        for question in self.questions:
            if question.name == name:
                return question
        raise KeyError(name)
