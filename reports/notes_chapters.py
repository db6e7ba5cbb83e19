"""The last chapters: what became of every record and answer, and how the numbers were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reports import numbers
from reports.context import Context, reason_text, rows_of
from reports.edition_note import edition_lines
from reports.page import Align, Block, Cell, Chapter, Column, Prose, RowGroup, Table, Tone
from reports.text_width import text_width
from reports.weight_note import weight_note
from surveys.problem import Problem, shorten
from surveys.questionnaire import MeasureKind, Unit

RECORDS = "records"
ANSWER_CATEGORIES = ("answered", "dont_know", "refused", "blank", "invalid", "not_asked")
MOST_PROBLEMS = 24
WIDEST_QUESTION = 44.0  # ems


def data_quality(context: Context) -> Chapter | None:
    """Records read, used and set aside with reasons; answers to each question that a measure uses."""
    quality = context.assessment.quality
    if quality.empty:
        return None
    words = context.words
    blocks: list[Block] = [*_records(context, quality), *_answers(context, quality)]
    return Chapter(words("quality.title"), tuple(blocks), lead=words("quality.reading"))


def method_notes(context: Context) -> Chapter:
    """The method in plain words, the warnings of the run, the edition with its hash, versions."""
    words = context.words
    terms, paragraphs = zip(*_paragraphs(context), strict=True)
    blocks: list[Block] = [Prose(paragraphs, terms=terms)]
    blocks.extend(_warnings(context))
    blocks.append(Prose(tuple(_provenance(context)), heading=words("provenance.title"), listed=True))
    return Chapter(words("method_notes.title"), tuple(blocks))


def record_counts(quality: pd.DataFrame) -> tuple[int, int, int]:
    """Records read, used and set aside over all questionnaires."""
    records = quality[quality["item"] == RECORDS]
    by_category = records.groupby("category")["count"].sum()
    read, used, set_aside = (int(by_category.get(name, 0)) for name in ("read", "used", "set_aside"))
    return read, used, set_aside


def _paragraphs(context: Context) -> Iterable[tuple[str, str]]:
    """What each paragraph is about, and its text."""
    words = context.words
    for key in _notes(context):
        yield words(f"method_term.{key}"), words(f"method_notes.{key}")
        if key == "rates" and (note := weight_note(context)):
            yield words("weights.term"), note


def _notes(context: Context) -> Iterable[str]:
    yield from ("rates", "interval", "verdict", "gate")
    if context.has_models:
        yield "small_areas"
    if context.assessment.previous:
        yield "change"
    if any(measure.kind is MeasureKind.SATISFACTION_SCORE for measure in context.headlines):
        yield "rate_and_score"
    if context.framework is not None:
        yield from ("scores", "coverage", "error_of_scores", "weak")
    yield from _judgements(context)
    if not context.assessment.observations.empty:
        yield "observation"
    if context.assessment.ranking.empty:
        yield "order"


def _judgements(context: Context) -> Iterable[str]:
    """Notes on what was judged from scores and rates, where it was."""
    assessment = context.assessment
    tables = {
        "ranks": assessment.ranking,
        "quadrant": assessment.quadrant,
        "waterfall": assessment.waterfall,
        "sensitivity": assessment.sensitivity,
        "combined": assessment.combined,
    }
    yield from (name for name, table in tables.items() if not table.empty)


def _records(context: Context, quality: pd.DataFrame) -> tuple[Table, ...]:
    words = context.words
    rows = []
    records = quality[quality["item"] == RECORDS]
    for questionnaire, group in records.groupby("questionnaire", sort=False):
        read, used, aside = record_counts(group)
        share = numbers.number(aside / read, Unit.SHARE) if read else ""
        reasons = group[(group["category"] == "set_aside") & (group["count"] > 0)]
        by_reason = reasons.groupby("reason", sort=False)["count"].sum()
        detail = [
            words("quality.reason", reason=reason_text(context, str(reason)), count=numbers.count(number))
            for reason, number in by_reason.items()
        ]
        rows.append(
            (
                Cell(context.questionnaire_name(str(questionnaire))),
                Cell(numbers.count(read)),
                Cell(numbers.count(used), tone=Tone.STRONG),
                Cell(numbers.count(aside)),
                Cell(share),
                Cell(words.listed(detail)),
            )
        )
    if not rows:
        return ()
    columns = (
        Column(words("column.questionnaire"), Align.NAME, 24),
        Column(words("column.read"), Align.NUMBER, 9),
        Column(words("column.used"), Align.NUMBER, 9),
        Column(words("column.set_aside"), Align.NUMBER, 9),
        Column(words("column.set_aside_share"), Align.NUMBER, 9),
        Column(words("column.reasons"), Align.TEXT),
    )
    return (Table(columns, (RowGroup(tuple(rows)),), heading=words("quality.records_title")),)


def _answers(context: Context, quality: pd.DataFrame) -> tuple[Table, ...]:
    words = context.words
    number_of: Counter[tuple[str, str, str]] = Counter()
    for line in rows_of(quality[quality["item"] != RECORDS].rename(columns={"count": "count_"})):
        number_of[line.questionnaire, line.item, line.category] += int(line.count_)
    wave = context.assessment.wave
    used = {(m.questionnaire, question) for m in wave.measures for question in m.questions}
    groups = []
    for responses in wave.responses:
        rows = []
        for question in wave.questions_of(responses.questionnaire):
            key = (question.questionnaire, question.name)
            row = [number_of[(*key, category)] for category in ANSWER_CATEGORIES]
            if key in used and any(row):
                rows.append(_answer_row(question.text or question.column, row))
        if rows:
            groups.append(RowGroup(tuple(rows), context.questionnaire_name(responses.questionnaire)))
    if not groups:
        return ()
    columns: tuple[Column, ...] = (
        Column(words("column.question"), Align.NAME, 40),
        Column(words("column.asked"), Align.NUMBER),
        *(Column(words(f"answer_kind.{category}"), Align.NUMBER) for category in ANSWER_CATEGORIES),
    )
    if not any(row[-1].text for group in groups for row in group.rows):  # everyone was asked everything
        columns = columns[:-1]
        groups = [replace(group, rows=tuple(row[:-1] for row in group.rows)) for group in groups]
    return (
        Table(
            columns, tuple(groups), heading=words("quality.answers_title"), note=words("quality.answers_note")
        ),
    )


def _answer_row(text: str, row: Sequence[int]) -> tuple[Cell, ...]:
    asked = sum(list(row)[:-1])
    shares = [numbers.number(number / asked, Unit.SHARE) if number else "" for number in row[:-1]]
    not_asked = numbers.count(row[-1]) if row[-1] else ""
    return (
        Cell(
            shorten(text, round(len(text) * min(1.0, WIDEST_QUESTION / max(1.0, text_width(text, 1.0)))) or 1)
        ),
        Cell(numbers.count(asked)),
        *(Cell(share) for share in shares),
        Cell(not_asked),
    )


def _warnings(context: Context) -> tuple[Prose, ...]:
    words = context.words
    problems = context.assessment.problems
    if not problems:
        return (Prose((words("warnings.none"),), heading=words("warnings.title")),)
    lines = [_with_question_text(context, p).line(context.language) for p in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(words("warnings.more", count=numbers.count(len(problems) - MOST_PROBLEMS)))
    return (Prose(tuple(lines), heading=words("warnings.title"), listed=True),)


def _with_question_text(context: Context, problem: Problem) -> Problem:
    """The problem with the question as it was asked in place of its code, and not a second time as column."""
    texts: dict[str, set[str]] = {}
    for question in context.assessment.wave.questions:
        texts.setdefault(question.name, set()).add(question.text)
    code = problem.detail.get("question", "")
    if len(texts.get(code, ())) != 1 or not (text := next(iter(texts[code]))):
        return problem
    shown = context.words("warnings.question", text=shorten(text))
    column = "" if text in problem.column else problem.column
    return replace(problem, detail={**problem.detail, "question": shown}, column=column)


def _provenance(context: Context) -> Iterable[str]:
    words = context.words
    wave = context.assessment.wave
    line = words("provenance.wave", id=wave.id, version=numbers.count(wave.version))
    yield line + (words("provenance.supersedes", id=wave.supersedes) if wave.supersedes else "")
    yield from edition_lines(context)
    provenance = dict(context.assessment.provenance)
    versions = [
        f"{name.removeprefix('version ')} {value}" for name, value in provenance.items() if _is_version(value)
    ]
    if versions:
        yield words("provenance.versions", versions=words.listed(versions))
    hashed = sum(not _is_version(value) for value in provenance.values())
    if hashed:
        yield words("provenance.inputs", count=numbers.count(hashed))


def _is_version(value: Any) -> bool:
    text = str(value)
    return len(text) <= 20 and text[:1].isdigit() and "." in text
