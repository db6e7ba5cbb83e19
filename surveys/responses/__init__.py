"""Readers of answers: exports of each questionnaire → `Sample`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from surveys.problem import Problem
from surveys.quality import Row, quality_frame
from surveys.responses.large import read_questionnaire
from surveys.responses.parts import Told
from surveys.responses.sample import read_sample
from surveys.sample import Sample
from surveys.wave import Responses, Wave

_Reader = Callable[[Wave, Responses], tuple[Sample | None, list[Row], tuple[Problem, ...]]]


def read_samples(
    wave: Wave, tell: Told | None = None
) -> tuple[tuple[Sample, ...], pd.DataFrame, tuple[Problem, ...]]:
    """Read the answers of every questionnaire of a wave.

    Parameters
    ----------
    wave
        Its definition, from `surveys.reading.read_wave`.
    tell
        Called as large files are read, with the bytes that were walked and all that will be.

    Returns
    -------
    (samples, quality, problems)
        Samples in the order of ``wave.toml``, without those that errors forbid; a `TalliedSample` where the
        files are too large to be held, unless the wave is compared with a previous one. Quality: a row for
        each file × what became of its records, and file × question × what became of its answers
        (`surveys.quality.QUALITY_COLUMNS`). Problems: errors, what was set aside, warnings.
    """
    if wave.previous:
        return read_records(wave)
    return _all(wave, partial(read_questionnaire, tell=tell))


def read_records(wave: Wave) -> tuple[tuple[Sample, ...], pd.DataFrame, tuple[Problem, ...]]:
    """`read_samples` with all records in memory, for tables of questions and comparisons of waves."""
    return _all(wave, read_sample)


def _all(wave: Wave, read: _Reader) -> tuple[tuple[Sample, ...], pd.DataFrame, tuple[Problem, ...]]:
    samples: list[Sample] = []
    rows: list[Row] = []
    problems: list[Problem] = []
    for responses in wave.responses:
        sample, quality, found = read(wave, responses)
        rows += quality
        problems += found
        if sample is not None:
            samples.append(sample)
    return tuple(samples), quality_frame(rows), tuple(problems)


__all__ = ["read_records", "read_samples"]
