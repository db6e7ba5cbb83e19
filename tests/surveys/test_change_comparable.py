"""Not comparable, with its reason: what respondents saw, who was asked, how values and weights are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from surveys.compare import ChangeVerdict, NotComparable, changes_of
from surveys.compare.checks import check_pair
from surveys.compare.comparability import DECLARABLE, reasons_against
from surveys.problem import Language, Severity
from surveys.questionnaire import Answer, Base, MeasureKind, Question, Role, Rule, Scale
from surveys.wave import Responses, Wave, WaveKind, WeightBase, WeightingPlan
from tests.strategies import SATISFIED, make_sample, make_wave

OLD = replace(
    make_wave(4, 5),
    id="2022Q2",
    responses=(Responses("residents", ("residents.csv",), weight="weight", mode="面访"),),
    field=(date(2022, 5, 16), date(2022, 5, 28)),
    framework="demo-2021",
)
NEW = replace(OLD, id="2022Q3", field=(date(2022, 8, 15), date(2022, 8, 28)))
Edit = Callable[[Wave], Wave]


def with_question(name: str, edit: Callable[[Question], Question]) -> Edit:
    def edited(wave: Wave) -> Wave:
        questions = (edit(q) if q.name == name else q for q in wave.questions)
        return replace(wave, questions=tuple(questions))

    return edited


def with_scale(edit: Callable[[tuple[Answer, ...]], tuple[Answer, ...]]) -> Edit:
    scale = Scale("satisfied", edit(SATISFIED.answers))
    return with_question("q2", lambda question: replace(question, scale=scale))


def with_measure(name: str, **fields: object) -> Edit:
    def edited(wave: Wave) -> Wave:
        measures = (replace(m, **fields) if m.name == name else m for m in wave.measures)  # type: ignore[arg-type]
        return replace(wave, measures=tuple(measures))

    return edited


def with_responses(**fields: object) -> Edit:
    return lambda wave: replace(wave, responses=(replace(wave.responses[0], **fields),))  # type: ignore[arg-type]


def against(edit: Edit, measure: str, equivalent: tuple[str, ...] = ()) -> tuple[NotComparable, ...]:
    new = edit(NEW)
    before = next(m for m in OLD.measures if m.name == measure)
    now = next(m for m in new.measures if m.name == measure)
    return reasons_against(OLD, before, new, now, equivalent)


REASONS: list[tuple[str, Edit, NotComparable]] = [
    ("score", with_question("q2", lambda q: replace(q, text="您对环境满意吗？")), NotComparable.WORDING),
    ("both", with_measure("both", questions=("q1",)), NotComparable.RULE),
    ("both", with_question("q3", lambda q: replace(q, text="您参加过活动吗？")), NotComparable.WORDING),
    ("score", with_scale(lambda a: (*a[:3], replace(a[3], score=20.0), *a[4:])), NotComparable.SCALE),
    ("score", with_scale(lambda a: a[:3]), NotComparable.SCALE),
    ("satisfied", with_scale(lambda a: (*a[:2], replace(a[2], label="还行"), *a[3:])), NotComparable.SCALE),
    ("satisfied", with_scale(lambda a: (replace(a[0], role=Role.NEUTRAL), *a[1:])), NotComparable.SCALE),
    ("awareness", with_measure("awareness", base=Base.ANSWERED), NotComparable.BASE),
    (
        "awareness",
        with_question("q1", lambda q: replace(q, asked_if_question="q3", asked_if_codes=frozenset("1"))),
        NotComparable.BASE,
    ),
    ("two", with_measure("two", at_least=1), NotComparable.RULE),
    ("satisfied", with_measure("satisfied", rule=Rule.AT_LEAST, at_least=1), NotComparable.RULE),
    ("score", with_measure("score", kind=MeasureKind.MEAN), NotComparable.RULE),
    ("awareness", lambda wave: replace(wave, kind=WaveKind.SELF_CHECK), NotComparable.MODE),
    ("awareness", with_responses(mode="电话"), NotComparable.MODE),
    ("awareness", with_responses(weight=""), NotComparable.WEIGHTING),
    (
        "awareness",
        with_responses(weight="", weighting=WeightingPlan(WeightBase.POPULATION)),
        NotComparable.WEIGHTING,
    ),
    ("awareness", with_responses(weighting=WeightingPlan(rake=("sex",))), NotComparable.WEIGHTING),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "edit", "reason"), REASONS)
def test_a_difference_that_matters_has_its_reason_until_it_is_declared_harmless(
    measure: str, edit: Edit, reason: NotComparable
) -> None:
    assert against(edit, measure) == (reason,)
    assert against(edit, measure, (measure,)) == ()
    assert against(edit, measure, (reason.value,)) == ()
    assert against(edit, measure, ("another",)) == (reason,)


HARMLESS: list[tuple[str, Edit]] = [
    ("score", with_question("q2", lambda q: replace(q, name="q2", column="17. 满意度"))),
    ("score", with_question("q2", lambda q: replace(q, text=" Ｑ2 "))),
    ("score", with_scale(lambda a: tuple(reversed(a)))),
    ("score", with_scale(lambda a: tuple(replace(each, code=f"0{each.code}") for each in a))),
    ("satisfied", with_scale(lambda a: (replace(a[0], score=95.0), *a[1:]))),
    ("both", with_measure("both", questions=("q3", "q1"))),
    ("satisfied", with_measure("satisfied", target=0.95, label="满意率（新）", headline=False)),
    ("awareness", with_responses(mode="")),
    ("awareness", with_responses(weight="w2", files=("other.csv",))),
]


@pytest.mark.parametrize(("measure", "edit"), HARMLESS)
def test_names_codes_order_and_marks_do_not_keep_waves_from_being_compared(measure: str, edit: Edit) -> None:
    assert against(edit, measure) == ()


def test_a_question_that_was_renamed_is_the_same_question() -> None:
    questions = tuple(replace(q, name="q17") if q.name == "q1" else q for q in NEW.questions)
    measures = tuple(
        replace(m, questions=tuple("q17" if q == "q1" else q for q in m.questions)) for m in NEW.measures
    )
    assert against(lambda wave: replace(wave, questions=questions, measures=measures), "both") == ()


def test_a_change_that_is_not_comparable_is_blank_and_says_all_its_reasons() -> None:
    new = with_measure("awareness", base=Base.ANSWERED)(replace(NEW, kind=WaveKind.INSPECTION))
    samples = make_sample(1, take=30), make_sample(2, take=30)
    table = changes_of([samples[0]], OLD, [samples[1]], new)
    rows = table[table["measure"] == "awareness"]
    assert (rows["reason"] == "base;mode").all()
    assert (rows["verdict"] == ChangeVerdict.NOT_COMPARABLE).all()
    assert rows[["value_old", "change", "low", "high", "p", "p_adjusted", "q"]].isna().all(axis=None)
    declared = changes_of([samples[0]], OLD, [samples[1]], new, equivalent=["mode", "awareness"])
    assert (declared.loc[declared["area_level"] == "subdistrict", "reason"] == "").all()


# ---- pairs of waves


def codes(*args: object) -> dict[str, Severity]:
    problems = check_pair(*args)  # type: ignore[arg-type]
    for problem in problems:
        for language in Language:
            assert "{" not in problem.line(language)
    return {problem.code: problem.severity for problem in problems}


def test_two_waves_of_one_survey_are_a_pair() -> None:
    assert codes(OLD, NEW) == {}


def test_a_reissue_is_not_compared_with_what_it_corrects() -> None:
    assert codes(OLD, replace(OLD, version=2)) == {"same_wave": Severity.ERROR}


def test_what_a_reader_of_a_comparison_should_know_is_a_warning() -> None:
    warning = Severity.WARNING
    assert codes(NEW, OLD) == {"previous_is_later": warning}
    assert codes(OLD, replace(NEW, framework="national-2024")) == {"other_framework": warning}
    fewer = replace(NEW, measures=NEW.measures[1:])
    assert codes(OLD, fewer) == {"measures_dropped": warning}
    more = replace(NEW, measures=(*NEW.measures, replace(NEW.measures[0], name="x", questionnaire="parents")))
    assert codes(OLD, more) == {"questionnaire_not_before": warning}


def test_nothing_in_common_is_an_error() -> None:
    other = tuple(replace(measure, questionnaire="parents") for measure in NEW.measures)
    assert codes(OLD, replace(NEW, measures=other)) == {"nothing_in_common": Severity.ERROR}


def test_what_is_declared_harmless_must_be_a_measure_or_a_reason() -> None:
    assert codes(OLD, NEW, ("awareness", *DECLARABLE)) == {}
    assert codes(OLD, NEW, ("awarness",)) == {"unknown_equivalent": Severity.ERROR}
    assert codes(OLD, NEW, ("withheld",)) == {"unknown_equivalent": Severity.ERROR}
