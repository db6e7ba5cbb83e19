"""Tables of what was found beside the questionnaires: on-site checks, graded documents, events."""

from __future__ import annotations

from surveys.schema import CellKind, Column, Table

OBSERVATIONS = Table(
    "observations",
    ("实地考察", "实地", "点位检查"),
    (
        Column(
            "id",
            ("编号", "检查编号"),
            CellKind.CODE,
            required=True,
            note_zh="检查编号",
            note_en="id of the check",
        ),
        Column(
            "standard",
            ("标准", "标准代号"),
            CellKind.CODE,
            required=True,
            note_zh="测评体系来源列中的代号",
            note_en="as in the framework's `source`",
        ),
        Column(
            "site",
            ("点位", "点位名称"),
            CellKind.CODE,
            required=True,
            note_zh="点位；同一街道内同名即同一点位",
            note_en="the site: the unit that was sampled; within a subdistrict one name is one site",
        ),
        Column(
            "site_type", ("点位类型",), CellKind.TEXT, note_zh="如农贸市场、公厕", note_en="such as 农贸市场"
        ),
        Column(
            "area",
            ("区域代码", "区域"),
            CellKind.CODE,
            note_zh="区域代码或唯一名称",
            note_en="code of an area, or its unique name",
        ),
        Column("date", ("日期", "检查日期"), CellKind.DATE, note_zh="日期", note_en="when"),
        Column(
            "mode",
            ("方式", "检查方式"),
            CellKind.CHOICE,
            choices={
                "announced": ("明查",),
                "covert": ("暗访",),
                "patrol": ("巡查", "不定期巡查"),
                "follow_up": ("督查", "跟踪督查"),
            },
            note_zh="明查、暗访、巡查或督查",
            note_en="announced, covert, patrol or follow-up",
        ),
        Column(
            "demonstration",
            ("示范点位", "示范"),
            CellKind.YES_NO,
            note_zh="是否示范点位；同一点位有一行填“是”即算",
            note_en="a demonstration site; one row of a site that says so is enough",
        ),
        Column("observer", ("检查人",), CellKind.CODE, note_zh="检查人编号", note_en="observer"),
        Column(
            "found",
            ("实查数", "实查"),
            CellKind.NUMBER,
            note_zh="定额缺扣、比例、阈值：合格的项数；零容忍、步行检查：发现的问题处数",
            note_en="quota, ratio, threshold: items in order; zero tolerance, walk: faults found",
        ),
        Column(
            "required",
            ("应查数", "应有"),
            CellKind.NUMBER,
            note_zh="定额缺扣：定额；比例、阈值：查看的总数；步行检查：走了几段。"
            "0 表示此处无此项（各种方式都适用）",
            note_en="quota: the quota; ratio, threshold: all that was looked at; walk: stretches walked. "
            "0: no such thing here, whatever the form",
        ),
        Column(
            "passed",
            ("是否达标", "达标"),
            CellKind.YES_NO,
            note_zh="达标率必填；其他方式留空则由得分判断",
            note_en="required for pass_share; elsewhere blank leaves it to the score",
        ),
        Column("remark", ("备注", "问题描述"), CellKind.TEXT, note_zh="问题描述", note_en="remark"),
        Column("evidence", ("证据", "照片"), CellKind.TEXT, note_zh="文件路径", note_en="file paths"),
    ),
    note_zh="实地考察：一行是一个点位上一条标准的一次检查",
    note_en="One row for each check: site × standard × occasion.",
)

DOCUMENTS = Table(
    "documents",
    ("材料申报", "材料"),
    (
        Column(
            "standard",
            ("标准", "标准代号"),
            CellKind.CODE,
            required=True,
            note_zh="测评体系来源列中的代号",
            note_en="as in the framework's `source`",
        ),
        Column(
            "area",
            ("区域代码", "区域"),
            CellKind.CODE,
            note_zh="街道的代码或名称；留空为全区",
            note_en="a subdistrict; blank: the whole district",
        ),
        Column(
            "grade",
            ("等次", "等级"),
            CellKind.CODE,
            required=True,
            note_zh="该标准分档表中的等次",
            note_en="a grade of the standard's step scale",
        ),
        Column("reviewer", ("评审人",), CellKind.CODE, note_zh="评审人编号", note_en="reviewer"),
        Column(
            "date",
            ("日期", "评审日期"),
            CellKind.DATE,
            note_zh="同一标准、同一区域以最近一次为准",
            note_en="the latest of one standard and area counts",
        ),
        Column("remark", ("备注", "评语"), CellKind.TEXT, note_zh="评语", note_en="remark"),
    ),
    note_zh="材料评审结果",
    note_en="Grades of submitted documents.",
)

NEGATIVE_LIST = Table(
    "negative_list",
    ("负面清单",),
    (
        Column(
            "item",
            ("条目", "条目代号"),
            CellKind.CODE,
            required=True,
            note_zh="测评体系负面条目的代号",
            note_en="`source` or code of a negative item",
        ),
        Column(
            "date",
            ("日期", "发生日期"),
            CellKind.DATE,
            required=True,
            note_zh="发生日期",
            note_en="when it happened",
        ),
        Column(
            "area",
            ("区域代码", "区域"),
            CellKind.CODE,
            note_zh="区域代码或唯一名称；留空为全区",
            note_en="code of an area, or its unique name; blank: the whole district",
        ),
        Column("description", ("情况", "说明"), CellKind.TEXT, note_zh="事实，不写人名", note_en="the facts"),
        Column(
            "verified",
            ("已核实", "核实"),
            CellKind.YES_NO,
            note_zh="核实的才扣分，留空视为未核实",
            note_en="only verified events count; blank: not verified",
        ),
        Column("source", ("来源", "通报来源"), CellKind.TEXT, note_zh="通报来源", note_en="who reported it"),
    ),
    note_zh="负面清单事件；条目、日期、区域、情况都相同的行只计一次",
    note_en="Events of the negative list. Rows alike in item, date, area and description count once.",
)
