"""A seeded, synthetic wave of Pingcheng: everything a real folder holds, nothing that anyone said or did.

Public facts are the district's and its subdistricts' names and codes, the district's population of 2020 and
the number of communities and villages. Everything else (communities, populations, answers, observations)
comes from a random generator, and ``wave.toml`` says so, which puts a banner on every page.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from assess.demo.answers import Round, Survey, draw_answers
from assess.demo.evidence import Visit, draw_documents, draw_observations
from assess.demo.exports import write_exports
from assess.demo.frame import Frame, draw_frame
from assess.demo.sheet import SHEETS, read_sheet

DEFAULT_SEED = 20220815
_MARK = "# 合成数据：由 assess demo 生成，不是真实调查。 Synthetic, written by `assess demo`."


class OccupiedFolderError(FileExistsError):
    """The folder holds files that are not an earlier demo."""


def write_demo(folder: Path, *, seed: int = DEFAULT_SEED) -> None:
    """Write a complete wave folder of synthetic data.

    Parameters
    ----------
    folder
        Absent, empty, or an earlier demo, which is overwritten.
    seed
        The same seed gives the same bytes.

    Raises
    ------
    OccupiedFolderError
        `folder` holds something else; nothing is written.
    """
    _refuse_occupied(folder)
    frame = draw_frame(np.random.default_rng([seed, 1]))
    for where, first_day, back in ((folder / "previous", "2022-05-16", 1), (folder, "2022-08-15", 0)):
        _write_survey(where, frame, seed, first_day=first_day, back=back)
        _write_evidence(where, frame, seed, first_day=first_day, back=back)


def _write_evidence(folder: Path, frame: Frame, seed: int, *, first_day: str, back: int) -> None:
    """What one round found beside the questionnaires."""

    def visit(number: int) -> Visit:
        lasting, fresh = (
            np.random.default_rng([seed, number]),
            np.random.default_rng([seed, number, back + 1]),
        )
        return Visit(first_day, back, lasting, fresh)

    last_day = pd.Timestamp(first_day) + pd.Timedelta(days=13)
    events = pd.DataFrame(read_sheet("negative_list"))
    known = events[pd.to_datetime(events["date"]) <= last_day]
    tables = {
        "observations": draw_observations(frame, read_sheet("checks"), visit(3)),
        "documents": draw_documents(frame, read_sheet("documents"), visit(4)),
        "negative_list": known,
    }
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv")


def _write_survey(folder: Path, frame: Frame, seed: int, *, first_day: str, back: int) -> None:
    """The surveys of one round: its answers, its questionnaires and its frame."""
    (folder / "responses").mkdir(parents=True, exist_ok=True)
    sheets = {name: read_sheet(name) for name in ("questions", "answers", "measures", "controls")}
    for number, survey in enumerate(_surveys()):
        this_round = Round(
            first_day,
            back,
            lasting=np.random.default_rng([seed, 9, number]),
            fresh=np.random.default_rng([seed, 5, number, back]),
        )
        answers = draw_answers(frame, survey, sheets, read_sheet("truth"), this_round)
        write_exports(folder / "responses", survey, answers, frame, sheets)
    for name, rows in sheets.items():
        write_csv(pd.DataFrame(rows), folder / f"{name}.csv")
    write_csv(frame.areas, folder / "areas.csv")
    definition = SHEETS.joinpath("previous.toml" if back else "wave.toml").read_text(encoding="utf-8")
    (folder / "wave.toml").write_text(f"{_MARK}\n{definition}", encoding="utf-8")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """CSV as a spreadsheet expects it: with a byte-order mark."""
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _surveys() -> tuple[Survey, Survey]:
    """Two questionnaires; the takes keep most subdistricts, not all, above the presentation gate."""
    residents = Survey(
        "residents",
        communities=(9, 12),
        take=(14, 19),
        correlation=0.09,
        household=(0.15, 0.5, 0.25, 0.1),
        focus_count=4,
        focus_take=72,
    )
    parents = Survey("parents", communities=(7, 8), take=(8, 11), correlation=0.05, household=(0.7, 0.3))
    return residents, parents


def _refuse_occupied(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OccupiedFolderError(str(folder))
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    wave = folder / "wave.toml"
    if not wave.is_file() or not wave.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
        raise OccupiedFolderError(str(folder))
