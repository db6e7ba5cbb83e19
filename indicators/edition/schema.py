"""Tables that define an edition: the tree of indicators and its step scales."""

from __future__ import annotations

from surveys.schema import LEVELS, CellKind, Column, Table

FRAMEWORK = Table(
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
            note_zh="分值；下级之和等于上级。负面清单：每起扣分，只限定等次的填 0",
            note_en="children add up to the parent; of a negative item: deducted for each event, "
            "0 where it only caps the grade",
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
            note_zh="留空为越高越好；逆向只用于问卷指标",
            note_en="blank: more is better; down only for leaves of the questionnaire",
        ),
        Column(
            "target",
            ("目标", "目标值"),
            CellKind.VALUE,
            note_zh="与值同一单位（满意度写 85，不写 0.85）；问卷指标留空取测量的目标；上级指标写得分率",
            note_en="on the value's own scale (满意度: 85, never 0.85); blank: the measure's; "
            "of an inner node: share of points",
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
            note_zh="未采集时：上下限（默认，分值由同级分担，与重分配相同）、记零分，或沿用上期（注明取自哪一期）；"
            "都另给全失分与全得分两个界限",
            note_en="what a leaf that was not collected does; `bounds` (blank) and `renormalise`: its weight "
            "is shared out; `carry`: the previous wave's value, marked so; all have the bounds beside them",
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
            note_zh="发生即限定的等次，如「不得评为优秀」；问卷、实地、材料指标和上级指标须同填否决线",
            note_en="grade to which an event caps the result; leaves and nodes need `veto_below` too",
        ),
        Column(
            "veto_below",
            ("否决线",),
            CellKind.VALUE,
            note_zh="估计值的上限低于此值即否决；与值同一单位，上级指标写得分率。负面清单条目留空",
            note_en="an estimate whose upper limit lies below this mark is a veto; on the value's own scale, "
            "of an inner node a share of points; blank for negative items",
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

STEPS = Table(
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
            note_zh="值达到此数起得此分；与值同一单位",
            note_en="from this value on, on the value's own scale",
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
    note_zh="分档计分：每档一行，写起点或等次之一；最低一档须从值的下端（比率为 0）开始",
    note_en="Step scales: one row for each step, with a value or a grade. "
    "The lowest step starts where values begin (a share: 0).",
)
