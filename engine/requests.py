"""What can be asked of the engine and what comes back: frozen dataclasses, nothing else.

This module is the whole boundary between ``engine/`` and its callers (window, command line,
batch). It imports neither torch nor cv2, so it may be imported before a first paint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.imageio import Photo
    from engine.labels import Layout

    Mask = NDArray[np.float32]


@dataclass(frozen=True)
class HeadTransform:
    """What the user adds to the automatic neck alignment, in the body photo's pixels.

    Attributes:
        shift: (dx, dy), body-photo pixels.
        scale: factor on the head's size, > 0, about the lower face's centre.
        rotate: degrees, positive turns clockwise on the screen.
        flip: mirror the head left to right.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    rotate: float = 0.0
    flip: bool = False


@dataclass(frozen=True)
class SamplingSettings:
    """How SG-LDM samples.

    Attributes:
        seed: 0 .. 2**63 - 1; the same seed gives the same picture on every device up to
            rounding.
        guidance: classifier-free guidance scale, 1 = none; 0 .. 20.
        steps: denoising steps, 1 .. 1000.
        strength: start time t0 in (0, 1]: low stays close to the coarse estimate, 1 starts
            from pure noise, the paper's way.
    """

    seed: int = 0
    guidance: float = 1.5
    steps: int = 8
    strength: float = 0.6


@dataclass(frozen=True)
class SwapRequest:
    """Put ``head``'s head on ``body``'s body.

    Attributes:
        head, body: photos as ``imageio.read_photo`` gives them.
        head_at, body_at: a point (x, y) or box (x0, y0, x1, y1) in photo pixels that picks
            the person; the most prominent one without it.
        transform: the user's own move of the head.
        sampling: seed, guidance, steps, strength.
        keep_background: also keep all of the body photo outside the old head (default);
            off: the paper's way, only head and body are known.
        layout: replaces the inpainted layout; the body photo's size, uint8 class ids.
        region: replaces the transition region; the body photo's size, float32 0..1.
        feather: width of the region's soft rim in body-photo pixels; ``None`` = automatic.
        variations: how many results, with seeds ``seed``, ``seed + 1``, ...
    """

    head: Photo
    body: Photo
    head_at: tuple[float, ...] | None = None
    body_at: tuple[float, ...] | None = None
    transform: HeadTransform = field(default_factory=HeadTransform)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    keep_background: bool = True
    layout: Layout | None = None
    region: Mask | None = None
    feather: float | None = None
    variations: int = 1


@dataclass(frozen=True)
class RetouchRequest:
    """Regenerate the white part of ``mask`` (photo's size, float32 0..1) under the layout."""

    photo: Photo
    mask: Mask
    layout: Layout | None = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    feather: float | None = None
    variations: int = 1


@dataclass(frozen=True)
class ReplaceHeadRequest:
    """A made-up head on the real body ("head replacement with a fake")."""

    photo: Photo
    at: tuple[float, ...] | None = None
    sampling: SamplingSettings = field(default_factory=lambda: SamplingSettings(strength=1.0))
    keep_background: bool = True
    feather: float | None = None
    variations: int = 1


@dataclass(frozen=True)
class ParseRequest:
    """The layout of the most prominent person (or the one at ``at``)."""

    photo: Photo
    at: tuple[float, ...] | None = None


@dataclass(frozen=True)
class LayoutRequest:
    """The blended and inpainted layout of a swap, without sampling."""

    swap: SwapRequest


@dataclass(frozen=True)
class LoadRequest:
    """Bring the models in, so that the next job needn't; gives no result."""


Request = SwapRequest | RetouchRequest | ReplaceHeadRequest | ParseRequest | LayoutRequest


@dataclass(frozen=True)
class Progress:
    """Where a job is.

    Attributes:
        stage: the stage's name, for instance ``"sample"``.
        done, total: steps of this stage.
        fraction: of the whole job, 0..1, never falling.
        seconds_left: estimate for the whole job; ``None`` while unknown.
        message: something the user should know (for instance a fall-back to the CPU).
    """

    stage: str
    done: int
    total: int
    fraction: float
    seconds_left: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Preview:
    """The result forming: the canonical frame, 256 x 256 x 3 RGB uint8, and its step."""

    frame_image: NDArray[np.uint8]
    step: int
    steps: int


@dataclass(frozen=True)
class Result:
    """What a job gives.

    Attributes:
        photo: the result with the body photo's size, profile, EXIF and bit depth
            (``None`` for parse and layout jobs).
        layout: photo-size uint8 class ids.
        region: photo-size float32 0..1: outside (0) every pixel is its source's own.
        seed: the seed that made it; ``None`` where none was used.
        milliseconds: stage name -> time spent; a stage served from the cache has 0.
        notes: sentences the user should read (resolution mismatch, a fall-back ...).
        device: for instance ``"cpu bf16"``.
        pack: name and version of the model pack.
    """

    photo: Photo | None
    layout: Layout
    region: Mask | None
    seed: int | None
    milliseconds: Mapping[str, float]
    notes: tuple[str, ...] = ()
    device: str = ""
    pack: str = ""
