"""What an installation needs, found out one by one: packages, libraries, fonts, folders."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from assess._siblings import SIBLINGS, shadowed_packages
from assess.words import words
from surveys.problem import Language

OLDEST_PYTHON = (3, 11)


class State(StrEnum):
    """How a finding is."""

    OK = "ok"
    WARNING = "warning"  # works, but slower or not everywhere
    FAULT = "fault"  # something will fail


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about the installation.

    Parameters
    ----------
    code
        Key of its words in the section ``finding`` of assess/text; where the state is not OK,
        ``<code>_<state>`` says what is wrong and what to do.
    subject
        What was looked at, such as the name of a package.
    value
        What was found, such as its version.
    advice
        What is wrong and what to do, where another room says it.
    """

    code: str
    state: State
    subject: str = ""
    value: str = ""
    advice: Mapping[Language, str] = field(default_factory=dict)


def diagnose() -> tuple[Finding, ...]:
    """Every finding, in the order in which a reader would mend them."""
    return (*_python(), *_shadows(), *_packages(), *_printing(), *_cache(), *_terminal())


def healthy(findings: tuple[Finding, ...]) -> bool:
    """Whether nothing will fail."""
    return all(finding.state is not State.FAULT for finding in findings)


def finding_line(finding: Finding, language: Language) -> str:
    """One line for a terminal: mark, subject, value, and what to do."""
    mark = {State.OK: "✓", State.WARNING: "!", State.FAULT: "✗"}[finding.state]
    return f"{mark} {_sentence(finding, language)}"


def finding_as_dict(finding: Finding) -> dict[str, object]:
    """A finding for JSON, in both languages."""
    return {
        "code": finding.code,
        "state": finding.state.value,
        "subject": finding.subject,
        "value": finding.value,
        "message": {language.value: _sentence(finding, language) for language in Language},
    }


def _sentence(finding: Finding, language: Language) -> str:
    key = finding.code if finding.state is State.OK else f"{finding.code}_{finding.state.value}"
    fields = {"subject": finding.subject, "value": finding.value, "advice": finding.advice.get(language, "")}
    return words(language)["finding"][key].format_map(fields)


def _python() -> Iterator[Finding]:
    new_enough = tuple(int(part) for part in platform.python_version_tuple()[:2]) >= OLDEST_PYTHON
    yield Finding("python", State.OK if new_enough else State.FAULT, "Python", platform.python_version())


def _shadows() -> Iterator[Finding]:
    """What hides our packages, or would if `python` started in this folder."""
    shadows = shadowed_packages()
    for name in SIBLINGS:
        if name in shadows:
            yield Finding("shadow", State.FAULT, name, str(shadows[name]))
    for name in ("assess", *SIBLINGS):
        for candidate in (Path.cwd() / f"{name}.py", Path.cwd() / name / "__init__.py"):
            if candidate.is_file() and candidate.resolve().parent != _home() / name and name not in shadows:
                yield Finding("shadow", State.WARNING, name, str(candidate))
    if not shadows:
        yield Finding("shadow", State.OK, ", ".join(SIBLINGS), str(_home()))


def _home() -> Path:
    return Path(__file__).resolve().parent.parent


def _packages() -> Iterator[Finding]:
    """Each package that ours requires, with its version."""
    yield Finding("package", State.OK, "assess", version("assess"))
    for requirement in requires("assess") or ():
        if "extra ==" in requirement:
            continue
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        try:
            yield Finding("package", State.OK, name, version(name))
        except PackageNotFoundError:
            yield Finding("package", State.FAULT, name)


def _terminal() -> Iterator[Finding]:
    """Names and answers are Chinese: a terminal that cannot print them shows escapes."""
    encoding = os.device_encoding(1) or "utf-8"
    state = (
        State.OK
        if encoding.lower().replace("-", "") in {"utf8", "gb18030", "gbk", "cp936"}
        else State.WARNING
    )
    yield Finding("terminal", state, value=encoding)


def _printing() -> Iterator[Finding]:
    """System libraries and the source of the report fonts, as the reports check them."""
    from reports.pdf import CheckState, check_libraries

    state_of = {CheckState.OK: State.OK, CheckState.SLOW: State.WARNING, CheckState.MISSING: State.FAULT}
    for check in check_libraries():
        if check.name not in {"weasyprint", "fonts_cut"}:  # a package; the cache
            code = "font" if check.name == "font" else "library"
            advice = {} if check.error is None else {each: check.error.line(each) for each in Language}
            yield Finding(code, state_of[check.state], check.name, Path(check.detail).name, advice)


def _cache() -> Iterator[Finding]:
    """Whether the cut of the fonts can be kept."""
    from reports.font import cache_root

    folder = cache_root()
    kept = "ASSESS_CACHE" in os.environ or not folder.is_relative_to(tempfile.gettempdir())
    yield Finding("cache", State.OK if kept else State.WARNING, value=str(folder))
