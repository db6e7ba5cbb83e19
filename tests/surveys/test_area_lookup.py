"""Areas named as people write them: codes, names, width, case, blanks, codes as numbers."""

from __future__ import annotations

import pytest

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.area_lookup import AMBIGUOUS, BLANK_LABEL, UNKNOWN, AreaLookup

REGISTER = AreaRegister(
    (
        Area("140213", "平城区", AreaLevel.DISTRICT),
        Area("01", "永泰（东）街道", AreaLevel.SUBDISTRICT, "140213"),
        Area("2", "Block 1 1", AreaLevel.SUBDISTRICT, "140213"),
        Area("3", "Block 11", AreaLevel.SUBDISTRICT, "140213"),
        Area("4", "新华社区", AreaLevel.COMMUNITY, "2"),
        Area("5", "新华社区", AreaLevel.COMMUNITY, "3"),
        Area("平城区", "一个名为平城区的代码", AreaLevel.COMMUNITY, "3"),
    )
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("140213", 0),
        ("１４０２１３", 0),
        ("01", 1),
        ("1", 1),  # a spreadsheet's number for 01
        ("永泰（东）街道", 1),
        ("永泰(东)街道", 1),
        (" 永泰 （东） 街道 ", 1),
        ("BLOCK 1 1", 2),  # the name as it stands goes before the name without its blanks
        ("block  11", 3),
        ("Block1 1", AMBIGUOUS),
        ("新华社区", AMBIGUOUS),
        ("平城区", 6),  # a code goes before a name
        ("南城区", UNKNOWN),
        ("1.4E+11", UNKNOWN),
        ("", BLANK_LABEL),
    ],
)
def test_one_rule_for_every_table(text: str, at: int) -> None:
    assert AreaLookup(REGISTER).find(text) == at
