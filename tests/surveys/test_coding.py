"""Texts of an export → answers; which column is meant."""

from __future__ import annotations

import numpy as np
import pytest

from surveys.questionnaire import Answer, Question, QuestionKind, Role, Scale
from surveys.responses.binding import bind, find_columns
from surveys.responses.coding import apply_condition, code_column
from surveys.responses.csv import TextColumn
from surveys.sample import BLANK, INVALID, NOT_ASKED, CodedQuestion
from tests.wave_folder import the

SATISFIED = Scale(
    "satisfied",
    (
        Answer("1", "满意", Role.POSITIVE, "satisfied", 100.0),
        Answer("2", "不满意", Role.NEGATIVE, "dissatisfied", 30.0),
        Answer("9", "拒答", Role.REFUSED, "refused"),
    ),
)


def text_column(texts: list[str]) -> TextColumn:
    """Each text a distinct one of its own."""
    return TextColumn(tuple(texts), np.arange(len(texts)))


def question(kind: QuestionKind, scale: Scale | None = SATISFIED) -> Question:
    return Question("residents", "q1", "q1", "", kind, scale)


def codes(kind: QuestionKind, texts: list[str], scale: Scale | None = SATISFIED) -> list[str | int]:
    """Code of each record's answer; the index where it is none of the scale's."""
    coded = code_column(question(kind, scale), text_column(texts))
    return [coded.answers[at].code if at > INVALID else int(at) for at in coded.answer_of_record]


def test_single_choice_takes_codes_labels_and_numbers_as_they_are_written() -> None:
    texts = ["1", "满意", " 1.0 ", "１", "Satisfied", "01", "拒 答", "拒答", "2", "7", "", "(空)", "（跳过）"]
    expected = ["1", "1", "1", "1", "1", "1", INVALID, "9", "2", INVALID, BLANK, BLANK, NOT_ASKED]
    assert codes(QuestionKind.SINGLE, texts) == expected


def test_half_scores_are_other_codes() -> None:
    ten = Scale("ten", tuple(Answer(str(k), str(k), Role.NEUTRAL, "", float(k)) for k in range(1, 11)))
    assert codes(QuestionKind.SINGLE, ["8", "8.0", "8.5", "10.0"], ten) == ["8", "8", INVALID, "10"]


def test_label_that_two_answers_share_names_neither() -> None:
    twice = Scale("twice", (Answer("1", "同意", Role.POSITIVE), Answer("2", "同意", Role.NEGATIVE)))
    assert codes(QuestionKind.SINGLE, ["同意", "1"], twice) == [INVALID, "1"]


def test_a_code_goes_before_the_label_of_another_answer() -> None:
    crossed = Scale("crossed", (Answer("1", "2", Role.POSITIVE), Answer("2", "1", Role.NEGATIVE)))
    assert codes(QuestionKind.SINGLE, ["1", "2"], crossed) == ["1", "2"]


@pytest.mark.parametrize("text", ["1┋2", "2;1", "1|2", "满意、不满意", "1, 2", "1 2", "１，2"])
def test_multiple_choice_reads_every_separator(text: str) -> None:
    assert codes(QuestionKind.MULTIPLE, [text]) == ["1,2"]


def test_multiple_choice_scores_the_number_of_positive_choices() -> None:
    scale = Scale(
        "many",
        (
            *(Answer(str(k), f"选项{k}", Role.POSITIVE) for k in range(3)),
            Answer("9", "没有", Role.NEGATIVE),
        ),
    )
    coded = code_column(question(QuestionKind.MULTIPLE, scale), text_column(["0┋2", "9", "1┋8", ""]))
    answers = [coded.answers[at] for at in coded.answer_of_record]
    assert [(a.role, a.score) for a in answers[:2]] == [(Role.POSITIVE, 2.0), (Role.NEGATIVE, 0.0)]
    assert coded.answer_of_record[2:].tolist() == [INVALID, BLANK]


def test_what_platforms_write_for_blanks_is_an_answer_where_the_scale_has_it() -> None:
    scale = Scale("many", (Answer("1", "志愿服务", Role.POSITIVE), Answer("4", "(空)", Role.NEGATIVE)))
    for kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        assert codes(kind, ["（空）", "(跳过)"], scale) == ["4", NOT_ASKED]


def test_number_has_an_answer_for_each_distinct_value_and_keeps_missing_codes() -> None:
    missing = Scale("missing", (Answer("-99", "NS/NC", Role.DONT_KNOW),))
    coded = code_column(
        question(QuestionKind.NUMBER, missing), text_column(["8.0", "8", "-99", "NS/NC", "12.5", "x"])
    )
    answers = [coded.answers[at] for at in coded.answer_of_record]
    assert [a.score for a in answers] == [8.0, 8.0, None, None, 12.5, None]
    assert [a.role for a in answers[2:4]] == [Role.DONT_KNOW] * 2
    assert coded.answer_of_record[5] == INVALID


def test_condition_makes_blanks_not_asked_and_reports_contradictions() -> None:
    """Aware (1), not aware (2), blank: the blank leaves open whether the next question was asked."""
    aware = code_column(question(QuestionKind.SINGLE), text_column(["1", "2", "2", "", "1"]))
    asked = CodedQuestion("q2", aware.answers, np.array([BLANK, BLANK, 3, BLANK, 3], dtype=np.int32))
    conditioned, contradicting = apply_condition(asked, aware, frozenset({"1"}))
    assert conditioned.answer_of_record.tolist() == [BLANK, NOT_ASKED, NOT_ASKED, BLANK, 3]
    assert contradicting.tolist() == [False, False, True, False, False]


HEADER = [
    "_id",
    "Q2Distrito electoral",
    "Q20En una escala",
    "Q19 del 1 al 10",
    "Q19 del 1 al 5",
    "Ｑ４０  Basura",
    "",
]


@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("_ID", (0,)),
        ("Q2", (1,)),
        ("Q20", (2,)),
        ("Q19", (3, 4)),
        ("Q19 del 1 al 5", (4,)),
        ("Q40 basura", (5,)),
        ("Q3", ()),
        ("", (6,)),
    ],
)
def test_column_is_found_by_header_or_by_a_beginning_that_no_digit_continues(
    name: str, positions: tuple[int, ...]
) -> None:
    assert find_columns(HEADER, name) == positions


def test_beginning_of_several_headers_is_an_error_that_lists_them() -> None:
    position, problems = bind(HEADER, "Q19", file="export.csv", used_by="questions: q19")
    assert position is None
    problem = the(problems, "ambiguous_response_column")
    assert problem.detail["candidates"] == "Q19 del 1 al 10 (D); Q19 del 1 al 5 (E)"


def test_missing_column_is_an_error_that_says_who_asked() -> None:
    _, problems = bind(HEADER, "Q99", file="export.csv", used_by="questions: q99")
    problem = the(problems, "missing_response_column")
    assert (problem.file, problem.column, problem.detail["used_by"]) == (
        "export.csv",
        "Q99",
        "questions: q99",
    )
