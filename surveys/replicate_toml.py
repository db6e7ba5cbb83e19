"""``replicate_…`` of ``[responses.…]`` in ``wave.toml`` → columns of replicate weights and their type."""

from __future__ import annotations

from surveys.toml_section import Section
from surveys.wave import ReplicateCentre, ReplicatePlan, ReplicateType

_SETTINGS = ("replicate_type", "replicate_scale", "replicate_centre", "fay_rho")


def replicate_plan(block: Section, *, has_weight: bool, is_weighted: bool) -> ReplicatePlan | None:
    """What the block says, with a Problem for everything that does not go together.

    Parameters
    ----------
    has_weight
        Whether the block names a column of weights, which replicate weights go with.
    is_weighted
        Whether weights are made by ``[weighting.…]``, which replicate weights would not follow.
    """
    columns = block.texts("replicate_weights", '"rw_*"')
    settings = [key for key in _SETTINGS if key in block.values]
    if not columns:
        for key in settings:
            block.report("replicates_not_named", key, block.values[key])
            block.used.add(key)
        return None
    kind = block.string("replicate_type", " | ".join(f'"{kind}"' for kind in ReplicateType), required=True)
    if kind and kind not in set(ReplicateType):
        block.report("bad_toml_choice", "replicate_type", kind, choices=", ".join(ReplicateType))
    scale = _scale(block)
    # Without its type or scale the wave is refused; the records are read all the same, as another type.
    is_known = kind in set(ReplicateType) and bool(scale or kind != ReplicateType.JKN)
    plan = ReplicatePlan(
        columns=columns,
        kind=ReplicateType(kind) if is_known else ReplicateType.BOOTSTRAP,
        scale=scale,
        fay_rho=_rho(block, is_fay=kind == ReplicateType.FAY),
        centre=block.choice("replicate_centre", ReplicateCentre, ReplicateCentre.MEAN),
    )
    if kind == ReplicateType.JKN and not plan.scale and "replicate_scale" not in block.values:
        block.report("jkn_without_scale", "replicate_type", kind)
    if is_weighted:
        block.report("replicates_with_weighting", "replicate_weights", ", ".join(columns))
    elif not has_weight:
        block.report("replicates_without_weight", "replicate_weights", ", ".join(columns))
    return plan


def _scale(block: Section) -> tuple[float, ...]:
    value = block.get("replicate_scale", (int, float, list), "0.5")
    listed = [] if value is None else value if isinstance(value, list) else [value]
    for scale in listed:
        is_number = isinstance(scale, int | float) and not isinstance(scale, bool)
        if not (is_number and 0 <= scale < float("inf")) or (scale == 0 and len(listed) == 1):
            block.report("bad_replicate_scale", "replicate_scale", scale)
            return ()
    return tuple(float(scale) for scale in listed)


def _rho(block: Section, *, is_fay: bool) -> float:
    rho = block.get("fay_rho", (int, float), "0.3", required=is_fay)
    if rho is None:
        return 0.0
    if not is_fay:
        block.report("rho_without_fay", "fay_rho", rho)
    if not 0 <= rho < 1:
        block.report("fay_rho_out_of_range", "fay_rho", rho)
        return 0.0
    return float(rho)
