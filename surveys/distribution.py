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
from surveys.breakdown import Breakdown, breakdown_of, question_to_tabulate
from surveys.choice import Choice, choice_of_record, choices_of, items_of_choices
from surveys.crossing import crossed_table
from surveys.design import design_of
from surveys.domain import Domain, domains_of, partition_of
from surveys.flag import Flag
from surveys.gate import DEFAULT_GATE, GateSettings, companion_cells
from surveys.hypothesis_test import AssociationTest, rao_scott_f_test
from surveys.interval import IntervalMethod
from surveys.item import Item
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.problem import InputError, Problem, Severity
from surveys.questionnaire import Base, Question, QuestionKind
from surveys.rates import rates_table
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
        Whether answers and parts are independent; None without parts, by communities, and for multiple
        choice, whose choices overlap.
    """

    question: Question
    base: Base
    by: str
    shares: pd.DataFrame
    test: AssociationTest | None


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
    asked = question_to_tabulate(sample, wave, question)
    coded = sample.question(question)
    choices = choices_of(asked, coded, base)
    if not choices:
        raise InputError([Problem("question_without_answers", Severity.ERROR, value=question)])
    parts = breakdown_of(sample, wave, by, other_than=question)
    items = items_of_choices(asked, coded, choices, base)
    shares = _shares(parts, wave, asked, coded, choices, items, by, settings)
    test = None
    one_choice_each = asked.kind is not QuestionKind.MULTIPLE
    if by and parts.level is not AreaLevel.COMMUNITY and one_choice_each:
        table = crossed_table(sample, choice_of_record(coded, choices), parts.index_of_record)
        test = None if table is None else rao_scott_f_test(table)
    return Distribution(asked, base, by, shares, test)


def _shares(
    parts: Breakdown,
    wave: Wave,
    asked: Question,
    coded: CodedQuestion,
    choices: Sequence[Choice],
    items: Sequence[Item],
    by: str,
    settings: GateSettings,
) -> pd.DataFrame:
    """Estimates as the engine makes the rates, and of these the district and the parts."""
    totals, design = tally(parts.sample, [coded]), design_of(parts.sample)
    every = domains_of(parts.sample, wave.areas, totals)
    # Subdistricts stay in even where they are not shown: correlations are pooled over them, as for rates.
    community = parts.level is AreaLevel.COMMUNITY
    domains = [d for d in every if community or d.level is not AreaLevel.COMMUNITY]
    precision = precision_of(totals, items, design, domains)
    limits = limits_of(precision, items, partition_of(domains))
    rates = rates_table(wave.id, asked.questionnaire, domains, items, precision, limits, settings)
    flag = rates["flag"].to_numpy().reshape(len(domains), len(items))
    rates = _withhold(rates, _whole_communities(domains, flag, precision.n))
    wanted = [_is_wanted(domain, parts, by) for domain in domains]
    frame = rates.rename(columns={"value": "share"}).assign(
        question=asked.name,
        by=[by if domain.group or domain.level is parts.level else "" for domain in domains for _ in items],
        part=[_part(domain, parts) for domain in domains for _ in items],
        answer=[choice.code for _ in domains for choice in choices],
        answer_label=[choice.label for _ in domains for choice in choices],
        answer_label_en=[choice.label_en for _ in domains for choice in choices],
        role=[choice.role.value for _ in domains for choice in choices],
    )
    frame["part_name"] = [parts.name_by_code.get(part, "") for part in frame["part"]]
    kept = np.repeat(np.array(wanted, dtype=bool), len(items))
    return frame.loc[kept, list(SHARES_COLUMNS)].astype(SHARES_COLUMNS).reset_index(drop=True)


def _is_wanted(domain: Domain, parts: Breakdown, by: str) -> bool:
    whole = domain.level is AreaLevel.DISTRICT and not domain.group
    return whole or (domain.group.startswith(f"{by}=") if domain.group else domain.level is parts.level)


def _part(domain: Domain, parts: Breakdown) -> str:
    if domain.group:
        return domain.group.partition("=")[2]
    return domain.code if domain.level is parts.level else ""


def _whole_communities(
    domains: Sequence[Domain], flag_by_domain_item: npt.NDArray[np.object_], n: FloatArray
) -> BoolArray:
    """Which domains are withheld as a whole: all answers of a community with one small cell (M17).

    The shares of a distribution add up to 1, so one that is withheld alone is told by the others; and the
    subdistrict less its other communities would tell a community that is withheld alone.
    """
    parents = [domain.parent if domain.level is AreaLevel.COMMUNITY else "" for domain in domains]
    small = np.array([[Flag.SMALL_CELL in str(f) for f in row] for row in flag_by_domain_item], dtype=bool)
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
