"""The printed documents: text as computed, glyphs for all of it, nothing fetched, the same bytes."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path

import pypdf
import pypdfium2
import pytest

import reports
from reports.context import estimate_of
from reports.error import MissingGlyph, MissingLibrary, ReportError
from reports.font import prepare_fonts
from reports.html import style_sheet
from reports.pdf import CheckState, Printer, check_libraries, refuse
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment

BANNER = "合成数据"


def documents(folder: Path) -> list[Path]:
    return [folder / "district.pdf", *sorted((folder / "scorecards").glob("*.pdf"))]


def page_texts(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded() for page in document]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def print_here(html: str) -> bytes:
    return Printer(prepare_fonts([html, style_sheet()]), style_sheet()).pdf(html)


def test_every_document_is_written(printed) -> None:  # type: ignore[no-untyped-def]
    codes = {area.code for area in printed.assessment.wave.areas.subdistricts}
    assert {path.stem for path in documents(printed.folder)} == {"district", *codes}


def test_scorecards_have_two_pages(printed) -> None:  # type: ignore[no-untyped-def]
    pages = [len(pypdfium2.PdfDocument(path)) for path in documents(printed.folder)[1:]]
    assert pages == [2] * len(pages)


def test_synthetic_banner_and_notice_on_every_page(printed) -> None:  # type: ignore[no-untyped-def]
    for path in documents(printed.folder):
        for text in page_texts(path):
            assert BANNER in text
            assert "内部资料" in text


def test_real_waves_carry_no_banner() -> None:
    html = reports.documents(make_assessment(Shape(subdistricts=2, synthetic=False)), Language.CHINESE)
    assert not any(BANNER in text for text in html.values())


def test_pages_are_numbered(printed) -> None:  # type: ignore[no-untyped-def]
    texts = page_texts(printed.folder / "district.pdf")
    for number, text in enumerate(texts, start=1):
        assert f"第{number}页/共{len(texts)}页" in squeezed(text)


def test_bookmarks_lead_to_every_chapter(printed) -> None:  # type: ignore[no-untyped-def]
    reader = pypdf.PdfReader(printed.folder / "district.pdf")
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    for title in (
        "平城区测评报告",
        "民意指标：各街道结果",
        "综合得分：各街道与测评项目",
        "薄弱指标与责任单位",
        "数据质量",
        "方法说明",
    ):
        assert title in titles


def test_title_language_and_tags_are_set(printed) -> None:  # type: ignore[no-untyped-def]
    reader = pypdf.PdfReader(printed.folder / "district.pdf")
    assert reader.metadata is not None
    assert "平城区测评报告" in (reader.metadata.title or "")
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "zh-Hans"
    assert root["/MarkInfo"]["/Marked"]


def test_only_our_fonts_are_embedded_and_all_are(printed) -> None:  # type: ignore[no-untyped-def]
    for path in documents(printed.folder)[:2]:
        for page in pypdf.PdfReader(path).pages:
            for reference in page["/Resources"]["/Font"].values():
                font = reference.get_object()
                assert "Assess" in font["/BaseFont"]
                descendant = font["/DescendantFonts"][0].get_object()
                descriptor = descendant["/FontDescriptor"].get_object()
                assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


def test_no_glyph_is_missing(printed) -> None:  # type: ignore[no-untyped-def]
    fonts = prepare_fonts([*printed.html.values(), style_sheet()])
    document = Printer(fonts, style_sheet())._layout(printed.html["district.pdf"], refuse)
    document.write_pdf()
    assert document.fonts
    assert not [font for font in document.fonts.values() if font.missing]


def test_headline_rates_print_as_computed(printed) -> None:  # type: ignore[no-untyped-def]
    text = squeezed("".join(page_texts(printed.folder / "district.pdf")))
    rates = printed.assessment.rates
    shown = rates[rates["headline"] & (rates["area_level"] != "community") & rates["value"].notna()]
    assert len(shown) > 30
    for row in shown.itertuples():
        estimate = estimate_of(row)
        assert squeezed(f"{estimate.value}{estimate.interval}") in text


def test_totals_print_as_computed(printed) -> None:  # type: ignore[no-untyped-def]
    from reports import numbers

    scores = printed.assessment.scores
    for path in documents(printed.folder)[1:]:
        row = scores[(scores["area_code"] == path.stem) & (scores["node"] == "total")].iloc[0]
        text = squeezed(page_texts(path)[0])
        assert f"综合得分{numbers.points(row.points_earned)}分" in text
        assert numbers.points(row.low) in text
        assert numbers.points(row.high) in text


def test_withheld_values_are_not_printed() -> None:
    assessment = make_assessment(Shape(subdistricts=12))
    rates = assessment.rates
    withheld = rates[(rates["flag"] == "insufficient_sample") & (rates["area_level"] == "subdistrict")]
    assert len(withheld)
    assert withheld["value"].map(math.isnan).all()
    html = reports.documents(assessment, Language.CHINESE)
    assert "—（样本不足）" in html["district.pdf"]
    assert ">nan" not in "".join(html.values())


def test_no_codes_in_print(printed) -> None:  # type: ignore[no-untyped-def]
    codes = {indicator.code for indicator in printed.assessment.framework.leaves}
    codes |= set(printed.assessment.units) | {measure.name for measure in printed.assessment.wave.measures}
    codes |= {
        "undetermined",
        "insufficient_sample",
        "not_collected",
        "confirmed",
        "urban_rural",
        "unknown_area",
    }
    for path in documents(printed.folder)[:3]:
        words = set(re.findall(r"[A-Za-z_][A-Za-z_0-9]*", "\n".join(page_texts(path))))
        assert not words & codes


def test_text_stays_inside_the_page(printed) -> None:  # type: ignore[no-untyped-def]
    for path in documents(printed.folder):
        for page in pypdfium2.PdfDocument(path):
            width, height = page.get_size()
            text = page.get_textpage()
            for index in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(index)
                assert left >= 20
                assert right <= width - 20
                assert bottom >= 10
                assert top <= height - 10


def test_same_input_gives_the_same_bytes(printed) -> None:  # type: ignore[no-untyped-def]
    """Printed by another process before, printed here now."""
    path = documents(printed.folder)[1]
    html = printed.html[f"scorecards/{path.name}"]
    fonts = prepare_fonts([*printed.html.values(), style_sheet()])
    again = Printer(fonts, style_sheet()).pdf(html)
    assert hashlib.sha256(again).hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        '<img src="file:///etc/passwd">',
        '<img src="http://127.0.0.1:9/x.png">',
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<p style="background: url(file:///etc/passwd)">x</p>',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
        '<object data="file:///etc/passwd"></object>',
    ],
)
def test_nothing_outside_the_document_is_read(content: str) -> None:
    with pytest.raises(ReportError, match="outside"):
        print_here(f"<!doctype html><title>x</title><body>{content}")


def test_fetcher_refuses_everything() -> None:
    from weasyprint.urls import FatalURLFetchingError

    for url in (
        "file:///etc/passwd",
        "http://localhost/",
        "https://example.org",
        "ftp://x",
        "data:text/plain,x",
    ):
        with pytest.raises(FatalURLFetchingError):
            refuse(url)


def test_hostile_names_print_as_text() -> None:
    suffix = '<script>alert(1)</script>\n\n=cmd|"/c calc"!A1<img src="file:///etc/passwd">' + "长" * 600
    assessment = make_assessment(Shape(subdistricts=2, name_suffix=suffix, title='题<b>"目"</b>'))
    html = reports.documents(assessment, Language.CHINESE)
    assert not re.search(r"<script|<img", "".join(html.values()))
    text = "".join(pypdfium2_texts(print_here(html["district.pdf"])))
    assert "<script>alert(1)</script>" in squeezed(text)
    assert 0 < len(pypdfium2.PdfDocument(print_here(html["district.pdf"]))) < 40


def pypdfium2_texts(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]


def test_english_edition_has_no_chinese_words_of_ours(printed) -> None:  # type: ignore[no-untyped-def]
    html = reports.documents(printed.assessment, Language.ENGLISH)["district.pdf"]
    for word in ("达标", "无法判定", "样本不足", "综合得分", "责任单位", "街道结果", "区间"):
        assert word not in html
    assert 'lang="en"' in html
    assert "undetermined" in html


def test_rates_alone_make_a_report_without_scores() -> None:
    html = reports.documents(make_assessment(Shape(subdistricts=3, framework=False)), Language.CHINESE)
    assert "综合得分" not in html["district.pdf"]
    assert "薄弱指标与责任单位" not in html["district.pdf"]
    assert "民意指标：各街道结果" in html["district.pdf"]
    assert len(pypdfium2_texts(print_here(html["district.pdf"]))) >= 2


@pytest.mark.parametrize(
    "shape",
    [
        Shape(subdistricts=60, communities_published=0),
        Shape(subdistricts=4, name_suffix="高新技术产业开发区某某某某街道办事处"),
    ],
    ids=["sixty subdistricts", "long names"],
)
def test_size_and_length_do_not_break_the_page(shape: Shape) -> None:
    html = reports.documents(make_assessment(shape), Language.CHINESE)["district.pdf"]
    for page in pypdfium2.PdfDocument(print_here(html)):
        text = page.get_textpage()
        rectangles = [text.get_rect(index) for index in range(text.count_rects())]
        assert max(right for _, _, right, _ in rectangles) <= page.get_size()[0] - 20
        assert min(left for left, _, _, _ in rectangles) >= 20


def test_one_respondent_everywhere_is_an_honest_report() -> None:
    html = reports.documents(make_assessment(Shape(subdistricts=3, n=1, framework=False)), Language.CHINESE)
    assert "—（样本不足）" in html["district.pdf"]
    assert pypdfium2_texts(print_here(html["district.pdf"]))


def test_missing_glyph_stops_the_report(tmp_path: Path) -> None:
    with pytest.raises(MissingGlyph):
        reports.write_reports(make_assessment(Shape(subdistricts=2, name_suffix="😀街道")), tmp_path)
    assert not list(tmp_path.rglob("*.pdf"))


def test_missing_library_stops_the_report_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from reports import pdf

    monkeypatch.setattr(pdf, "_loads", lambda name: name != "pango-1.0")
    with pytest.raises(MissingLibrary, match="apt-get install libpango"):
        reports.write_reports(make_assessment(Shape(subdistricts=2)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_harfbuzz_subset_is_wanted_but_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from reports import pdf

    monkeypatch.setattr(pdf, "_loads", lambda name: name != "harfbuzz-subset")
    state_by_name = {check.name: check.state for check in check_libraries()}
    assert state_by_name["harfbuzz-subset"] is CheckState.SLOW
    pdf.require_libraries()


def test_progress_names_each_document(tmp_path: Path) -> None:
    told: list[str] = []
    reports.write_reports(
        make_assessment(Shape(subdistricts=1, framework=False)), tmp_path, Language.ENGLISH, told.append
    )
    assert [name for name in told if name.endswith(".pdf")] == ["district.pdf", "140213050.pdf"]
