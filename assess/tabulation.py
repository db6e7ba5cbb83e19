"""Tables of single questions and the reliability of scales as a process: read the wave, find the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.distributions.distribution import Distribution, distributions
from surveys.problem import InputError, Problem, Severity, errors_of
from surveys.questionnaire import CODED_KINDS, Base
from surveys.reading import read_wave
from surveys.records.reliability import Reliability
from surveys.records.reliability import reliability as reliability_of
from surveys.responses import read_records
from surveys.responses.parts import is_large
from surveys.sample import Sample
from surveys.wave import Wave


@dataclass(frozen=True)
class Tabulation:
    """Tables of questions with the wave they are from and the warnings of reading it."""

    wave: Wave
    distributions: tuple[Distribution, ...]
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
    ``.shares`` is a tidy table (`surveys.distributions.distribution.SHARES_COLUMNS`), ``.test`` the test or
    None,
    ``.left_out`` and ``.rare`` the parts that the test leaves out and the answers that it takes together.

    Raises
    ------
    InputError
        The wave has errors, or there is no such question, breakdown or base.
    """
    return tabulate(wave, [question], by=by, base=base).distributions[0]


def tabulate(
    wave: Wave | str | Path, questions: Sequence[str] = (), *, by: str = "", base: Base | str = Base.ASKED
) -> Tabulation:
    """As `table`, for several questions, with the wave and the warnings.

    Parameters
    ----------
    questions
        In the order wanted; none: all whose answers can be tabulated.
    """
    whole = _base(base)
    definition = wave if isinstance(wave, Wave) else _definition(wave)
    places = _located(definition, questions) if questions else _known(definition, other_than=by)
    samples, problems = _samples(definition)
    found: dict[tuple[str, str], Distribution] = {}
    for sample in samples:
        names = [name for questionnaire, name in places if questionnaire == sample.questionnaire]
        if names:
            tables = distributions(sample, definition, names, by=by, base=whole)
            found |= {(sample.questionnaire, its.question.name): its for its in tables}
    return Tabulation(definition, tuple(found[place] for place in places), problems)


def reliability(wave: Wave | str | Path, questions: Sequence[str]) -> Reliability:
    """Cronbach's α and corrected item–total correlations of questions of one questionnaire.

    Parameters
    ----------
    wave
        A wave, or its folder.
    questions
        Codes of questions whose answers have scores; not multiple choice.

    Raises
    ------
    InputError
        The wave has errors, or a question does not exist or has no scores.
    """
    definition = wave if isinstance(wave, Wave) else _definition(wave)
    places = _located(definition, questions)
    questionnaires = sorted({questionnaire for questionnaire, _ in places})
    if len(questionnaires) > 1:
        detail = {"names": ", ".join(questionnaires)}
        raise InputError([Problem("scale_in_several", Severity.ERROR, detail=detail)])
    wanted = questionnaires[0] if questionnaires else definition.responses[0].questionnaire
    sample = next(sample for sample in _samples(definition)[0] if sample.questionnaire == wanted)
    return reliability_of(sample, definition, [name for _, name in places])


def _base(base: Base | str) -> Base:
    try:
        return Base(base)
    except ValueError:
        detail = {"names": ", ".join(Base)}
        raise InputError([Problem("unknown_base", Severity.ERROR, value=str(base), detail=detail)]) from None


def _definition(path: str | Path) -> Wave:
    wave, _, problems = read_wave(Path(path))
    if wave is None or errors_of(problems):
        raise InputError(problems)
    return wave


def _samples(wave: Wave) -> tuple[tuple[Sample, ...], tuple[Problem, ...]]:
    """All records in memory, whatever the size of the files; a warning says so where they are large.

    The engine's tally of large files holds the answers of measures, not those of each question: a table needs
    the answers of any question, crossed with any other, and the test walks them once more.
    """
    held = tuple(
        Problem("table_holds_records", Severity.WARNING, value=responses.questionnaire)
        for responses in wave.responses
        if is_large(wave, responses)
    )
    samples, _, problems = read_records(wave)
    if errors_of(problems):
        raise InputError(problems)
    return samples, (*problems, *held)


def _known(wave: Wave, *, other_than: str = "") -> list[tuple[str, str]]:
    """Questionnaire and name of every question with coded answers, in the order of the sheet."""
    read = {responses.questionnaire for responses in wave.responses}
    return [
        (question.questionnaire, question.name)
        for question in wave.questions
        if question.kind in CODED_KINDS and question.questionnaire in read and question.name != other_than
    ]


def _located(wave: Wave, questions: Sequence[str]) -> list[tuple[str, str]]:
    """Questionnaire and name of questions, before any answer is read; all that cannot be found at once."""
    known = _known(wave)
    several = {name for _, name in known if sum(other == name for _, other in known) > 1}
    places: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for question in dict.fromkeys(questions):
        found = [place for place in known if question in (place[1], ":".join(place))]
        if len(found) == 1:
            places += found
            continue
        problems.append(_not_located(question, found, known, several))
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(places))


def _not_located(
    question: str, found: list[tuple[str, str]], known: list[tuple[str, str]], several: set[str]
) -> Problem:
    """No such question, or one of several questionnaires; or no such questionnaire before the colon."""
    questionnaire, colon, _ = question.partition(":")
    questionnaires = list(dict.fromkeys(its for its, _ in known))
    if colon and not found and questionnaire not in questionnaires:
        detail = {"name": questionnaire, "names": ", ".join(questionnaires)}
        return Problem("no_such_questionnaire", Severity.ERROR, value=question, detail=detail)
    listed = found or [place for place in known if not colon or place[0] == questionnaire]
    names = [f"{its}:{name}" if name in several else name for its, name in listed]
    code = "question_in_several" if found else "no_question_to_tabulate"
    return Problem(code, Severity.ERROR, value=question, detail={"names": ", ".join(names)})
