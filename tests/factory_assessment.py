"""A seeded, synthetic Assessment of Pingcheng, built by hand: what reports are developed and tested on.

The numbers are drawn, not estimated; only their shape is that of a real wave. `wave.synthetic` is set, so
every page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from indicators.assessment import Assessment
from indicators.columns import (
    DEDUCTIONS_COLUMNS,
    FINDINGS_COLUMNS,
    OBSERVATIONS_COLUMNS,
    SCORES_COLUMNS,
    TOTAL_NODE,
)
from indicators.framework import Framework, Indicator, Method, Scoring
from indicators.status import NodeStatus, WeaknessClass
from indicators.unit import ResponsibleUnit, UnitKind
from surveys.area import Area, AreaLevel, AreaRegister, UrbanRural
from surveys.beside import BESIDE_COLUMNS
from surveys.flag import Flag
from surveys.problem import Language, Problem, Severity
from surveys.quality import QUALITY_COLUMNS
from surveys.questionnaire import (
    Answer,
    Measure,
    MeasureKind,
    Question,
    QuestionKind,
    Role,
    Rule,
    Scale,
    Unit,
    default_base,
)
from surveys.rates import RATES_COLUMNS
from surveys.verdict import Verdict
from surveys.wave import ReportStyle, Responses, Wave, WaveKind
from tests.factory_observations import observations
from tests.factory_tables import with_judgements, with_previous

SUBDISTRICTS = [
    "永泰",
    "古城",
    "新旺",
    "迎宾",
    "振华",
    "清远",
    "武定",
    "御河",
    "开源",
    "大庆路",
    "马军营",
    "卧虎湾",
    "新华",
    "鹿苑",
    "白登山",
    "文瀛湖",
    "水泊寺",
    "小南头",
]

HEADLINES = (
    ("awareness", "知晓率", "Awareness", MeasureKind.AWARENESS, 0.90, 0.925),
    ("participation", "参与率", "Participation", MeasureKind.PARTICIPATION, 0.80, 0.776),
    ("support", "支持率", "Support", MeasureKind.SUPPORT, 0.90, 0.957),
    ("satisfaction", "满意率", "Satisfaction rate", MeasureKind.SATISFACTION_RATE, 0.90, 0.903),
    ("satisfaction_score", "满意度", "Satisfaction score", MeasureKind.SATISFACTION_SCORE, 85.0, 84.1),
)

# project, content, leaf, standard, method, mean share, lead unit
LEAVES = (
    (
        "思想道德建设",
        "理想信念教育",
        "核心价值观知晓",
        "市民对社会主义核心价值观的知晓率不低于 90%",
        "q",
        0.91,
        "G07",
    ),
    (
        "思想道德建设",
        "理想信念教育",
        "公益广告覆盖",
        "主次干道、公园广场公益广告设置醒目，无破损、褪色",
        "o",
        0.86,
        "G07",
    ),
    ("思想道德建设", "理想信念教育", "学习宣传教育制度", "有年度学习计划、记录和考核材料", "d", 0.94, "G05"),
    ("思想道德建设", "文明实践", "志愿服务参与", "市民参加过志愿服务活动的比例不低于 80%", "q", 0.77, "G07"),
    ("思想道德建设", "文明实践", "新时代文明实践站", "场所开放，有活动安排公示和活动记录", "o", 0.83, "G07"),
    ("思想道德建设", "文明实践", "移风易俗宣传", "市民对移风易俗倡议的支持率不低于 90%", "q", 0.94, "G04"),
    (
        "思想道德建设",
        "未成年人",
        "校园周边环境",
        "校园周边 200 米内无网吧、无占道经营，上下学秩序良好",
        "o",
        0.80,
        "T04",
    ),
    (
        "思想道德建设",
        "未成年人",
        "未成年人活动满意",
        "家长对未成年人课外活动场所的满意率不低于 85%",
        "q",
        0.84,
        "G11",
    ),
    (
        "公共环境",
        "市容环境",
        "主次干道保洁",
        "路面整洁，无垃圾堆积、无污水横流、无裸露土堆",
        "o",
        0.90,
        "G10",
    ),
    (
        "公共环境",
        "市容环境",
        "背街小巷保洁",
        "路面硬化平整，无乱堆乱放、乱贴乱画、乱拉乱挂",
        "o",
        0.71,
        "G10",
    ),
    ("公共环境", "市容环境", "市容环境满意", "市民对市容环境的满意率不低于 90%", "q", 0.88, "T03"),
    ("公共环境", "市容环境", "商铺牌匾规范", "牌匾设置规范、完好，用语用字规范", "o", 0.82, "T07"),
    ("公共环境", "社区环境", "小区物业管理", "楼道无杂物、无小广告，消防通道畅通", "o", 0.73, "T01"),
    ("公共环境", "社区环境", "物业服务满意", "居民对物业服务的满意率不低于 85%", "q", 0.79, "T01"),
    ("公共环境", "社区环境", "垃圾分类知晓", "居民对生活垃圾分类方法的知晓率不低于 85%", "q", 0.87, "G10"),
    ("公共环境", "社区环境", "公共厕所管理", "公厕干净整洁、设施完好，有专人保洁", "o", 0.78, "G08"),
    ("公共环境", "工地与站点", "建筑工地围挡", "工地围挡完整，出入口硬化，无扬尘污染", "o", 0.85, "T05"),
    ("公共环境", "工地与站点", "火车站周边秩序", "站前广场整洁有序，出租汽车排队候客", "o", 0.81, "T06"),
    ("公共秩序", "交通秩序", "路口守法率", "机动车、非机动车、行人在路口遵守信号灯", "o", 0.83, "T02"),
    ("公共秩序", "交通秩序", "非机动车停放", "非机动车在划定区域内按序停放", "o", 0.69, "T02"),
    ("公共秩序", "交通秩序", "出行秩序满意", "市民对道路交通秩序的满意率不低于 85%", "q", 0.86, "T02"),
    ("公共秩序", "交通秩序", "无障碍通道", "盲道、坡道连续畅通，未被占用", "o", 0.66, "G10"),
    ("公共秩序", "经营秩序", "农贸市场管理", "亮证经营，计量准确，干湿分区，无活禽宰杀", "o", 0.79, "G09"),
    ("公共秩序", "经营秩序", "占道经营治理", "无占道经营、店外经营现象", "o", 0.74, "T03"),
    ("公共秩序", "经营秩序", "食品安全满意", "市民对食品安全的满意率不低于 85%", "q", 0.89, "G09"),
    ("公共秩序", "文明行为", "公共场所文明", "无乱扔杂物、随地吐痰、损坏公共设施行为", "o", 0.92, "G10"),
    ("公共秩序", "文明行为", "宠物文明饲养", "遛犬牵绳、清理粪便，小区有宣传提示", "o", 0.76, "T01"),
    ("公共秩序", "文明行为", "控烟宣传", "公共场所有禁烟标识，无吸烟现象", "o", 0.88, "G08"),
    (
        "公共服务",
        "政务服务",
        "窗口服务规范",
        "政务大厅窗口人员着装规范、用语文明、一次性告知",
        "o",
        0.95,
        "G03",
    ),
    ("公共服务", "政务服务", "办事便捷满意", "办事群众对政务服务的满意率不低于 90%", "q", 0.93, "G03"),
    ("公共服务", "政务服务", "政务公开材料", "公开目录完整，更新及时，有群众意见回复记录", "d", 0.90, "G03"),
    ("公共服务", "医疗与窗口行业", "医院环境秩序", "就诊环境整洁，有便民服务和控烟标识", "o", 0.91, "G08"),
    (
        "公共服务",
        "医疗与窗口行业",
        "窗口行业服务",
        "银行、通信营业厅有便民设施、有文明用语提示",
        "o",
        0.93,
        "G09",
    ),
    ("公共服务", "医疗与窗口行业", "医疗服务满意", "市民对医疗服务的满意率不低于 85%", "q", 0.86, "G08"),
    ("公共服务", "文体与治安", "社会治安安全感", "市民对社会治安的满意率不低于 90%", "q", 0.95, "G02"),
    ("公共服务", "文体与治安", "公共文化设施", "图书馆、文化站免费开放，公示开放时间", "o", 0.89, "G07"),
    ("公共服务", "文体与治安", "体育设施管理", "健身设施完好，无破损、无占用", "o", 0.84, "G06"),
    (
        "创建工作",
        "群众基础",
        "创建工作知晓",
        "市民对创建全国文明城市工作的知晓率不低于 90%",
        "q",
        0.925,
        "G01",
    ),
    (
        "创建工作",
        "群众基础",
        "创建工作支持",
        "市民对创建全国文明城市工作的支持率不低于 90%",
        "q",
        0.957,
        "G01",
    ),
    ("创建工作", "群众基础", "创建工作满意", "市民对创建工作的满意率不低于 90%", "q", 0.903, "G01"),
    ("创建工作", "工作机制", "组织领导与台账", "有创建工作方案、三张清单和动态销号记录", "d", 0.92, "G05"),
    ("创建工作", "工作机制", "乡村文明建设材料", "有乡村文明建设规划和实施记录", "d", 0.85, "G04"),
)

GROUPS = [
    "问卷调查工作",
    "负面清单管理",
    "政务服务",
    "乡村文明建设",
    "材料申报",
    "基层创建能力提升",
    "宣传氛围营造及新时代文明实践工作",
    "公共卫生服务",
    "服务行业工作提升",
    "公共环境整治",
    "未成年人思想道德建设",
]
TASK_FORCES = [
    "物业管理",
    "交通秩序治理",
    "市容市貌",
    "校园周边环境治理",
    "建筑工地管理",
    "站点周边环境整治",
    "城市用语规范",
]
SITE_TYPES = [
    "主次干道",
    "背街小巷",
    "社区",
    "小区",
    "农贸市场",
    "政务大厅",
    "医院",
    "公园广场",
    "公交站",
    "公厕",
    "建筑工地",
    "校园周边",
    "交通路口",
    "超市",
]
CARRIED = "公共文化设施"  # was not collected now; an earlier wave's value stands in
METHODS = {"q": Method.QUESTIONNAIRE, "o": Method.OBSERVATION, "d": Method.DOCUMENT}


@dataclass(frozen=True)
class Shape:
    """How large and how odd the assessment is.

    Parameters
    ----------
    subdistricts
        Number of subdistricts; beyond 18 names repeat with a number.
    name_suffix
        Appended to each subdistrict name (long or hostile names).
    framework
        False gives rates only.
    n
        Interviews in one subdistrict.
    previous
        An earlier wave stands beside it.
    """

    subdistricts: int = 18
    name_suffix: str = "街道"
    framework: bool = True
    n: int = 210
    synthetic: bool = True
    title: str = "平城区2022年第三季度模拟测评"
    communities_published: int = 3
    previous: bool = False


def make_assessment(shape: Shape = Shape(), seed: int = 20220826) -> Assessment:
    """A synthetic assessment; the same seed and shape give the same numbers."""
    rng = np.random.default_rng(seed)
    register = _register(shape)
    measures = _measures()
    wave = _wave(shape, register, measures)
    rates = _rates(rng, wave, shape)
    framework = _framework() if shape.framework else None
    scores = _scores(rng, wave, framework, rates)
    plain = Assessment(
        wave=wave,
        rates=rates,
        quality=_quality(rng, wave),
        framework=framework,
        scores=scores,
        deductions=_deductions(wave, framework),
        findings=_findings(framework, scores, rng),
        observations=observations(rng, wave, framework, SITE_TYPES)
        if framework
        else _frame([], OBSERVATIONS_COLUMNS),
        units=_units() if framework else {},
        problems=_problems(),
        provenance={
            "python": "3.11",
            "pandas": "3.0",
            "numpy": "2.4",
            "scipy": "1.17",
            "responses/residents-1.csv": "ab" * 32,
            "areas.csv": "cd" * 32,
        },
    )
    judged = with_judgements(plain, rng)
    return with_previous(judged, rng) if shape.previous and framework is not None else judged


def _frame(rows: list[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as a table; what a row does not name is blank."""
    blank: dict[str, object] = {"float64": float("nan"), "int64": 0, "bool": False, "str": ""}
    filled = [{name: blank[kind] for name, kind in columns.items()} | row for row in rows]
    return pd.DataFrame(filled, columns=list(columns)).astype(columns)


def _register(shape: Shape) -> AreaRegister:
    areas = [Area("140213", "平城区", AreaLevel.DISTRICT, population=1101942)]
    for index in range(shape.subdistricts):
        stem = SUBDISTRICTS[index % len(SUBDISTRICTS)]
        number = "" if index < len(SUBDISTRICTS) else str(index // len(SUBDISTRICTS) + 1)
        code = f"140213{50 + index:03d}"
        rural = UrbanRural.RURAL if index >= shape.subdistricts - 3 else UrbanRural.URBAN
        areas.append(
            Area(
                code,
                f"{stem}{number}{shape.name_suffix}",
                AreaLevel.SUBDISTRICT,
                "140213",
                rural,
                60000.0,
                11,
            )
        )
        areas.extend(
            Area(f"{code}{c:03d}", f"{stem}第{c}社区", AreaLevel.COMMUNITY, code, rural, 5000.0)
            for c in range(1, 4)
        )
    return AreaRegister(tuple(areas))


def _measures() -> tuple[Measure, ...]:
    headline = [
        Measure(
            name, zh, kind, "residents", (f"q_{name}",), Rule.POSITIVE, default_base(kind),
            target=target, headline=True, label_en=en,
        )
        for name, zh, en, kind, target, _ in HEADLINES
    ]  # fmt: skip
    leaf = [
        Measure(
            f"leaf{index:02d}", name, MeasureKind.SATISFACTION_RATE,
            "residents" if index % 3 else "officials",
            (f"q{index}",), Rule.POSITIVE, default_base(MeasureKind.SATISFACTION_RATE), target=_mark(text),
            label_en=f"Standard {index}",
        )
        for index, (_, _, name, text, method, _, _) in enumerate(LEAVES)
        if method == "q"
    ]  # fmt: skip
    return (*headline, *leaf)


def _mark(text: str) -> float:
    for mark in (80, 85, 90):
        if f"{mark}%" in text:
            return mark / 100
    return 0.85


def _wave(shape: Shape, register: AreaRegister, measures: tuple[Measure, ...]) -> Wave:
    scale = Scale(
        "satisfied",
        (
            Answer("1", "满意", Role.POSITIVE, "satisfied", 100.0),
            Answer("2", "一般", Role.NEUTRAL, "so-so", 60.0),
            Answer("3", "不满意", Role.NEGATIVE, "dissatisfied", 0.0),
        ),
    )
    questions = tuple(
        Question(
            m.questionnaire, m.questions[0], f"Q{i}", f"您对“{m.label}”怎么看？", QuestionKind.SINGLE, scale
        )
        for i, m in enumerate(measures, start=1)
    )
    titles = {
        "residents": ("入户居民问卷", "Residents' questionnaire"),
        "officials": ("工作人员问卷", "Staff questionnaire"),
    }
    return Wave(
        id="2022Q3",
        kind=WaveKind.THIRD_PARTY,
        title={Language.CHINESE: shape.title, Language.ENGLISH: "Pingcheng mock assessment, Q3 2022"},
        folder=Path(),
        areas=register,
        questions=questions,
        measures=measures,
        responses=tuple(
            Responses(
                name,
                (f"responses/{name}.csv",),
                {Language.CHINESE: zh, Language.ENGLISH: en},
                psu="community",
            )
            for name, (zh, en) in titles.items()
        ),
        client="平城区创建全国文明城市指挥部",
        assessor="某第三方测评机构（示例）",
        field=(date(2022, 8, 15), date(2022, 8, 28)),
        framework="demo-2021" if shape.framework else "",
        synthetic=shape.synthetic,
        report=ReportStyle(notice="内部资料", organisation="平城区指挥部问卷调查工作组"),
    )


def _rates(rng: np.random.Generator, wave: Wave, shape: Shape) -> pd.DataFrame:
    mean_of = {name: mean for name, _, _, _, _, mean in HEADLINES}
    for index, (_, _, _, _, method, mean, _) in enumerate(LEAVES):
        if method == "q":
            mean_of[f"leaf{index:02d}"] = mean
    rows = []
    subdistricts = wave.areas.subdistricts
    effect_of_area = rng.normal(0, 1.0, len(subdistricts))
    for measure in wave.measures:
        mean = mean_of[measure.name]
        rows.append(_rate(wave, measure, wave.areas.district, mean, shape.n * len(subdistricts)))
        for group, shift, share in (("urban", 0.004, 0.8), ("rural", -0.02, 0.2)):
            n = max(1, int(shape.n * len(subdistricts) * share))
            rows.append(
                _rate(wave, measure, wave.areas.district, mean * (1 + shift), n, f"urban_rural={group}")
            )
        for position, area in enumerate(subdistricts):
            lift = 0.55 * effect_of_area[position] + 0.45 * rng.normal()
            if measure.kind.unit is Unit.POINTS:
                value = float(np.clip(mean + 3 * lift, 50, 99))
            else:
                value = float(np.clip(1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + 0.45 * lift))), 0, 1))
            n = 21 if position == 11 and measure.headline else max(1, int(shape.n * rng.uniform(0.8, 1.2)))
            rows.append(_rate(wave, measure, area, value, n))
            for c, community in enumerate(wave.areas.children(area.code)):
                if measure.headline:
                    published = c == 0 and position < shape.communities_published
                    rows.append(_rate(wave, measure, community, value, 64 if published else 18))
    return _frame(rows, RATES_COLUMNS)


def _rate(
    wave: Wave, measure: Measure, area: Area, value: float, n: int, group: str = ""
) -> dict[str, object]:
    points = measure.kind.unit is Unit.POINTS
    share = value / 100 if points else value
    design_effect = 1.4
    effective = n / design_effect
    centre = (share + 1.92 / effective) / (1 + 3.84 / effective)
    half = 1.96 * np.sqrt(share * (1 - share) / effective + 0.96 / effective**2) / (1 + 3.84 / effective)
    half *= 0.6 if points else 1.0
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    if points:
        low, high = min(low * 100, value), max(high * 100, value)
    withheld = effective < 30
    target = measure.target
    assert target is not None
    verdict = Verdict.PASS if low >= target else Verdict.FAIL if high < target else Verdict.UNDETERMINED
    se = half / 1.96 * (100 if points else 1)
    below = float(np.clip(0.5 + (target - value) / (4 * se), 0.01, 0.99))
    nan = float("nan")
    return {
        "wave": wave.id, "questionnaire": measure.questionnaire, "measure": measure.name,
        "measure_name": measure.label, "kind": measure.kind, "headline": measure.headline,
        "area_level": area.level, "area_code": area.code, "area_name": area.name, "group": group,
        "value": nan if withheld else value, "unit": measure.kind.unit,
        "standard_error": nan if withheld else se, "low": nan if withheld else low,
        "high": nan if withheld else high, "degrees_of_freedom": 10.0, "base": measure.base, "n": n,
        "effective_n": effective, "design_effect": design_effect, "excluded": n // 17, "target": target,
        "verdict": Verdict.UNDETERMINED if withheld else verdict,
        "probability_below": nan if withheld else below,
        "n_to_settle": 2780.0 if verdict is Verdict.UNDETERMINED else nan,
        "flag": Flag.INSUFFICIENT_SAMPLE if withheld else Flag.UNRELIABLE_COMPLEMENT if share > 0.985 else "",
        "method": "synthetic",
        **{name: "" if kind == "str" else nan for name, kind in BESIDE_COLUMNS.items()},
    }  # fmt: skip


def _framework() -> Framework:
    rows: list[Indicator] = []
    projects = list(dict.fromkeys(leaf[0] for leaf in LEAVES))
    for p, project in enumerate(projects, start=1):
        leaves = [(i, leaf) for i, leaf in enumerate(LEAVES) if leaf[0] == project]
        rows.append(Indicator(f"P{p}", project, "", float(len(leaves)) * 2))
        for c, content in enumerate(dict.fromkeys(leaf[1] for _, leaf in leaves), start=1):
            members = [(i, leaf) for i, leaf in leaves if leaf[1] == content]
            rows.append(Indicator(f"P{p}.{c}", content, f"P{p}", float(len(members)) * 2))
            for i, (_, _, name, text, method, _, unit) in members:
                district_only = method == "d" or name == "火车站周边秩序"
                rows.append(
                    Indicator(
                        f"L{i:02d}", name, f"P{p}.{c}", 2.0, text, METHODS[method], f"leaf{i:02d}",
                        Scoring.LINEAR,
                        low=0.3, high=1.0, target=_mark(text), lead_unit=unit, group=f"G{i % 11 + 1:02d}",
                        level=AreaLevel.DISTRICT if district_only else AreaLevel.SUBDISTRICT,
                    )
                )  # fmt: skip
    rows.append(Indicator("N1", "较大安全生产责任事故", "", 3.0, method=Method.NEGATIVE, cap=6.0))
    rows.append(Indicator("N2", "失实材料申报", "", 2.0, method=Method.NEGATIVE))
    return Framework(
        "demo-2021", "示例测评体系（2021 版，合成）", "项目自拟，仅供演示", tuple(rows), {}, "9f3c" * 16,
        title_en="Demonstration edition (2021, synthetic)", source_en="made up for demonstration",
        version="2021", target_points=80.0,
    )  # fmt: skip


def _scores(
    rng: np.random.Generator, wave: Wave, framework: Framework | None, rates: pd.DataFrame
) -> pd.DataFrame:
    if framework is None:
        return _frame([], SCORES_COLUMNS)
    rows: list[dict[str, object]] = []
    areas = (wave.areas.district, *wave.areas.subdistricts)
    rate_of = {
        (r.measure, r.area_code): r
        for r in rates.loc[rates["group"] == ""].itertuples()
        if r.area_level != "community"
    }
    for area in areas:
        rows.extend(_area_scores(rng, wave, framework, area, rate_of))
    return _frame(rows, SCORES_COLUMNS)


def _area_scores(rng, wave, framework, area, rate_of):  # type: ignore[no-untyped-def]
    nan = float("nan")
    district = area.level is AreaLevel.DISTRICT
    earned: dict[str, tuple[float, float, float, float]] = {}  # points earned, variance, effective, collected
    rows = []

    def row(node: str, name: str, parent: str, depth: int, **more: object) -> dict[str, object]:
        return {
            "wave": wave.id, "area_level": area.level, "area_code": area.code, "area_name": area.name,
            "node": node, "node_name": name, "parent": parent, "depth": depth, "method": "", "value": nan,
            "unit": "", "target": nan, "verdict": "", "n": 0, "lead_unit": "", "flag": "", **more,
        }  # fmt: skip

    for leaf in framework.leaves:
        mean = LEAVES[int(leaf.code[1:])][5]
        rate = rate_of.get((leaf.source, area.code))
        status = NodeStatus.MEASURED
        if leaf.level is AreaLevel.DISTRICT and not district:
            status = NodeStatus.NOT_APPLICABLE
        elif leaf.name == "建筑工地围挡" and (district or area.code.endswith(("051", "058"))):
            status = NodeStatus.NOT_COLLECTED
        if rate is not None and status is NodeStatus.MEASURED:
            value, se, n = rate.value, rate.standard_error, rate.n
            low, high = rate.low, rate.high
        else:
            value = float(np.clip(mean + (0 if district else 0.06) * rng.normal(), 0.3, 1))
            se = 0.0 if leaf.method is Method.DOCUMENT else 0.02 if district else 0.05
            low, high, n = max(0.0, value - 1.96 * se), min(1.0, value + 1.96 * se), 40 if district else 8
        score_share = float(np.clip((value - 0.3) / 0.7, 0, 1))
        out = status is not NodeStatus.MEASURED
        target = leaf.target
        verdict = Verdict.PASS if low >= target else Verdict.FAIL if high < target else Verdict.UNDETERMINED
        points = score_share * 2.0
        error = 2.0 * se / 0.7
        if not out:
            earned[leaf.code] = (points, error**2, 2.0, 2.0)
        elif status is NodeStatus.NOT_COLLECTED:
            earned[leaf.code] = (0.0, 0.0, 0.0, 0.0)
        rows.append(
            row(
                leaf.code, leaf.name, leaf.parent, 3, method=leaf.method, points=2.0,
                effective_points=0.0 if out else 2.0, value=nan if out else value, unit="share",
                score_share=nan if out else score_share, points_earned=nan if out else points,
                standard_error=nan if out else error, low=nan if out else max(0.0, points - 1.96 * error),
                high=nan if out else min(2.0, points + 1.96 * error), coverage=0.0 if out else 1.0,
                bound_low=nan if out else points, bound_high=nan if out else points, status=status,
                target=target, verdict=Verdict.NOT_MEASURED if out else verdict, n=0 if out else n,
                lead_unit=leaf.lead_unit, root_mean_square_error=nan if out else error,
                flag="carried" if leaf.name == CARRIED and not out else "",
                carried_from="2022Q2 2022-05-28" if leaf.name == CARRIED and not out else "",
            )
        )  # fmt: skip

    def inner(code: str, name: str, parent: str, depth: int, leaves: list[str], declared: float) -> None:
        parts = [earned[leaf] for leaf in leaves if leaf in earned]
        effective = sum(part[2] for part in parts)
        applicable = 2.0 * len(parts)
        share = sum(part[0] for part in parts) / effective if effective else nan
        scale = declared
        se = np.sqrt(sum(part[1] for part in parts)) / effective * scale if effective else nan
        coverage = effective / applicable if applicable else 0.0
        minus = 3.0 if code == TOTAL_NODE and (district or area.code.endswith("055")) else 0.0
        value = share * scale - minus
        rows.append(
            row(
                code, name, parent, depth, points=declared, effective_points=scale, score_share=share,
                points_earned=value, standard_error=se, low=max(0.0, value - 1.96 * se),
                high=min(scale, value + 1.96 * se), coverage=coverage,
                bound_low=share * scale * coverage - minus,
                bound_high=share * scale * coverage + scale * (1 - coverage) - minus,
                status=NodeStatus.NOT_APPLICABLE if not parts
                else NodeStatus.MEASURED if coverage > 0.999 else NodeStatus.PARTLY,
                root_mean_square_error=se, deducted=minus, degrees_of_freedom=60.0, bootstrap_error=1.05 * se,
                pass_probability=NormalDist().cdf((value - 80) / se) if code == TOTAL_NODE and se else nan,
                target=80.0 if code == TOTAL_NODE else nan,
                verdict="" if code != TOTAL_NODE else (
                    Verdict.PASS if value - 1.96 * se >= 80 else Verdict.FAIL if value + 1.96 * se < 80
                    else Verdict.UNDETERMINED
                ),
            )
        )  # fmt: skip

    every = [leaf.code for leaf in framework.leaves]
    for root in framework.roots:
        below = [x.code for c in framework.children(root.code) for x in framework.children(c.code)]
        inner(root.code, root.name, TOTAL_NODE, 1, below, root.points)
        for content in framework.children(root.code):
            members = [x.code for x in framework.children(content.code)]
            inner(content.code, content.name, root.code, 2, members, content.points)
    inner(TOTAL_NODE, "总分", "", 0, every, 100.0)
    return rows


def _findings(framework: Framework | None, scores: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    if framework is None:
        return _frame([], FINDINGS_COLUMNS)
    rows: list[dict[str, object]] = []
    leaves = scores[(scores["method"] != "") & scores["value"].notna() & (scores["value"] < scores["target"])]
    units = _units()
    for _, group in leaves.groupby("area_code", sort=False):
        found = []
        for leaf in group.itertuples():
            indicator = framework.by_code[leaf.node]
            kind = (
                WeaknessClass.CONFIRMED if leaf.verdict == "fail"
                else WeaknessClass.LIKELY if leaf.target - leaf.value > 0.005 else WeaknessClass.REST
            )  # fmt: skip
            half = 1.96 * leaf.standard_error * 0.35
            found.append(
                {
                    "rank": 0, "area_level": leaf.area_level, "area_code": leaf.area_code,
                    "area_name": leaf.area_name, "node": leaf.node, "node_name": leaf.node_name,
                    "text": indicator.text, "method": leaf.method, "class": kind, "value": leaf.value,
                    "low": max(0.0, leaf.value - half), "high": min(1.0, leaf.value + half), "unit": "share",
                    "target": leaf.target, "n": leaf.n, "points": 2.0,
                    "points_lost": 2.0 - leaf.points_earned,
                    "points_recoverable": (leaf.target - leaf.value) / 0.35,
                    "points_confirmed_loss": max(0.0, leaf.target - leaf.value - half) / 0.35,
                    "probability_below": 0.99 if kind == "confirmed" else float(rng.uniform(0.5, 0.9)),
                    "verdict": leaf.verdict, "lead_unit": leaf.lead_unit,
                    "lead_unit_name": units[leaf.lead_unit].name if leaf.lead_unit in units else "",
                    "supporting_units": "U01;U02" if leaf.node.endswith("9") else "",
                    "group": units[indicator.group].name,
                    "task_force": "", "tags": "",
                }
            )  # fmt: skip
        order = {"confirmed": 0, "likely": 1, "rest": 2}
        found.sort(key=lambda f: (order[str(f["class"])], -float(str(f["points_recoverable"]))))
        rows.extend({**f, "rank": i} for i, f in enumerate(found, start=1))
    return _frame(rows, FINDINGS_COLUMNS)


def _deductions(wave: Wave, framework: Framework | None) -> pd.DataFrame:
    if framework is None:
        return _frame([], DEDUCTIONS_COLUMNS)
    one = {
        "item": "N1", "item_name": "较大安全生产责任事故", "date": "2022-03-14",
        "description": "某建筑工地发生较大安全生产责任事故（合成示例）", "points": 3.0, "veto_grade": "",
        "counted": True, "reason": "",
    }  # fmt: skip
    codes = [area.code for area in wave.areas.subdistricts]
    rows: list[dict[str, object]] = [
        {"area_code": "140213", **one},
        {"area_code": codes[min(5, len(codes) - 1)], **one},
    ]
    rows.append(
        {
            "area_code": codes[0], "item": "N2", "item_name": "失实材料申报", "date": "2021-06-02",
            "description": "申报材料与现场不符（合成示例）", "points": 0.0, "veto_grade": "",
            "counted": False,
            "reason": "outside_window",
        }
    )  # fmt: skip
    return _frame(rows, DEDUCTIONS_COLUMNS)


def _quality(rng: np.random.Generator, wave: Wave) -> pd.DataFrame:
    rows: list[dict[str, object]] = []

    def add(
        questionnaire: str, item: str, category: str, count: int, reason: str = "", lines: str = ""
    ) -> None:
        file = f"responses/{questionnaire}.csv"
        rows.append(
            {"questionnaire": questionnaire, "file": file, "item": item, "category": category,
             "reason": reason,
             "count": count, "rows": lines}
        )  # fmt: skip

    for questionnaire, read in (("residents", 3816), ("officials", 402)):
        add(questionnaire, "records", "read", read)
        add(questionnaire, "records", "used", read - 14)
        add(questionnaire, "records", "set_aside", 9, "unknown_area", "12, 88, 93 …")
        add(questionnaire, "records", "set_aside", 5, "duplicate_record", "401, 977")
        for question in wave.questions_of(questionnaire):
            parts = rng.multinomial(read - 14, [0.93, 0.0, 0.02, 0.03, 0.01, 0.01])
            names = ("answered", "not_asked", "blank", "dont_know", "refused", "invalid")
            for category, count in zip(names, parts, strict=True):
                add(
                    questionnaire,
                    question.name,
                    category,
                    int(count),
                    "unknown_answer" if category == "invalid" else "",
                )
    return _frame(rows, QUALITY_COLUMNS)


def _problems() -> tuple[Problem, ...]:
    return (
        Problem("unknown_column", Severity.WARNING, "areas.csv", 1, "备注", detail={"names": "code、name"}),
    )


def _units() -> dict[str, ResponsibleUnit]:
    units = [ResponsibleUnit("HQ", "平城区创建全国文明城市指挥部", UnitKind.HEADQUARTERS)]
    units += [
        ResponsibleUnit(f"G{i:02d}", f"{name}指导督导组", UnitKind.GROUP, "HQ")
        for i, name in enumerate(GROUPS, start=1)
    ]
    units += [
        ResponsibleUnit(f"T{i:02d}", f"{name}工作专班", UnitKind.TASK_FORCE, "HQ")
        for i, name in enumerate(TASK_FORCES, start=1)
    ]
    units += [
        ResponsibleUnit("U01", "区城市管理局", UnitKind.UNIT, "HQ"),
        ResponsibleUnit("U02", "区住房和城乡建设局", UnitKind.UNIT, "HQ"),
    ]
    return {unit.code: unit for unit in units}
