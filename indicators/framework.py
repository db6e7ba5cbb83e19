"""The tree of indicators (测评体系): types and their laws. An edition is a versioned sheet of rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from surveys.area import AreaLevel
from surveys.problem import Language

FULL_POINTS = 100.0
"""Points of the total; other sums of the top nodes are rescaled to it."""


class Method(StrEnum):
    """测评方法 of a leaf."""

    QUESTIONNAIRE = "questionnaire"
    OBSERVATION = "observation"
    DOCUMENT = "document"
    NEGATIVE = "negative"


class Scoring(StrEnum):
    """Value → score, M9 and M12. Observation forms give the 得分 of one check instead."""

    LINEAR = "linear"
    STEPS = "steps"
    PASS_SHARE = "pass_share"
    PER_EVENT = "per_event"
    QUOTA = "quota"  # 缺一处扣分: found against required, a deduction for each missing
    RATIO = "ratio"  # found / required
    THRESHOLD = "threshold"  # full score from a rate on
    ZERO_TOLERANCE = "zero_tolerance"  # any finding is zero
    WALK = "walk"  # so many for each stretch walked


class Missing(StrEnum):
    """What a leaf that was not collected does to its parent."""

    BOUNDS = "bounds"  # renormalise, with bounds printed (the default)
    RENORMALISE = "renormalise"  # the same, said in the sheet
    ZERO = "zero"
    CARRY = "carry"


class Aggregate(StrEnum):
    """How a node is made of its children."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"
    HARMONIC = "harmonic"
    MINIMUM = "minimum"


class Direction(StrEnum):
    """Whether more of the value is better."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a step scale: from this value (or at this grade) on, this score."""

    score_share: float
    start: float | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the framework: project, content, standard, or a negative item.

    Parameters
    ----------
    points
        Declared points; children's points add up to the parent's. Of a negative item: points deducted
        for each verified event; 0 where it only caps the grade.
    source
        Measure, observation standard, document standard or negative item that gives the value; empty for
        inner nodes.
    low, high
        Fixed goalposts of LINEAR on the value's scale.
    target
        Mark on the value's own scale (one target per leaf); None takes the measure's.
    level
        Lowest level for which the leaf is measured; a DISTRICT leaf stays out of subdistrict totals.
    cap
        Most points this negative item may deduct; None: no cap.
    veto_grade
        Grade to which a counted event (negative items) or a poor estimate (leaves and nodes) caps the result.
    veto_below
        Of leaves and nodes with a `veto_grade`: the veto holds where the upper limit of the estimate lies
        below this mark, on the value's own scale; a share of the points for inner nodes.
    """

    code: str
    name: str
    parent: str
    points: float
    text: str = ""
    method: Method | None = None
    source: str = ""
    scoring: Scoring | None = None
    low: float = 0.0
    high: float = 1.0
    scale: str = ""
    direction: Direction = Direction.UP
    target: float | None = None
    level: AreaLevel = AreaLevel.SUBDISTRICT
    missing: Missing = Missing.BOUNDS
    aggregate: Aggregate = Aggregate.ARITHMETIC
    floor: float = 0.0
    cap: float | None = None
    window_months: int = 12
    veto_grade: str = ""
    veto_below: float | None = None
    lead_unit: str = ""
    supporting_units: tuple[str, ...] = ()
    group: str = ""
    task_force: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Framework:
    """An edition of the assessment system.

    Parameters
    ----------
    indicators
        All rows, parents before their children, negative items included; in the order of the sheet.
    steps
        Step scales by name.
    content_hash
        SHA-256 of what scores rest on (`indicators.edition.reading.content_hash`), printed in every report.
    deduction_cap
        Most points that the negative list may deduct altogether; None: no cap.
    title_en, source_en
        Title and source in English; empty where only one language was given.
    version
        Of the edition, as its maker counts.
    target_points
        Mark of the total, in [0, 100]; None without one.
    share
        Of a companion tree (minors): its weight in the combined total, in (0, 1); None for other editions.
    gate_points
        Of a companion tree: points under which a city cannot apply; None without a gate.
    """

    name: str
    title: str
    source: str
    indicators: tuple[Indicator, ...]
    steps: dict[str, tuple[Step, ...]]
    content_hash: str
    deduction_cap: float | None = None
    title_en: str = ""
    source_en: str = ""
    version: str = ""
    target_points: float | None = None
    share: float | None = None
    gate_points: float | None = None

    def title_in(self, language: Language) -> str:
        """The title in one language; the other one where it has none."""
        return self.title_en or self.title if language is Language.ENGLISH else self.title or self.title_en

    def source_in(self, language: Language) -> str:
        """Where the edition comes from, in one language; the other one where it has none."""
        return (
            self.source_en or self.source if language is Language.ENGLISH else self.source or self.source_en
        )

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def roots(self) -> tuple[Indicator, ...]:
        """Top nodes of the tree, negative items left out."""
        return tuple(i for i in self.indicators if not i.parent and i.method is not Method.NEGATIVE)

    @cached_property
    def leaves(self) -> tuple[Indicator, ...]:
        """Leaves that are scored (questionnaire, observation, document), in the order of the sheet."""
        return tuple(i for i in self.indicators if i.method is not None and i.method is not Method.NEGATIVE)

    @cached_property
    def negative_items(self) -> tuple[Indicator, ...]:
        """负面清单: what deducts or vetoes."""
        return tuple(i for i in self.indicators if i.method is Method.NEGATIVE)

    def children(self, code: str) -> tuple[Indicator, ...]:
        """Children of a node, negative items left out."""
        return tuple(i for i in self.indicators if i.parent == code and i.method is not Method.NEGATIVE)
