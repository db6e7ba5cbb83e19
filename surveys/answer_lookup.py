"""Code or label of an answer, as people write it → the answer of the scale. The one rule for every table."""

from __future__ import annotations

from surveys.cells import normal, plain_number
from surveys.questionnaire import Answer
from surveys.schema import fold


class AnswerLookup:
    """Code or label of an answer → its index, in that order of precedence.

    Codes match as text, then as numbers (``8.0`` is ``8``); labels match with blanks and case folded. A label
    that two answers share names neither.
    """

    def __init__(self, answers: tuple[Answer, ...], first: int) -> None:
        self._of_code = {normal(answer.code): first + at for at, answer in enumerate(answers)}
        self._of_number = _unambiguous([(plain_number(a.code), first + at) for at, a in enumerate(answers)])
        labels = [(fold(answer.label), first + at) for at, answer in enumerate(answers)]
        labels += [(fold(answer.label_en), first + at) for at, answer in enumerate(answers)]
        self._of_label = _unambiguous(labels)

    def find(self, text: str) -> int | None:
        """Index of the answer; None where the scale has no such answer."""
        for index_of, key in (
            (self._of_code, normal(text)),
            (self._of_label, fold(text)),
            (self._of_number, plain_number(text)),
        ):
            if key and key in index_of:
                return index_of[key]
        return None


def _unambiguous(pairs: list[tuple[str, int]]) -> dict[str, int]:
    indices: dict[str, set[int]] = {}
    for key, index in pairs:
        indices.setdefault(key, set()).add(index)
    return {key: min(found) for key, found in indices.items() if key and len(found) == 1}
