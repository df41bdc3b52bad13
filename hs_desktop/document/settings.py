"""What a swap is asked to be like; part of the project, so undone and saved with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.requests import RetouchRequest, SamplingSettings, SwapRequest


@dataclass(frozen=True)
class SwapSettings:
    """The sampling panel's values.

    Attributes:
        sampling: seed, guidance, steps, strength.
        keep_background: keep all of the body photo outside the old head.
        feather: width of the region's soft rim in body-photo pixels; ``None`` = automatic.
        variations: how many results with consecutive seeds, >= 1.
        match_grain, match_skin: whether what is generated takes on the photo's grain and the
            body's skin tone.
    """

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    keep_background: bool = SwapRequest.keep_background
    feather: float | None = SwapRequest.feather
    variations: int = SwapRequest.variations
    match_grain: bool = SwapRequest.match_grain
    match_skin: bool = SwapRequest.match_skin


@dataclass(frozen=True)
class Fitting:
    """How a result was fitted to its photo: what it was made with beside its sampling.

    Attributes:
        keep_background: ``None`` of what has no background of its own, as a retouch.
        feather, match_grain, match_skin: as in ``SwapSettings``.
    """

    keep_background: bool | None
    feather: float | None
    match_grain: bool
    match_skin: bool

    @classmethod
    def of(cls, request: SwapRequest | RetouchRequest) -> Fitting:
        keep = request.keep_background if isinstance(request, SwapRequest) else None
        return cls(keep, request.feather, request.match_grain, request.match_skin)
