"""The straight line: wave folder → samples → rates → scores → findings → reports.

Each stage is a plain function of another room; this module only puts them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pandas as pd

from assess.comparison import Comparison, check_previous, comparison_with_previous
from assess.manifest import provenance_of
from assess.output import refuse_foreign_files, replace_folder
from indicators.assessment import Assessment
from indicators.evidence.tables import Evidence
from indicators.findings.weakness import find_weak
from indicators.framework import Framework
from indicators.reading import check_cells, read_evidence, read_framework
from indicators.schema import INDICATOR_TABLES
from indicators.scores.scoring import score
from surveys.beside import with_changes
from surveys.compare import beside_rates
from surveys.estimate import combine, estimate, estimate_groups, estimate_rates
from surveys.problem import InputError, Language, Problem, errors_of, merge_alike
from surveys.raw_table import unknown_tables
from surveys.reading import read_wave as read_wave_folder
from surveys.responses import read_samples
from surveys.responses.bare import sample_of_csv
from surveys.sample import Sample
from surveys.schema import SURVEY_TABLES
from surveys.tallied import weights_of
from surveys.unanswered import unanswered_questions
from surveys.wave import Wave


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run stands.

    Parameters
    ----------
    name
        ``read``, ``estimate``, ``fonts`` (cut once on a machine), or a document that is done.
    done, total
        Steps behind, and all of them; None while the wave is not read yet.
    """

    name: str
    done: int
    total: int | None


Progress = Callable[[Step], None]
"""Called as a run goes on."""


@dataclass(frozen=True)
class Inputs:
    """Everything of a wave folder, read and checked; nothing computed yet.

    Parameters
    ----------
    quality
        What became of every record and every answer.
    problems
        Warnings and what was set aside (errors were raised).
    """

    wave: Wave
    samples: tuple[Sample, ...]
    quality: pd.DataFrame
    framework: Framework | None
    evidence: Evidence
    problems: tuple[Problem, ...]


def run(
    wave: str | Path,
    out: str | Path | None = None,
    *,
    language: Language | str | None = None,
    progress: Progress | None = None,
    before_writing: Callable[[Assessment], object] | None = None,
) -> Assessment:
    """Walk the whole line for one wave.

    Parameters
    ----------
    wave
        Wave folder, or its ``wave.toml``.
    out
        Folder for reports and tables; None writes nothing. It is replaced as a whole, and only when
        everything succeeded.
    language
        Language of the reports, ``zh`` or ``en``; None takes the one of ``wave.toml``.
    before_writing
        Called with the result when all is computed; where it raises, nothing is written.

    Raises
    ------
    InputError
        The input has errors; all of them are in it, and nothing was written.
    """
    tell = progress or _silent
    if out is not None:
        refuse_foreign_files(Path(out))  # before the work, not after it
    tell(Step("read", 0, None))
    inputs = read_inputs(wave, tell)
    total = 2 + 1 + len(inputs.wave.areas.subdistricts)  # reading, estimating, district report, scorecards
    tell(Step("estimate", 1, total))
    assessment = assess_inputs(inputs)
    if before_writing is not None:
        before_writing(assessment)
    if out is not None:
        _write(assessment, Path(out), Language(language or inputs.wave.report.language), tell, total)
    return assessment


def read_inputs(path: str | Path, progress: Progress | None = None) -> Inputs:
    """Read a wave folder completely; raises `InputError` with every problem at once."""
    inputs, problems = _read(Path(path), progress)
    if inputs is None or errors_of(problems):
        raise InputError(problems)
    return inputs


def check(path: str | Path) -> tuple[Problem, ...]:
    """Every problem of every file of a wave folder; computes nothing."""
    return _read(Path(path))[1]


def read_wave(path: str | Path) -> Wave:
    """The definition of a wave, without its answers; raises `InputError` with every problem at once."""
    wave, _, problems = read_wave_folder(Path(path))
    if wave is None or errors_of(problems):
        raise InputError(problems)
    return wave


def rates(wave: Wave | str | Path) -> pd.DataFrame:
    """Rates of every measure in every area, as a tidy table (`surveys.rates.RATES_COLUMNS`).

    Parameters
    ----------
    wave
        A wave, or its folder. Rows of a breakdown carry its label in the column ``group``; ``group == ""``
        are the areas as a whole.
    """
    wave = wave if isinstance(wave, Wave) else read_wave(wave)
    samples, _, problems = read_samples(wave)
    if errors_of(problems):
        raise InputError(problems)
    estimated = pd.concat([estimate_rates(sample, wave) for sample in samples], ignore_index=True)
    return _beside_previous(estimated, comparison_with_previous(wave, samples))


def rates_of_csv(
    path: str | Path,
    *,
    by: str,
    positive: Mapping[str, Sequence[str]],
    weight: str = "",
    stratum: str = "",
    psu: str = "",
    missing: Sequence[str] = (),
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Rates with intervals from a bare CSV, one row for each question × value of the column `by`.

    Parameters
    ----------
    by, weight, stratum, psu
        Headers of the file, exact or a beginning that only one header has.
    positive
        For each question (header or its beginning) the codes that count as positive.
    missing
        Codes left out of the base of every question.

    Returns
    -------
    (rates, problems)
        The table, and warnings and what was set aside.
    """
    survey, problems = sample_of_csv(
        Path(path), by=by, positive=positive, weight=weight, stratum=stratum, psu=psu, missing=missing
    )
    if survey is None or errors_of(problems):
        raise InputError(problems)
    return estimate_groups(survey.sample, survey.measures, group=survey.by), problems


def assess_inputs(inputs: Inputs) -> Assessment:
    """Rates, scores and findings of inputs that were read and checked."""
    wave, evidence = inputs.wave, inputs.evidence
    estimation = combine([estimate(sample, wave) for sample in inputs.samples])
    compared = comparison_with_previous(wave, inputs.samples)
    scoring = score(inputs.framework, wave, estimation, evidence)
    findings = find_weak(inputs.framework, wave, scoring.scores, estimation.rates, evidence.units)
    return Assessment(
        wave=wave,
        rates=_beside_previous(estimation.rates, compared),
        quality=inputs.quality,
        framework=inputs.framework,
        scores=scoring.scores,
        deductions=scoring.deductions,
        findings=findings,
        observations=evidence.observation_summary,
        units=evidence.units,
        problems=inputs.problems,  # those of the previous wave are among them
        previous="" if compared is None else compared.old.id,
        changes=pd.DataFrame() if compared is None else compared.changes,
        weights={sample.questionnaire: weights_of(sample) for sample in inputs.samples},
        provenance=provenance_of(wave, inputs.framework, None if compared is None else compared.old),
    )


def _beside_previous(rates: pd.DataFrame, compared: Comparison | None) -> pd.DataFrame:
    """Rates with the change on the previous wave beside them, where there is one."""
    return rates if compared is None else with_changes(rates, beside_rates(compared.changes))


def _write(assessment: Assessment, out: Path, language: Language, tell: Progress, total: int) -> None:
    from reports import write_reports  # WeasyPrint and its fonts are only needed when something is written

    done = count(3)

    def printed(name: str) -> None:
        tell(Step(name, 2 if name == "fonts" else next(done), total))

    with replace_folder(out, assessment) as folder:
        write_reports(assessment, folder, language, printed)


def _read(path: Path, progress: Progress | None = None) -> tuple[Inputs | None, tuple[Problem, ...]]:
    tell = progress or _silent
    wave, tables, problems = read_wave_folder(path)
    if wave is None:
        return None, merge_alike((*problems, *check_cells(tables)))
    # Large files tell their bytes: of a gigabyte one wants to know how much is behind.
    samples, quality, of_samples = read_samples(wave, lambda done, total: tell(Step("read", done, total)))
    framework, of_framework = read_framework(tables, wave)
    evidence, of_evidence = read_evidence(tables, wave, framework)
    stray = unknown_tables(tables, (*SURVEY_TABLES.values(), *INDICATOR_TABLES.values()))
    few = () if errors_of(of_samples) else unanswered_questions(quality, wave)
    of_previous = check_previous(wave)
    problems = merge_alike((*problems, *stray, *of_samples, *few, *of_framework, *of_evidence, *of_previous))
    return Inputs(wave, samples, quality, framework, evidence, problems), problems


def _silent(_: Step) -> None:
    """Progress for callers that asked for none."""
