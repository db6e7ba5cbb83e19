"""Where the values of leaves come from: rates of a questionnaire, checks of sites, grades of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from indicators.evidence.demonstration import seen_at_left_out_sites
from indicators.evidence.observation import add_up_sites, observed_leaves
from indicators.evidence.tables import Evidence
from indicators.framework import Framework, Indicator, Method
from indicators.scores.document_leaf import document_scores
from indicators.scores.leaf import LeafTable, chosen, joined_flags
from indicators.scores.tree import BoolArray
from indicators.status import NodeStatus, ScoreFlag
from surveys.area import Area, AreaLevel
from surveys.estimate import Estimation
from surveys.interval import clopper_pearson_interval
from surveys.questionnaire import Measure, Unit
from surveys.sample import FloatArray
from surveys.wave import Wave

RATE_NUMBERS = ("value", "low", "high", "standard_error", "degrees_of_freedom", "effective_n")


def leaf_table(framework: Framework, wave: Wave, estimation: Estimation, evidence: Evidence) -> LeafTable:
    """Every leaf of the framework in the district and in each subdistrict.

    Notes
    -----
    A leaf of level district is not applicable below it. Questionnaire: the rate of its measure; M4 decides
    what is withheld. Observation: its 得分率 (M12); checks that all found no such thing make it not
    applicable. Document: the score of its grade; every document was read, so value and limits coincide.
    """
    areas = (wave.areas.district, *wave.areas.subdistricts)
    measure_of = {measure.name: measure for measure in wave.measures}
    table = _blank_table(framework.leaves, areas, measure_of)
    _put_rates(table, estimation, measure_of)
    _put_checks(table, wave, evidence.checks)
    _put_left_out(table, wave, evidence.left_out)
    _put_grades(table, evidence.grades)
    return _only_where_applicable(table)


def target_of(leaf: Indicator, measure: Measure | None) -> float:
    """Mark of a leaf: its own, else its measure's, else none (NaN)."""
    if leaf.target is not None:
        return leaf.target
    return np.nan if measure is None or measure.target is None else measure.target


def _blank_table(
    leaves: tuple[Indicator, ...], areas: tuple[Area, ...], measure_of: Mapping[str, Measure]
) -> LeafTable:
    """Nothing collected yet; the arrays are filled by the sources."""
    shape = (len(areas), len(leaves))
    asked = [measure_of[leaf.source] if leaf.method is Method.QUESTIONNAIRE else None for leaf in leaves]

    def filled(value: object, dtype: object = np.float64) -> np.ndarray:
        return np.full(shape, value, dtype=dtype)  # type: ignore[call-overload, no-any-return]

    target_by_leaf = np.array(
        [target_of(leaf, measure) for leaf, measure in zip(leaves, asked, strict=True)], dtype=np.float64
    )
    return LeafTable(
        areas=areas,
        leaves=leaves,
        unit=tuple(Unit.SHARE if measure is None else measure.kind.unit for measure in asked),
        sample=tuple("" if measure is None else measure.questionnaire for measure in asked),
        status=filled(NodeStatus.NOT_COLLECTED, object),
        value=filled(np.nan),
        low=filled(np.nan),
        high=filled(np.nan),
        standard_error=filled(np.nan),
        degrees_of_freedom=filled(np.nan),
        effective_n=filled(np.nan),
        n=filled(0, np.int64),
        target=np.tile(target_by_leaf, (len(areas), 1)),
        rate_verdict=filled("", object),
        flag=filled("", object),
        carried_from=filled("", object),
        covariance=np.zeros((*shape, len(leaves))),
    )


def _put_rates(table: LeafTable, estimation: Estimation, measure_of: Mapping[str, Measure]) -> None:
    """Rates into the columns of the leaves that ask for them."""
    columns = _columns(table, Method.QUESTIONNAIRE)
    if not columns:
        return
    names = [table.leaves[at].source for at in columns]
    rates = estimation.rates
    shown = rates[(rates["group"] == "") & (rates["area_level"] != AreaLevel.COMMUNITY) & (rates["n"] > 0)]
    line = _line_of_cell(table, shown["area_code"], shown["measure"], names)
    asked, known = line >= 0, _gathered(shown["value"].notna(), line, False)
    for name in RATE_NUMBERS:
        numbers = _gathered(shown[name].astype("float64"), line, np.nan)
        getattr(table, name)[:, columns] = np.where(known, numbers, np.nan)
    blank = chosen(asked, NodeStatus.WITHHELD, NodeStatus.NOT_COLLECTED)
    table.status[:, columns] = chosen(known, NodeStatus.MEASURED, blank)
    table.n[:, columns] = _gathered(shown["n"], line, 0)
    table.flag[:, columns] = _gathered(shown["flag"], line, "")
    # The rate's own verdict holds where the leaf is held against the same mark.
    same = [table.leaves[at].target in (None, measure_of[table.leaves[at].source].target) for at in columns]
    table.rate_verdict[:, columns] = np.where(known & same, _gathered(shown["verdict"], line, ""), "")
    _put_covariances(table, estimation.covariance_by_area, names, known)


def _put_checks(table: LeafTable, wave: Wave, checks: pd.DataFrame) -> None:
    """得分率 of the observation leaves; their limits are binomial on N (M12)."""
    columns = _columns(table, Method.OBSERVATION)
    if not columns or checks.empty:
        return
    codes = tuple(table.leaves[at].code for at in columns)
    by_area = observed_leaves(add_up_sites(checks, codes, wave.areas), wave.areas)
    observed = [by_area[area.code] for area in table.areas]

    def stacked(name: str) -> FloatArray:
        return np.array([getattr(found, name) for found in observed])

    known, asked = stacked("checks_by_leaf") > 0, stacked("asked_by_leaf") > 0
    value = stacked("value_by_leaf")
    binomial_n = np.where(known, stacked("binomial_n_by_leaf"), np.nan)
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    low[known], high[known] = _binomial_limits(value[known], binomial_n[known])
    covariance = np.where(known[:, :, None] & known[:, None, :], stacked("covariance"), 0.0)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    blank = chosen(asked, NodeStatus.NOT_APPLICABLE, NodeStatus.NOT_COLLECTED)
    table.status[:, columns] = chosen(known, NodeStatus.MEASURED, blank)
    table.value[:, columns] = np.where(known, value, np.nan)
    table.low[:, columns], table.high[:, columns] = low, high
    table.standard_error[:, columns] = np.where(known, np.sqrt(variance), np.nan)
    table.effective_n[:, columns] = binomial_n
    table.n[:, columns] = np.where(known, stacked("checks_by_leaf"), 0)
    one_site = np.where(known & (stacked("sites_by_leaf") == 1), str(ScoreFlag.ONE_SITE), "")
    no_error = np.where(known & np.isnan(variance), str(ScoreFlag.NO_ERROR_ESTIMATE), "")
    table.flag[:, columns] = joined_flags(one_site, no_error)
    table.covariance[:, np.array(columns)[:, None], columns] = covariance


def _binomial_limits(value: FloatArray, binomial_n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Clopper–Pearson limits, once for each pair that occurs: few checks of few sites often repeat one."""
    pair, pair_of_cell = np.unique(value + 1j * binomial_n, return_inverse=True)
    low, high = clopper_pearson_interval(pair.real, pair.imag)
    return low[pair_of_cell], high[pair_of_cell]


def _put_left_out(table: LeafTable, wave: Wave, left_out: pd.DataFrame) -> None:
    """Leaves that only demonstration sites tell of, which the wave leaves out: not collected, and why."""
    if left_out.empty:
        return
    row_of = {area.code: row for row, area in enumerate(table.areas)}
    column_of = {table.leaves[at].code: at for at in _columns(table, Method.OBSERVATION)}
    for code, node in seen_at_left_out_sites(left_out, wave.areas):
        cell = row_of[code], column_of[node]
        if table.status[cell] is not NodeStatus.MEASURED:
            table.status[cell] = NodeStatus.NOT_COLLECTED
            table.flag[cell] = str(ScoreFlag.ONLY_DEMONSTRATION)


def _put_grades(table: LeafTable, grades: pd.DataFrame) -> None:
    """Scores of the document leaves."""
    columns = _columns(table, Method.DOCUMENT)
    if not columns:
        return
    found = document_scores([table.leaves[at] for at in columns], table.areas, grades)
    known = found.documents > 0
    table.status[:, columns] = chosen(known, NodeStatus.MEASURED, NodeStatus.NOT_COLLECTED)
    for name in ("value", "low", "high"):
        getattr(table, name)[:, columns] = found.score_share
    table.standard_error[:, columns] = np.where(known, 0.0, np.nan)
    table.n[:, columns] = found.documents
    table.flag[:, columns] = np.where(found.of_subdistricts, str(ScoreFlag.MEAN_OF_SUBDISTRICTS), "")


def _columns(table: LeafTable, method: Method) -> list[int]:
    return [at for at, leaf in enumerate(table.leaves) if leaf.method is method]


def _line_of_cell(
    table: LeafTable, area_codes: pd.Series, names: pd.Series, name_of_column: Sequence[str]
) -> npt.NDArray[np.intp]:
    """Line of a long table for each area × column; −1 where it has none."""
    unique = pd.Index(name_of_column).unique()
    row = pd.Index([area.code for area in table.areas]).get_indexer(pd.Index(area_codes))
    column = unique.get_indexer(pd.Index(names))
    inside = (row >= 0) & (column >= 0)
    line = np.full((len(table.areas), len(unique)), -1, dtype=np.intp)
    line[row[inside], column[inside]] = np.flatnonzero(inside)
    return line[:, unique.get_indexer(pd.Index(name_of_column))]


def _gathered(column: pd.Series, line: npt.NDArray[np.intp], blank: bool | float | str) -> np.ndarray:
    """Cells of a column at these lines; `blank` where there is none."""
    cells = column.to_numpy(dtype=object if column.dtype == "str" else None)
    # Line −1 takes the last cell, which is the blank one.
    gathered: np.ndarray = np.append(cells, np.array([blank], dtype=cells.dtype))[line]
    return gathered


def _put_covariances(
    table: LeafTable, covariance_by_area: Mapping[str, pd.DataFrame], names: Sequence[str], known: BoolArray
) -> None:
    """Covariances of the measures behind the questionnaire leaves; 0 where a leaf is blank."""
    columns = np.array(_columns(table, Method.QUESTIONNAIRE))
    wanted = pd.Index(names)
    header: pd.Index = wanted[:0]
    at = np.array([], dtype=np.intp)
    for row, area in enumerate(table.areas):
        if known[row].any():
            frame = covariance_by_area[area.code]
            if not frame.columns.equals(header):
                header = frame.columns
                at = header.get_indexer(wanted)
            matrix = frame.to_numpy(dtype=np.float64)[at[:, None], at]
            matrix = np.where(known[row][:, None] & known[row], matrix, 0.0)
            table.covariance[row, columns[:, None], columns] = matrix


def _only_where_applicable(table: LeafTable) -> LeafTable:
    """Blank the leaves of level district below it: their weight is shared out."""
    below = np.array([area.level is not AreaLevel.DISTRICT for area in table.areas])
    out = np.outer(below, [leaf.level is AreaLevel.DISTRICT for leaf in table.leaves])
    if not out.any():
        return table

    def blanked(numbers: FloatArray) -> FloatArray:
        return np.where(out, np.nan, numbers)

    return replace(
        table,
        value=blanked(table.value),
        low=blanked(table.low),
        high=blanked(table.high),
        standard_error=blanked(table.standard_error),
        degrees_of_freedom=blanked(table.degrees_of_freedom),
        effective_n=blanked(table.effective_n),
        target=blanked(table.target),
        status=chosen(out, NodeStatus.NOT_APPLICABLE, table.status),
        n=np.where(out, 0, table.n),
        rate_verdict=np.where(out, "", table.rate_verdict),
        flag=np.where(out, "", table.flag),
        covariance=np.where(out[:, :, None] | out[:, None, :], 0.0, table.covariance),
    )
