"""The table of responsible units."""

from __future__ import annotations

from surveys.schema import CellKind, Column, Table

UNITS = Table(
    "units",
    ("责任单位", "单位"),
    (
        Column(
            "code", ("代码", "单位代码"), CellKind.CODE, required=True, note_zh="单位代码", note_en="code"
        ),
        Column(
            "name", ("名称", "单位名称"), CellKind.TEXT, required=True, note_zh="单位名称", note_en="name"
        ),
        Column(
            "kind",
            ("类型",),
            CellKind.CHOICE,
            required=True,
            choices={
                "headquarters": ("指挥部",),
                "group": ("指导督导组", "督导组"),
                "task_force": ("工作专班", "专班"),
                "unit": ("责任单位", "部门"),
                "subdistrict": ("街道",),
                "community": ("社区", "村"),
            },
            note_zh="指挥部、指导督导组、工作专班、责任单位、街道或社区",
            note_en="place in the organisation",
        ),
        Column("parent", ("上级代码", "上级"), CellKind.CODE, note_zh="上级单位", note_en="unit above"),
        Column("post", ("负责岗位", "岗位"), CellKind.TEXT, note_zh="负责的岗位", note_en="post in charge"),
        Column(
            "liaison_for",
            ("包联", "包联区域"),
            CellKind.CODES,
            note_zh="包联的区域代码",
            note_en="areas it is in liaison with",
        ),
        Column(
            "area",
            ("区域代码", "区域"),
            CellKind.CODE,
            note_zh="街道、社区单位对应的区域",
            note_en="area of a subdistrict or community unit",
        ),
    ),
    note_zh="责任单位",
    note_en="Who answers for indicators. Absent: that of the built-in edition.",
    key=("code",),
)
