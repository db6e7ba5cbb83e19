"""Tables of single questions and the reliability of scales as a process: read the wave, find the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.distribution import Distribution, distribution
from surveys.problem import InputError, Problem, Severity, errors_of
from surveys.questionnaire import CODED_KINDS, Base
from surveys.reading import read_wave
from surveys.reliability import Reliability
from surveys.reliability import reliability as reliability_of
from surveys.responses import read_samples
from surveys.sample import Sample
from surveys.wave import Wave


@dataclass(frozen=True)
class Tabulation:
    """A question's table with the wave it is from and the warnings of reading it."""

    wave: Wave
    distribution: Distribution
    problems: tuple[Problem, ...]


def table(
    wave: Wave | str | Path, question: str, *, by: str = "", base: Base | str = Base.ASKED
) -> Distribution:
    """Shares of all answers of a question, by area, group or another question, with a Rao–Scott test.

    Parameters
    ----------
    wave
        A wave, or its folder.
    question
        Code of a question; ``questionnaire:question`` where several questionnaires have it.
    by
        ``subdistrict``, ``community``, a group such as ``urban_rural``, or another question; empty: the
        district alone.
    base
        Whose answers are the whole: ``asked`` (不了解 and 拒答 among them), ``answered`` or ``everyone``.

    Returns
    -------
    ``.shares`` is a tidy table (`surveys.distribution.SHARES_COLUMNS`), ``.test`` the test or None.

    Raises
    ------
    InputError
        The wave has errors, or there is no such question or breakdown.
    """
    return tabulate(wave, question, by=by, base=base).distribution


def tabulate(
    wave: Wave | str | Path, question: str, *, by: str = "", base: Base | str = Base.ASKED
) -> Tabulation:
    """As `table`, with the wave and the warnings."""
    definition = wave if isinstance(wave, Wave) else _definition(wave)
    questionnaire, name = _located(definition, question)
    sample, problems = _sample(definition, questionnaire)
    result = distribution(sample, definition, name, by=by, base=Base(base))
    return Tabulation(definition, result, problems)


def reliability(wave: Wave | str | Path, questions: Sequence[str]) -> Reliability:
    """Cronbach's α and corrected item–total correlations of questions of one questionnaire.

    Parameters
    ----------
    wave
        A wave, or its folder.
    questions
        Codes of questions whose answers have scores.

    Raises
    ------
    InputError
        The wave has errors, or a question does not exist or has no scores.
    """
    definition = wave if isinstance(wave, Wave) else _definition(wave)
    places = [_located(definition, question) for question in questions]
    questionnaires = sorted({questionnaire for questionnaire, _ in places})
    if len(questionnaires) > 1:
        detail = {"names": ", ".join(questionnaires)}
        raise InputError([Problem("scale_in_several", Severity.ERROR, detail=detail)])
    sample, _ = _sample(definition, questionnaires[0] if questionnaires else _only(definition))
    return reliability_of(sample, [name for _, name in places])


def _definition(path: str | Path) -> Wave:
    wave, _, problems = read_wave(Path(path))
    if wave is None or errors_of(problems):
        raise InputError(problems)
    return wave


def _sample(wave: Wave, questionnaire: str) -> tuple[Sample, tuple[Problem, ...]]:
    samples, _, problems = read_samples(wave)
    if errors_of(problems):
        raise InputError(problems)
    return next(sample for sample in samples if sample.questionnaire == questionnaire), problems


def _only(wave: Wave) -> str:
    return wave.responses[0].questionnaire


def _located(wave: Wave, question: str) -> tuple[str, str]:
    """Questionnaire and name of a question, before any answer is read."""
    coded = {(q.questionnaire, q.name) for q in wave.questions if q.kind in CODED_KINDS}
    read = [r.questionnaire for r in wave.responses]
    known = [(q.questionnaire, q.name) for q in wave.questions if (q.questionnaire, q.name) in coded]
    known = [place for place in known if place[0] in read]
    found = [place for place in known if question in (place[1], ":".join(place))]
    if len(found) == 1:
        return found[0]
    several = {name for _, name in known if sum(other == name for _, other in known) > 1}
    names = [f"{its}:{name}" if name in several else name for its, name in (found or known)]
    code = "question_in_several" if found else "no_question_to_tabulate"
    raise InputError([Problem(code, Severity.ERROR, value=question, detail={"names": ", ".join(names)})])
