"""Write a result folder as a whole, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assess.manifest import MANIFEST, sha256_of, write_manifest
from indicators.assessment import Assessment
from surveys.problem import InputError, Problem, Severity


@contextmanager
def replace_folder(out: Path, assessment: Assessment) -> Iterator[Path]:
    """Give a temporary folder; when the block succeeds, add the manifest and put it in the place of `out`.

    An older result in `out` is replaced. A folder that holds anything else is left alone.

    Raises
    ------
    InputError
        `out` holds files that no run has written, or that were edited since; nothing is touched.
    """
    refuse_foreign_files(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield temporary
        write_manifest(assessment, temporary)
        temporary.chmod(0o755)
        _swap(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_foreign_files(out: Path) -> None:
    """Raise `InputError` when `out` is no folder of results that may be replaced."""
    if not out.is_dir():
        foreign, edited = ([out.name] if out.exists() else []), []
    else:
        older = _files_of_older_run(out)
        files = sorted(_files_in(out) - {MANIFEST})
        foreign = [name for name in files if name not in older]
        edited = [name for name in files if name in older and older[name] != sha256_of(out / name)]
    problems = [
        Problem(code, Severity.ERROR, file=str(out), value=", ".join(names[:5]), count=len(names))
        for code, names in (("foreign_output", foreign), ("edited_output", edited))
        if names
    ]
    if problems:
        raise InputError(problems)


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _files_of_older_run(folder: Path) -> dict[str, str]:
    """Hash of each file that the manifest lists: a file edited since is the user's, not ours to replace."""
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _swap(new: Path, out: Path) -> None:
    """Rename, so that a reader sees the old result or the new one, never half of either."""
    if not out.exists():
        new.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    out.rename(old / "out")
    try:
        new.rename(out)
    except OSError:
        (old / "out").rename(out)
        raise
    shutil.rmtree(old)
