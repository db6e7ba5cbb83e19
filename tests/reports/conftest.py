"""Reports of the synthetic assessment, printed once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import reports
from indicators.assessment import Assessment
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment


@dataclass(frozen=True)
class Printed:
    """An assessment, the files written from it, and the HTML behind its documents."""

    assessment: Assessment
    folder: Path
    html: Mapping[str, str]


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """District report and six scorecards in Chinese: enough for two printing processes."""
    folder = tmp_path_factory.mktemp("reports")
    assessment = make_assessment(Shape(subdistricts=6))
    reports.write_reports(assessment, folder, Language.CHINESE)
    return Printed(assessment, folder, reports.documents(assessment, Language.CHINESE))
