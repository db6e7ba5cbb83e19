"""Reports of the synthetic assessment, printed once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import reports
from indicators.assessment import Assessment
from reports.html import style_sheet
from surveys.problem import Language


@dataclass(frozen=True)
class Printed:
    """An assessment and the files written from it."""

    assessment: Assessment
    folder: Path
    html: Mapping[str, str]


@pytest.fixture(scope="session")
def factory():  # type: ignore[no-untyped-def]
    """The module that builds synthetic assessments, read from its file: tests are no package."""
    import importlib.util
    import sys

    path = Path(__file__).resolve().parents[1] / "factory_assessment.py"
    spec = importlib.util.spec_from_file_location("factory_assessment", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["factory_assessment"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def printed(factory, tmp_path_factory) -> Printed:  # type: ignore[no-untyped-def]
    """District report and three scorecards in Chinese."""
    folder = tmp_path_factory.mktemp("reports")
    assessment = factory.make_assessment(factory.Shape(subdistricts=6))
    reports.write_reports(assessment, folder, Language.CHINESE)
    return Printed(assessment, folder, reports.documents(assessment, Language.CHINESE))


@pytest.fixture(scope="session")
def print_html() -> Callable[[str], bytes]:
    """Print one HTML text as reports do."""
    from reports.font import prepare_fonts
    from reports.pdf import Printer

    def to_pdf(html: str) -> bytes:
        return Printer(prepare_fonts([html]), style_sheet()).pdf(html)

    return to_pdf
