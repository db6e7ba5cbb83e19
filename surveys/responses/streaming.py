"""A questionnaire whose files are too large to be held: walked twice part by part, tallied, and dropped.

The first walk collects the texts that occur, so that labels and answers are the same in every part; the
second makes tallies, which add up in the order of the parts. Boundaries of parts are fixed, so results are
equal to the bit for any number of cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from surveys.problem import Problem, Severity, errors_of
from surveys.quality import Row
from surveys.responses.answers import problems_of_counts
from surveys.responses.loading import CODES, Loaded
from surveys.responses.merging import merged_problems, merged_rows
from surveys.responses.part_tally import PartTally, added, part_tally
from surveys.responses.parts import Source, Told, titles_of, total_bytes, walk, with_dictionaries
from surveys.responses.place import nest, population_psus
from surveys.responses.repeated_ids import id_hashes, repeats_of
from surveys.responses.residents import residents_of_psus
from surveys.responses.set_aside import limit_problem_of, no_usable_records, spoiled_codes
from surveys.responses.tally_weights import weighted
from surveys.sample import IntArray
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
    Irregular
        A file has quotes or line ends that only a whole reading settles.
    OSError
        A file cannot be read any more.
    """
    progress = _progress(2 * total_bytes(sources), tell)
    distinct_of, ids, of_files = _dictionaries(sources, threads, progress)
    repeats = repeats_of(wave, responses, sources, ids, threads)
    done: PartTally | None = None
    quality: list[list[Row]] = []
    problems: list[list[Problem]] = [of_files]
    spoiled: list[list[Problem]] = []
    first = 0
    for raw, _ in walk(sources, threads, progress):
        part = with_dictionaries(raw, distinct_of)
        spoiled.append(spoiled_codes(part, CODES))
        made = part_tally(wave, responses, part, repeats.within(first, part.size), threads)
        quality.append(made.quality)
        problems.append(made.problems)
        first += part.size
        done = made if done is None else added(done, made)
    cut = merged_problems(spoiled)
    if cut or done is None:
        return None, [], (*of_files, *(cut or [Problem("no_rows", Severity.ERROR, sources[0].export.file)]))
    problems.append(list(repeats.problems))
    sample, of_whole = _whole(wave, responses, sources, done, merged_problems(problems))
    return sample, merged_rows(quality), (*merged_problems(problems), *of_whole)


def _dictionaries(
    sources: Sequence[Source], threads: int | None, tell: Callable[[int], None] | None
) -> tuple[dict[str, tuple[str, ...]], list[IntArray], list[Problem]]:
    """Texts of each column but the ids, a hash of each record's id, and the readers' problems."""
    texts: dict[str, set[str]] = {}
    hashes: list[IntArray] = []
    problems: list[tuple[Problem, ...]] = []
    for part, found in walk(sources, threads, tell):
        problems.append(found)
        for name, column in part.columns.items():
            if name != "id":
                texts.setdefault(name, set()).update(column.distinct)
        if "id" in part.columns:
            hashes.append(id_hashes(part.columns["id"]))
    return {name: tuple(sorted(found)) for name, found in texts.items()}, hashes, merged_problems(problems)


def _whole(
    wave: Wave, responses: Responses, sources: Sequence[Source], done: PartTally, so_far: list[Problem]
) -> tuple[TalliedSample | None, list[Problem]]:
    """What all parts together say: the sample, and problems that no part knows."""
    name = responses.questionnaire
    files = tuple(source.export.file for source in sources)
    rows = np.broadcast_to(np.intp(0), (done.read,))  # their number is all that is asked of them
    nobody = Loaded(files, {}, titles_of(sources[0]), _NONE, rows, _NONE.astype(np.bool_))
    if not done.used:
        return None, [no_usable_records(nobody)]
    problems = limit_problem_of(
        done.read - done.used,
        done.read,
        ", ".join(files),
        wave.set_aside_limit,
        "too_many_set_aside",
        Severity.ERROR,
        name,
    )
    problems += problems_of_counts(wave.questions_of(name), done.answers_of, done.counts_of, so_far, nobody)
    if done.totals is None or errors_of(so_far):
        return None, problems
    totals, weighting, of_weights = weighted(wave, responses, done, done.totals)
    sample, of_design = _nested(wave, responses, files, done, totals)
    problems += [*of_weights, *of_design]
    if errors_of((*of_weights, *of_design)):
        return None, problems
    return replace(sample, weighting=weighting), problems


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
