"""The report fonts: two static cuts (Regular, Bold) of the variable Noto Sans CJK, made once and cached.

WeasyPrint embeds static OpenType fonts fast and small; the wheel ``manimgx_fonts_cjk`` brings one variable
collection of 32 MB (OFL-1.1). The first report cuts the common characters out of it; characters beyond
them that an input needs (rare hanzi in names) are cut into a small third font. What the collection has no
glyph for is refused: a missing glyph prints a box while text extraction still shows the character.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from platformdirs import user_cache_dir

from reports.error import MissingGlyph, MissingLibrary

FAMILY = "Assess Sans"
EXTRA_FAMILY = "Assess Sans Extra"
RECIPE = 4
"""Raised whenever the cut changes, so that older caches are left alone."""
WEIGHTS = {"Regular": 400, "Bold": 700}
SOURCE_FILE = "NotoSansCJK-VF.otf.ttc"
SIMPLIFIED_CHINESE = "Noto Sans CJK SC"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Fonts:
    """Fonts ready for printing.

    Parameters
    ----------
    folder
        Holds the cut fonts.
    configuration
        A fontconfig file that names only our folders, so that no system font can slip in.
    """

    folder: Path
    configuration: Path


def prepare_fonts(text: Iterable[str] = (), tell: Tell | None = None) -> Fonts:
    """Fonts that can draw every character of `text`, cut now if they are not cached yet.

    Parameters
    ----------
    text
        All texts that will be printed.
    tell
        Told once when a cut is about to begin (it takes about 20 seconds).

    Raises
    ------
    MissingLibrary
        The wheel with the source font is not installed.
    MissingGlyph
        `text` has characters that the source font cannot draw.
    """
    source = source_font()
    root = cache_root()
    base = root / f"base-{_key(source)}"
    if not (base / "fonts.conf").is_file():
        if tell is not None:
            tell("fonts")
        _cut_into(base, source, frozenset(_common_characters()), FAMILY, [base])
    missing = _drawn_characters(text) - coverage_of(base / f"{_file_stem(FAMILY)}-Regular.otf")
    if not missing:
        return Fonts(base, base / "fonts.conf")
    _refuse_undrawable(missing, source)
    digest = hashlib.sha256("".join(sorted(missing)).encode()).hexdigest()[:16]
    extra = root / f"extra-{_key(source)}-{digest}"
    if not (extra / "fonts.conf").is_file():
        _cut_into(extra, source, frozenset(map(ord, missing)), EXTRA_FAMILY, [base, extra])
    return Fonts(extra, extra / "fonts.conf")


def source_font() -> Path:
    """The variable collection of the wheel; raises `MissingLibrary` when it is not there."""
    spec = find_spec("manimgx_fonts_cjk")
    if spec is None or spec.origin is None:
        raise MissingLibrary("no_font")
    path = Path(spec.origin).with_name(SOURCE_FILE)
    if not path.is_file():
        raise MissingLibrary("no_font")
    return path


def cache_root() -> Path:
    """Where cut fonts are kept: ASSESS_CACHE or the user's cache; a temporary folder if not writable."""
    chosen = os.environ.get("ASSESS_CACHE") or user_cache_dir("assess")
    for candidate in (Path(chosen) / "fonts", Path(tempfile.gettempdir()) / f"assess-fonts-{_user()}"):
        try:
            candidate.mkdir(parents=True, exist_ok=True)
            if hasattr(os, "getuid") and candidate.stat().st_uid != os.getuid():
                continue  # a folder of somebody else in a shared place is not to be trusted with fonts
            with tempfile.TemporaryFile(dir=candidate):
                return candidate
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="assess-fonts-"))


def coverage_of(font: Path) -> frozenset[str]:
    """Characters that a font file can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        return frozenset(map(chr, opened.getBestCmap()))


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _key(source: Path) -> str:
    try:
        release = version("manimgx-fonts-cjk")
    except PackageNotFoundError:
        release = str(source.stat().st_size)
    return f"{RECIPE}-{release}"


def _file_stem(family: str) -> str:
    return family.replace(" ", "")


def _drawn_characters(texts: Iterable[str]) -> frozenset[str]:
    """Characters that need a glyph: white space and formatting characters do not."""
    characters: set[str] = set()
    for text in texts:
        characters.update(text)
    return frozenset(c for c in characters if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})


def _refuse_undrawable(characters: frozenset[str], source: Path) -> None:
    from fontTools.ttLib import TTCollection

    with TTCollection(source, lazy=True) as collection:
        drawable = frozenset(map(chr, _face(collection).getBestCmap()))
    undrawable = sorted(characters - drawable)
    if undrawable:
        shown = "  ".join(f"{c} (U+{ord(c):04X})" for c in undrawable[:8])
        raise MissingGlyph("missing_glyph", {"characters": shown, "count": str(len(undrawable))})


def _common_characters() -> Iterable[int]:
    """Latin, punctuation, symbols, full-width forms, and the hanzi of GB 2312."""
    for start, stop in ((0x20, 0x7F), (0xA0, 0x250), (0x370, 0x400), (0x2000, 0x2070), (0x20A0, 0x2700)):
        yield from range(start, stop)
    yield from range(0x3000, 0x3040)
    yield from range(0xFF00, 0xFFF0)
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                yield ord(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue


def _face(collection: Any) -> Any:
    return next(font for font in collection.fonts if font["name"].getDebugName(1) == SIMPLIFIED_CHINESE)


def _cut_into(
    folder: Path, source: Path, code_points: frozenset[int], family: str, font_folders: list[Path]
) -> None:
    """Cut both weights beside `folder` and move them there as a whole; a race is won by the first."""
    draft = Path(tempfile.mkdtemp(prefix="cut-", dir=folder.parent))
    try:
        common = _subset(source, code_points)
        for style, weight in WEIGHTS.items():
            _static_cut(common, weight, family, style).save(draft / f"{_file_stem(family)}-{style}.otf")
        configuration = _fontconfig(font_folders, folder.parent / "fontconfig")
        (draft / "fonts.conf").write_text(configuration, encoding="utf-8")
        try:
            draft.rename(folder)
        except OSError:
            if not (folder / "fonts.conf").is_file():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _subset(source: Path, code_points: frozenset[int]) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    options = subset.Options()
    options.layout_features = ["kern", "halt", "ccmp"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "VVAR", "BASE", "DSIG", "STAT"]
    with TTCollection(source, lazy=True) as collection:
        font = _face(collection)
        font.recalcTimestamp = False  # the same cut on every day: reports must come out alike
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=code_points)
        subsetter.subset(font)
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()


def _static_cut(variable: bytes, weight: int, family: str, style: str) -> Any:
    """One static font: outlines redrawn at the weight, since fontTools cannot downgrade this CFF2."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    font = TTFont(io.BytesIO(variable), recalcTimestamp=False)
    glyphs = font.getGlyphSet(location={"wght": weight})
    outlines = {}
    for name in font.getGlyphOrder():
        pen = T2CharStringPen(glyphs[name].width, None)
        glyphs[name].draw(pen)
        outlines[name] = pen.getCharString()
    del font["CFF2"]
    instantiateVariableFont(font, {"wght": weight}, inplace=True)
    post_script_name = f"{_file_stem(family)}-{style}"
    builder = FontBuilder(font=font)
    builder.setupCFF(post_script_name, {"FullName": f"{family} {style}"}, outlines, {})
    font["maxp"].tableVersion = 0x00005000
    builder.setupNameTable(
        {
            "familyName": family,
            "styleName": style,
            "fullName": f"{family} {style}",
            "psName": post_script_name,
        }
    )
    bold = weight >= 600
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = 0x20 if bold else 0x40
    font["head"].macStyle = 1 if bold else 0
    return font


def _fontconfig(folders: list[Path], cache: Path) -> str:
    directories = "".join(f"<dir>{escape(str(folder))}</dir>" for folder in folders)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig>{directories}<cachedir>{escape(str(cache))}</cachedir></fontconfig>\n"
    )
