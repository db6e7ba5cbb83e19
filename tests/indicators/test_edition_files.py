"""Editions as files: what is exported reads back as the same edition, and is checked without a wave."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.edition.built_in import editions, read_edition
from indicators.edition.export import export_edition
from indicators.edition.files import check_edition
from surveys.problem import Language, Severity, errors_of

FLAT = (
    "code,name,points,method,source,scoring,scale,lead_unit\n"
    "1,甲,60,questionnaire,awareness,linear,,U1\n"
    "2,乙,40,document,D1,steps,等级,U1\n"
)
STEPS = "scale,grade,score\n等级,优,1\n等级,差,0\n"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("target", ["edition.xlsx", "edition.csv", "folder"])
@pytest.mark.parametrize("name", editions())
def test_an_exported_edition_reads_back_with_the_same_content_hash(
    tmp_path: Path, name: str, target: str, language: Language
) -> None:
    """CSV, workbook and folder, Chinese and English headers: the same edition, rows, facts and units."""
    edition, _ = read_edition(name)
    export_edition(edition, tmp_path / target, language)
    original, units, _ = check_edition(name)
    again, units_again, problems = check_edition(tmp_path / target)
    assert errors_of(problems) == (), [problem.line() for problem in problems]
    assert original is not None and again is not None
    assert again.content_hash == original.content_hash
    assert again.indicators == original.indicators
    assert (again.title, again.version, again.source_en) == (
        original.title,
        original.version,
        original.source_en,
    )
    assert (again.target_points, again.share, again.gate_points, again.deduction_cap) == (
        original.target_points,
        original.share,
        original.gate_points,
        original.deduction_cap,
    )
    assert units_again == units


def test_headers_and_fixed_words_are_in_the_language_asked_for(tmp_path: Path) -> None:
    edition, _ = read_edition("minors-2021")
    export_edition(edition, tmp_path / "zh.csv", Language.CHINESE)
    export_edition(edition, tmp_path / "en.csv", Language.ENGLISH)
    chinese = (tmp_path / "zh.csv").read_text(encoding="utf-8-sig").splitlines()
    english = (tmp_path / "en.csv").read_text(encoding="utf-8-sig").splitlines()
    assert chinese[0].startswith("代码,上级代码,名称,测评标准,分值,测评方法")
    assert english[0].startswith("code,parent,name,text,points,method")
    assert "材料申报" in chinese[3] and "document" in english[3]


def test_the_same_edition_gives_the_same_workbook(tmp_path: Path) -> None:
    edition, _ = read_edition("demo-2021")
    for name in ("a.xlsx", "b.xlsx"):
        export_edition(edition, tmp_path / name, Language.CHINESE)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    edition, _ = read_edition("minimal")
    (tmp_path / "steps.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "edition.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        export_edition(edition, tmp_path, Language.CHINESE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edition.toml", "steps.csv"]
    assert (tmp_path / "edition.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ('title = "另一个标题"\nversion = "3"\nsource = "另一处"', False),
        ("target = 80", True),
        ("deduction_cap = 5", True),
        ("share = 0.2\ngate = 85", True),
    ],
)
def test_the_hash_covers_marks_of_the_tree_and_not_its_title(
    tmp_path: Path, facts: str, changes: bool
) -> None:
    (tmp_path / "framework.csv").write_text(FLAT, encoding="utf-8")
    (tmp_path / "steps.csv").write_text(STEPS, encoding="utf-8")
    plain, _, _ = check_edition(tmp_path)
    (tmp_path / "edition.toml").write_text(facts, encoding="utf-8")
    with_facts, _, _ = check_edition(tmp_path)
    assert plain is not None and with_facts is not None
    assert (with_facts.content_hash != plain.content_hash) is changes


def test_a_veto_mark_changes_the_hash(tmp_path: Path) -> None:
    veto = FLAT.replace("lead_unit", "lead_unit,veto_grade,veto_below").replace(
        "linear,,U1", "linear,,U1,停,0.5"
    )
    hashes = set()
    for name, sheet in (("a", FLAT), ("b", veto), ("c", veto.replace("停,0.5", "停,0.6"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "framework.csv").write_text(sheet, encoding="utf-8")
        (tmp_path / name / "steps.csv").write_text(STEPS, encoding="utf-8")
        framework, _, problems = check_edition(tmp_path / name)
        assert framework is not None, [problem.line() for problem in problems]
        hashes.add(framework.content_hash)
    assert len(hashes) == 3


def test_without_a_wave_measures_are_not_checked_and_said_so(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(FLAT, encoding="utf-8")
    (tmp_path / "mine-steps.csv").write_text(STEPS, encoding="utf-8")
    framework, _, problems = check_edition(tmp_path / "mine.csv")
    assert framework is not None
    assert [(p.code, p.severity, p.value) for p in problems] == [
        ("measures_unchecked", Severity.WARNING, "awareness")
    ]


def test_defects_of_an_edition_without_a_wave_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(
        FLAT.replace("1,甲,60", "1,甲,sixty").replace("等级", "无"), encoding="utf-8"
    )
    (tmp_path / "mine-edition.toml").write_text("target = 850\nshare = 2", encoding="utf-8")
    framework, _, problems = check_edition(tmp_path / "mine.csv")
    assert framework is None
    assert [(p.file, p.code, p.column, p.value) for p in errors_of(problems)] == [
        ("mine-edition.toml", "number_out_of_range", "target", "850"),
        ("mine-edition.toml", "number_out_of_range", "share", "2"),
        ("mine.csv", "bad_number", "points", "sixty"),
        ("mine.csv", "unknown_step_scale", "scale", "无"),
    ]


def test_a_folder_without_a_framework_and_a_path_that_is_not_there(tmp_path: Path) -> None:
    framework, _, problems = check_edition(tmp_path)
    assert framework is None
    assert [p.code for p in problems] == ["no_framework_table"]
    (tmp_path / "edition.toml").write_text("target = ", encoding="utf-8")
    assert "unreadable_file" in {p.code for p in check_edition(tmp_path)[2]}
    with pytest.raises(FileNotFoundError):
        check_edition(tmp_path / "nowhere")


def test_a_gap_in_steps_of_shares_is_found_without_a_wave(tmp_path: Path) -> None:
    """Starts below 1 can only be shares, which begin at 0; starts of an unknown scale are left alone."""
    for start, wrong in (("0.9", ["steps_gap"]), ("0", []), ("60", [])):
        sheet = FLAT.replace("awareness,linear,", "awareness,steps,档")
        (tmp_path / "framework.csv").write_text(sheet, encoding="utf-8")
        steps = "scale,from,grade,score\n等级,,优,1\n" + f"档,{start},,1\n"
        (tmp_path / "steps.csv").write_text(steps, encoding="utf-8")
        assert [p.code for p in errors_of(check_edition(tmp_path)[2])] == wrong
