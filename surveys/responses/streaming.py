"""A questionnaire whose files are too large to be held: walked twice part by part, tallied, and dropped.

The first walk collects the texts that occur, so that labels and answers are the same in every part; the
second makes tallies, which add up in the order of the parts. Boundaries of parts are fixed, so results are
equal to the bit for any number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.problem import Problem, Severity, errors_of
from surveys.quality import Row
from surveys.responses.answers import problems_of_counts
from surveys.responses.dictionaries import Dictionaries, dictionaries_of
from surveys.responses.loading import CODES, Loaded
from surveys.responses.merging import merged_problems, merged_rows
from surveys.responses.part_records import part_records
from surveys.responses.part_tally import PartTally, added, part_tally
from surveys.responses.parts import Source, Told, titles_of, total_bytes, walk
from surveys.responses.place import nest, population_psus
from surveys.responses.repeated_ids import Repeats, id_hashes, repeats_of
from surveys.responses.residents import residents_of_psus
from surveys.responses.set_aside import limit_problem_of, no_usable_records, spoiled_codes
from surveys.responses.tally_weights import weighted
from surveys.responses.unequal import VERY_UNEQUAL, WeightSizes, factors, places_of, very_unequal
from surveys.sample import FloatArray, IntArray
from surveys.tallied import TalliedSample
from surveys.tally import PSU, STRATUM, Tally
from surveys.wave import Responses, Wave

_NONE = np.empty(0, dtype=np.intp)


def can_stream(responses: Responses) -> bool:
    """Whether weights and errors of a questionnaire can be had from its tally alone.

    Respondents as sampling units, trimmed weights, replicate weights and weights of those who did not answer
    need the records.
    """
    plan = responses.weighting
    return bool(responses.psu) and not (
        responses.completed or responses.replicates or plan.nonresponse or plan.trim is not None
    )


def read_tallied(
    wave: Wave,
    responses: Responses,
    sources: Sequence[Source],
    tell: Told | None = None,
    threads: int | None = None,
) -> tuple[TalliedSample | None, list[Row], tuple[Problem, ...]]:
    """`read_sample` of opened files in parts.

    Parameters
    ----------
    sources
        From `surveys.responses.parts.open_sources`.
    tell
        Called as the walks go on.

    Raises
    ------
    TooManyValues
        A column has more values than a tally can hold.
    Irregular
        A file has quotes or line ends that only a whole reading settles.
    OSError
        A file cannot be read any more.
    """
    filled = tuple(source for source in sources if not source.is_empty)
    empty = [Problem("no_rows", Severity.ERROR, s.export.file) for s in sources if s.is_empty]
    if not filled:
        return None, [], tuple(empty)
    progress = _progress(2 * total_bytes(filled), tell)
    shared, ids, of_files = _dictionaries(wave, responses, filled, threads, progress)
    repeats = repeats_of(wave, responses, filled, ids, threads)
    whole = _Whole(wave, responses, filled, shared, repeats, threads)
    done: PartTally | None = None
    quality: list[list[Row]] = []
    problems: list[list[Problem]] = []
    spoiled: list[list[Problem]] = []
    for part, is_duplicate in whole.parts(progress):
        spoiled.append(spoiled_codes(part, CODES))
        made = part_tally(wave, responses, part, is_duplicate, threads)
        quality.append(made.quality)
        problems.append(made.problems)
        del part
        done = made if done is None else added(done, made)
    of_files = [*empty, *of_files]
    cut = merged_problems(spoiled)
    if cut or done is None:
        return None, [], (*of_files, *cut)
    of_records = merged_problems([*problems, list(repeats.problems)])
    sample, of_whole = _sample(whole, done, of_records)
    rows = merged_rows(quality)
    if sample is None:
        rows = [row for row in rows if row[2] == "records"]
    return sample, rows, (*of_files, *of_records, *of_whole)


@dataclass(frozen=True)
class _Whole:
    """What is known of all parts once they were walked."""

    wave: Wave
    responses: Responses
    sources: tuple[Source, ...]
    dictionaries: Dictionaries
    repeats: Repeats
    threads: int | None

    def parts(
        self, tell: Callable[[int], None] | None = None
    ) -> Iterator[tuple[Loaded, npt.NDArray[np.bool_]]]:
        """Each part with the texts of all, and which of its records repeat an earlier one."""
        first = 0
        for part, _ in walk(self.sources, self.threads, tell):
            is_duplicate = self.repeats.within(first, part.size)
            first += part.size
            shared = self.dictionaries.applied_to(part)
            del part
            yield shared, is_duplicate
            del shared


def _dictionaries(
    wave: Wave,
    responses: Responses,
    sources: Sequence[Source],
    threads: int | None,
    tell: Callable[[int], None] | None,
) -> tuple[Dictionaries, list[IntArray], list[Problem]]:
    """Texts of each column that parts share, a hash of each record's id, and the readers' problems."""
    shared = dictionaries_of(wave, responses)
    hashes: list[IntArray] = []
    problems: list[tuple[Problem, ...]] = []
    for part, found in walk(sources, threads, tell):
        problems.append(found)
        shared.add(part)
        if "id" in part.columns:
            hashes.append(id_hashes(part.columns["id"]))
        del part
    return shared, hashes, merged_problems(problems)


def _sample(
    whole: _Whole, done: PartTally, of_records: list[Problem]
) -> tuple[TalliedSample | None, list[Problem]]:
    """What all parts together say: the sample, and problems that no part knows."""
    wave, responses = whole.wave, whole.responses
    name = responses.questionnaire
    files = tuple(source.export.file for source in whole.sources)
    rows = np.broadcast_to(np.intp(0), (done.read,))  # their number is all that is asked of them
    nobody = Loaded(files, {}, titles_of(whole.sources[0]), _NONE, rows, _NONE.astype(np.bool_))
    if not done.used or done.totals is None:
        return None, [no_usable_records(nobody)]
    aside, limit = done.read - done.used, wave.set_aside_limit
    problems = limit_problem_of(
        aside, done.read, ", ".join(files), limit, "too_many_set_aside", Severity.ERROR, name
    )
    problems += problems_of_counts(
        wave.questions_of(name), done.answers_of, done.counts_of, of_records, nobody
    )
    totals, weighting, of_weights = weighted(wave, responses, done, done.totals)
    problems += [*done.of_settings, *of_weights]
    sample, of_design = _nested(wave, responses, files, done, totals)
    problems += of_design
    if done.sizes is None or errors_of((*done.of_settings, *of_weights)):
        return None, problems
    problems += _unequal_weights(whole, done, done.sizes, done.totals, totals)
    return None if errors_of(of_design) else replace(sample, weighting=weighting), problems


def _unequal_weights(
    whole: _Whole, done: PartTally, sizes: WeightSizes, base: Tally, final: Tally
) -> list[Problem]:
    """The warning of weights far above the median; records are walked again only where there may be one."""
    final_over_base = factors(base, final, len(done.design.strata), len(whole.wave.areas.areas))
    least = sizes.heavy_from(final_over_base)
    if least is None:
        return []
    weights: list[FloatArray] = []
    places: list[tuple[FloatArray, IntArray, IntArray]] = []
    for part, is_duplicate in whole.parts():
        sample = part_records(whole.wave, whole.responses, part, is_duplicate).sample
        weights.append(sample.weight_of_record * final_over_base.at(places_of(sample)))
        above = np.flatnonzero(weights[-1] > least)
        places.append((weights[-1][above], sample.file_of_record[above], sample.row_of_record[above]))
    weight = np.concatenate(weights)
    weight_above, file_of_record, row_of_record = map(np.concatenate, zip(*places, strict=True))
    heavy = np.flatnonzero(weight_above > VERY_UNEQUAL * float(np.median(weight)))
    if not len(heavy):
        return []
    file_of_record, row_of_record = file_of_record[heavy], row_of_record[heavy]
    source = whole.sources[file_of_record[0]]
    rows = row_of_record[file_of_record == file_of_record[0]]
    column = titles_of(whole.sources[0]).get("weight", "")
    name = whole.responses.questionnaire
    return [very_unequal(weight, name, column, (source.export.file, rows, len(heavy)))]


def _nested(
    wave: Wave, responses: Responses, files: tuple[str, ...], done: PartTally, tallied: Tally
) -> tuple[TalliedSample, list[Problem]]:
    """PSUs nested in strata, only strata that occur; the tally's cells stand for their records."""
    axes, register = tallied.index_by_axis, wave.areas
    design = replace(done.design, stratum_of_record=axes[STRATUM], psu_of_record=axes[PSU])
    nested = nest(design, np.arange(tallied.cell_count))
    if nested.psu_of_record is None:
        raise TypeError("a file in parts has sampling units")
    population, of_design = population_psus(design, nested, register)
    interviews = np.bincount(nested.psu_of_record, weights=tallied.count_by_cell).astype(np.float64)
    residents, of_residents = residents_of_psus(design, nested, population, register, interviews)
    group = done.groups
    sample = TalliedSample(
        questionnaire=responses.questionnaire,
        questions=(),
        weight_of_record=_NONE.astype(np.float64),
        area_codes=tuple(area.code for area in register.areas),
        area_of_record=_NONE,
        strata=nested.strata,
        stratum_of_record=_NONE,
        population_psus_of_stratum=population,
        psus=nested.psus,
        psu_of_record=_NONE,
        psu_strata=nested.psu_strata,
        population_of_psu=residents,
        groups={name: (labels, _NONE) for name, labels in group.items()},
        lonely_psu=responses.lonely_psu,
        files=files,
        totals=replace(
            tallied,
            index_by_axis={**axes, STRATUM: nested.stratum_of_record, PSU: nested.psu_of_record},
        ),
        items=done.items,
        records=done.used,
    )
    return sample, [*of_design, *of_residents]


def _progress(total: int, tell: Told | None) -> Callable[[int], None] | None:
    if tell is None:
        return None
    walked = 0

    def add(size: int) -> None:
        nonlocal walked
        walked += size
        tell(walked, total)

    return add
