"""From inputs to an `Assessment`: rates, scores, ranks, findings, and what changed since the wave before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from assess.inputs import Inputs
from assess.manifest import provenance_of
from indicators.assessment import Assessment, Companion
from indicators.findings.importance import importance_of
from indicators.findings.quadrant import quadrant
from indicators.findings.score_change import score_changes
from indicators.findings.sensitivity import sensitivity
from indicators.findings.waterfall import waterfall_of
from indicators.findings.weakness import find_weak
from indicators.framework import Framework
from indicators.ranks.ranking import rank
from indicators.scores.bootstrap import replicate_problems
from indicators.scores.combined import combine_trees
from indicators.scores.likeness import reasons_by_leaf
from indicators.scores.scoring import Scoring, score
from surveys.beside import with_changes
from surveys.compare import beside_rates, changes_of
from surveys.estimate import Estimation, combine, estimate
from surveys.measured import Measured, measure_all
from surveys.replicates.area_rates import AreaReplicates, area_replicates
from surveys.tallied import weights_of
from surveys.wave import Wave


@dataclass(frozen=True)
class Round:
    """One wave estimated and scored: what this wave and the one before it have in common.

    Parameters
    ----------
    replicates
        Rates under bootstrap replicates, a check of the errors of scores; None where nothing is scored, and
        of the wave before.
    companion
        Scores of the second tree; None without one.
    """

    inputs: Inputs
    measured: tuple[Measured, ...]
    estimation: Estimation
    replicates: AreaReplicates | None
    main: Scoring
    companion: Scoring | None

    @property
    def wave(self) -> Wave:
        """The wave's definition."""
        return self.inputs.wave


@dataclass(frozen=True)
class Pair:
    """A wave and the one before it, with the changes of its rates (`CHANGE_COLUMNS`)."""

    before: Round
    now: Round
    changes: pd.DataFrame

    def score_changes(self, old: Scoring | None, new: Scoring) -> pd.DataFrame:
        """Changes of one tree's scores."""
        earlier = None if old is None else old.scored
        return score_changes(earlier, new.scored, self.changes, self.before.wave, self.now.wave)


def appraise(inputs: Inputs) -> Assessment:
    """Rates, scores, ranks and findings of inputs that were read and checked."""
    before = None if inputs.previous is None else _round(inputs.previous, None)
    now = _round(inputs, before)
    pair = None if before is None else Pair(before, now, _changes(before, now))
    wave, main, estimated = now.wave, now.main, now.estimation.rates
    moved = None if pair is None else pair.score_changes(pair.before.main, main)
    ranking = rank(main.scored, now.estimation, wave)
    importance, of_importance = importance_of(inputs.samples, wave)
    of_replicates = () if now.replicates is None else replicate_problems(now.replicates)
    assessment = Assessment(
        wave=wave,
        rates=estimated if pair is None else with_changes(estimated, beside_rates(pair.changes)),
        quality=inputs.quality,
        framework=inputs.framework,
        scores=main.scores,
        deductions=main.deductions,
        findings=_weak(now, inputs.framework, main, pair, moved),
        observations=inputs.evidence.observation_summary,
        scored=main.scored,
        base_by_area=now.estimation.base_by_area,
        ranking=ranking,
        quadrant=quadrant(main.scored, main.scores, estimated, wave, importance),
        sensitivity=sensitivity(main.scored, main.scores, ranking),
        units=inputs.evidence.units,
        problems=(*inputs.problems, *of_importance, *of_replicates),
        weights={sample.questionnaire: weights_of(sample) for sample in inputs.samples},
        provenance=provenance_of(inputs),
    )
    if pair is not None and moved is not None:
        assessment = _with_previous(assessment, pair, moved)
    return _with_companion(assessment, now, pair)


def _round(inputs: Inputs, before: Round | None) -> Round:
    wave = inputs.wave
    measured = measure_all(inputs.samples, wave)
    estimation = combine([estimate(each, wave) for each in measured or inputs.samples])
    # Nobody prints the errors of the wave before by a second method.
    checked = inputs.framework is not None and bool(measured) and not inputs.is_previous
    replicates = area_replicates(measured, seed=wave.scoring.seed) if checked else None
    main = score(
        inputs.framework,
        wave,
        estimation,
        inputs.evidence,
        previous=None if before is None else before.main.scored,
        replicates=replicates,
        unlike=_unlike(inputs.framework, before, wave),
    )
    second, companion = inputs.companion, None
    if second is not None:
        earlier = None if before is None or before.companion is None else before.companion.scored
        companion = score(
            second.framework,
            wave,
            estimation,
            second.evidence,
            previous=earlier,
            replicates=replicates,
            unlike=_unlike(second.framework, before, wave),
        )
    return Round(inputs, measured, estimation, replicates, main, companion)


def _unlike(framework: Framework | None, before: Round | None, wave: Wave) -> frozenset[str]:
    """Leaves whose value of the wave before is not the same thing, so that it is not carried over."""
    if framework is None or before is None:
        return frozenset()
    return frozenset(reasons_by_leaf(framework, before.wave, wave))


def _changes(before: Round, now: Round) -> pd.DataFrame:
    return changes_of(before.measured, before.wave, now.measured, now.wave, equivalent=now.wave.equivalent)


def _weak(
    now: Round,
    framework: Framework | None,
    scoring: Scoring,
    pair: Pair | None,
    moved: pd.DataFrame | None,
) -> pd.DataFrame:
    """Weak indicators of one tree, each with its change since the wave before."""
    changes = None if pair is None else pair.changes
    units, rates = now.inputs.evidence.units, now.estimation.rates
    return find_weak(framework, now.wave, scoring.scores, rates, units, changes, moved)


def _with_previous(assessment: Assessment, pair: Pair, moved: pd.DataFrame) -> Assessment:
    """What changed since the wave before, in rates, scores and the total."""
    old, before = pair.before.inputs, pair.before.main
    return replace(
        assessment,
        previous=old.wave.id,
        changes=pair.changes,
        score_changes=moved,
        waterfall=waterfall_of(
            before.scores,
            assessment.scores,
            old.framework,
            assessment.framework,
            (pair.before.wave, assessment.wave),
        ),
    )


def _with_companion(assessment: Assessment, now: Round, pair: Pair | None) -> Assessment:
    """The second tree beside the first, and what the two totals make together."""
    second, scoring = now.inputs.companion, now.companion
    if second is None or scoring is None or scoring.scored is None or second.framework.share is None:
        return assessment
    moved = None if pair is None else pair.score_changes(pair.before.companion, scoring)
    companion = Companion(
        framework=second.framework,
        scores=scoring.scores,
        deductions=scoring.deductions,
        findings=_weak(now, second.framework, scoring, pair, moved),
        share=second.framework.share,
        observations=second.evidence.observation_summary,
        scored=scoring.scored,
    )
    combined = assessment.combined
    if now.main.scored is not None:
        combined = combine_trees(now.main.scored, scoring.scored)
    return replace(assessment, companion=companion, combined=combined)
