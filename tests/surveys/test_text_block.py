"""The reader by blocks says of any file what a reader of single characters says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.responses import csv as reader
from surveys.responses.body import body_of
from surveys.responses.export import Export, export_of
from surveys.responses.slow_csv import read_slowly
from surveys.responses.text_block import Irregular, Layout, parse_block

plain = settings(max_examples=300, deadline=None)
CELLS = st.one_of(
    st.text(alphabet="12 .a市", max_size=3),
    st.text(alphabet='ab市",\n ', max_size=12),
    st.integers(0, 10**20).map(str),
    st.text(alphabet="xyz", min_size=7, max_size=30),
)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=12)


def columns_of(export: Export, threads: int, block_bytes: int) -> list[list[str]]:
    records, _ = reader.read_columns(export, range(export.cells), threads, block_bytes)
    assert records is not None
    texts = [records.columns[at] for at in range(export.cells)]
    return [[column.distinct[at] for at in column.text_of_record] for column in texts]


def expected(body: str, cells: int) -> list[list[str]]:
    """Python's csv module; a record without any cell is one of blanks."""
    rows = list(csv.reader(io.StringIO(body, newline="")))
    return [[(row[at].strip() if at < len(row) else "") for row in rows] for at in range(cells)]


def written(table: list[list[str]], line_end: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(table)
    return text.getvalue().rstrip("\r\n")


@given(
    table=TABLES,
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block_bytes=st.sampled_from([1, 7, 50, 1 << 20]),
)
@example([["1", "2"], ["3"]], "\n", csv.QUOTE_MINIMAL, 1)
@plain
def test_every_cell_is_what_the_csv_module_reads(
    table: list[list[str]], line_end: str, quoting: int, block_bytes: int
) -> None:
    """Ragged records, quotes, separators and line ends inside them, Chinese, both line ends, any blocks."""
    body = written(table, line_end, quoting)
    if not body:
        return
    export = export_of("x.csv", ["a", "b", "c"], body.encode(), delimiter=",", first_row=2)
    for threads in (1, 3):
        assert columns_of(export, threads, block_bytes) == expected(body, 3)


@given(table=TABLES, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@plain
def test_the_reader_by_blocks_agrees_with_the_slow_one(table: list[list[str]], quoting: int) -> None:
    """Surplus cells and swallowed records too."""
    body = written(table, "\n", quoting)
    if not body:
        return
    export = export_of("x.csv", ["a", "b", "c"], body.encode(), delimiter=",", first_row=2)
    records, problems = reader.read_columns(export, range(3), 2, 20)
    slow, _ = read_slowly(export, range(3))
    assert records is not None
    assert slow is not None
    columns, surplus, swallowing = slow
    assert records.surplus_of_record.tolist() == surplus.tolist()
    assert sum(problem.count for problem in problems) == swallowing.sum()
    for at in range(3):
        fast = records.columns[at]
        assert [fast.distinct[k] for k in fast.text_of_record] == [
            columns[at].distinct[k] for k in columns[at].text_of_record
        ]


@given(st.text(alphabet='a1,"\n\r ', min_size=1, max_size=24).map(lambda body: body.rstrip("\r\n")))
@plain
def test_stray_quotes_and_lone_returns_leave_the_file_to_the_slow_reader(body: str) -> None:
    """Whatever is not left to it is read as the csv module reads it."""
    if not body:
        return
    size = len(body.encode())
    try:
        parse_block(body_of(body.encode()).characters(0, size), size + 1, Layout(2, ",", (0, 1)))
    except Irregular:
        return
    export = export_of("x.csv", ["a", "b"], body.encode(), delimiter=",", first_row=2)
    assert columns_of(export, 1, 1 << 20) == expected(body, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_and_line_ends_make_no_difference(tmp_path: Path, encoding: str, line_end: str) -> None:
    path = tmp_path / "x.csv"
    lines = ["编号,回答,社区", *(f'{at},"满意,很",南关社区居民委员会第{at % 3}号' for at in range(50)), ""]
    path.write_bytes(line_end.join(lines).encode(encoding))
    export, problems = reader.open_csv(path, path.name)
    assert export is not None
    assert problems == ()
    ids, answers, places = columns_of(export, 2, 100)
    assert ids == [str(at) for at in range(50)]
    assert set(answers) == {"满意,很"}
    assert places[4] == "南关社区居民委员会第1号"


def test_long_codes_that_share_their_first_words_stay_apart() -> None:
    """Cells are compared beyond eight bytes, a shorter one and its continuation included."""
    codes = ["140213000001", "14021300", "140213000001234567890", "140213000002", "1402130000012345"] * 3
    export = export_of("x.csv", ["a"], "\n".join(codes).encode(), delimiter=",", first_row=2)
    assert columns_of(export, 1, 1 << 20) == [codes]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_columns_are_the_same_for_any_number_of_threads(threads: int) -> None:
    body = "\n".join(f"{at},{at % 7},{'x' * (at % 11)}" for at in range(2000)).encode()
    export = export_of("x.csv", ["a", "b", "c"], body, delimiter=",", first_row=2)
    one, _ = reader.read_columns(export, range(3), 1, 500)
    many, _ = reader.read_columns(export, range(3), threads, 500)
    assert one is not None
    assert many is not None
    for at in range(3):
        assert one.columns[at].distinct == many.columns[at].distinct
        assert (one.columns[at].text_of_record == many.columns[at].text_of_record).all()
