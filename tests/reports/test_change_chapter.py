"""What the reports say about change and about weights: nothing that the numbers do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import reports
from indicators.assessment import Assessment
from reports.change import change_cell, change_sentence
from reports.change_chapter import changes
from reports.context import Context
from reports.page import Figures, Prose, Table, Tone
from reports.rate_tables import rate_table
from reports.weight_note import weight_note
from reports.words import words_of
from surveys.area import AreaLevel
from surveys.compare.vocabulary import ChangeVerdict, NotComparable
from surveys.problem import Language
from surveys.smallarea.estimates import ModelNote
from surveys.wave import ReplicatePlan, ReplicateType, WeightBase, WeightingPlan
from surveys.weights.summary import weight_summary
from tests.factory_assessment import Shape, make_assessment


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    """Awareness rose, participation fell, support stood still, the satisfaction rate is not comparable."""
    plain = make_assessment(Shape(subdistricts=3))
    said = {
        "awareness": (0.031, 0.004, 0.058, ChangeVerdict.IMPROVED, ""),
        "participation": (-0.042, -0.07, -0.014, ChangeVerdict.DECLINED, ""),
        "support": (0.002, -0.02, 0.024, ChangeVerdict.NO_DETECTABLE_CHANGE, ""),
    }
    blank = (np.nan, np.nan, np.nan, ChangeVerdict.NOT_COMPARABLE, NotComparable.WORDING)
    columns = ["change", "change_low", "change_high", "change_verdict", "change_reason"]
    rows = [said.get(measure, blank) for measure in plain.rates["measure"]]
    filled = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    return replace(plain, previous="2022Q2", rates=plain.rates.assign(**filled))


def context_of(assessment: Assessment, language: Language = Language.CHINESE) -> Context:
    return Context(assessment, words_of(language))


def test_page_one_says_what_rose_fell_or_stood_still(assessment: Assessment) -> None:
    area = assessment.wave.areas.district
    sentence = change_sentence(context_of(assessment), area)
    assert "知晓率上升 3.1 个百分点（+0.4 ~ +5.8）" in sentence
    assert "参与率下降 4.2 个百分点（−7.0 ~ −1.4）" in sentence
    assert "支持率看不出变化" in sentence
    english = change_sentence(context_of(assessment, Language.ENGLISH), area)
    assert "rose by 3.1 percentage points" in english
    assert "2022Q2" in english


def test_without_a_previous_wave_nothing_is_said_of_change() -> None:
    plain = make_assessment(Shape(subdistricts=3))
    assert changes(context_of(plain)) is None
    assert change_sentence(context_of(plain), plain.wave.areas.district) == ""
    html = "".join(reports.documents(plain, Language.CHINESE).values())
    assert "较上次" not in html


def test_a_change_within_its_error_has_no_word_and_no_colour(assessment: Assessment) -> None:
    context = context_of(assessment)
    (row,) = context.rates_of("support", AreaLevel.DISTRICT)
    cell = change_cell(context, row)
    assert (cell.text, cell.note, cell.tone) == ("+0.2", "−2.0 ~ +2.4", Tone.PLAIN)
    (row,) = context.rates_of("participation", AreaLevel.DISTRICT)
    assert change_cell(context, row).tone is Tone.FAIL


def test_every_change_in_the_data_table_has_its_interval_town_and_village_too(assessment: Assessment) -> None:
    context = context_of(assessment)
    chapter = rate_table(context)
    assert chapter is not None
    table, others, *_ = (block for block in chapter.blocks if isinstance(block, Table))
    at = [column.title for column in table.columns].index("较上次")
    awareness = {row[0].text: row[at] for row in table.groups[0].rows}
    assert awareness["城区（全区合计）"].text == "+3.1 上升"
    assert {cell.note for cell in awareness.values()} == {"+0.4 ~ +5.8"}
    assert others.heading == "其他问卷指标（全区）"
    at = [column.title for column in others.columns].index("较上次")
    assert {row[at].note for group in others.groups for row in group.rows} == {"问法改了"}


def test_page_one_says_what_is_not_compared_and_why(assessment: Assessment) -> None:
    area = assessment.wave.areas.district
    assert "满意率、满意度不比较（问法改了）" in change_sentence(context_of(assessment), area)
    reasons = f"{NotComparable.WEIGHTING};{NotComparable.MODE}"
    blank = {"change": np.nan, "change_verdict": ChangeVerdict.NOT_COMPARABLE, "change_reason": reasons}
    nothing = replace(assessment, rates=assessment.rates.assign(**blank))
    sentence = change_sentence(context_of(nothing), area)
    assert sentence.endswith("知晓率、参与率、支持率、满意率、满意度不比较（加权办法不同、测评方式不同）。")
    english = change_sentence(context_of(nothing, Language.ENGLISH), area)
    assert "not compared (weighted differently, another kind of assessment)" in english


def test_a_change_is_drawn_with_its_bases_or_the_reason_why_there_is_none(assessment: Assessment) -> None:
    rates = assessment.rates.copy()
    at = rates.index[(rates["measure"] == "awareness") & (rates["area_level"] == "subdistrict")][0]
    rates.loc[at, ["change", "change_low", "change_high"]] = np.nan
    rates.loc[at, "change_verdict"] = ChangeVerdict.NOT_COMPARABLE
    rates.loc[at, "change_reason"] = NotComparable.WITHHELD
    key = ["measure", "area_level", "area_code", "group"]
    known = replace(assessment, rates=rates, changes=rates[key].assign(n_old=584))
    chapter = changes(context_of(known))
    assert chapter is not None
    figures = chapter.blocks[0]
    assert isinstance(figures, Figures)
    svg = figures.rows[0][0].svg
    (district,) = context_of(known).rates_of("awareness", AreaLevel.DISTRICT)
    assert f">584/{district.n:,}<" in svg
    assert ">上次/本次 n<" in svg
    assert ">有一次不公布<" in svg


def test_a_models_estimate_tells_its_part_of_own_answers_and_its_n(assessment: Assessment) -> None:
    rates = assessment.rates.copy()
    thin = rates.index[(rates["area_level"] == "community") & rates["value"].isna()]
    rates.loc[thin, ["model_value", "model_low", "model_high", "model_weight"]] = 0.544, 0.357, 0.727, 0.346
    rates.loc[thin[:1], ["model_value", "model_low", "model_high", "model_weight"]] = np.nan
    rates.loc[thin[:1], "model_note"] = ModelNote.PROTECTED
    context = context_of(replace(assessment, rates=rates))
    chapter = rate_table(context)
    assert chapter is not None
    table = next(b for b in chapter.blocks if isinstance(b, Table) and b.heading == "社区（村）结果")
    cells = [cell for group in table.groups for row in group.rows for cell in row]
    assert ("模型 54.4%（35.7–72.7%）", "γ=0.35 n=18") in {(cell.note, cell.detail) for cell in cells}
    (protected,) = [cell for cell in cells if "保护受访者" in cell.text]
    assert (protected.note, protected.detail) == ("", "")
    assert "只列样本量达到公布标准" not in table.note
    assert "模型值可以公布" in table.note
    assert "γ" in table.note


def test_what_cannot_be_compared_is_named_with_its_reason_and_not_drawn(assessment: Assessment) -> None:
    chapter = changes(context_of(assessment))
    assert chapter is not None
    figures, remarks = chapter.blocks
    assert isinstance(figures, Figures)
    assert isinstance(remarks, Prose)
    captions = [figure.caption for row in figures.rows for figure in row]
    assert captions == ["知晓率", "参与率", "支持率"]
    assert any("满意率不与上次比较" in text and "问法" in text for text in remarks.paragraphs)


def test_the_note_on_weights_is_two_sentences_with_their_cost(assessment: Assessment) -> None:
    plan = WeightingPlan(base=WeightBase.POPULATION, rake=("sex*age", "subdistrict"), trim=5.0)
    responses = (replace(assessment.wave.responses[0], weighting=plan), *assessment.wave.responses[1:])
    name = responses[0].questionnaire
    title = context_of(assessment).questionnaire_name(name)
    summary = weight_summary(np.array([1.0, 1.0, 2.0, 4.0]))
    weighted = replace(
        assessment, wave=replace(assessment.wave, responses=responses), weights={name: summary}
    )
    note = weight_note(context_of(weighted))
    assert f"{title}：按各地区人口除以样本数加权" in note
    assert "sex×age、街道校准到已知人数" in note
    assert "不超过平均的 5 倍" in note
    assert "方差变为 1.4 倍，相当于等权样本 3 份；最大的权数是平均的 2.0 倍" in note
    assert note.count("。") == 2
    supplied = replace(responses[0], replicates=ReplicatePlan(("rw_*",), ReplicateType.JKN))
    replicated = replace(weighted, wave=replace(weighted.wave, responses=(supplied, *responses[1:])))
    assert "标准误由随附的复制权数算出。" in weight_note(context_of(replicated))
