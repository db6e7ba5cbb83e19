"""What-if, the way to the target, waterfalls and cycles as users meet them: notebook and command line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import assess
from assess.cli import app
from indicators.assessment import Assessment
from indicators.columns import CYCLE_COLUMNS, TOTAL_NODE, WATERFALL_COLUMNS, empty_frame
from indicators.findings.path import WayEnd
from indicators.framework import Method
from indicators.status import NodeStatus
from surveys.problem import InputError, Language
from surveys.wave import WaveKind
from tests.wave_folder import minimal_wave

runner = CliRunner()
YINGBIN = "140213053"


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    for problem in error.value.problems:
        for language in Language:
            assert "{" not in problem.line(language)
    return [problem.code for problem in error.value.problems]


def in_year(assessment: Assessment, year: int, points: float = 0.0) -> Assessment:
    """The same wave in another year, every total moved by some points."""
    wave = replace(assessment.wave, id=f"{year}Q3", field=(date(year, 8, 15), date(year, 8, 28)))
    scores = assessment.scores.copy()
    scores.loc[scores["node"] == TOTAL_NODE, "points_earned"] += points
    combined = assessment.combined.assign(total=assessment.combined["total"] + points)
    return replace(assessment, wave=wave, scores=scores, combined=combined)


def test_what_if_of_a_notebook_takes_codes_names_numbers_and_per_cents(demo_assessment: Assessment) -> None:
    one = assess.what_if(demo_assessment, {f"1.1.1@{YINGBIN}": 0.92})
    other = assess.what_if(demo_assessment, {"1.1.1@迎宾街道": "92%"})
    assert one.totals.equals(other.totals)
    assert one.totals["area_code"].tolist() == ["140213", YINGBIN]
    assert (one.totals["change"] > 0).all()


def test_all_mistakes_of_a_what_if_come_at_once(demo_assessment: Assessment) -> None:
    with pytest.raises(InputError) as error:
        assess.what_if(demo_assessment, {"1.1": 0.5, "9.9.9": 1, "1.1.1@0": 0.5, "1.1.1": 92})
    assert codes(error) == [
        "what_if_of_node",
        "what_if_unknown_code",
        "what_if_unknown_area",
        "what_if_bare_percent",
    ]
    with pytest.raises(InputError) as error:
        assess.what_if(demo_assessment, {})
    assert codes(error) == ["what_if_nothing"]


def test_the_way_of_the_demo_reaches_its_mark(demo_assessment: Assessment) -> None:
    way = assess.way_to_pass(demo_assessment, "迎宾街道")
    assert way.target == 85.0 and way.end is WayEnd.SURELY
    assert way.steps["low_after"].iloc[-1] >= 85.0 - 1e-9
    assert assess.way_to_pass(demo_assessment, target=50.0).end is WayEnd.PASSING


def test_a_wave_without_scores_or_mark_is_told_so(tmp_path: Path, demo_assessment: Assessment) -> None:
    with pytest.raises(InputError) as error:
        assess.way_to_pass(minimal_wave(tmp_path / "wave"))
    assert codes(error) == ["no_scores"]
    scored = demo_assessment.scored
    assert scored is not None
    unmarked = replace(scored, framework=replace(scored.framework, target_points=None))
    with pytest.raises(InputError) as error:
        assess.way_to_pass(replace(demo_assessment, scored=unmarked))
    assert codes(error) == ["no_total_target"]


def test_codes_of_the_second_tree_are_found_there(demo_assessment: Assessment) -> None:
    """Before is the second tree's printed total; the first tree has no such code. One tree at a time."""
    second = demo_assessment.companion
    assert second is not None and second.scored is not None
    leaves = second.scored.leaves
    column = next(at for at in range(len(leaves.leaves)) if leaves.measured[:, at].all())
    code = leaves.leaves[column].code
    assert demo_assessment.framework is not None and code not in demo_assessment.framework.by_code
    row = leaves.row_of_area[YINGBIN]
    found = assess.what_if(demo_assessment, {f"{code}@{YINGBIN}": float(leaves.value[row, column])})
    assert found.framework is second.framework
    scores = second.scores[second.scores["node"] == TOTAL_NODE].set_index("area_code")
    printed = scores.loc[found.totals["area_code"]]
    assert found.totals["before"].tolist() == pytest.approx(printed["points_earned"].tolist())
    assert found.totals["before_low"].tolist() == pytest.approx(printed["low"].tolist())
    assert assess.what_if(demo_assessment, {"1.1.1": 0.9}).framework is demo_assessment.framework
    with pytest.raises(InputError) as error:
        assess.what_if(demo_assessment, {"1.1.1": 0.9, code: 0.9})
    assert codes(error) == ["what_if_two_trees"]
    with pytest.raises(InputError) as error:
        assess.what_if(demo_assessment, {f"{code}9": 0.9})
    assert codes(error) == ["what_if_unknown_node"]
    assert code in str(error.value.problems[0].remedy())


def test_the_way_of_the_second_tree_leads_to_its_mark_or_its_gate(demo_assessment: Assessment) -> None:
    second = demo_assessment.companion
    assert second is not None and second.scored is not None
    way = assess.way_to_pass(demo_assessment, companion=True)
    marks = second.framework.target_points, second.framework.gate_points
    assert way.framework is second.framework and way.target == next(
        mark for mark in marks if mark is not None
    )
    total = second.scores[
        (second.scores["node"] == TOTAL_NODE) & (second.scores["area_code"] == way.area_code)
    ]
    assert [way.total, way.low] == pytest.approx(total[["points_earned", "low"]].iloc[0].tolist())
    gated = replace(second.scored, framework=replace(second.framework, target_points=None, gate_points=91.0))
    other = replace(demo_assessment, companion=replace(second, scored=gated))
    assert assess.way_to_pass(other, companion=True).target == 91.0
    with pytest.raises(InputError) as error:
        assess.way_to_pass(replace(demo_assessment, companion=None), companion=True)
    assert codes(error) == ["no_companion"]


def test_people_are_told_which_tree_and_why_a_district_does_not_follow(
    demo_wave: Path, demo_assessment: Assessment
) -> None:
    """7.2.1 is withheld in one subdistrict of the demo."""
    scored, second = demo_assessment.scored, demo_assessment.companion
    assert scored is not None and second is not None
    withheld = scored.leaves.has_status(NodeStatus.WITHHELD)[1:].sum(axis=0)
    assert withheld[scored.leaves.column_of_leaf["7.2.1"]] == 1
    done = runner.invoke(app, ["whatif", str(demo_wave), f"7.2.1@{YINGBIN}=0.9", "--lang", "en"])
    assert done.exit_code == 0 and "stays blank" in done.output
    assert scored.framework.title_in(Language.ENGLISH) in " ".join(done.output.split())
    done = runner.invoke(app, ["whatif", str(demo_wave), "--companion"])
    assert done.exit_code == 0, done.output
    assert second.framework.title_in(Language.CHINESE) in done.output.replace("\n", "")


def test_waterfalls_between_waves_and_between_areas(demo_assessment: Assessment) -> None:
    whole = assess.waterfall(demo_assessment)
    assert list(whole.columns) == list(WATERFALL_COLUMNS)
    one = assess.waterfall(demo_assessment, area="迎宾街道")
    assert set(one["area_code"]) == {YINGBIN} and set(one["kind"]) == {"wave"}
    between = assess.waterfall(demo_assessment, areas=("140213050", "迎宾街道"))
    totals = demo_assessment.scores[demo_assessment.scores["node"] == TOTAL_NODE].set_index("area_code")
    ends = between["total_after"].iloc[[0, -1]].tolist()
    assert ends == pytest.approx(totals.loc[["140213050", YINGBIN], "points_earned"].tolist())
    same = assess.waterfall(demo_assessment, in_year(demo_assessment, 2023))
    assert same.loc[same["step"] == "leaf", "points"].abs().max() == 0
    with pytest.raises(InputError) as error:
        assess.waterfall(replace(demo_assessment, previous=""))
    assert codes(error) == ["no_previous_to_compare"]


def test_waterfalls_of_what_cannot_be_compared(demo_assessment: Assessment) -> None:
    """By the two waves' own definitions: another assessor, other sites; and another edition."""
    later = in_year(demo_assessment, 2023)
    by_themselves = replace(later, wave=replace(later.wave, kind=WaveKind.SELF_CHECK))
    with pytest.raises(InputError) as error:
        assess.waterfall(demo_assessment, by_themselves)
    assert codes(error) == ["waterfall_not_comparable"]
    scoring = replace(later.wave.scoring, leave_out_demonstration=True)
    other_sites = replace(later, wave=replace(later.wave, scoring=scoring))
    table = assess.waterfall(demo_assessment, other_sites, area="迎宾街道")
    assert (table["step"] == "not_comparable").sum() == 1
    assert demo_assessment.framework is not None
    observed = {leaf.code for leaf in demo_assessment.framework.leaves if leaf.method is Method.OBSERVATION}
    assert not observed & set(table["node"])
    blank = replace(demo_assessment, waterfall=empty_frame(WATERFALL_COLUMNS))
    with pytest.raises(InputError) as error:
        assess.waterfall(blank)
    assert codes(error) == ["waterfall_not_comparable"]
    edition = blank.score_changes.assign(reason="edition")
    with pytest.raises(InputError) as error:
        assess.waterfall(replace(blank, score_changes=edition))
    assert codes(error) == ["waterfall_other_edition"]
    assert later.scored is not None
    cut = replace(later.scored.framework, deduction_cap=1.0)
    with pytest.raises(InputError) as error:
        assess.waterfall(
            demo_assessment, replace(later, framework=cut, scored=replace(later.scored, framework=cut))
        )
    assert codes(error) == ["waterfall_other_edition"]


def test_cycle_of_three_years_by_hand(demo_assessment: Assessment) -> None:
    """Totals T, T + 2 and T + 4 of both trees together: 0.15·0 + 0.25·2 + 0.6·4 = 2.9 above T."""
    years = [in_year(demo_assessment, 2021 + at, 2.0 * at) for at in range(3)]
    found = assess.cycle_total(years).set_index("area_code")
    assert set(found.reset_index()) == set(CYCLE_COLUMNS)
    first = demo_assessment.combined.set_index("area_code")["total"]
    assert found["total"].tolist() == pytest.approx((first.loc[found.index] + 2.9).tolist())


def test_field_work_that_ends_in_january_leaves_no_gap(demo_assessment: Assessment) -> None:
    """2021, then one from December 2022 to January 2023: the second year, not the third."""
    late = in_year(demo_assessment, 2022)
    late = replace(late, wave=replace(late.wave, field=(date(2022, 12, 20), date(2023, 1, 5))))
    assert len(assess.cycle_total([in_year(demo_assessment, 2021), late], (0.4, 0.6)))


def test_thirds_as_people_write_them_are_weights(demo_wave: Path, demo_assessment: Assessment) -> None:
    """33.33333 three times misses 100 by 0.00001: taken as thirds; 33.3 misses it by 0.1 and is refused."""
    done = runner.invoke(app, ["cycle", str(demo_wave), "--weights", "33.33333,33.33333,33.33333", "--json"])
    assert done.exit_code == 0, done.output
    years = [in_year(demo_assessment, 2021 + at, 3.0 * at) for at in range(3)]
    third = 0.3333333
    found = assess.cycle_total(years, (third, third, third))
    assert found["weight_known"].tolist() == pytest.approx([1.0] * len(found), abs=1e-12)
    assert found["bound_high"].tolist() == pytest.approx(found["total"].tolist(), abs=1e-9)
    with pytest.raises(InputError) as error:
        assess.cycle_total(years, (0.333, 0.333, 0.333))
    assert codes(error) == ["cycle_weights"] and "99.9" in str(error.value.problems[0].message())


def test_what_is_no_cycle_is_refused(demo_assessment: Assessment) -> None:
    early, late = in_year(demo_assessment, 2021), in_year(demo_assessment, 2022)
    undated = replace(demo_assessment, wave=replace(demo_assessment.wave, field=None))
    for years, weights, expected in (
        ([early], (0.5, 0.6), ["cycle_weights"]),
        ([early], (float("nan"), 1.0), ["cycle_weights"]),
        ([early, late], (1.0,), ["cycle_years"]),
        ([late, early], (0.4, 0.6), ["cycle_order"]),
        ([early, early], (0.4, 0.6), ["cycle_order"]),
        ([early, in_year(demo_assessment, 2023)], (0.4, 0.6), ["cycle_gap"]),
        ([undated], (0.4, 0.6), ["cycle_no_dates"]),
        ([replace(early, scored=None)], (0.4, 0.6), ["cycle_no_scores"]),
    ):
        with pytest.raises(InputError) as error:
            assess.cycle_total(years, weights)
        assert codes(error) == expected


def test_commands_print_for_people_and_for_programs(demo_wave: Path, tmp_path: Path) -> None:
    done = runner.invoke(
        app, ["whatif", str(demo_wave), f"1.1.1@{YINGBIN}=0.92", "1.1.4=95%", "--lang", "en"]
    )
    assert done.exit_code == 0, done.output
    assert "92.0%" in done.output and "P(pass)" in done.output
    path = tmp_path / "way.csv"
    done = runner.invoke(app, ["whatif", str(demo_wave), "--area", "迎宾街道", "--json", "--csv", str(path)])
    steps = json.loads(done.stdout)
    assert done.exit_code == 0 and steps[-1]["reached"] == "surely"
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == len(steps) + 1
    marked = tmp_path / "a[b].csv"  # no markup
    written = ["--csv", str(marked)]
    done = runner.invoke(app, ["waterfall", str(demo_wave), "--top", "3", *written])
    assert done.exit_code == 0 and "起点总分" in done.output and "终点总分" in done.output
    assert str(marked) in done.stdout
    done = runner.invoke(app, ["cycle", str(demo_wave), "--weights", "40,60", "--lang", "en", *written])
    assert done.exit_code == 0 and "whole cycle" in done.output
    assert str(marked) in done.stdout


def test_commands_refuse_with_the_exit_codes_of_the_help(demo_wave: Path) -> None:
    assert runner.invoke(app, ["whatif", str(demo_wave), "1.1=0.5"]).exit_code == 3
    assert runner.invoke(app, ["waterfall", str(demo_wave), "--from", YINGBIN]).exit_code == 2
    assert runner.invoke(app, ["cycle", str(demo_wave), "--weights", "a,b"]).exit_code == 2
    assert runner.invoke(app, ["cycle", str(demo_wave), "--weights", "10,20"]).exit_code == 3
