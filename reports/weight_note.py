"""How the weights were made and what they cost, in two sentences for each questionnaire (M5)."""

from __future__ import annotations

from reports import numbers
from reports.context import Context
from surveys.wave import Responses, WeightingPlan


def weight_note(context: Context) -> str:
    """Two sentences for each questionnaire whose weights are known; empty where none are."""
    notes = [
        context.words("list.sentence").join([_made(context, responses), _cost(context, responses)])
        for responses in context.assessment.wave.responses
        if responses.questionnaire in context.assessment.weights
    ]
    return context.words("list.sentence").join(notes)


def _made(context: Context, responses: Responses) -> str:
    words, plan = context.words, responses.weighting
    name = context.questionnaire_name(responses.questionnaire)
    parts = [words(f"weight_base.{_base(responses, plan)}", questionnaire=name)]
    if plan.nonresponse:
        parts.append(words("weights.nonresponse", cells=_margins(context, responses, plan.nonresponse)))
    if plan.rake:
        parts.append(words("weights.rake", margins=_margins(context, responses, plan.rake)))
    if plan.trim is not None:
        parts.append(words("weights.trim", trim=numbers.declared(plan.trim)))
    if responses.replicates is not None:
        return "".join([*parts, words("weights.replicates")])
    carried = plan.rake or plan.base == "population"
    return "".join([*parts, words("weights.carried" if carried else "weights.end")])


def _base(responses: Responses, plan: WeightingPlan) -> str:
    if plan.base is not None:
        return plan.base.value
    return "column" if responses.weight else "equal"


def _cost(context: Context, responses: Responses) -> str:
    summary = context.assessment.weights[responses.questionnaire]
    return context.words(
        "weights.cost" if summary.largest_ratio == summary.largest_ratio else "weights.cost_of_sums",
        effect=numbers.ratio(summary.kish_effect),
        n=numbers.count(summary.effective_n),
        ratio=numbers.ratio(summary.largest_ratio),
    )


def _margins(context: Context, responses: Responses, names: tuple[str, ...]) -> str:
    text_of = {
        question.name: question.text or question.column
        for question in context.assessment.wave.questions_of(responses.questionnaire)
    }
    levels = {"district", "subdistrict", "community", "urban_rural"}
    return context.words.listed(
        [
            context.words("weights.crossed").join(
                context.words(f"margin.{part}") if part in levels else text_of.get(part, part)
                for part in (each.strip() for each in name.split("*"))
            )
            for name in names
        ]
    )
