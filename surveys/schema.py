"""The tables of a wave: names, columns, kinds of cells. The one place that docs, template and readers follow.

A table is a CSV file of its name or a sheet of ``wave.xlsx``; its name and its headers may be English or any
of the Chinese aliases declared here. `surveys.table` parses by these declarations; `indicators.schema` adds
the tables of its own room in the same words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CellKind(StrEnum):
    """What the cells of a column hold."""

    CODE = "code"  # text; `1.10` is not `1.1`, leading zeros stay
    TEXT = "text"
    CHOICE = "choice"  # one of a declared list
    CODES = "codes"  # several codes, separated by , ; 、 or |
    SHARE = "share"  # `0.9` or `90%`; a bare 90 is an error
    VALUE = "value"  # a share, points or a value on a scale; the measure says which
    NUMBER = "number"
    WHOLE = "whole"
    DATE = "date"  # ISO, 2022/8/15, 2022年8月15日, or an Excel date
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Canonical (English) header and the column's name in frames.
    chinese
        Accepted Chinese headers; the first is the one that templates write.
    required
        The column must exist and none of its cells may be blank.
    choices
        For CHOICE: canonical value → accepted Chinese spellings, the first of them preferred.
    note_zh, note_en
        What to fill in; shown in the template workbook and in docs/formats.md.
    """

    name: str
    chinese: tuple[str, ...]
    kind: CellKind
    required: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note_zh: str = ""
    note_en: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """Every accepted header."""
        return (self.name, *self.chinese)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a wave.

    Parameters
    ----------
    required
        A wave cannot be read without it.
    keeps_extra
        Unknown columns are meant (covariates), so they are kept without a warning.
    key
        Columns whose values together name a row; two rows with the same key are an error.
    """

    name: str
    chinese: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False
    keeps_extra: bool = False
    note_zh: str = ""
    note_en: str = ""
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every accepted name of the file or sheet."""
        return (self.name, *self.chinese)

    def column(self, name: str) -> Column:
        """One column by its canonical name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def fold(text: str) -> str:
    """`text` as headers, choices and labels are compared: NFKC, trimmed, inner blanks single, case folded."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).casefold()


YES = frozenset({"yes", "y", "true", "1", "是", "有", "对", "√", "✓"})
NO = frozenset({"no", "n", "false", "0", "否", "无", "×", "✗"})
"""Accepted spellings of YES_NO cells, folded."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "district": ("区", "区县", "县", "市", "区级"),
    "subdistrict": ("街道", "乡镇", "镇", "乡", "街道级"),
    "community": ("社区", "村", "社区/村", "社区级"),
}
"""Spellings of the levels of the area register; also the choices of `level` in other tables."""

_AREAS = Table(
    "areas",
    ("区域", "区划", "区域表"),
    (
        Column(
            "code",
            ("代码", "区划代码", "编码"),
            CellKind.CODE,
            required=True,
            note_zh="官方区划代码，按文本保存",
            note_en="official code, as text",
        ),
        Column(
            "name",
            ("名称", "区域名称"),
            CellKind.TEXT,
            required=True,
            note_zh="区域名称",
            note_en="name of the area",
        ),
        Column(
            "level",
            ("级别", "层级"),
            CellKind.CHOICE,
            required=True,
            choices=LEVELS,
            note_zh="区、街道或社区；只能有一个区",
            note_en="exactly one row is the district",
        ),
        Column(
            "parent",
            ("上级代码", "上级"),
            CellKind.CODE,
            note_zh="上一级区域的代码；区一级留空",
            note_en="code of the area above; blank for the district",
        ),
        Column(
            "urban_rural",
            ("城乡", "城乡类型"),
            CellKind.CHOICE,
            choices={"urban": ("城", "城市", "城镇"), "rural": ("乡", "农村", "乡村")},
            note_zh="城或乡；下级留空时取上级的值",
            note_en="blank: that of the area above",
        ),
        Column("population", ("人口", "常住人口"), CellKind.NUMBER, note_zh="常住人口", note_en="residents"),
        Column(
            "psu_count",
            ("社区数", "社区总数"),
            CellKind.WHOLE,
            note_zh="本区域实有社区（村）数，用于有限总体校正",
            note_en="communities in the population, for the finite-population correction",
        ),
    ),
    required=True,
    keeps_extra=True,
    note_zh="区域登记表；其余列作为协变量保留",
    note_en="The area register. Further columns are kept as covariates.",
    key=("code",),
)

_CONTROLS = Table(
    "controls",
    ("控制总数",),
    (
        Column(
            "questionnaire", ("问卷",), CellKind.CODE, note_zh="问卷代号", note_en="name of the questionnaire"
        ),
        Column(
            "margin",
            ("维度",),
            CellKind.CODE,
            required=True,
            note_zh="维度，如性别",
            note_en="variable of the margin, such as sex",
        ),
        Column("category", ("类别",), CellKind.CODE, required=True, note_zh="类别", note_en="category"),
        Column(
            "area",
            ("区域代码", "区域"),
            CellKind.CODE,
            note_zh="留空表示全区",
            note_en="blank: the whole district",
        ),
        Column(
            "total",
            ("总数",),
            CellKind.NUMBER,
            required=True,
            note_zh="总体中的人数",
            note_en="number in the population",
        ),
    ),
    note_zh="加权所用的总体控制数（本版尚未使用）",
    note_en="Population totals for raking. Read and checked; raking itself is not supported yet.",
    key=("questionnaire", "margin", "category", "area"),
)

_QUESTIONS = Table(
    "questions",
    ("题目", "问题", "题目表"),
    (
        Column(
            "questionnaire",
            ("问卷",),
            CellKind.CODE,
            note_zh="问卷代号；只有一份问卷时可留空",
            note_en="name of the questionnaire, as in wave.toml; may be blank where there is only one",
        ),
        Column(
            "question",
            ("题号", "题目代号"),
            CellKind.CODE,
            required=True,
            note_zh="题目的代号，如 q7",
            note_en="code of the question, such as q7",
        ),
        Column(
            "column",
            ("列名", "答卷列名"),
            CellKind.TEXT,
            required=True,
            note_zh="答卷文件的表头：全称，或唯一的开头部分",
            note_en="header in the export: exact, or a prefix that only one header has",
        ),
        Column("text", ("题干", "题目内容"), CellKind.TEXT, note_zh="题目原文", note_en="wording"),
        Column(
            "kind",
            ("题型", "类型"),
            CellKind.CHOICE,
            required=True,
            choices={
                "single": ("单选",),
                "multiple": ("多选",),
                "number": ("数值", "数字"),
                "date": ("日期",),
                "text": ("文本", "填空"),
                "area": ("区域", "地区"),
                "meta": ("管理", "管理信息"),
            },
            note_zh="单选、多选、数值、日期、文本、区域或管理信息",
            note_en="how the column is read",
        ),
        Column(
            "scale",
            ("量表", "选项表"),
            CellKind.CODE,
            note_zh="选项所在量表（见选项表）；单选、多选必填",
            note_en="name in the table `answers`; required for single and multiple",
        ),
        Column(
            "asked_if_question",
            ("前提题", "条件题"),
            CellKind.CODE,
            note_zh="仅问部分人时：前提题的题号",
            note_en="question whose answer decides who is asked",
        ),
        Column(
            "asked_if_codes",
            ("前提选项", "条件选项"),
            CellKind.CODES,
            note_zh="前提题选了哪些代码才问本题",
            note_en="codes of that question for which this one is asked",
        ),
        Column(
            "section",
            ("部分", "版块"),
            CellKind.TEXT,
            note_zh="问卷的部分",
            note_en="part of the questionnaire",
        ),
        Column(
            "keep",
            ("保留",),
            CellKind.YES_NO,
            note_zh="个人信息列须写明「是」才会保留",
            note_en="yes: a personal column that is kept by name",
        ),
    ),
    required=True,
    note_zh="每道题对应答卷的哪一列、用哪套选项",
    note_en="Which column of the export answers which question, on which scale.",
    key=("questionnaire", "question"),
)

_ANSWERS = Table(
    "answers",
    ("选项", "答案", "选项表"),
    (
        Column(
            "scale", ("量表",), CellKind.CODE, required=True, note_zh="量表名称", note_en="name of the scale"
        ),
        Column(
            "code",
            ("代码", "选项代码"),
            CellKind.CODE,
            required=True,
            note_zh="答卷中的代码",
            note_en="code in the export",
        ),
        Column(
            "label",
            ("标签", "选项", "文字"),
            CellKind.TEXT,
            note_zh="选项文字；答卷用文字时据此对应",
            note_en="words of the answer; an export may hold them in place of codes. Blank: the code",
        ),
        Column("label_en", ("英文标签",), CellKind.TEXT, note_zh="英文文字", note_en="words in English"),
        Column(
            "score",
            ("分值", "得分"),
            CellKind.NUMBER,
            note_zh="满意度的分值（0–100）或量表本身的数值",
            note_en="points (0–100) for 满意度, or the value for a mean",
        ),
        Column(
            "role",
            ("性质", "角色"),
            CellKind.CHOICE,
            required=True,
            choices={
                "positive": ("肯定", "正面"),
                "neutral": ("中性", "一般"),
                "negative": ("否定", "负面"),
                "dont_know": ("不了解", "说不清"),
                "refused": ("拒答",),
                "not_asked": ("未问",),
                "invalid": ("无效",),
            },
            note_zh="肯定、中性、否定、不了解、拒答、未问或无效",
            note_en="what the answer means for a rate",
        ),
    ),
    required=True,
    note_zh="各套选项：代码、文字、分值、性质",
    note_en="The scales: codes, words, scores and roles.",
    key=("scale", "code"),
)

_MEASURES = Table(
    "measures",
    ("指标口径", "测量", "比率"),
    (
        Column(
            "measure",
            ("代号", "指标代号"),
            CellKind.CODE,
            required=True,
            note_zh="代号，体系表的来源列引用它",
            note_en="code; the framework's `source` refers to it",
        ),
        Column(
            "name",
            ("名称", "指标名称"),
            CellKind.TEXT,
            required=True,
            note_zh="报告中的名称，如知晓率",
            note_en="what people read, such as 知晓率",
        ),
        Column("name_en", ("英文名称",), CellKind.TEXT, note_zh="英文名称", note_en="name in English"),
        Column(
            "kind",
            ("类型",),
            CellKind.CHOICE,
            required=True,
            choices={
                "awareness": ("知晓率",),
                "participation": ("参与率",),
                "support": ("支持率",),
                "satisfaction_rate": ("满意率",),
                "satisfaction_score": ("满意度",),
                "share": ("占比", "比例"),
                "mean": ("均值", "平均值"),
            },
            note_zh="知晓率、参与率、支持率、满意率、满意度、占比或均值",
            note_en="what it measures",
        ),
        Column(
            "questionnaire",
            ("问卷",),
            CellKind.CODE,
            note_zh="问卷代号；只有一份问卷时可留空",
            note_en="may be blank where there is only one",
        ),
        Column(
            "questions",
            ("题目", "题号"),
            CellKind.CODES,
            required=True,
            note_zh="一题或多题的题号",
            note_en="one or several questions",
        ),
        Column(
            "rule",
            ("规则",),
            CellKind.CHOICE,
            choices={"positive": ("肯定比例", "肯定"), "score": ("分值",), "at_least": ("至少",)},
            note_zh="留空：满意度和均值按分值，其余按肯定比例",
            note_en="blank: score for 满意度 and means, positive otherwise",
        ),
        Column(
            "at_least",
            ("至少几项",),
            CellKind.WHOLE,
            note_zh="规则为「至少」时的项数",
            note_en="k of the listed questions (or choices), for rule at_least",
        ),
        Column(
            "base",
            ("基数", "分母"),
            CellKind.CHOICE,
            choices={
                "answered": ("有效回答", "已答"),
                "asked": ("被问者", "被问"),
                "everyone": ("全体", "所有人"),
            },
            note_zh="留空：满意类和均值取有效回答，其余取被问者",
            note_en="blank: answered for satisfaction and means, asked otherwise",
        ),
        Column(
            "target",
            ("目标", "目标值"),
            CellKind.VALUE,
            note_zh="目标：比率写 0.9 或 90%，满意度写分数如 85",
            note_en="0.9 or 90% for shares; points such as 85 for 满意度; a value of the scale for means",
        ),
        Column(
            "headline",
            ("总览", "核心"),
            CellKind.YES_NO,
            note_zh="是否列入总览；全部留空时取每一类的第一个",
            note_en="shown on the leaders' page; if all are blank, the first of each of the five kinds is",
        ),
    ),
    required=True,
    note_zh="知晓率、参与率、支持率、满意率、满意度等如何由题目得出",
    note_en="How rates and means are made of questions.",
    key=("measure",),
)

_CLEANING = Table(
    "cleaning",
    ("清理记录",),
    (
        Column("id", ("编号",), CellKind.CODE, required=True, note_zh="答卷编号", note_en="id of the record"),
        Column("question", ("题号",), CellKind.CODE, note_zh="题号", note_en="question"),
        Column(
            "change",
            ("改动",),
            CellKind.CHOICE,
            required=True,
            choices={"set": ("改为",), "blank": ("清空",), "remove": ("删除",), "none": ("不改",)},
            note_zh="改为、清空、删除或不改",
            note_en="what is done",
        ),
        Column("old", ("原值",), CellKind.TEXT, note_zh="原值", note_en="value before"),
        Column("new", ("新值",), CellKind.TEXT, note_zh="新值", note_en="value after"),
        Column("reason", ("原因",), CellKind.TEXT, note_zh="原因", note_en="why"),
        Column("by", ("经办人",), CellKind.TEXT, note_zh="经办人", note_en="who decided"),
        Column("date", ("日期",), CellKind.DATE, note_zh="日期", note_en="when"),
    ),
    note_zh="数据清理记录（本版尚不能套用，有内容即报错）",
    note_en="The cleaning log. Applying it is not supported yet: a log with rows is an error, not silence.",
)

_DISPOSITIONS = Table(
    "dispositions",
    ("接触结果",),
    (
        Column("area", ("区域代码", "区域"), CellKind.CODE, note_zh="区域代码", note_en="area"),
        Column("interviewer", ("访问员",), CellKind.CODE, note_zh="访问员编号", note_en="interviewer"),
        Column(
            "code",
            ("结果代码", "代码"),
            CellKind.CHOICE,
            required=True,
            choices={
                "I": ("完成",),
                "P": ("部分完成",),
                "R": ("拒访",),
                "NC": ("未接触",),
                "O": ("其他",),
                "UH": ("住户情况不明",),
                "UO": ("资格不明",),
                "NE": ("不合格",),
            },
            note_zh="AAPOR 结果代码",
            note_en="AAPOR disposition code",
        ),
        Column("count", ("数量",), CellKind.WHOLE, required=True, note_zh="数量", note_en="how many"),
    ),
    note_zh="接触结果（本版尚未使用）",
    note_en="Outcomes of contacts. Read and checked; response rates are not computed yet.",
)

SURVEY_TABLES: dict[str, Table] = {
    table.name: table
    for table in (_AREAS, _CONTROLS, _QUESTIONS, _ANSWERS, _MEASURES, _CLEANING, _DISPOSITIONS)
}
"""Tables of the surveys room by canonical name, in the order of docs/formats.md."""
