"""The official layout with merged cells becomes the flat sheet; what is not understood is told by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from indicators.edition.built_in import Edition
from indicators.edition.export import export_edition
from indicators.edition.files import check_edition
from indicators.edition.merged_layout import read_official
from surveys.problem import Language, Problem, Severity, errors_of
from tests.official_table import BODY, HEADER, MERGES, official


def cells_of(edition: Edition, *names: str) -> list[tuple[str, ...]]:
    raw = edition.tables["framework"]
    columns = [raw.cells[raw.header.index(name)].tolist() for name in names]
    return list(zip(*columns, strict=True))


def told(problems: Sequence[Problem]) -> list[tuple[str, str, Severity]]:
    return [(problem.code, problem.column, problem.severity) for problem in problems]


def test_merged_cells_become_one_row_for_each_indicator(tmp_path: Path) -> None:
    """Worked by hand: codes by position, points of nodes by adding up, a leaf for each way of assessing."""
    edition, problems = read_official(official(tmp_path))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "parent", "name", "points", "method") == [
        ("1", "", "一、廉洁高效的政务环境", "10", ""),
        ("1.1", "1", "1.政务公开", "6", ""),
        ("1.1.1", "1.1", "（1）办事指南公开", "2", "document"),
        ("1.1.2", "1.1", "（2）窗口服务规范", "4", ""),
        ("1.1.2.1", "1.1.2", "（2）窗口服务规范（实地考察）", "3", "observation"),
        ("1.1.2.2", "1.1.2", "（2）窗口服务规范（问卷调查）", "1", "questionnaire"),
        ("1.2", "1", "2.诉求办理", "4", ""),
        ("1.2.1", "1.2", "（1）热线按期办结", "4", "document"),
        ("2", "", "二、公共环境", "5", ""),
        ("2.1", "2", "1.环境卫生", "5", ""),
        ("2.1.1", "2.1", "（1）街巷干净", "5", ""),
        ("2.1.1.1", "2.1.1", "（1）街巷干净（实地考察）", "2.5", "observation"),
        ("2.1.1.2", "2.1.1", "（1）街巷干净（问卷调查）", "2.5", "questionnaire"),
        ("N1", "", "（1）发生较大安全事故", "3", "negative"),
    ]
    assert edition.facts.title == "某市模拟测评体系（2021年版）"
    assert told(problems)[:2] == [
        ("import_points_divided", "E7", Severity.WARNING),
        ("import_row_ignored", "A10", Severity.WARNING),
    ]
    assert [problem.value for problem in problems if problem.code == "import_to_fill"] == [
        "1.1.2.2、2.1.1.2",
        "1.1.2.1、2.1.1.1",
        "1.1.1、1.2.1",
        "N1",
    ]


def test_units_get_codes_and_the_first_named_leads(tmp_path: Path) -> None:
    edition, _ = read_official(official(tmp_path))
    assert edition is not None
    units = edition.tables["units"]
    assert dict(zip(units.cells[1], units.cells[0], strict=True)) == {
        "行政审批局": "U01", "人社局": "U02", "信访局": "U03", "城管局": "U04", "应急局": "U05",
    }  # fmt: skip
    owners = {row[0]: row[1:] for row in cells_of(edition, "code", "lead_unit", "supporting_units")}
    assert owners["1.1.2.2"] == ("U01", "U02")
    assert owners["1.2.1"] == ("U03", "U01")
    assert owners["1.1"] == ("", "")


def test_a_filled_in_import_is_ready_for_use(tmp_path: Path) -> None:
    """What the warnings list is all that is missing: with sources and forms the sheet passes every check."""
    edition, _ = read_official(official(tmp_path))
    assert edition is not None
    export_edition(edition, tmp_path / "flat.csv", Language.CHINESE)
    text = (tmp_path / "flat.csv").read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    form = {"材料申报": "D,分档", "实地考察": "O,比例", "问卷调查": "m,线性", "负面清单": "G,按起扣分"}
    filled = [lines[0]]
    assert "测评方法,数据来源,计分方式,分档表" in lines[0]
    for line in lines[1:]:
        for at, (method, cells) in enumerate(form.items()):
            if f",{method}" in line:
                source, scoring = cells.split(",")
                name = f"{source}{line.split(',')[0]}"
                scale = "等级" if at == 0 else ""
                line = line.replace(f",{method},,,", f",{method},{name},{scoring},{scale}", 1)
                break
        filled.append(line)
    (tmp_path / "flat.csv").write_text("\n".join(filled), encoding="utf-8")
    (tmp_path / "flat-steps.csv").write_text("scale,grade,score\n等级,优,1\n", encoding="utf-8")
    framework, units, problems = check_edition(tmp_path / "flat.csv")
    assert errors_of(problems) == (), [problem.line() for problem in problems]
    assert framework is not None
    assert (len(framework.leaves), len(framework.negative_items), len(units)) == (6, 1, 5)


def test_sub_headings_of_methods_give_each_its_points(tmp_path: Path) -> None:
    """测评方法及分值 over 材料申报 | 实地考察 | 问卷调查: every number is a leaf of that method."""
    header = (
        ("测评项目", "测评内容", "测评标准", "测评方法及分值", "", ""),
        ("", "", "", "材料申报", "实地考察", "问卷调查"),
    )
    rows = (("一、环境", "1.卫生", "街巷干净。", "", "2", "1"), ("", "", "有制度。", "3", "", ""))
    merges = ("A2:A3", "B2:B3", "C2:C3", "D2:F2", "A4:A5", "B4:B5")
    edition, problems = read_official(official(tmp_path, rows, merges, header))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "points", "method") == [
        ("1", "6", ""),
        ("1.1", "6", ""),
        ("1.1.1", "3", ""),
        ("1.1.1.1", "2", "observation"),
        ("1.1.1.2", "1", "questionnaire"),
        ("1.1.2", "3", "document"),
    ]


def test_blanks_below_a_name_continue_it_where_nothing_is_merged(tmp_path: Path) -> None:
    """Old workbooks (.xls) do not tell their merged ranges: the same rows without them read alike."""
    merged, _ = read_official(official(tmp_path))
    plain, problems = read_official(official(tmp_path, merges=()))
    assert merged is not None and plain is not None, [problem.line() for problem in problems]
    columns = ("code", "parent", "name", "points", "method")
    assert cells_of(plain, *columns) == cells_of(merged, *columns)


def replaced(row: int, column: int, cell: str) -> list[list[str]]:
    rows = [list(record) for record in BODY]
    rows[row][column] = cell
    return rows


DEFECTS: Mapping[str, tuple[int, int, str, str, str]] = {
    "import_bad_points": (0, 4, "若干", "E3", "若干"),
    "import_unknown_method": (0, 3, "抽签", "D3", "抽签"),
    "import_blank_level": (4, 1, "", "B7", ""),
}


@pytest.mark.parametrize("code", DEFECTS)
def test_what_is_not_understood_is_an_error_with_its_cell(tmp_path: Path, code: str) -> None:
    row, column, cell, address, value = DEFECTS[code]
    edition, problems = read_official(official(tmp_path, replaced(row, column, cell)))
    assert edition is None
    found = errors_of(problems)
    assert [(p.code, p.column, p.value, p.row) for p in found] == [(code, address, value, int(address[1:]))]
    for language in Language:
        assert found[0].message(language) and found[0].remedy(language)


def test_declared_points_that_differ_from_the_sum_are_told(tmp_path: Path) -> None:
    rows = replaced(0, 0, "一、廉洁高效的政务环境（12分）")
    rows[5][4] = "16"
    _, problems = read_official(official(tmp_path, rows))
    found = [problem for problem in problems if problem.code == "import_points_differ"]
    assert [(p.column, p.value, p.detail["sum"]) for p in found] == [("A3", "12", "10"), ("E8", "16", "15")]


def test_points_of_several_standards_together_are_left_to_fill_in(tmp_path: Path) -> None:
    edition, problems = read_official(official(tmp_path, replaced(1, 4, ""), (*MERGES, "E3:E4")))
    assert edition is not None
    assert ("import_points_shared", "E3", Severity.WARNING) in told(problems)
    blank = [problem.value for problem in problems if problem.code == "import_points_blank"]
    assert blank == ["1、1.1、1.1.1、1.1.2、1.1.2.1"]


def test_unknown_columns_are_named_and_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    wide = [(*record, "甲") for record in BODY[:5]]
    _, problems = read_official(official(tmp_path, wide, MERGES[:3], ((*HEADER, "考核周期"),)))
    assert ("import_column_ignored", "G2", Severity.WARNING) in told(problems)
    edition, problems = read_official(official(tmp_path, BODY, (), (("甲", "乙", "丙"),)))
    assert edition is None
    assert [problem.code for problem in problems] == ["import_no_header"]
    (tmp_path / "broken.xlsx").write_text("no workbook", encoding="utf-8")
    assert [problem.code for problem in read_official(tmp_path / "broken.xlsx")[1]] == ["unreadable_file"]


def test_a_merged_method_is_one_leaf_and_ticks_share_the_points(tmp_path: Path) -> None:
    """A standard, its method and points over two rows of owners; two ticks beside one number of points."""
    header = ((*HEADER[:3], "问卷调查", "实地考察", "分值", "责任单位"),)
    rows = (("一、环境", "1.卫生", "街巷干净。", "√", "√", "3", "城管局"),)
    edition, problems = read_official(official(tmp_path, rows, (), header))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "points", "method")[2:] == [
        ("1.1.1", "3", ""),
        ("1.1.1.1", "1.5", "questionnaire"),
        ("1.1.1.2", "1.5", "observation"),
    ]
    assert ("import_points_divided", "F3", Severity.WARNING) in told(problems)
    owners = (("一、环境", "1.卫生", "街巷干净。", "实地考察", "3", "城管局"), ("", "", "", "", "", "住建局"))
    merges = ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:E4")
    edition, problems = read_official(official(tmp_path, owners, merges))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "points", "supporting_units")[2:] == [("1.1.1", "3", "U02")]
    assert [problem.code for problem in problems] == ["import_to_fill"]


def test_points_over_the_methods_of_one_standard_are_divided(tmp_path: Path) -> None:
    edition, problems = read_official(official(tmp_path, replaced(2, 4, ""), (*MERGES, "E4:E5")))
    assert edition is not None
    points = {row[0]: row[1] for row in cells_of(edition, "code", "points")}
    assert (points["1.1.2.1"], points["1.1.2.2"], points["1.1.2"]) == ("1.5", "1.5", "3")
    divided = [p for p in problems if p.code == "import_points_divided" and p.column == "E4"]
    assert [p.detail["methods"] for p in divided] == ["实地考察、问卷调查"]


def test_without_a_column_of_projects_contents_are_the_top(tmp_path: Path) -> None:
    header, rows = (HEADER[1:],), [record[1:] for record in BODY[:5]]
    edition, problems = read_official(official(tmp_path, rows, ("A3:A5", "B4:B5"), header))
    assert edition is not None, [problem.line() for problem in problems]
    assert [row[0] for row in cells_of(edition, "code", "name")][:4] == ["1", "1.1", "1.2", "1.2.1"]


def test_further_sheets_of_the_same_kind_are_named(tmp_path: Path) -> None:
    path = official(tmp_path)
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book.worksheets[0]).title = "第二张"
    book.save(path)
    edition, problems = read_official(path)
    assert edition is not None
    assert [p.file for p in problems if p.code == "import_sheet_ignored"] == ["official.xlsx[第二张]"]


def read_rows(
    folder: Path, *rows: str, merges: Sequence[str] = (), header: Sequence[str] = HEADER
) -> Edition:
    """An official table of these rows, cells divided by |, that is read without an error."""
    edition, problems = read_official(
        official(folder, [row.split("|") for row in rows], merges, (tuple(header),))
    )
    assert edition is not None, [problem.line() for problem in problems]
    return edition


def problems_of(
    folder: Path, *rows: str, merges: Sequence[str] = (), header: Sequence[str] = HEADER
) -> list[tuple[str, str, Severity]]:
    """What is told of such a table, but for what no official table says."""
    path = official(folder, [row.split("|") for row in rows], merges, (tuple(header),))
    return [problem for problem in told(read_official(path)[1]) if problem[0] != "import_to_fill"]


def filled(rows: Sequence[Sequence[str]], *columns: int) -> list[tuple[str, ...]]:
    """The rows with the text above in every blank cell of these columns, as if un-merged and filled."""
    result: list[tuple[str, ...]] = []
    for row in rows:
        above = result[-1] if result else row
        result.append(tuple(above[at] if at in columns and not cell else cell for at, cell in enumerate(row)))
    return result


def test_names_filled_in_again_in_every_row_read_like_merged_cells(tmp_path: Path) -> None:
    """A table that was un-merged and filled: the same tree, points and owners as with merged cells."""
    merged, _ = read_official(official(tmp_path))
    rows = [*filled(BODY[:5], 0, 1, 2, 5), *BODY[5:]]
    plain, problems = read_official(official(tmp_path, rows, ()))
    assert merged is not None and plain is not None, [problem.line() for problem in problems]
    columns = ("code", "parent", "name", "points", "method", "lead_unit", "supporting_units")
    assert cells_of(plain, *columns) == cells_of(merged, *columns)


def test_the_same_standard_and_method_twice_is_an_error(tmp_path: Path) -> None:
    """Un-merged rows of several owners would count their points twice."""
    rows = ("一|a|街巷干净|实地考察|3|城管局", "一|a|街巷干净|实地考察|3|住建局")
    assert problems_of(tmp_path, *rows) == [("import_standard_twice", "C4", Severity.ERROR)]


def test_a_name_that_returns_after_another_one_is_told(tmp_path: Path) -> None:
    rows = ("一|a|s1|问卷|1|甲", "二|b|s2|问卷|2|甲", "一|a|s3|问卷|4|甲")
    assert problems_of(tmp_path, *rows) == [("import_name_again", "A5", Severity.WARNING)]
    assert [row[0] for row in cells_of(read_rows(tmp_path, *rows), "code")][-1] == "3.1.1"


HEADINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "alone": (("一、政务|a|s1|问卷|4|甲", "二、环境|||||", "|b|s2|实地|6|甲"), ()),
    "merged over all columns": (("一、政务|a|s1|问卷|4|甲", "二、环境|||||", "|b|s2|实地|6|甲"), ("A4:F4",)),
    "with its points": (("一、政务|a|s1|问卷|4|甲", "二、环境||||6|", "|b|s2|实地|6|甲"), ()),
    "all of them": (
        ("一、政务|||||", "|a|s1|问卷|4|甲", "二、环境|||||", "|b|s2|实地|6|甲"),
        ("A3:F3", "A5:F5"),
    ),
    "of contents too": (
        ("一、政务|a||||", "||s1|问卷|4|甲", "二、环境|||||", "|b||||", "||s2|实地|6|甲"),
        (),
    ),
}


@pytest.mark.parametrize("name", HEADINGS)
def test_a_heading_on_a_line_of_its_own_holds_for_the_rows_below(tmp_path: Path, name: str) -> None:
    rows, merges = HEADINGS[name]
    edition = read_rows(tmp_path, *rows, merges=merges)
    assert cells_of(edition, "code", "name", "points") == [
        ("1", "一、政务", "4"),
        ("1.1", "a", "4"),
        ("1.1.1", "s1", "4"),
        ("2", "二、环境", "6"),
        ("2.1", "b", "6"),
        ("2.1.1", "s2", "6"),
    ]
    assert problems_of(tmp_path, *rows, merges=merges) == []


def test_points_beside_a_heading_are_compared_with_the_sum_below(tmp_path: Path) -> None:
    rows = ("一、政务||||5|", "|a|s1|问卷|4|甲")
    assert problems_of(tmp_path, *rows) == [("import_points_differ", "E3", Severity.WARNING)]


@pytest.mark.parametrize("text", ["本表自2021年起施行", "一、政务按下列标准测评。", "注：只用于检验"])
def test_prose_on_a_line_of_its_own_is_no_heading_and_is_told(tmp_path: Path, text: str) -> None:
    rows = ("一、政务|a|s1|问卷|4|甲", f"{text}|||||", "二、环境|b|s2|实地|6|甲")
    assert problems_of(tmp_path, *rows, merges=("A4:F4",)) == [("import_row_ignored", "A4", Severity.WARNING)]
    assert [row[0] for row in cells_of(read_rows(tmp_path, *rows), "code")][3:] == ["2", "2.1", "2.1.1"]


def test_each_way_of_assessing_keeps_its_own_units(tmp_path: Path) -> None:
    """A standard over two rows, 问卷 led by 甲 and 实地 by 乙, which 丙 supports."""
    rows = ("一|a|s1|问卷调查|4|甲", "|||实地考察|6|乙", "|||||丙")
    edition = read_rows(tmp_path, *rows, merges=("A3:A5", "B3:B5", "C3:C5"))
    assert cells_of(edition, "code", "lead_unit", "supporting_units")[2:] == [
        ("1.1.1", "", ""),
        ("1.1.1.1", "U01", ""),
        ("1.1.1.2", "U02", "U03"),
    ]
    blank = read_rows(tmp_path, "一|a|s1|问卷调查|4|甲", "|||实地考察|6|")
    assert [row[0] for row in cells_of(blank, "lead_unit")] == ["", "", "", "U01", "U01"]


@pytest.mark.parametrize("points", ["-3", "扣5分", "－2", "（-1分）"])
def test_deductions_are_for_the_negative_list_only(tmp_path: Path, points: str) -> None:
    negative = f"负面|a|s2|负面清单|{points}|甲"
    assert problems_of(tmp_path, "一|a|s1|问卷|4|甲", negative) == []
    for method in ("实地考察", "问卷、负面清单"):
        assert ("import_bad_points", "E3", Severity.ERROR) in problems_of(
            tmp_path, f"一|a|s1|{method}|{points}|甲"
        )
    header = (*HEADER[:3], "问卷调查", "扣分")
    rows = (f"一|a|s1|4|{points}", f"一|a|s2|{points}|")
    assert problems_of(tmp_path, *rows, header=header) == [("import_bad_points", "D4", Severity.ERROR)]


@pytest.mark.parametrize("name", ["小计公里网", "总分结构", "合计办理"])
def test_a_project_that_begins_like_a_total_is_none(tmp_path: Path, name: str) -> None:
    edition = read_rows(tmp_path, f"{name}|a|s1|实地|5|甲", "二|b|s2|实地|6|甲")
    assert cells_of(edition, "code", "name")[:3] == [("1", name), ("1.1", "a"), ("1.1.1", "s1")]


TOTALS = {
    "合计||||9|": True,
    "总分（100分）||||9|": True,
    "合计：||||9|": True,
    "一至二项合计||||9|": True,
    "总计9分|||||": False,  # its points stand in no cell of their own
    "本项合计||||9|": False,
    "小计||||9|": False,
    "|合计|||9|": False,
    "|小计|||9|": False,
}
"""Rows of totals, and whether they are of the whole table."""


@pytest.mark.parametrize("total", TOTALS)
def test_totals_are_not_imported_and_those_of_the_table_are_compared(tmp_path: Path, total: str) -> None:
    rows = ("一|a|s1|实地|5|甲", total)
    differs = [("import_points_differ", "E4", Severity.WARNING)]
    assert problems_of(tmp_path, *rows) == (differs if TOTALS[total] else [])
    assert len(cells_of(read_rows(tmp_path, *rows), "code")) == 3


def test_what_a_row_of_totals_holds_besides_is_told(tmp_path: Path) -> None:
    rows = ("一|a|s1|实地|5|甲", "合计||其中实地5分|实地|5|")
    assert problems_of(tmp_path, *rows) == [
        ("import_row_ignored", "C4", Severity.WARNING),
        ("import_row_ignored", "D4", Severity.WARNING),
    ]


def test_a_standard_that_ends_like_a_total_is_none(tmp_path: Path) -> None:
    rows = ("一|a|s1|实地|5|甲", "||各项比例合计||3|")
    edition = read_rows(tmp_path, *rows, merges=("A3:A4", "B3:B4", "D3:D4"))
    assert cells_of(edition, "code", "points")[-1] == ("1.1.2", "3")


def test_points_over_several_rows_are_divided_equally_among_all_ways(tmp_path: Path) -> None:
    """Two methods in one row and one in the next: thirds, not halves of halves; by words and by ticks."""
    rows = ("一|a|s1|问卷、实地|6|甲", "|||材料||甲")
    edition = read_rows(tmp_path, *rows, merges=("A3:A4", "B3:B4", "C3:C4", "E3:E4"))
    assert [row[0] for row in cells_of(edition, "points")] == ["6", "6", "6", "2", "2", "2"]
    header = (*HEADER[:3], "问卷调查", "实地考察", "分值")
    ticks = ("一|a|s1|√||6", "||||√|")
    merges = ("A3:A4", "B3:B4", "C3:C4", "F3:F4")
    edition = read_rows(tmp_path, *ticks, merges=merges, header=header)
    assert [row[0] for row in cells_of(edition, "points")] == ["6", "6", "6", "3", "3"]
    _, problems = read_official(tmp_path / "official.xlsx")
    divided = [problem for problem in problems if problem.code == "import_points_divided"]
    assert [(p.column, p.detail["methods"]) for p in divided] == [("F3", "问卷调查、实地考察")]


def test_a_method_without_points_in_a_row_of_its_own_is_an_error(tmp_path: Path) -> None:
    """Where merged cells are not told (.xls), nobody knows that the points above hold for it too."""
    rows = ("一|a|s1|问卷|6|甲", "|||实地||")
    assert problems_of(tmp_path, *rows) == [("import_bad_points", "E4", Severity.ERROR)]


def test_sub_headings_below_a_header_that_is_not_merged_are_part_of_it(tmp_path: Path) -> None:
    header = (
        ("测评项目", "测评内容", "测评标准", "测评方法及分值", "", ""),
        ("", "", "", "材料申报", "实地考察", "问卷调查"),
    )
    rows = (("一、环境", "1.卫生", "街巷干净。", "", "2", "1"),)
    edition, problems = read_official(official(tmp_path, rows, (), header))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "points", "method")[2:] == [
        ("1.1.1", "3", ""),
        ("1.1.1.1", "2", "observation"),
        ("1.1.1.2", "1", "questionnaire"),
    ]


@pytest.mark.parametrize("merged", ["A9:A10", "A9:B10"])
@pytest.mark.parametrize("name", ["负面清单", "三、负面清单（扣分项）"])
def test_a_block_of_the_negative_list_needs_no_method_and_no_content(
    tmp_path: Path, merged: str, name: str
) -> None:
    rows = (
        *BODY[:6],
        (name, "", "发生重大安全事故。", "", "一票否决", "应急局"),
        ("", "", "媒体曝光属实。", "", "-3", "宣传部"),
    )
    edition, problems = read_official(official(tmp_path, rows, (*MERGES[:5], merged)))
    assert edition is not None, [problem.line() for problem in problems]
    assert cells_of(edition, "code", "name", "points", "method", "veto_grade")[-2:] == [
        ("N1", "发生重大安全事故", "0", "negative", "一票否决"),
        ("N2", "媒体曝光属实", "3", "negative", ""),
    ]


def test_columns_to_be_filled_in_are_written_blank(tmp_path: Path) -> None:
    edition, _ = read_official(official(tmp_path))
    assert edition is not None
    (file, *_) = export_edition(edition, tmp_path / "mine.csv", Language.CHINESE)
    header = file.read_text("utf-8-sig").splitlines()[0].split(",")
    assert {"数据来源", "计分方式", "分档表"} <= set(header)


def test_a_missing_file_is_plainly_told(tmp_path: Path) -> None:
    edition, (problem,) = read_official(tmp_path / "nope.xlsx")
    assert edition is None
    assert problem.code == "import_no_file"
    assert "os error" not in "".join(problem.line(language) for language in Language)
