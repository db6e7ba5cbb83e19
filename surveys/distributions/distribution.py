"""Distributions of a question: one way by any domain, two way with a Rao–Scott test (M2–M4, M17).

    choices = distribution(sample, wave, "q7", by="subdistrict")
    choices.shares        # a row for each part × answer (`SHARES_COLUMNS`)
    choices.test          # Rao & Scott's F; None where there is nothing to cross

Each answer is an item of the tally, so errors, limits and what is withheld are those of the rates. By another
question or a group, the parts are that one's answers. Only the test walks the records once more, for the
covariances of the crossed table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.area import AreaLevel
from surveys.design import design_of
from surveys.distributions.breakdown import Breakdown, breakdown_of, question_to_tabulate
from surveys.distributions.choice import Choice, choice_of_record, choices_of, items_of_choices
from surveys.distributions.complement import both_or_neither
from surveys.distributions.crossing import crossed_table
from surveys.distributions.rare import rare_together
from surveys.domain import Domain, domains_of, partition_of
from surveys.flag import Flag
from surveys.gate import DEFAULT_GATE, GateSettings, companion_cells, small_cells
from surveys.interval import IntervalMethod
from surveys.item import Item
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.problem import InputError, Problem, Severity
from surveys.questionnaire import Base, Question, QuestionKind
from surveys.rates import rates_table
from surveys.records.hypothesis_test import AssociationTest, rao_scott_f_test
from surveys.replicates.sample import replicated_rates
from surveys.sample import CodedQuestion, FloatArray, Sample
from surveys.tally import tally
from surveys.variance import BoolArray
from surveys.wave import Wave

SHARES_COLUMNS: dict[str, str] = {
    "wave": "str",
    "questionnaire": "str",
    "question": "str",
    "by": "str",  # "" the district as a whole; an area level, a group or a question
    "part": "str",  # code of the area, label of the group, code of the other question's answer; "" the whole
    "part_name": "str",
    "part_name_en": "str",  # as the part's name where there is no English one
    "answer": "str",  # code of the answer, or the band of numbers
    "answer_label": "str",
    "answer_label_en": "str",
    "role": "str",  # Role
    "share": "float64",  # of the base; NaN where withheld or nobody answered
    "standard_error": "float64",
    "low": "float64",  # 95 % limits by M3
    "high": "float64",
    "degrees_of_freedom": "float64",
    "base": "str",  # Base
    "n": "int64",  # respondents in the base
    "effective_n": "float64",
    "design_effect": "float64",
    "excluded": "int64",  # sampled records of the part that are not in the base
    "flag": "str",  # Flag values joined by ";"
    "method": "str",  # IntervalMethod
}
"""Column names and types, in this order in files; docs/results.md says the same in words."""


@dataclass(frozen=True)
class Distribution:
    """A question's table.

    Parameters
    ----------
    question
        What was tabulated.
    base
        Whose answers are the whole.
    by
        As in `SHARES_COLUMNS`.
    shares
        The whole district first, then each part; within a part a row for each answer.
    test
        Whether answers and parts are independent, over the parts that are shown and have an error; None
        without parts, by communities, and for multiple choice, whose choices overlap.
    left_out
        Codes of the parts with answers that the test leaves out (`_left_out`).
    rare
        Codes of the answers that the test takes together, or leaves out where together they are still too
        few (`surveys.distributions.rare`).
    """

    question: Question
    base: Base
    by: str
    shares: pd.DataFrame
    test: AssociationTest | None
    left_out: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """A question ready to be tabulated."""

    question: Question
    coded: CodedQuestion
    choices: tuple[Choice, ...]
    items: tuple[Item, ...]


def distribution(
    sample: Sample,
    wave: Wave,
    question: str,
    *,
    by: str = "",
    base: Base = Base.ASKED,
    settings: GateSettings = DEFAULT_GATE,
) -> Distribution:
    """Shares of all answers of a question, with errors, limits and what may not be shown withheld.

    Parameters
    ----------
    question
        Name of a question with coded answers.
    by
        A level of the register (``subdistrict``, ``community``), a group of the sample (``urban_rural``) or
        another question; empty: the district alone.
    base
        ASKED: all who were asked and gave a valid answer, 不了解 and 拒答 among them.

    Raises
    ------
    InputError
        No such question or breakdown; or a lonely stratum where the design says FAIL.
    """
    return distributions(sample, wave, [question], by=by, base=base, settings=settings)[0]


def distributions(
    sample: Sample,
    wave: Wave,
    questions: Sequence[str],
    *,
    by: str = "",
    base: Base = Base.ASKED,
    settings: GateSettings = DEFAULT_GATE,
) -> tuple[Distribution, ...]:
    """Tables of several questions from one tally, in the order given; see `distribution`."""
    problems: list[Problem] = []
    every: list[_Asked] = []
    for name in questions:
        try:
            every.append(_asked(sample, wave, name, base))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    parts = breakdown_of(sample, wave, by, other_than=questions)
    domains, rates, is_small = _rates(parts, wave, every, settings)
    item_count = sum(len(asked.items) for asked in every)
    first, result = 0, []
    for asked in every:
        of_question = np.arange(first, first + len(asked.items))
        rows = (np.arange(len(domains))[:, None] * item_count + of_question).ravel()
        of_rows = rates.iloc[rows].reset_index(drop=True)
        shares = _shares(of_rows, is_small[:, of_question], domains, parts, asked, by)
        result.append(Distribution(asked.question, base, by, shares, *_test(sample, parts, asked, shares)))
        first += len(asked.items)
    return tuple(result)


def _asked(sample: Sample, wave: Wave, name: str, base: Base) -> _Asked:
    question, coded = question_to_tabulate(sample, wave, name), sample.question(name)
    choices = choices_of(question, coded, base)
    if not choices:
        raise InputError([Problem("question_without_answers", Severity.ERROR, value=name)])
    return _Asked(question, coded, choices, items_of_choices(question, coded, choices, base))


def _rates(
    parts: Breakdown, wave: Wave, every: Sequence[_Asked], settings: GateSettings
) -> tuple[list[Domain], pd.DataFrame, BoolArray]:
    """Estimates of all answers of all questions as the engine makes the rates; which are small cells (M17).

    The flags do not say of what M4 withholds whether it is a small cell as well.
    """
    items = [item for asked in every for item in asked.items]
    columns = [asked.coded for asked in every]
    totals, design = tally(parts.sample, columns), design_of(parts.sample)
    # Subdistricts stay in even where they are not shown: correlations are pooled over them, as for rates.
    community = parts.level is AreaLevel.COMMUNITY
    domains = [
        domain
        for domain in domains_of(parts.sample, wave.areas, totals)
        if community or domain.level is not AreaLevel.COMMUNITY
    ]
    precision = precision_of(totals, items, design, domains)
    replicated = replicated_rates(parts.sample, columns, items, domains, precision)
    precision = replicated.precision if replicated else precision
    limits = limits_of(precision, items, partition_of(domains))
    questionnaire = parts.sample.questionnaire
    is_share = np.ones(precision.n.shape, dtype=bool)
    is_small = small_cells(precision.n, precision.positive, settings, is_share=is_share)
    return domains, rates_table(wave.id, questionnaire, domains, items, precision, limits, settings), is_small


def _shares(
    rates: pd.DataFrame,
    is_small: BoolArray,
    domains: Sequence[Domain],
    parts: Breakdown,
    asked: _Asked,
    by: str,
) -> pd.DataFrame:
    """Rates of one question's answers → its table: the district and the parts."""
    choices, size = asked.choices, len(asked.choices)
    flag = rates["flag"].to_numpy().reshape(len(domains), size)
    n = rates["n"].to_numpy(dtype=np.float64).reshape(len(domains), size)
    hidden = _whole_communities(domains, is_small, flag, n)
    if size == 2 and asked.question.kind is not QuestionKind.MULTIPLE:
        rates = both_or_neither(rates)
    rates = _withhold(rates, hidden)
    broken_down = np.array([bool(d.group) or d.level is parts.level for d in domains], dtype=bool)
    frame = rates.rename(columns={"value": "share"}).assign(
        question=asked.question.name,
        by=np.repeat(np.where(broken_down, by, ""), size),
        part=[_part(domain, parts) for domain in domains for _ in choices],
        answer=[choice.code for choice in choices] * len(domains),
        answer_label=[choice.label for choice in choices] * len(domains),
        answer_label_en=[choice.label_en for choice in choices] * len(domains),
        role=[choice.role.value for choice in choices] * len(domains),
    )
    frame["part_name"] = [parts.name_by_code.get(part, "") for part in frame["part"]]
    frame["part_name_en"] = [parts.name_en_by_code.get(part, "") for part in frame["part"]]
    whole = np.array([d.level is AreaLevel.DISTRICT and not d.group for d in domains], dtype=bool)
    kept = np.repeat(whole | broken_down, size)
    return frame.loc[kept, list(SHARES_COLUMNS)].astype(SHARES_COLUMNS).reset_index(drop=True)


def _test(
    sample: Sample, parts: Breakdown, asked: _Asked, shares: pd.DataFrame
) -> tuple[AssociationTest | None, tuple[str, ...], tuple[str, ...]]:
    """The test of a table, the parts that it leaves out, and the answers that it takes together."""
    overlapping = asked.question.kind is QuestionKind.MULTIPLE
    if not parts.name_by_code or parts.level is AreaLevel.COMMUNITY or overlapping:
        return None, (), ()
    left_out = _left_out(shares)
    places = [place for place, code in enumerate(parts.name_by_code) if code in left_out]
    part_of_record = np.where(np.isin(parts.index_of_record, places), -1, parts.index_of_record)
    choice, rare = rare_together(choice_of_record(asked.coded, asked.choices), part_of_record)
    table = crossed_table(sample, choice, part_of_record)
    if table is None:
        return None, (), ()
    return rao_scott_f_test(table), left_out, tuple(asked.choices[at].code for at in rare)


def _left_out(shares: pd.DataFrame) -> tuple[str, ...]:
    """Parts with answers that a test cannot speak of: none of their shares is shown, or they have no error.

    One respondent can decide a test of all parts, and its result would tell what is withheld. A part that is
    one sampling unit seems to be known without error.
    """
    of_part = shares[shares["by"] != ""].groupby("part", sort=False)
    found = of_part.agg(n=("n", "first"), shown=("share", "count"), degrees=("degrees_of_freedom", "max"))
    cannot = (found["shown"] == 0) | ~(found["degrees"] >= 1)
    return tuple(str(part) for part in found.index[(found["n"] > 0) & cannot])


def _part(domain: Domain, parts: Breakdown) -> str:
    if domain.group:
        return domain.group.partition("=")[2]
    return domain.code if domain.level is parts.level else ""


def _whole_communities(
    domains: Sequence[Domain],
    is_small: BoolArray,
    flag_by_domain_item: npt.NDArray[np.object_],
    n: FloatArray,
) -> BoolArray:
    """Which domains are withheld as a whole: all answers of a community with one small cell (M17).

    The shares of a distribution add up to 1, so one that is withheld alone is told by the others; and the
    subdistrict less its other communities would tell a community that is withheld alone.
    """
    parents = [domain.parent if domain.level is AreaLevel.COMMUNITY else "" for domain in domains]
    # Flagged besides small cells: the companions of what is withheld, answer by answer.
    small = is_small | np.array(
        [[Flag.SMALL_CELL in str(f) for f in row] for row in flag_by_domain_item], dtype=bool
    )
    none_shown = np.array(
        [[Flag.INSUFFICIENT_SAMPLE in str(f) for f in row] for row in flag_by_domain_item], dtype=bool
    ).all(axis=1)
    hidden = (small.any(axis=1) | none_shown) & np.array([bool(parent) for parent in parents], dtype=bool)
    return np.asarray(hidden | companion_cells(hidden[:, None], n[:, :1], parents)[:, 0])


def _withhold(rates: pd.DataFrame, domain_hidden: BoolArray) -> pd.DataFrame:
    """The table with the estimates of these domains blank, flagged as withheld where they were not."""
    hidden = np.repeat(domain_hidden, len(rates) // max(len(domain_hidden), 1))
    blank = ("value", "standard_error", "low", "high", "effective_n", "design_effect")
    already = rates["flag"].str.contains(Flag.INSUFFICIENT_SAMPLE.value)
    new = hidden & ~already.to_numpy() & (rates["n"].to_numpy() > 0)
    kept = (Flag.ONE_PSU, Flag.CONDITIONAL_ON_COMMUNITY, Flag.LONELY_PSU)
    flags = [
        ";".join([Flag.SMALL_CELL.value, *(f for f in str(flag).split(";") if f in kept)]) if its else flag
        for flag, its in zip(rates["flag"], new, strict=True)
    ]
    return rates.assign(
        **{name: rates[name].where(~hidden) for name in blank},
        flag=flags,
        method=rates["method"].where(~hidden, IntervalMethod.NONE.value),
    )
