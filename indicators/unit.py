"""责任单位: who answers for an indicator (the 1 + 11 + 7 organisation and the departments)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnitKind(StrEnum):
    """Kinds of units of the campaign."""

    HEADQUARTERS = "headquarters"  # 指挥部
    GROUP = "group"  # 指导督导组
    TASK_FORCE = "task_force"  # 工作专班
    UNIT = "unit"  # 责任单位
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"


@dataclass(frozen=True, slots=True)
class ResponsibleUnit:
    """One row of the table `units`."""

    code: str
    name: str
    kind: UnitKind
    parent: str = ""
    post: str = ""
    liaison_for: tuple[str, ...] = ()
    area: str = ""
