"""The demo is a complete, valid, seeded wave that says it is synthetic."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from assess.demo import OccupiedFolderError, write_demo
from indicators.framework import Framework, Method, Missing, Scoring
from indicators.reading import read_companion, read_companion_evidence, read_evidence, read_framework
from surveys.area import AreaLevel
from surveys.estimate import combine, estimate
from surveys.problem import Problem, Severity, errors_of
from surveys.raw_table import RawTable
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.sample import Sample
from surveys.verdict import Verdict
from surveys.wave import Wave

GROUPS = [
    *("问卷调查工作", "负面清单管理", "政务服务", "乡村文明建设", "材料申报", "基层创建能力提升"),
    *(
        "宣传氛围营造及新时代文明实践工作",
        "公共卫生服务",
        "服务行业工作提升",
        "公共环境整治",
        "未成年人思想道德建设",
    ),
]
TASK_FORCES = [
    *(
        "物业管理",
        "交通秩序治理",
        "市容市貌",
        "校园周边环境治理",
        "建筑工地管理",
        "站点周边环境整治",
        "城市用语规范",
    ),
]
SUBDISTRICTS = [
    *("永泰", "古城", "新旺", "迎宾", "振华", "清远", "武定", "御河", "开源"),
    *("大庆路", "马军营", "卧虎湾", "新华", "鹿苑", "白登山", "文瀛湖", "水泊寺", "小南头"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "wave"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def read(folder: Path) -> tuple[Wave, dict[str, RawTable], tuple[Problem, ...]]:
    wave, tables, problems = read_wave(folder)
    assert wave is not None, [problem.line() for problem in problems]
    return wave, tables, problems


@pytest.fixture(scope="module")
def samples(
    read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]],
) -> tuple[tuple[Sample, ...], pd.DataFrame]:
    found, quality, problems = read_samples(read[0])
    assert errors_of(problems) == ()
    return found, quality


@pytest.fixture(scope="module")
def framework(read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]]) -> Framework:
    framework, problems = read_framework(read[1], read[0])
    assert errors_of(problems) == ()
    assert framework is not None
    return framework


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_answers(
    folder: Path, tmp_path: Path
) -> None:
    write_demo(tmp_path / "again")
    write_demo(tmp_path / "other", seed=1)
    first, again, other = _hashes(folder), _hashes(tmp_path / "again"), _hashes(tmp_path / "other")
    assert first == again
    assert first["responses/parents.csv"] != other["responses/parents.csv"]


def test_a_folder_with_other_files_is_refused_and_an_earlier_demo_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "wave.toml").write_text("[wave]\n", encoding="utf-8")
    with pytest.raises(OccupiedFolderError):
        write_demo(mine)
    assert _hashes(mine).keys() == {"wave.toml"}
    demo = tmp_path / "demo"
    write_demo(demo, seed=1)
    before = _hashes(demo)
    write_demo(demo, seed=2)
    assert _hashes(demo).keys() == before.keys()
    assert _hashes(demo) != before


def test_the_definition_reads_without_any_problem_and_says_it_is_synthetic(
    read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]],
) -> None:
    wave, _, problems = read
    assert problems == ()
    assert wave.synthetic
    assert [measure.name for measure in wave.measures if measure.headline] == [
        *("awareness", "participation", "support", "satisfaction_rate", "satisfaction_score")
    ]


def test_the_frame_has_the_official_codes_and_counts(
    read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]],
) -> None:
    areas = read[0].areas
    assert areas.district.code == "140213"
    assert [(area.code, area.name) for area in areas.subdistricts] == [
        (str(140213050 + position), f"{name}街道") for position, name in enumerate(SUBDISTRICTS)
    ]
    communities = areas.at(AreaLevel.COMMUNITY)
    assert sum(area.name.endswith("社区") for area in communities) == 155
    assert sum(area.name.endswith("村") for area in communities) == 48
    assert {len(area.code) for area in communities} == {12}
    assert sum(area.population or 0 for area in communities) == 1_101_942
    assert all(
        sum(child.population or 0 for child in areas.children(area.code)) == area.population
        for area in areas.subdistricts
    )


def test_about_4000_interviews_are_read_and_a_few_are_set_aside_with_reasons(
    samples: tuple[tuple[Sample, ...], pd.DataFrame],
) -> None:
    found, quality = samples
    records = quality[quality["item"] == "records"]
    used = records[records["category"] == "used"].groupby("questionnaire")["count"].sum()
    aside = records[records["category"] == "set_aside"]
    assert {sample.questionnaire: sample.size for sample in found} == used.to_dict()
    assert 3_700 <= used.sum() <= 4_400
    assert aside["count"].sum() == 3 + 2 + 2  # blank area, unknown area, uploaded twice
    assert aside["reason"].nunique() == 3
    outside = quality[(quality["item"] == "q8") & (quality["category"] == "invalid")]
    assert outside["count"].sum() == 5


def test_each_subdistrict_is_a_stratum_with_several_communities(
    samples: tuple[tuple[Sample, ...], pd.DataFrame],
) -> None:
    for sample in samples[0]:
        assert len(sample.strata) == 18
        psus = pd.Series(sample.psu_strata).value_counts()
        assert psus.min() >= 5


def test_some_verdicts_are_clear_both_ways_and_many_are_not(
    read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]],
    samples: tuple[tuple[Sample, ...], pd.DataFrame],
) -> None:
    rates = combine([estimate(sample, read[0]) for sample in samples[0]]).rates
    headline = rates[rates["headline"] & (rates["area_level"] == "subdistrict") & (rates["group"] == "")]
    assert len(headline) == 5 * 18
    share = headline["verdict"].value_counts(normalize=True)
    assert share[Verdict.PASS] >= 0.08
    assert share[Verdict.FAIL] >= 0.08
    assert share[Verdict.UNDETERMINED] >= 0.4
    spread = headline.groupby("measure")["value"].agg(lambda value: value.max() - value.min())
    assert (spread[spread.index != "satisfaction_score"] > 0.05).all()


def test_the_edition_adds_up_to_100_and_has_the_three_methods_in_20_40_40(framework: Framework) -> None:
    assert sum(root.points for root in framework.roots) == pytest.approx(100, abs=1e-9)
    points = {
        method: sum(leaf.points for leaf in framework.leaves if leaf.method is method) for method in Method
    }
    assert points[Method.QUESTIONNAIRE] == pytest.approx(20, abs=1e-9)
    assert points[Method.OBSERVATION] == pytest.approx(40, abs=1e-9)
    assert points[Method.DOCUMENT] == pytest.approx(40, abs=1e-9)
    assert len(framework.leaves) == 120
    assert len(framework.negative_items) == 16
    assert {leaf.scoring for leaf in framework.indicators} == {None, *Scoring}


def test_each_standard_says_what_it_asks_for_and_who_answers_for_it(
    framework: Framework, read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]]
) -> None:
    evidence, problems = read_evidence(read[1], read[0], framework)
    assert errors_of(problems) == ()
    names = [unit.name for unit in evidence.units.values()]
    assert sum("指挥部" in name for name in names) == 1
    assert [name for name in names if name.endswith("指导督导组")] == [f"{name}指导督导组" for name in GROUPS]
    assert [name for name in names if name.endswith("工作专班")] == [
        f"{name}工作专班" for name in TASK_FORCES
    ]
    for leaf in (*framework.leaves, *framework.negative_items):
        assert leaf.text and leaf.lead_unit in evidence.units and leaf.group in evidence.units, leaf.code


def test_every_measure_and_check_of_the_edition_is_in_the_wave(
    framework: Framework, read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]], folder: Path
) -> None:
    measures = {measure.name for measure in read[0].measures}
    observations = pd.read_csv(folder / "observations.csv", dtype=str)
    before = pd.read_csv(folder / "previous" / "observations.csv", dtype=str)
    assert {leaf.source for leaf in framework.leaves if leaf.method is Method.QUESTIONNAIRE} <= measures
    minors, problems = read_companion(read[0], read[1])
    assert minors is not None and problems == ()
    of_leaf = {
        leaf.source: leaf.missing
        for tree in (framework, minors)
        for leaf in tree.leaves
        if leaf.method is Method.OBSERVATION
    }
    assert set(before["standard"]) == set(of_leaf)
    unseen = set(of_leaf) - set(observations["standard"])
    assert {of_leaf[standard] for standard in unseen} == {Missing.CARRY}, "seen in the round before only"
    assert 370 <= observations["site"].nunique() <= 410


def test_blanks_of_each_kind_are_shown_and_rare(
    framework: Framework, read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]]
) -> None:
    """No building site in three subdistricts (not applicable), no market visited in one (not collected)."""
    checks = read_evidence(read[1], read[0], framework)[0].checks
    works, market = (
        next(leaf.code for leaf in framework.leaves if leaf.source == source) for source in ("OB13", "OB20")
    )
    subdistrict = checks["area_code"].str[:9]
    nothing_there = (
        checks[checks["node"] == works].groupby(subdistrict)["earned"].apply(lambda e: e.isna().all())
    )
    assert (len(nothing_there), nothing_there.sum()) == (18, 3)
    assert checks[checks["node"] == market].groupby(subdistrict).ngroups == 17


def test_events_show_what_counts_and_what_does_not(folder: Path) -> None:
    events = pd.read_csv(folder / "negative_list.csv", dtype=str)
    assert (events["verified"] == "否").sum() == 1
    assert (pd.to_datetime(events["date"]) < pd.Timestamp("2021-08-15")).sum() == 1
    assert len(events) == 6


def test_both_trees_take_their_own_from_the_shared_tables(
    framework: Framework, read: tuple[Wave, dict[str, RawTable], tuple[Problem, ...]], folder: Path
) -> None:
    wave, tables, _ = read
    minors, _ = read_companion(wave, tables)
    assert minors is not None
    assert (len(minors.leaves), minors.share, minors.gate_points) == (31, 0.2, 85.0)
    evidence, problems = read_evidence(tables, wave, framework)
    of_minors, further = read_companion_evidence(tables, wave, minors, evidence.units)
    assert [problem.code for problem in (*problems, *further)] == ["event_outside_window"]
    observations = pd.read_csv(folder / "observations.csv", dtype=str)
    documents = pd.read_csv(folder / "documents.csv", dtype=str)
    assert len(evidence.checks) + len(of_minors.checks) == len(observations)
    assert len(of_minors.checks) == observations["standard"].str.startswith("WO").sum()
    assert len(evidence.grades) + len(of_minors.grades) == len(documents)
    assert (len(evidence.events), len(of_minors.events)) == (5, 1)
    assert of_minors.units == evidence.units


def test_problems_of_the_demo_are_set_aside_or_warnings(folder: Path) -> None:
    wave, _, problems = read_wave(folder)
    assert wave is not None
    _, _, of_samples = read_samples(wave)
    assert {problem.severity for problem in (*problems, *of_samples)} <= {
        Severity.SET_ASIDE,
        Severity.WARNING,
    }
