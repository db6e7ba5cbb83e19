"""The answers as survey platforms export them: three files, three habits, a few records to set aside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from assess.demo.answers import CHOICES_JOINED_BY, Survey
from assess.demo.frame import Frame
from assess.demo.sheet import Sheet, of_questionnaire, of_scale

OFF_SCALE = "7"  # no answer has this code


def write_exports(
    folder: Path, survey: Survey, answers: pd.DataFrame, frame: Frame, sheets: Mapping[str, Sheet]
) -> None:
    """Write the export files of one questionnaire into `folder`.

    Residents: one file with labels and names of communities (UTF-8 with a byte-order mark), one with codes.
    Parents: codes, in GB18030.
    """
    coded = _export(survey, answers, frame, sheets)
    if survey.questionnaire == "parents":
        coded.to_csv(folder / "parents.csv", index=False, encoding="gb18030", lineterminator="\r\n")
        return
    half = int(np.searchsorted(answers["community"], int(answers["community"].max()) // 2))
    first = _with_labels(coded.iloc[:half], survey, sheets).assign(
        所在社区=frame.community_names[answers["community"].to_numpy()[:half]]
    )
    _spoil_areas(first).to_csv(
        folder / "residents-1.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )
    _spoil_answers(coded.iloc[half:]).to_csv(
        folder / "residents-2.csv", index=False, encoding="utf-8", lineterminator="\n"
    )


def _export(survey: Survey, answers: pd.DataFrame, frame: Frame, sheets: Mapping[str, Sheet]) -> pd.DataFrame:
    """Columns and headers of the platform; answers and communities as codes."""
    prefix = survey.questionnaire[0].upper()
    head = pd.DataFrame(
        {
            "答卷编号": [f"{prefix}{number:05d}" for number in range(1, len(answers) + 1)],
            "所在社区": frame.communities[answers["community"]],
            "权数": answers["weight"].map("{:.2f}".format),
            "访问员": answers["interviewer"],
            "开始时间": answers["start"],
            "结束时间": answers["end"],
        }
    )
    questions = of_questionnaire(sheets["questions"], survey.questionnaire)
    headers = {row["question"]: _header(row) for row in questions}
    return head.join(answers[list(headers)].rename(columns=headers))


def _header(question: Mapping[str, str]) -> str:
    column = question["column"]
    return f"{column}{question['text']}" if column.endswith("、") else column


def _with_labels(coded: pd.DataFrame, survey: Survey, sheets: Mapping[str, Sheet]) -> pd.DataFrame:
    """Labels in the place of codes."""
    labelled = coded
    for question in of_questionnaire(sheets["questions"], survey.questionnaire):
        scale = of_scale(sheets["answers"], question["scale"])
        label_of = {row["code"]: row["label"] for row in scale}
        header = _header(question)
        words = {value: _label(value, label_of) for value in coded[header].unique()}
        labelled = labelled.assign(**{header: coded[header].map(words)})
    return labelled


def _label(value: str, label_of: Mapping[str, str]) -> str:
    return CHOICES_JOINED_BY.join(label_of[code] for code in value.split(CHOICES_JOINED_BY)) if value else ""


def _spoil_areas(export: pd.DataFrame) -> pd.DataFrame:
    """Three records without a community, and two that were uploaded twice."""
    blank = export["所在社区"].where(~export.index.isin(export.index[[211, 640, 1003]]), "")
    spoiled = export.assign(所在社区=blank)
    return pd.concat([spoiled.iloc[:900], spoiled.iloc[[88, 417]], spoiled.iloc[900:]], ignore_index=True)


def _spoil_answers(export: pd.DataFrame) -> pd.DataFrame:
    """Two communities that the register does not know, and five answers outside their scale."""
    header = next(name for name in export.columns if name.startswith("8、"))
    unknown = export["所在社区"].where(~export.index.isin(export.index[[120, 905]]), "140213099001")
    outside = export[header].where(~export.index.isin(export.index[[15, 260, 333, 777, 1200]]), OFF_SCALE)
    return export.assign(**{"所在社区": unknown, header: outside})
