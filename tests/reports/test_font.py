"""Fonts: cut once, complete for the input, and an error that says what to do where they are not."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import font
from reports.error import MissingGlyph, MissingLibrary
from surveys.problem import Language


def test_common_text_needs_only_the_base_cut() -> None:
    fonts = font.prepare_fonts(["平城区知晓率 87.2%（85.1–89.0%）● ◆ ▼ ○ — Awareness"])
    assert fonts.folder.name.startswith("base-")
    assert {path.name for path in fonts.folder.glob("*.otf")} == {
        "AssessSans-Regular.otf",
        "AssessSans-Bold.otf",
    }


def test_every_word_of_the_reports_is_in_the_base_cut() -> None:
    from reports.words import words_of

    texts = [text for language in Language for text in words_of(language).text_of_key.values()]
    assert font.prepare_fonts(texts).folder.name.startswith("base-")


def test_configuration_names_only_our_folders() -> None:
    fonts = font.prepare_fonts()
    folders = [Path(element.text or "") for element in ElementTree.parse(fonts.configuration).iter("dir")]
    assert folders == [fonts.folder]


def test_rare_hanzi_get_a_cut_of_their_own() -> None:
    fonts = font.prepare_fonts(["龘街道", "𠮷村"])
    assert fonts.folder.name.startswith("extra-")
    assert font.coverage_of(fonts.folder / "AssessSansExtra-Regular.otf") >= {"龘", "𠮷"}
    assert len(list(ElementTree.parse(fonts.configuration).iter("dir"))) == 2


def test_cuts_are_static_and_differ_in_weight() -> None:
    from fontTools.pens.areaPen import AreaPen
    from fontTools.ttLib import TTFont

    folder = font.prepare_fonts().folder
    area_by_style = {}
    for style in font.WEIGHTS:
        with TTFont(folder / f"AssessSans-{style}.otf") as cut:
            assert "fvar" not in cut
            assert cut["name"].getBestFamilyName() == font.FAMILY
            assert cut["OS/2"].usWeightClass == font.WEIGHTS[style]
            glyphs = cut.getGlyphSet()
            pen = AreaPen(glyphs)
            glyphs[cut.getBestCmap()[ord("城")]].draw(pen)
            area_by_style[style] = abs(pen.value)
    assert area_by_style["Bold"] > 1.2 * area_by_style["Regular"]


def test_character_without_a_glyph_is_refused_with_a_remedy() -> None:
    with pytest.raises(MissingGlyph) as caught:
        font.prepare_fonts(["快乐😀街道"])
    assert "U+1F600" in caught.value.message(Language.CHINESE)
    assert caught.value.remedy(Language.CHINESE)
    assert "U+1F600" in str(caught.value)


def test_missing_wheel_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font, "find_spec", lambda _: None)
    with pytest.raises(MissingLibrary, match="pip install manimgx-fonts-cjk"):
        font.prepare_fonts(["城"])


def test_cache_falls_back_to_a_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("ASSESS_CACHE", str(blocked))
    root = font.cache_root()
    assert root.is_dir()
    assert tmp_path not in root.parents


def test_cut_moves_into_place_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another process that was first wins, and no half-made folder stays behind."""
    monkeypatch.setenv("ASSESS_CACHE", str(tmp_path))
    source = font.source_font()
    folder = font.cache_root() / "raced"
    font._cut_into(folder, source, frozenset(map(ord, "城区")), font.EXTRA_FAMILY, [folder])
    before = (folder / "fonts.conf").stat().st_mtime_ns
    font._cut_into(folder, source, frozenset(map(ord, "城区")), font.EXTRA_FAMILY, [folder])
    assert (folder / "fonts.conf").stat().st_mtime_ns == before
    assert [path.name for path in font.cache_root().iterdir()] == ["raced"]


def test_fonts_are_not_in_the_repository() -> None:
    spec = importlib.util.find_spec("reports")
    assert spec is not None
    assert spec.origin is not None
    assert not [
        path for path in Path(spec.origin).parent.rglob("*") if path.suffix in {".otf", ".ttf", ".ttc"}
    ]


def test_a_font_is_cut_alike_on_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of cutting is in no table (fontTools reads SOURCE_DATE_EPOCH): the bytes are the same."""
    cuts = []
    for day in ("1000000000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        variable = font._subset(font.source_font(), frozenset({ord("城")}))
        buffer = io.BytesIO()
        font._static_cut(variable, 400, "Assess Sans", "Regular").save(buffer)
        cuts.append(buffer.getvalue())
    assert cuts[0] == cuts[1]
