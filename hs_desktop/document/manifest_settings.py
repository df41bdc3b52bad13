"""How a swap shall be made, or was, read from a project's JSON.

Values that no one can have set are refused with a ``ValueError``: the window would have no way
to show them, and the engine would be at work for ever.
"""

from __future__ import annotations

from engine.requests import (
    FIT_PARTS,
    MAX_GUIDANCE,
    MAX_STEPS,
    Fit,
    HeadTransform,
    SamplingSettings,
)
from hs_desktop.document.jsonvalues import Fields
from hs_desktop.document.settings import TONES, Fitting, SwapSettings

_FAR = 1e9  # photo px, degrees, and what the head is made larger by: beyond all that is seen
_MOST_RESULTS = 1000


def transform_of(fields: Fields) -> HeadTransform:
    dx, dy = fields.numbers("shift", 2)
    scale, rotate = fields.number("scale"), fields.number("rotate")
    _need(0 < scale <= _FAR and max(abs(dx), abs(dy), abs(rotate)) <= _FAR, "a move of the head")
    return HeadTransform((dx, dy), scale, rotate, fields.boolean("flip"))


def sampling_of(fields: Fields) -> SamplingSettings:
    """Within what ``SamplingSettings`` says of itself; of several results, seeds go on beyond."""
    seed, steps = fields.integer("seed"), fields.integer("steps")
    guidance, strength = fields.number("guidance"), fields.number("strength")
    _need(0 <= seed < 1 << 64 and 1 <= steps <= MAX_STEPS, "sampling")
    _need(0 <= guidance <= MAX_GUIDANCE and 0 < strength <= 1, "sampling")
    return SamplingSettings(seed, guidance, steps, strength)


def settings_of(fields: Fields) -> SwapSettings:
    variations = fields.integer("variations")
    _need(1 <= variations <= _MOST_RESULTS, "settings")
    return SwapSettings(
        sampling=sampling_of(fields.object("sampling")),
        keep_background=fields.boolean("keep_background"),
        feather=_feather(fields),
        variations=variations,
        complete=_completes(fields, before=True),
        match_grain=fields.boolean("match_grain"),
        match_skin=fields.boolean("match_skin"),
        **_tones(fields),
    )


def fitting_of(fields: Fields | None) -> Fitting | None:
    """Since 1.2."""
    if fields is None:
        return None
    return Fitting(
        fields.optional("keep_background", fields.boolean),
        _feather(fields),
        _completes(fields, before=False),
        fields.boolean("match_grain"),
        fields.boolean("match_skin"),
        **_tones(fields),
    )


def fit_of(fields: Fields | None) -> Fit | None:
    """Since 1.3."""
    if fields is None:
        return None
    said = fields.object("parts")
    parts = {name: said.number(name) for name in FIT_PARTS}
    _need(all(0 <= value <= 1 for value in parts.values()), "a fit")
    return Fit(parts, tuple(fields.texts("advice")))


def _completes(fields: Fields, *, before: bool) -> bool:
    """Since 1.6; what an older project asks for is ``before``, its results were made without."""
    given = fields.optional("complete", fields.boolean)
    return before if given is None else given


def _tones(fields: Fields) -> dict[str, float]:
    """Since 1.5; before, tones were left as they were."""
    tones = {name: fields.optional(name, fields.number) or 0.0 for name in TONES}
    _need(all(0 <= amount <= 1 for amount in tones.values()), "tones")
    return tones


def _feather(fields: Fields) -> float | None:
    feather = fields.optional("feather", fields.number)
    _need(feather is None or 0 <= feather <= _FAR, "a feather")
    return feather


def _need(makes_sense: bool, what: str) -> None:
    if not makes_sense:
        raise ValueError(f"{what} out of range")
