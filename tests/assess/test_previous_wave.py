"""A wave and the one before it that were not made alike: what is then compared, carried over and told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from assess.appraisal import appraise
from assess.inputs import Inputs, read_inputs
from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE
from surveys.problem import Language

LEAVE_OUT = "\n[observations]\nleave_out_demonstration = true\n"


@pytest.fixture
def folder(demo_wave: Path, tmp_path: Path) -> Path:
    """A copy of the demo with its previous wave."""
    copy = tmp_path / "demo"
    shutil.copytree(demo_wave, copy, ignore=shutil.ignore_patterns("out"))
    return copy


def leave_out(*waves: Path) -> None:
    for wave in waves:
        path = wave / "wave.toml"
        path.write_text(path.read_text(encoding="utf-8") + LEAVE_OUT, encoding="utf-8")


def told(inputs: Inputs, code: str) -> list[str]:
    found = [problem for problem in inputs.problems if problem.code == code]
    for problem in found:
        for language in Language:
            assert "{" not in problem.line(language)
    return [str(problem.value) for problem in found]


def read_previous(inputs: Inputs) -> Inputs:
    assert inputs.previous is not None
    return inputs.previous


def test_demonstration_sites_count_before_as_they_do_now(folder: Path) -> None:
    """Left out now: out of both waves, with a warning. The same rule in both needs none."""
    as_written = read_previous(read_inputs(folder)).evidence
    leave_out(folder)
    inputs = read_inputs(folder)
    before = read_previous(inputs).evidence
    assert as_written.checks["demonstration"].any() and as_written.left_out.empty
    assert before.left_out["demonstration"].all()
    assert len(before.left_out) == as_written.checks["demonstration"].sum()
    assert not before.checks["demonstration"].any()
    assert told(inputs, "previous_other_sites") == ["true"]
    leave_out(folder / "previous")
    assert told(read_inputs(folder), "previous_other_sites") == []


def test_demonstration_sites_that_were_left_out_before_count_again(folder: Path) -> None:
    leave_out(folder / "previous")
    inputs = read_inputs(folder)
    before = read_previous(inputs).evidence
    assert before.left_out.empty and before.checks["demonstration"].any()
    assert told(inputs, "previous_other_sites") == ["false"]
    assert told(inputs, "previous_marks_no_site") == []


def test_a_previous_wave_that_marks_no_demonstration_site_is_told(folder: Path) -> None:
    path = folder / "previous" / "observations.csv"
    checks = pd.read_csv(path, dtype=str)
    checks.drop(columns="demonstration").to_csv(path, index=False, encoding="utf-8-sig")
    assert told(read_inputs(folder), "previous_marks_no_site") == []
    leave_out(folder)
    inputs = read_inputs(folder)
    assert told(inputs, "previous_marks_no_site") == ["previous"]
    assert told(inputs, "previous_other_sites") == []


def test_nothing_of_a_self_check_is_compared_carried_over_or_taken_apart(
    folder: Path, demo_assessment: Assessment
) -> None:
    path = folder / "previous" / "wave.toml"
    text = path.read_text(encoding="utf-8")
    assert 'kind = "third_party"' in text
    path.write_text(text.replace('kind = "third_party"', 'kind = "self_check"'), encoding="utf-8")
    inputs = read_inputs(folder)
    assert len(told(inputs, "not_carried")) == 1
    assert told(read_inputs(folder), "previous_other_sites") == []
    found = appraise(inputs)
    totals = found.score_changes[found.score_changes["node"] == TOTAL_NODE]
    assert set(totals["reason"]) == {"mode"}
    assert found.waterfall.empty and not demo_assessment.waterfall.empty
    assert (demo_assessment.scores["carried_from"] != "").any()
    assert (found.scores["carried_from"] == "").all()
