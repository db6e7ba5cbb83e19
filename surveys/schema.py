"""The tables of a wave: names, columns, kinds of cells. The one place that docs, template and readers follow.

A table is a CSV file of its name or a sheet of ``wave.xlsx``; its name and its headers may be English or any
of the Chinese aliases declared here. `surveys.table` parses by these declarations; `indicators.schema` adds
the tables of its own room in the same words.
"""

from __future__ import annotations

from surveys.column import LEVELS, NO, YES, CellKind, Column, Table, fold
from surveys.schema_questionnaire import ANSWERS, MEASURES, QUESTIONS

__all__ = ["LEVELS", "NO", "SURVEY_TABLES", "YES", "CellKind", "Column", "Table", "fold"]

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
            note_zh="维度：题号、区域级别、urban_rural 或答卷列名；交叉写 sex*age",
            note_en="question, level of areas, urban_rural or a column of the answers; crossed: sex*age",
        ),
        Column(
            "category",
            ("类别",),
            CellKind.CODE,
            required=True,
            note_zh="选项代码或文字、区域；数值题写 18-34、60+；交叉写 1*2",
            note_en="code or words; of a number 18-34 or 60+; crossed: 1*2",
        ),
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
    note_zh="加权所用的总体控制数：wave.toml 的 rake 列出的各维度",
    note_en="Population totals that weights are raked to: the margins named by `rake` in `wave.toml`.",
    key=("questionnaire", "margin", "category", "area"),
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
    table.name: table for table in (_AREAS, _CONTROLS, QUESTIONS, ANSWERS, MEASURES, _CLEANING, _DISPOSITIONS)
}
"""Tables of the surveys room by canonical name, in the order of docs/formats.md."""
