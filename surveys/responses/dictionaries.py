"""Texts of large files that all parts must share, so that labels and answers are the same in every part.

Texts that each part can settle for itself (ids, weights, answers of a scale) are not collected: a file may
have as many of them as records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from surveys.cells import plain_number
from surveys.control import parts_of
from surveys.questionnaire import QuestionKind
from surveys.responses.loading import Loaded
from surveys.responses.text_column import TextColumn, compact
from surveys.responses.whole import MOST_VALUES, TooManyValues
from surveys.wave import Responses, Wave


@dataclass
class Dictionaries:
    """Texts that have been seen so far.

    Parameters
    ----------
    singles, numbers
        Names of columns of questions of one answer, and of numbers.
    needed
        Columns of `needed_questions`.
    texts_of
        By column the texts that occur; of numbers a spelling of each.
    many
        Columns of numbers with more than `MOST_VALUES` values, which nothing needs one by one.
    """

    singles: frozenset[str]
    numbers: frozenset[str]
    needed: frozenset[str]
    texts_of: dict[str, dict[str, str]] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)

    def add(self, part: Loaded) -> None:
        """Collect the texts of a part.

        Raises
        ------
        TooManyValues
            A question whose every value is needed has too many.
        """
        for name, column in part.columns.items():
            if name in self.singles or name in {"id", "weight"} or name.startswith("probability:"):
                continue
            known = self.texts_of.setdefault(name, {})
            if name not in self.numbers:
                known.update(zip(column.distinct, column.distinct, strict=True))
                continue
            if name in self.many:
                continue
            for text in column.distinct:
                known.setdefault(plain_number(text), text)
                if len(known) > MOST_VALUES + 1:  # one of them is what is no number
                    self._give_up(name)
                    break

    def applied_to(self, part: Loaded) -> Loaded:
        """The part with the texts of all parts before those that only it has."""
        columns = {
            name: _with_texts(column, self._ordered(name)) if name in self.texts_of else column
            for name, column in part.columns.items()
        }
        return replace(part, columns=columns)

    def _ordered(self, name: str) -> tuple[str, ...]:
        known = self.texts_of[name]
        return tuple(sorted(text for number, text in known.items() if number or name not in self.numbers))

    def _give_up(self, name: str) -> None:
        if name in self.needed:
            raise TooManyValues(name.removeprefix("question:"))
        self.many.add(name)
        self.texts_of[name] = {}


def dictionaries_of(wave: Wave, responses: Responses) -> Dictionaries:
    """Nothing seen yet."""
    questions = wave.questions_of(responses.questionnaire)

    def columns(names: Iterator[str]) -> frozenset[str]:
        return frozenset(f"question:{name}" for name in names)

    return Dictionaries(
        singles=columns(q.name for q in questions if q.kind is QuestionKind.SINGLE),
        numbers=columns(q.name for q in questions if q.kind is QuestionKind.NUMBER),
        needed=columns(iter(needed_questions(wave, responses))),
    )


def needed_questions(wave: Wave, responses: Responses) -> set[str]:
    """Questions whose every answer must be told apart: measured, raked to, or deciding a condition."""
    measured = {name for measure in wave.measures_of(responses.questionnaire) for name in measure.questions}
    raked = {part for margin in responses.weighting.rake for part in parts_of(margin)}
    return measured | raked | {q.asked_if_question for q in wave.questions_of(responses.questionnaire)}


def _with_texts(column: TextColumn, texts: tuple[str, ...]) -> TextColumn:
    if column.distinct == texts:
        return column
    index_of_text = {text: at for at, text in enumerate(texts)}
    new = [index_of_text.setdefault(text, len(index_of_text)) for text in column.distinct]
    index = compact(np.asarray(new, dtype=np.intp), len(index_of_text))
    return TextColumn(tuple(index_of_text), index.take(column.text_of_record))
