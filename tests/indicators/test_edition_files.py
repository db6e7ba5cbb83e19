"""Editions as files: what is exported reads back as the same edition, and is checked without a wave."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from indicators.edition.built_in import editions, read_edition
from indicators.edition.export import export_edition
from indicators.edition.files import check_edition, read_any_edition
from indicators.reading import read_framework
from surveys.formula import FORMULA_STARTS
from surveys.problem import Language, Severity, errors_of
from surveys.raw_table import read_raw_tables
from tests.factory_scoring import score_measure, share_measure, small_wave, tables_of

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
        ("mine.csv", "no_step_scales", "scale", "无"),
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


def test_the_hash_is_the_same_with_and_without_a_wave(tmp_path: Path) -> None:
    """Blank goalposts are the measure's to fill in (0–100 for points): the edition stays what it is."""
    sheet = FLAT.replace(",scale,", ",low,high,scale,").replace("linear,,", "linear,,,,").replace(
        "steps,等级", "steps,,,等级"
    )  # fmt: skip
    hashes = []
    for cells in ("linear,,,", "linear,0,100,", "linear,0,90,"):
        text = sheet.replace("linear,,,", cells)
        (tmp_path / "framework.csv").write_text(text, encoding="utf-8")
        (tmp_path / "steps.csv").write_text(STEPS, encoding="utf-8")
        alone, _, _ = check_edition(tmp_path)
        wave = small_wave(("S1",), (score_measure("awareness"),))
        scored, problems = read_framework(tables_of(framework=text, steps=STEPS), wave)
        assert alone is not None and scored is not None, [problem.line() for problem in problems]
        assert alone.content_hash == scored.content_hash
        hashes.append(alone.content_hash)
        assert scored.by_code["1"].high == (90 if cells == "linear,0,90," else 100)
    assert len(set(hashes)) == 3, "goalposts that are written are part of the edition"


def test_units_are_borrowed_of_a_built_in_edition_that_has_some(tmp_path: Path) -> None:
    (tmp_path / "framework.csv").write_text(FLAT, encoding="utf-8")
    (tmp_path / "steps.csv").write_text(STEPS, encoding="utf-8")
    facts = tmp_path / "edition.toml"
    for name in ("minimal", "nix"):
        facts.write_text(f'units_of = "{name}"', encoding="utf-8")
        (problem,) = errors_of(check_edition(tmp_path)[2])
        assert (problem.code, problem.file, problem.column, problem.value) == (
            "units_of_unknown", "edition.toml", "units_of", name,
        )  # fmt: skip
        assert all("demo-2021" in problem.remedy(language) for language in Language)
        assert "minimal" not in problem.remedy(Language.ENGLISH)
    facts.write_text('units_of = "demo-2021"', encoding="utf-8")
    _, units, problems = check_edition(tmp_path)
    assert units == check_edition("demo-2021")[1]
    assert [p.code for p in errors_of(problems)] == ["unknown_unit", "unknown_unit"], "U1 is none of them"


@pytest.mark.parametrize("target", ["bad.xlsx", "bad.csv"])
@pytest.mark.parametrize("cell", ["nan", "inf", "1e999", "1_000", "-Infinity"])
def test_a_cell_that_is_no_number_is_exported_as_it_stands(tmp_path: Path, cell: str, target: str) -> None:
    (tmp_path / "mine.csv").write_text(FLAT.replace("甲,60", f"甲,{cell}"), encoding="utf-8")
    edition, _ = read_any_edition(tmp_path / "mine.csv")
    assert edition is not None
    export_edition(edition, tmp_path / target, Language.ENGLISH)
    found = errors_of(check_edition(tmp_path / target)[2])
    assert ("bad_number", "points", cell) in [(p.code, p.column, p.value) for p in found]


def test_numbers_keep_their_last_digit_in_a_workbook(tmp_path: Path) -> None:
    """Seventeen digits, which no workbook writes as a number: 0.1 + 0.2."""
    sheet = FLAT.replace("lead_unit", "lead_unit,target").replace("linear,,U1", f"linear,,U1,{0.1 + 0.2!r}")
    (tmp_path / "mine.csv").write_text(sheet, encoding="utf-8")
    (tmp_path / "mine-steps.csv").write_text(STEPS, encoding="utf-8")
    edition, _ = read_any_edition(tmp_path / "mine.csv")
    assert edition is not None
    export_edition(edition, tmp_path / "again.xlsx", Language.ENGLISH)
    first, again = (check_edition(tmp_path / name)[0] for name in ("mine.csv", "again.xlsx"))
    assert first is not None and again is not None
    assert again.content_hash == first.content_hash


def test_nothing_half_written_stays_where_an_export_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition, _ = read_edition("minimal")
    written: list[Path] = []

    def full(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        with path.open("wb") as file:
            return file.write(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        export_edition(edition, tmp_path / "mine.csv", Language.CHINESE)
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


FORMULAS = ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "'=quoted", "''@twice")


@pytest.mark.parametrize("target", ["again.xlsx", "again.csv", "again"])
def test_cells_like_formulas_are_guarded_in_csv_and_read_back_as_they_were(
    tmp_path: Path, target: str
) -> None:
    """Codes, names and headers; numbers stay numbers. The same edition and the same hash come back."""
    head = 'code,name,points,method,source,scoring,low,high,scale,lead_unit,=HYPERLINK("x")\n'
    rows = [
        f'{at},"{cell}",{100 / len(FORMULAS)!r},questionnaire,m,linear,-3,5,,@u,=x\n'
        for at, cell in enumerate(FORMULAS)
    ]
    (tmp_path / "mine.csv").write_text(head + "".join(rows).replace("\"'", "\"''"), encoding="utf-8")
    units = "code,name,kind\n@u,=cmd(),unit\n"
    (tmp_path / "mine-units.csv").write_text(units, encoding="utf-8")
    edition, _ = read_any_edition(tmp_path / "mine.csv")
    assert edition is not None
    files = export_edition(edition, tmp_path / target, Language.ENGLISH)
    for file in (file for file in files if file.suffix == ".csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            cells = [cell for record in csv.reader(stream) for cell in record]
        assert {cell for cell in cells if cell.startswith(FORMULA_STARTS)} <= {"-3"}
        assert "'-3" not in cells, "a number is no formula"
    first, units_first, _ = check_edition(tmp_path / "mine.csv")
    again, units_again, problems = check_edition(tmp_path / target)
    assert first is not None and again is not None, [problem.line() for problem in problems]
    assert [row.name for row in again.indicators] == list(FORMULAS)
    assert again.content_hash == first.content_hash
    assert units_again == units_first
    assert [unit.name for unit in units_again.values()] == ["=cmd()"]
    exported, _ = read_any_edition(tmp_path / target)
    assert exported is not None and exported.tables["framework"].header[-1] == '=HYPERLINK("x")'


def test_an_exported_edition_means_the_same_in_a_wave_folder(tmp_path: Path) -> None:
    """A wave reads the guarded cells as `assess framework check` does."""
    sheet = FLAT.replace("甲,60", "=1+1,60").replace("U1", "@u")
    (tmp_path / "mine.csv").write_text(sheet, encoding="utf-8")
    (tmp_path / "mine-steps.csv").write_text(STEPS, encoding="utf-8")
    edition, _ = read_any_edition(tmp_path / "mine.csv")
    assert edition is not None
    export_edition(edition, tmp_path / "wave", Language.CHINESE)
    tables, _ = read_raw_tables(tmp_path / "wave", ["framework", "steps"])
    framework, problems = read_framework(tables, small_wave(("S1",), (share_measure("awareness"),)))
    alone, _, _ = check_edition(tmp_path / "mine.csv")
    assert framework is not None and alone is not None, [problem.line() for problem in problems]
    assert framework.by_code["1"].name == "=1+1"
    assert framework.by_code["1"].lead_unit == "@u"
    assert framework.content_hash == alone.content_hash


def test_without_a_wave_it_is_said_that_steps_of_a_scale_are_not_checked(tmp_path: Path) -> None:
    """Steps from 60 on may be points or a scale of their own: only the measure tells."""
    sheet = FLAT.replace("awareness,linear,", "awareness,steps,档")
    (tmp_path / "mine.csv").write_text(sheet, encoding="utf-8")
    steps = "scale,from,grade,score\n等级,,优,1\n档,50,,0.5\n档,60,,1\n"
    (tmp_path / "mine-steps.csv").write_text(steps, encoding="utf-8")
    (problem,) = check_edition(tmp_path / "mine.csv")[2]
    assert problem.code == "measures_unchecked"
    assert "分档" in problem.message(Language.CHINESE)
    assert "steps" in problem.message(Language.ENGLISH)


def test_tables_beside_a_csv_file_go_by_its_name_or_by_their_own(tmp_path: Path) -> None:
    """steps.csv beside mine.csv serves it; mine-steps.csv goes before it."""
    (tmp_path / "mine.csv").write_text(FLAT, encoding="utf-8")
    (tmp_path / "steps.csv").write_text(STEPS, encoding="utf-8")
    framework, _, problems = check_edition(tmp_path / "mine.csv")
    assert framework is not None, [problem.line() for problem in problems]
    assert [step.score_share for step in framework.steps["等级"]] == [1, 0]
    (tmp_path / "mine-steps.csv").write_text(STEPS.replace("差,0", "差,0.5"), encoding="utf-8")
    framework, _, _ = check_edition(tmp_path / "mine.csv")
    assert framework is not None
    assert [step.score_share for step in framework.steps["等级"]] == [1, 0.5]
