"""The straight line: wave folder → samples → rates → scores → findings → reports.

Each stage is a plain function of another room; this module only puts them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

import pandas as pd

from assess.appraisal import appraise
from assess.comparison import Comparison, comparison_with_previous
from assess.inputs import Inputs, Progress, Step, check, read_inputs, read_wave, silent
from assess.output import refuse_foreign_files, replace_folder
from indicators.assessment import Assessment
from surveys.beside import with_changes
from surveys.compare import beside_rates
from surveys.estimate import estimate_groups, estimate_rates
from surveys.problem import InputError, Language, Problem, errors_of
from surveys.responses import read_samples
from surveys.responses.bare import sample_of_csv
from surveys.wave import Wave

__all__ = [
    "Inputs",
    "Progress",
    "Step",
    "appraise",
    "check",
    "rates",
    "rates_of_csv",
    "read_inputs",
    "read_wave",
    "run",
]


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
    tell = progress or silent
    if out is not None:
        refuse_foreign_files(Path(out))  # before the work, not after it
    tell(Step("read", 0, None))
    inputs = read_inputs(wave, tell)
    total = 2 + 1 + len(inputs.wave.areas.subdistricts)  # reading, estimating, district report, scorecards
    tell(Step("estimate", 1, total))
    assessment = appraise(inputs)
    if before_writing is not None:
        before_writing(assessment)
    if out is not None:
        _write(assessment, Path(out), Language(language or inputs.wave.report.language), tell, total)
    return assessment


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
