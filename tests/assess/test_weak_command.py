"""`assess weak`: the district unless asked otherwise, what a unit supports, names that are nobody's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import assess.weak
from assess.cli import app
from assess.weak import WEAK_COLUMNS, weak, weak_rows
from assess.words import words
from indicators.assessment import Assessment
from indicators.columns import FINDINGS_COLUMNS, empty_frame
from indicators.status import WeaknessClass
from surveys.problem import InputError, Language

runner = CliRunner()


@pytest.fixture(name="computed")
def _computed(demo_assessment: Assessment, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    """The demo's result in the place of a new computation."""
    monkeypatch.setattr(assess.weak, "assessed", lambda _: demo_assessment)
    return demo_assessment


def call(*asked: str) -> Result:
    return runner.invoke(app, ["weak", "somewhere", *asked])


def rows_of(*asked: str) -> list[dict[str, object]]:
    result = call("--json", "--quiet", *asked)
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def every(assessment: Assessment) -> pd.DataFrame:
    """Findings of both trees."""
    parts = [assessment.findings]
    if assessment.companion is not None:
        parts.append(assessment.companion.findings)
    return pd.concat(parts, ignore_index=True)


def shown(assessment: Assessment) -> pd.DataFrame:
    """Confirmed and likely ones of both trees."""
    found = every(assessment)
    return found[found["class"] != str(WeaknessClass.REST)]


def test_without_options_the_district_s_are_told_as_in_weak_csv(computed: Assessment) -> None:
    rows = rows_of()
    expected = shown(computed)
    expected = expected[expected["area_level"] == "district"]
    assert [row["node"] for row in rows] == expected["node"].tolist()
    assert list(rows[0]) == list(WEAK_COLUMNS)
    assert {row["area_code"] for row in rows} == {computed.wave.areas.district.code}


def test_all_adds_the_rest_and_top_cuts_each_area(computed: Assessment) -> None:
    """`--all` lists every measured leaf with a target, those that reach it among them."""
    found = every(computed)
    scores = computed.scores
    leaves = {leaf.code for leaf in computed.framework.leaves} if computed.framework else set()
    measured = scores[
        (scores["area_level"] == "district")
        & (scores["status"] == "measured")
        & scores["target"].notna()
        & scores["node"].isin(list(leaves))
    ]
    of_tree = computed.findings[computed.findings["area_level"] == "district"]
    assert sorted(of_tree["node"]) == sorted(measured["node"])
    assert len(rows_of("--all")) > len(rows_of())
    listed = pd.DataFrame(rows_of("--all"))
    assert (listed.loc[listed["verdict"] == "pass", "class"] == "rest").any()
    expected = found[found["area_level"] == "subdistrict"]
    assert len(rows_of("--area", "all", "--all")) == len(expected)
    assert len(rows_of("--area", "all")) == (expected["class"] != str(WeaknessClass.REST)).sum()
    rows = pd.DataFrame(rows_of("--area", "all", "--top", "2"))
    per_area = rows.groupby(["framework", "area_code"]).size()
    assert per_area.max() == 2
    assert computed.wave.areas.district.code not in set(rows["area_code"])


def test_a_unit_s_own_come_before_what_it_supports(computed: Assessment) -> None:
    found = shown(computed)
    unit = found["lead_unit"].value_counts().index[0]
    rows = pd.DataFrame(rows_of("--unit", str(unit), "--area", "all"))
    lead = rows[rows["involvement"] == "lead"]
    assert set(lead["lead_unit"]) == {unit}
    assert len(lead) == (found["lead_unit"].eq(unit) & found["area_level"].eq("subdistrict")).sum()
    name = computed.units[str(unit)].name
    supporting = rows[rows["involvement"] == "supporting"]
    assert supporting["supporting_units"].str.contains(name).all()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", ["80", "120"])
def test_the_table_names_areas_values_owners_and_totals(
    computed: Assessment, monkeypatch: pytest.MonkeyPatch, language: Language, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    result = call("--area", "all", "--top", "1", "--lang", language.value)
    assert result.exit_code == 0, result.output
    first = shown(computed).query("area_level == 'subdistrict'").iloc[0]
    assert first["node"] in result.output
    assert words(language)["weak"]["asked"].partition("{")[0] in result.output
    assert "nan" not in result.output.lower()


def test_names_that_are_nobody_s_are_problems_all_at_once(computed: Assessment) -> None:
    with pytest.raises(InputError) as raised:
        weak(computed, unit="没有的局", area="没有的街道")
    assert [each.code for each in raised.value.problems] == ["unknown_asked_area", "unknown_asked_unit"]
    result = call("--unit", "没有的局", "--area", "没有的街道")
    assert result.exit_code == 3
    assert "Traceback" not in result.output


def test_a_tag_of_one_tree_alone_is_no_mistake(computed: Assessment) -> None:
    """Tags are words of an edition; the companion has other ones."""
    found = weak(computed, tag=own_tag(computed), area="all")
    assert [each.framework for each in found] == [computed.framework]
    with pytest.raises(InputError) as raised:
        weak(computed, tag="没有的标签")
    assert len(raised.value.problems) == 1


def own_tag(assessment: Assessment) -> str:
    """A tag that only the first tree has."""
    assert assessment.framework is not None and assessment.companion is not None
    others = {tag for leaf in assessment.companion.framework.leaves for tag in leaf.tags}
    return next(t for leaf in assessment.framework.leaves for t in leaf.tags if t not in others)


def with_tag_in_companion(assessment: Assessment, tag: str) -> Assessment:
    """The companion's first leaf has this tag too."""
    assert assessment.companion is not None
    framework = assessment.companion.framework
    first = framework.leaves[0]
    rows = tuple(replace(row, tags=(tag,)) if row.code == first.code else row for row in framework.indicators)
    companion = replace(assessment.companion, framework=replace(framework, indicators=rows))
    return replace(assessment, companion=companion)


def only_group(assessment: Assessment) -> str:
    """A task force that only the first tree works with, and that no table of units holds."""
    assert assessment.framework is not None and assessment.companion is not None
    others = {leaf.task_force for leaf in assessment.companion.framework.leaves}
    return next(leaf.task_force for leaf in assessment.framework.leaves if leaf.task_force not in others)


def test_of_two_trees_only_what_neither_knows_is_a_mistake(computed: Assessment) -> None:
    """A tag of the second tree and a task force of the first: each exists, but no tree has both."""
    mixed = replace(with_tag_in_companion(computed, "乙树"), units={})
    with pytest.raises(InputError) as raised:
        weak(mixed, tag="乙树", task_force=only_group(mixed))
    (problem,) = raised.value.problems
    assert problem.code == "asked_of_different_trees"
    assert "乙树" in problem.value and only_group(mixed) in problem.value
    with pytest.raises(InputError) as raised:
        weak(mixed, tag="乙树", group="没有的组")
    (problem,) = raised.value.problems
    assert (problem.code, problem.value) == ("unknown_asked_group", "没有的组")
    assert all("{" not in problem.line(language) for language in Language)


def test_names_of_both_trees_are_offered(computed: Assessment) -> None:
    """`乙树园林` looks like a tag of each tree."""
    mixed = with_tag_in_companion(computed, "乙树园")
    with pytest.raises(InputError) as raised:
        weak(mixed, tag="环境卫生乙树园")
    assert {"环境卫生", "乙树园"} <= set(raised.value.problems[0].detail["names"].split(", "))


@pytest.mark.usefixtures("computed")
def test_csv_holds_what_was_listed(tmp_path: Path) -> None:
    path = tmp_path / "weak.csv"
    result = call("--top", "3", "--csv", str(path), "--quiet")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    assert list(table.columns) == list(WEAK_COLUMNS)
    assert table["node"].tolist() == [row["node"] for row in rows_of("--top", "3")]


@pytest.mark.usefixtures("computed")
@pytest.mark.parametrize("name", ["x[/z].csv", "a[bold]b.csv"])
def test_a_file_name_that_looks_like_markup_is_printed_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("x[", "z].csv") if "/" in name else Path(name)
    path.parent.mkdir(exist_ok=True)
    result = call("--top", "1", "--csv", name)
    assert result.exit_code == 0, result.output
    assert path.exists()
    assert name in result.stdout


def test_nothing_weak_and_no_framework_are_said(
    demo_assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = replace(demo_assessment, findings=empty_frame(FINDINGS_COLUMNS), companion=None)
    monkeypatch.setattr(assess.weak, "assessed", lambda _: nothing)
    text = words(Language.CHINESE)["weak"]
    assert text["none"] in call().output
    assert rows_of() == []
    monkeypatch.setattr(assess.weak, "assessed", lambda _: replace(nothing, framework=None))
    assert text["no_framework"][:12] in call().output
    assert weak_rows(()).columns.tolist() == list(WEAK_COLUMNS)
