"""The tables of the indicators room: the framework and the evidence beside the questionnaires."""

from __future__ import annotations

from surveys.schema import LEVELS, CellKind, Column, Table

_FRAMEWORK = Table(
    "framework",
    ("测评体系", "指标体系", "体系"),
    (
        Column(
            "code",
            ("代码", "指标代码", "编号"),
            CellKind.CODE,
            required=True,
            note_zh="指标代码，按文本保存（1.10 不是 1.1）",
            note_en="code, as text (1.10 is not 1.1)",
        ),
        Column(
            "parent",
            ("上级代码", "上级"),
            CellKind.CODE,
            note_zh="上级指标的代码；测评项目和负面清单条目留空",
            note_en="code of the node above; blank for projects and negative items",
        ),
        Column(
            "name",
            ("名称", "指标名称"),
            CellKind.TEXT,
            required=True,
            note_zh="指标简称",
            note_en="short name",
        ),
        Column(
            "text",
            ("测评标准", "标准", "内容"),
            CellKind.TEXT,
            note_zh="标准原文",
            note_en="the standard itself",
        ),
        Column(
            "points",
            ("分值", "分数"),
            CellKind.NUMBER,
            required=True,
            note_zh="分值；下级之和等于上级。负面清单：每起扣分",
            note_en="children add up to the parent; of a negative item: deducted for each event",
        ),
        Column(
            "method",
            ("测评方法", "方法"),
            CellKind.CHOICE,
            choices={
                "questionnaire": ("问卷调查", "问卷"),
                "observation": ("实地考察", "实地"),
                "document": ("材料申报", "材料"),
                "negative": ("负面清单", "负面"),
            },
            note_zh="末级指标必填，上级指标留空",
            note_en="of leaves; blank for inner nodes",
        ),
        Column(
            "source",
            ("数据来源", "来源"),
            CellKind.CODE,
            note_zh="问卷：测量代号；其余：实地、材料或负面清单表中的代号",
            note_en="measure; or the standard or item that observations, documents or events name",
        ),
        Column(
            "scoring",
            ("计分方式", "计分"),
            CellKind.CHOICE,
            choices={
                "linear": ("线性",),
                "steps": ("分档",),
                "pass_share": ("达标率",),
                "per_event": ("按起扣分", "按起"),
                "quota": ("定额缺扣", "缺项扣分"),
                "ratio": ("比例",),
                "threshold": ("阈值", "达标得分"),
                "zero_tolerance": ("零容忍",),
                "walk": ("步行检查", "路段检查"),
            },
            note_zh="问卷：线性（默认）或分档；材料：分档；实地：达标率、定额缺扣、比例、阈值、零容忍或步行检查",
            note_en="questionnaire: linear (default) or steps; document: steps; observation: a form",
        ),
        Column(
            "low",
            ("下限", "零分点"),
            CellKind.VALUE,
            note_zh="线性：得零分的值；阈值：起计分的比率；步行检查：每段仍得满分的处数",
            note_en="linear: value that scores 0; threshold: rate where scoring begins (blank: none); "
            "walk: faults per stretch that still score full (blank: 0)",
        ),
        Column(
            "high",
            ("上限", "满分点"),
            CellKind.VALUE,
            note_zh="线性：得满分的值；阈值：得满分的比率（必填）；步行检查：每段得零分的处数（必填）",
            note_en="linear: value that scores full; threshold: rate that scores full (required); "
            "walk: faults per stretch that score 0 (required)",
        ),
        Column(
            "scale",
            ("分档表", "量表"),
            CellKind.CODE,
            note_zh="分档表中的名称；定额缺扣：按缺少的项数分档（留空则每缺一项扣 1/定额）",
            note_en="name in `steps`; of a quota: steps over the number missing (blank: 1/required each)",
        ),
        Column(
            "direction",
            ("方向",),
            CellKind.CHOICE,
            choices={"up": ("正向", "越高越好"), "down": ("逆向", "越低越好")},
            note_zh="留空为越高越好",
            note_en="blank: more is better",
        ),
        Column(
            "target",
            ("目标", "目标值"),
            CellKind.VALUE,
            note_zh="与值同一单位；问卷指标留空取测量的目标；上级指标写得分率",
            note_en="on the value's own scale; blank: the measure's; of an inner node: share of points",
        ),
        Column(
            "level",
            ("测评层级", "层级"),
            CellKind.CHOICE,
            choices=LEVELS,
            note_zh="最低测到哪一级；只测全区的不进街道总分。留空为街道",
            note_en="lowest level measured; a district leaf stays out of subdistrict totals",
        ),
        Column(
            "missing",
            ("缺测处理", "缺测"),
            CellKind.CHOICE,
            choices={
                "bounds": ("上下限",),
                "renormalise": ("分值重分配", "重分配"),
                "zero": ("记零分",),
                "carry": ("沿用上期",),
            },
            note_zh="未采集时：上下限（默认）、重分配或记零分；「沿用上期」本版尚未支持",
            note_en="what a leaf that was not collected does; `carry` is not supported yet",
        ),
        Column(
            "aggregate",
            ("合成方式",),
            CellKind.CHOICE,
            choices={
                "arithmetic": ("加权平均", "算术"),
                "geometric": ("几何平均", "几何"),
                "harmonic": ("调和平均", "调和"),
                "minimum": ("最小值", "取最低"),
            },
            note_zh="上级指标如何由下级合成，留空为加权平均",
            note_en="how an inner node is made of its children; blank: weighted mean",
        ),
        Column(
            "floor",
            ("几何下限",),
            CellKind.SHARE,
            note_zh="几何平均的下限，大于 0",
            note_en="floor of a geometric mean, above 0",
        ),
        Column(
            "cap",
            ("扣分上限",),
            CellKind.NUMBER,
            note_zh="负面清单：该条最多扣几分",
            note_en="most points that this negative item deducts",
        ),
        Column(
            "window_months",
            ("回溯月数",),
            CellKind.WHOLE,
            note_zh="负面清单：测评开始前多少个月内发生才计，留空为 12",
            note_en="look-back window of a negative item before the field work; blank: 12",
        ),
        Column(
            "veto_grade",
            ("一票否决", "否决"),
            CellKind.TEXT,
            note_zh="发生即限定的等次，如「不得评为优秀」",
            note_en="grade to which an event caps the result",
        ),
        Column(
            "lead_unit",
            ("责任单位", "牵头单位"),
            CellKind.CODE,
            note_zh="单位表中的代码",
            note_en="code in `units`",
        ),
        Column(
            "supporting_units",
            ("配合单位",),
            CellKind.CODES,
            note_zh="单位表中的代码，可多个",
            note_en="codes in `units`",
        ),
        Column(
            "group",
            ("指导督导组", "督导组"),
            CellKind.CODE,
            note_zh="单位表中的代码",
            note_en="code in `units`",
        ),
        Column(
            "task_force",
            ("工作专班", "专班"),
            CellKind.CODE,
            note_zh="单位表中的代码",
            note_en="code in `units`",
        ),
        Column("tags", ("标签",), CellKind.CODES, note_zh="可多个", note_en="any words, several"),
    ),
    note_zh="测评体系：项目、内容、标准和负面清单，一行一个",
    note_en="The edition of the assessment system: projects, contents, standards, negative items.",
    key=("code",),
)

_STEPS = Table(
    "steps",
    ("分档", "分档表"),
    (
        Column(
            "scale",
            ("分档表", "量表", "名称"),
            CellKind.CODE,
            required=True,
            note_zh="分档表名称",
            note_en="name of the scale",
        ),
        Column(
            "from",
            ("起点", "达到"),
            CellKind.VALUE,
            note_zh="值达到此数起得此分",
            note_en="from this value on",
        ),
        Column(
            "grade",
            ("等次", "等级"),
            CellKind.CODE,
            note_zh="或：材料评为此等次",
            note_en="or: at this grade",
        ),
        Column(
            "score",
            ("得分", "得分率"),
            CellKind.SHARE,
            required=True,
            note_zh="得分率，0–1 或 0%–100%",
            note_en="share of the points",
        ),
    ),
    note_zh="分档计分：每档一行，写起点或等次之一",
    note_en="Step scales: one row for each step, with a value or a grade. Below the lowest step: 0.",
)

_OBSERVATIONS = Table(
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
            note_zh="点位",
            note_en="the site: the unit that was sampled",
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
            note_zh="是否示范点位",
            note_en="a demonstration site",
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
            note_zh="定额缺扣：定额；比例、阈值：查看的总数；步行检查：走了几段。0 表示此处无此项",
            note_en="quota: the quota; ratio, threshold: all that was looked at; walk: stretches walked. "
            "0: no such thing here",
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

_DOCUMENTS = Table(
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
            note_zh="区域代码；留空为全区",
            note_en="blank: the whole district",
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

_NEGATIVE_LIST = Table(
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
            note_zh="区域代码；留空为全区",
            note_en="blank: the whole district",
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
    note_zh="负面清单事件",
    note_en="Events of the negative list.",
)

_UNITS = Table(
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

INDICATOR_TABLES: dict[str, Table] = {
    table.name: table for table in (_FRAMEWORK, _STEPS, _OBSERVATIONS, _DOCUMENTS, _NEGATIVE_LIST, _UNITS)
}
"""Tables of the indicators room by canonical name, in the order of docs/formats.md."""
