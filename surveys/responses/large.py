"""Small files are read whole, large ones part by part; both say the same of the same records."""

from __future__ import annotations

from surveys.problem import Problem
from surveys.quality import Row
from surveys.responses.parts import LARGE_BYTES, Told, is_large, open_sources
from surveys.responses.sample import read_sample
from surveys.responses.streaming import can_stream, read_tallied
from surveys.responses.text_block import Irregular
from surveys.responses.whole import TooManyValues, whole_for_quotes, whole_for_values
from surveys.sample import Sample
from surveys.wave import Responses, Wave


def read_questionnaire(
    wave: Wave, responses: Responses, tell: Told | None = None, least: int = LARGE_BYTES
) -> tuple[Sample | None, list[Row], tuple[Problem, ...]]:
    """One questionnaire's usable records, coded; tallied where its files are larger than `least` bytes.

    Returns
    -------
    (sample, quality, problems)
        As of `read_sample`.
    """
    if can_stream(responses) and is_large(wave, responses, least):
        sources = open_sources(wave, responses)
        if sources is not None:
            files = [source.export.file for source in sources]
            why: tuple[Problem, ...] = ()
            try:
                return read_tallied(wave, responses, sources, tell)
            except Irregular:
                why = (whole_for_quotes(responses, files),)
            except TooManyValues as found:
                why = (whole_for_values(responses, files, found.name),)
            except OSError:
                pass  # reading it whole says what is wrong with the file
            sample, quality, problems = read_sample(wave, responses)
            return sample, quality, (*problems, *why)
    return read_sample(wave, responses)
