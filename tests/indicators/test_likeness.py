"""Which leaves of two waves are the same thing twice, whatever their method."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.framework import Method
from indicators.scores.likeness import other_assessor, reasons_by_leaf
from surveys.wave import Responses, ScoringPlan, Wave, WaveKind
from tests.factory_tree import plain_leaf, tree_of_rows
from tests.strategies import make_wave

TREE = tree_of_rows(
    [
        plain_leaf("1", "", 40.0, method=Method.QUESTIONNAIRE, source="score"),
        plain_leaf("2", "", 20.0, method=Method.QUESTIONNAIRE, source="both"),
        plain_leaf("3", "", 20.0),
        plain_leaf("4", "", 20.0, method=Method.DOCUMENT),
    ]
)
BLOCK = Responses("residents", ("residents.csv",), weight="weight")
OLD = replace(make_wave(4, 5), id="2022Q2", responses=(BLOCK,))
NEW = replace(OLD, id="2022Q3")
LEFT_OUT = ScoringPlan(leave_out_demonstration=True)


def reworded(wave: Wave) -> Wave:
    questions = (replace(q, text="您对环境满意吗？") if q.name == "q2" else q for q in wave.questions)
    return replace(wave, questions=tuple(questions))


def test_alike_waves_have_no_reason() -> None:
    assert reasons_by_leaf(TREE, OLD, NEW) == {}
    both = [replace(wave, scoring=LEFT_OUT) for wave in (OLD, NEW)]
    assert reasons_by_leaf(TREE, *both) == {}


def test_a_reworded_question_is_told_of_its_own_leaf() -> None:
    assert reasons_by_leaf(TREE, OLD, reworded(NEW)) == {"1": ("wording",)}
    assert reasons_by_leaf(TREE, OLD, replace(reworded(NEW), equivalent=("score",))) == {}


def test_another_assessor_concerns_every_leaf_but_those_declared_harmless() -> None:
    checked_by_itself = replace(OLD, kind=WaveKind.SELF_CHECK)
    assert reasons_by_leaf(TREE, checked_by_itself, NEW) == dict.fromkeys("1234", ("mode",))
    assert other_assessor(checked_by_itself, NEW) and not other_assessor(OLD, NEW)
    one = replace(NEW, equivalent=("score",))
    assert reasons_by_leaf(TREE, checked_by_itself, one) == dict.fromkeys("234", ("mode",))
    assert other_assessor(checked_by_itself, one)
    assert reasons_by_leaf(TREE, checked_by_itself, replace(NEW, equivalent=("mode",))) == {}


@pytest.mark.parametrize("first", [True, False])
def test_another_rule_for_demonstration_sites_concerns_what_is_observed(first: bool) -> None:
    waves = [replace(OLD, scoring=LEFT_OUT), NEW] if first else [OLD, replace(NEW, scoring=LEFT_OUT)]
    assert reasons_by_leaf(TREE, *waves) == {"3": ("demonstration",)}


def test_what_was_not_asked_this_time_was_not_asked_otherwise() -> None:
    """A questionnaire left out of this wave has neither weights nor, perhaps, measures."""
    weighted = replace(NEW, responses=(replace(BLOCK, weight=""),))
    assert reasons_by_leaf(TREE, OLD, weighted) == {"1": ("weighting",), "2": ("weighting",)}
    assert reasons_by_leaf(TREE, OLD, replace(NEW, responses=())) == {}
    dropped = replace(NEW, measures=())
    assert reasons_by_leaf(TREE, OLD, dropped) == {}
    checked_by_itself = replace(OLD, kind=WaveKind.SELF_CHECK)
    assert reasons_by_leaf(TREE, checked_by_itself, dropped)["1"] == ("mode",)
    assert "1" not in reasons_by_leaf(TREE, checked_by_itself, replace(dropped, equivalent=("score",)))
