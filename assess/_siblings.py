"""Guard against a `reports.py` or `surveys/` of the user that hides ours.

The four packages have plain names. A file of the same name in the folder where Python was started comes
first on the import path, and the errors that follow would name neither.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

SIBLINGS = ("surveys", "indicators", "reports")


class ShadowedPackageError(ImportError):
    """A file or folder of the user hides one of our packages."""


def shadowed_packages() -> dict[str, Path]:
    """Our packages that something else hides, with the path of what hides them."""
    home = Path(__file__).resolve().parent.parent
    shadows: dict[str, Path] = {}
    for name in SIBLINGS:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue  # absent, or a bare folder without code, which hides nothing that is installed
        origin = Path(spec.origin).resolve()
        if origin.parent != home / name:
            shadows[name] = origin
    return shadows


def refuse_shadowed_packages() -> None:
    """Raise `ShadowedPackageError` that says which file to rename."""
    shadows = shadowed_packages()
    if shadows:
        listed = "; ".join(f"{path} 遮住了 assess 的“{name}”" for name, path in shadows.items())
        english = "; ".join(f"{path} hides our package {name!r}" for name, path in shadows.items())
        raise ShadowedPackageError(
            f"{listed}。请改名，或换一个文件夹运行。 | {english}. Rename it, or start in another folder."
        )
