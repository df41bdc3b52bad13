"""What a swap is asked to be like; part of the project, so undone and saved with it."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from engine.requests import RetouchRequest, SamplingSettings, SwapRequest

TONES = ("head_skin", "body_skin", "match_light")  # of head and body, brought together


def any_seed() -> int:
    return random.randrange(1 << 31)


@dataclass(frozen=True)
class SwapSettings:
    """The sampling panel's values.

    Attributes:
        sampling: seed, guidance, steps, strength.
        keep_background: keep all of the body photo outside the old head.
        feather: width of the region's soft rim in body-photo pixels; ``None`` = automatic.
        variations: how many results with consecutive seeds, >= 1.
        complete: whether uncovered background and clothes are completed from the photo's own,
            instead of made up.
        match_grain, match_skin: whether what is generated takes on the photo's grain and the
            body's skin tone.
        head_skin, body_skin, match_light: 0..1, as in ``SwapRequest``.
    """

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    keep_background: bool = SwapRequest.keep_background
    feather: float | None = SwapRequest.feather
    variations: int = SwapRequest.variations
    complete: bool = SwapRequest.complete
    match_grain: bool = SwapRequest.match_grain
    match_skin: bool = SwapRequest.match_skin
    head_skin: float = SwapRequest.head_skin
    body_skin: float = SwapRequest.body_skin
    match_light: float = SwapRequest.match_light

    def value(self, name: str) -> Any:
        """One of the values, whether its own or its sampling's."""
        return getattr(self.sampling if hasattr(self.sampling, name) else self, name)

    def changed(self, **values: Any) -> SwapSettings:
        """With other values, whether its own or its sampling's."""
        sampling = {k: v for k, v in values.items() if hasattr(self.sampling, k)}
        others = {k: v for k, v in values.items() if k not in sampling}
        return replace(self, sampling=replace(self.sampling, **sampling), **others)


@dataclass(frozen=True)
class Fitting:
    """How a result was fitted to its photo: what it was made with beside its sampling.

    Attributes:
        keep_background: ``None`` of what has no background of its own, as a retouch.
        feather, complete, match_grain, match_skin, head_skin, body_skin, match_light: as in
            ``SwapSettings``; a retouch brings no tones together.
    """

    keep_background: bool | None
    feather: float | None
    complete: bool
    match_grain: bool
    match_skin: bool
    head_skin: float = SwapRequest.head_skin
    body_skin: float = SwapRequest.body_skin
    match_light: float = SwapRequest.match_light

    @classmethod
    def of(cls, request: SwapRequest | RetouchRequest) -> Fitting:
        if not isinstance(request, SwapRequest):
            return cls(
                None, request.feather, request.complete, request.match_grain, request.match_skin
            )
        return cls(
            request.keep_background, request.feather, request.complete, request.match_grain,
            request.match_skin, request.head_skin, request.body_skin, request.match_light,
        )  # fmt: skip

    @property
    def is_of_swap(self) -> bool:
        """Whether there were a head and a body, and what concerns the two counted."""
        return self.keep_background is not None

    def settings(self) -> dict[str, Any]:
        """What to set in ``SwapSettings`` to make the like again."""
        values = asdict(self)
        if not self.is_of_swap:
            for name in ("keep_background", *TONES):
                del values[name]
        return values
