"""The facts of one wave (测评轮次): what ``wave.toml`` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from surveys.area import AreaRegister
from surveys.problem import Language
from surveys.questionnaire import Measure, Question, Unit

ALL_SHARES = "all"
"""In the place of names of measures: every share."""


class WaveKind(StrEnum):
    """Who assessed: 自查, 督查, 第三方模拟测评."""

    SELF_CHECK = "self_check"
    INSPECTION = "inspection"
    THIRD_PARTY = "third_party"


class LonelyPSU(StrEnum):
    """What a stratum with a single sampled PSU adds to a variance, as R's ``survey.lonely.psu``."""

    FAIL = "fail"
    REMOVE = "remove"
    CERTAINTY = "certainty"
    ADJUST = "adjust"
    AVERAGE = "average"


class ReplicateType(StrEnum):
    """How supplied replicate weights were made; sets what a replicate's deviation counts."""

    JK1 = "jk1"  # one group of records left out at a time
    JKN = "jkn"  # one of its stratum left out at a time: scales must be supplied too
    BRR = "brr"  # balanced half-samples
    FAY = "fay"  # the same, the other half kept with weight ρ
    BOOTSTRAP = "bootstrap"


class ReplicateCentre(StrEnum):
    """What the values of replicates are squared about."""

    MEAN = "mean"  # their own mean, R's mse = FALSE
    ESTIMATE = "estimate"  # the estimate of the whole sample, R's mse = TRUE; never smaller


class WeightBase(StrEnum):
    """What base weights are made of where the export has no column of weights."""

    POPULATION = "population"  # population of each area over its interviews
    PROBABILITY = "probability"  # one over the probability of inclusion
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class WeightingPlan:
    """How weights are made: ``[weighting.…]`` of ``wave.toml``.

    Parameters
    ----------
    base
        None: the column of weights, or equal weights with a warning.
    probability
        Columns of inclusion probabilities, one for each stage; they are multiplied.
    nonresponse
        Variables whose cells share the weight of those who did not answer among those who did.
    rake
        Margins in the order in which they are named; ``sex*age_group`` is one crossed margin.
    trim
        Largest final weight as a multiple of the mean; None: no limit.
    """

    base: WeightBase | None = None
    probability: tuple[str, ...] = ()
    nonresponse: tuple[str, ...] = ()
    rake: tuple[str, ...] = ()
    trim: float | None = None


@dataclass(frozen=True, slots=True)
class ReplicatePlan:
    """Replicate weights that come with the records: ``replicate_…`` of ``[responses.…]`` in ``wave.toml``.

    Parameters
    ----------
    columns
        Headers; ``*`` stands for anything.
    scale
        Nothing: as the type implies; one number for all replicates; or one for each.
    fay_rho
        ρ of Fay's method.
    """

    columns: tuple[str, ...]
    kind: ReplicateType
    scale: tuple[float, ...] = ()
    fay_rho: float = 0.0
    centre: ReplicateCentre = ReplicateCentre.MEAN


@dataclass(frozen=True, slots=True)
class Control:
    """How many people of the population one category of a margin has.

    Parameters
    ----------
    questionnaire
        Empty: all of them.
    margin
        A question, a level of the register, ``urban_rural``, a column of the export, or several crossed
        (``sex*age_group``).
    category
        Code or words; parts of crossed margins in the same order (``1*2``).
    area
        Code of the area that the number is for; empty: the whole district.
    file, row
        Where it stands, for messages.
    """

    questionnaire: str
    margin: str
    category: str
    area: str
    total: float
    file: str = field(default="", compare=False)
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Responses:
    """Where the answers of one questionnaire are and which columns carry the design.

    Each of the column fields is a header of the export, the name of a question, or (stratum, psu, area) a
    level of the area register; empty where there is none.
    """

    questionnaire: str
    files: tuple[str, ...]
    title: Mapping[Language, str] = field(default_factory=dict)
    id: str = ""
    area: str = ""
    stratum: str = ""
    psu: str = ""
    weight: str = ""
    interviewer: str = ""
    start: str = ""
    end: str = ""
    completed: str = ""  # says whether the interview was completed; "": every record is one
    weighting: WeightingPlan = WeightingPlan()
    replicates: ReplicatePlan | None = None
    lonely_psu: LonelyPSU = LonelyPSU.ADJUST
    mode: str = ""  # how people were asked, in the user's words; compared where both waves say it


@dataclass(frozen=True, slots=True)
class SmallAreaSettings:
    """``[small_areas]`` of ``wave.toml``. Without measures nothing is modelled.

    Parameters
    ----------
    measures
        Names of measures, each a share; or ``("all",)`` for every share.
    covariates
        Further columns of the table ``areas`` that explain differences between areas; without them the model
        has an intercept only.
    benchmark
        Whether the estimates of a level must add up to the district's direct share.
    """

    measures: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    benchmark: bool = True

    def includes(self, measure: Measure) -> bool:
        """Whether estimates of this measure are asked for."""
        return measure.kind.unit is Unit.SHARE and (
            self.measures == (ALL_SHARES,) or measure.name in self.measures
        )


@dataclass(frozen=True, slots=True)
class ReportStyle:
    """House style of the reports."""

    language: Language = Language.CHINESE
    organisation: str = ""
    notice: str = ""


DEFAULT_DRAWS, DEFAULT_SEED = 1000, 20220815
"""Draws behind the intervals of scores, and where they start, unless ``[scoring]`` says otherwise."""


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """``[framework]`` of ``wave.toml``: what a wave's own table `framework` cannot say of itself.

    Parameters
    ----------
    target_points
        Mark of the total, in [0, 100]; goes before a built-in edition's own. None: the edition's, or none.
    deduction_cap
        Most points that the negative list may deduct altogether; None: the edition's, or no cap.
    """

    title: str = ""
    version: str = ""
    source: str = ""
    target_points: float | None = None
    deduction_cap: float | None = None


@dataclass(frozen=True, slots=True)
class Importance:
    """``[importance]`` of ``wave.toml``: importance derived from answers; without an outcome points count.

    Parameters
    ----------
    outcome
        Measure of the overall judgement.
    measures
        Measures that may explain it, of the same questionnaire; empty: its satisfaction rates.
    """

    outcome: str = ""
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoringPlan:
    """What ``wave.toml`` says of scoring.

    Parameters
    ----------
    companion
        Built-in edition of a second tree (minors) beside the first; empty without one.
    leave_out_demonstration
        Whether demonstration sites stay out of every score (they are shown apart either way).
    draws, seed
        Draws behind the intervals of scores and ranks, and where they start.
    """

    companion: str = ""
    edition: EditionFacts = EditionFacts()
    leave_out_demonstration: bool = False
    importance: Importance = Importance()
    draws: int = DEFAULT_DRAWS
    seed: int = DEFAULT_SEED


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: facts, frame, questionnaires and measures. Answers are read separately, into Samples.

    Parameters
    ----------
    folder
        Where relative paths start; not part of any result.
    synthetic
        Every page says that the data are synthetic.
    set_aside_limit
        Share of records that may be set aside before it becomes an error.
    previous
        Folder of the wave to compare with, relative to `folder`; empty without one.
    equivalent
        Differences to that wave that are declared harmless: names of measures, or reasons
        (`surveys.compare.vocabulary.NotComparable`).
    """

    id: str
    kind: WaveKind
    title: Mapping[Language, str]
    folder: Path
    areas: AreaRegister
    questions: tuple[Question, ...]
    measures: tuple[Measure, ...]
    responses: tuple[Responses, ...]
    controls: tuple[Control, ...] = ()
    client: str = ""
    assessor: str = ""
    field: tuple[date, date] | None = None
    version: int = 1
    supersedes: str = ""
    framework: str = ""
    synthetic: bool = False
    set_aside_limit: float = 0.05
    report: ReportStyle = ReportStyle()
    previous: str = ""
    equivalent: tuple[str, ...] = ()
    small_areas: SmallAreaSettings = SmallAreaSettings()
    scoring: ScoringPlan = ScoringPlan()

    def questions_of(self, questionnaire: str) -> tuple[Question, ...]:
        """Questions of one questionnaire, in the order of the sheet."""
        return tuple(question for question in self.questions if question.questionnaire == questionnaire)

    def measures_of(self, questionnaire: str) -> tuple[Measure, ...]:
        """Measures of one questionnaire, in the order of the sheet."""
        return tuple(measure for measure in self.measures if measure.questionnaire == questionnaire)
