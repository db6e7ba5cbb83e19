"""Many documents at once: two printing processes, or one after another where processes cannot be started.

The processes are plain ones that run this module, not a `multiprocessing` pool: a pool imports the user's
main script again, or forks a process that has threads. They read tasks from their standard input, one JSON
line each, and answer each with one line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO

from reports.error import MissingGlyph, MissingLibrary, ReportError
from reports.font import Fonts
from reports.pdf import Printer

PROCESSES = 2
FEWEST_FOR_PROCESSES = 6
ERRORS: dict[str, type[ReportError]] = {
    kind.__name__: kind for kind in (ReportError, MissingGlyph, MissingLibrary)
}


def print_all(
    html_by_path: Mapping[Path, str], fonts: Fonts, style: str, tell: Callable[[str], None]
) -> tuple[Path, ...]:
    """Print each document to its path.

    Parameters
    ----------
    tell
        Called with the path's name when a document is done.

    Raises
    ------
    ReportError
        The first document that could not be printed.
    """
    paths = list(html_by_path)
    if len(paths) < FEWEST_FOR_PROCESSES or (os.cpu_count() or 1) < 2:
        _print_here(html_by_path, fonts, style, tell)
        return tuple(paths)
    # The long district report and every second scorecard go to the first process.
    shares = _shares(html_by_path)
    with ThreadPoolExecutor(PROCESSES) as threads:
        running = [threads.submit(_print_there, share, html_by_path, fonts, style, tell) for share in shares]
        for future in as_completed(running):
            future.result()
    return tuple(paths)


def _shares(html_by_path: Mapping[Path, str]) -> list[list[Path]]:
    """Documents dealt out so that both processes have about as much HTML; the longest first."""
    shares: list[list[Path]] = [[] for _ in range(PROCESSES)]
    loads = [0] * PROCESSES
    for path in sorted(html_by_path, key=lambda path: -len(html_by_path[path])):
        lightest = loads.index(min(loads))
        shares[lightest].append(path)
        loads[lightest] += len(html_by_path[path])
    return [share for share in shares if share]


def _print_here(
    html_by_path: Mapping[Path, str], fonts: Fonts, style: str, tell: Callable[[str], None]
) -> None:
    printer = Printer(fonts, style)
    for path, html in html_by_path.items():
        path.write_bytes(printer.pdf(html))
        tell(path.name)


def _print_there(
    paths: Sequence[Path],
    html_by_path: Mapping[Path, str],
    fonts: Fonts,
    style: str,
    tell: Callable[[str], None],
) -> None:
    # Complaints go to a file: nobody would read a pipe while the process runs, and a full one stops it.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        try:
            process = _start(complaints)
        except OSError:
            _print_here({path: html_by_path[path] for path in paths}, fonts, style, tell)
            return
        with process:
            try:
                for path, answer in _answers(process, paths, html_by_path, fonts, style):
                    _raise_if_failed(answer, path, complaints)
                    tell(path.name)
            finally:
                process.kill()
                # What a dead process did not read is still buffered, and closing would send it.
                with suppress(BrokenPipeError):
                    if process.stdin is not None:
                        process.stdin.close()


def _start(complaints: IO[str]) -> subprocess.Popen[str]:
    packages = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "reports.press"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, packages)), "PYTHONIOENCODING": "utf-8"},
    )


def _answers(
    process: subprocess.Popen[str],
    paths: Sequence[Path],
    html_by_path: Mapping[Path, str],
    fonts: Fonts,
    style: str,
) -> Iterator[tuple[Path, str]]:
    """Send each task when the one before is done; an empty answer means that the process has died."""
    assert process.stdin is not None
    assert process.stdout is not None
    setting = {"fonts": {name: str(path) for name, path in asdict(fonts).items()}, "style": style}
    tasks: list[Mapping[str, object]] = [{"path": str(path), "html": html_by_path[path]} for path in paths]
    for path, lines in zip(paths, [[setting, tasks[0]], *([task] for task in tasks[1:])], strict=True):
        try:
            process.stdin.writelines(json.dumps(line) + "\n" for line in lines)
            process.stdin.flush()
        except BrokenPipeError:
            yield path, ""
            return
        yield path, process.stdout.readline()


def _raise_if_failed(line: str, path: Path, complaints: IO[str]) -> None:
    if not line:
        complaints.seek(0)
        raise ReportError("worker_failed", {"detail": f"{path.name}: {complaints.read()[-400:]}"})
    answer = json.loads(line)
    if "code" in answer:
        raise ERRORS[answer["kind"]](answer["code"], answer["detail"])


def _work() -> None:
    """One printing process: fonts and style first, then a document a line until the input ends."""
    first = json.loads(sys.stdin.readline())
    printer = Printer(Fonts(**{name: Path(path) for name, path in first["fonts"].items()}), first["style"])
    for line in sys.stdin:
        task = json.loads(line)
        try:
            Path(task["path"]).write_bytes(printer.pdf(task["html"]))
            answer: dict[str, object] = {}
        except ReportError as error:
            answer = {"kind": type(error).__name__, "code": error.code, "detail": error.detail}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _work()
