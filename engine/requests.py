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

Affine = tuple[tuple[float, float, float], tuple[float, float, float]]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1

IDENTITY: Affine = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))

MAX_SEED = 2**63 - 1
MAX_STEPS = 1000
MAX_GUIDANCE = 20.0


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
    """How SG-LDM samples. Window, command line and engine take their defaults from here.

    Attributes:
        seed: 0 .. ``MAX_SEED``; the same seed gives the same picture on every device up to
            rounding.
        guidance: classifier-free guidance scale, 1 = none; 0 .. ``MAX_GUIDANCE``.
        steps: denoising steps, 1 .. ``MAX_STEPS``.
        strength: start time t0 in (0, 1]: low stays close to the coarse estimate, 1 starts
            from pure noise, the paper's way.
    """

    seed: int = 0
    guidance: float = 2.2
    steps: int = 2
    strength: float = 0.3


# From pure noise: there is no estimate to stay close to, nor one that holds guidance in check.
REPLACE_HEAD_SAMPLING = SamplingSettings(strength=1.0, steps=20, guidance=1.3)


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
        layout: replaces the inpainted layout; the body photo's size, uint8 class ids, 255 where
            the engine shall say what is there.
        layout_transform: the move of the head under which ``layout`` was painted: where it isn't
            ``transform``, what it holds of the head's classes goes along with the head, and all
            else stays. ``None``: all of it stays.
        region: replaces the transition region; the body photo's size, float32 0..1.
        feather: width of the region's soft rim in body-photo pixels; ``None`` = automatic.
        variations: how many results, with seeds ``seed``, ``seed + 1``, ...
        head_layout, body_layout: replace what the parser says of a photo; its size, uint8
            class ids.
        head_mask: m^H, replaces the classes' say in what of the head photo is taken: its size,
            float32 0..1. Where it says what the classes say, the head's edge is found in the
            picture; where it says otherwise, it counts to the pixel.
        complete: complete uncovered background and clothes from the body photo's own patches;
            off: the denoiser makes them up.
        match_grain: add grain where what is generated has less than the photo.
        match_skin: bring generated skin in line with the body's own.
        head_skin, body_skin, match_light: 0..1, see ``toning.Tones``; what they change counts to
            the region.
    """

    head: Photo
    body: Photo
    head_at: tuple[float, ...] | None = None
    body_at: tuple[float, ...] | None = None
    transform: HeadTransform = field(default_factory=HeadTransform)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    keep_background: bool = True
    layout: Layout | None = None
    layout_transform: HeadTransform | None = None
    region: Mask | None = None
    feather: float | None = None
    variations: int = 1
    head_layout: Layout | None = None
    body_layout: Layout | None = None
    head_mask: Mask | None = None
    complete: bool = True
    match_grain: bool = True
    match_skin: bool = True
    head_skin: float = 0.0
    body_skin: float = 0.0
    match_light: float = 0.0


@dataclass(frozen=True)
class RetouchRequest:
    """Regenerate the white part of ``mask`` (photo's size, float32 0..1) under the layout."""

    photo: Photo
    mask: Mask
    layout: Layout | None = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    feather: float | None = None
    variations: int = 1
    complete: bool = True
    match_grain: bool = True
    match_skin: bool = True


@dataclass(frozen=True)
class ReplaceHeadRequest:
    """A made-up head on the real body ("head replacement with a fake")."""

    photo: Photo
    at: tuple[float, ...] | None = None
    sampling: SamplingSettings = REPLACE_HEAD_SAMPLING
    keep_background: bool = True
    feather: float | None = None
    variations: int = 1
    complete: bool = True
    match_grain: bool = True
    match_skin: bool = True


@dataclass(frozen=True)
class ParseRequest:
    """The layout of the most prominent person (or the one at ``at``), and who else is there."""

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
    """The result forming.

    Attributes:
        frame_image: 256 x 256 x 3 RGB uint8 sRGB, the canonical frame: the body photo, what is
            generated, and the new head over it.
        step, steps: of sampling.
        to_photo: canonical frame -> body photo, an affine matrix in corner coordinates.
        shown: 256 x 256 float32 0..1, where the frame differs from the body photo; ``None``:
            maybe everywhere.
    """

    frame_image: NDArray[np.uint8]
    step: int
    steps: int
    to_photo: Affine = IDENTITY
    shown: Mask | None = None


@dataclass(frozen=True)
class HeadPlace:
    """Where the neck alignment puts a head, before the user's own ``HeadTransform``.

    Attributes:
        box: (x0, y0, x1, y1) in body-photo pixels, round the head as it would stand upright:
            it leans with the head, by ``axis`` about ``centre``.
        centre: the point (x, y) about which the head is scaled, turned and mirrored.
        axis: degrees that the head leans, clockwise; it is mirrored along this axis.
    """

    box: Box
    centre: tuple[float, float]
    axis: float = 0.0


FIT_PARTS = ("pose", "light", "resolution", "occlusion")


@dataclass(frozen=True)
class Fit:
    """How well a head suits a body; nothing is refused for it.

    Attributes:
        parts: each of ``FIT_PARTS`` (occlusion: what is hidden or cut off), 0..1: 1 is a
            perfect fit, at 0.5 it shows at first glance that something is wrong.
        advice: what is wrong and what to try, the worst first; nothing where all is well.
            English, to be translated where it is shown.
    """

    parts: Mapping[str, float]
    advice: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """0..1, halfway between the worst part and the mean."""
        values = self.parts.values()
        return (min(values) + sum(values) / len(values)) / 2


@dataclass(frozen=True)
class Result:
    """What a job gives.

    Attributes:
        photo: the result with the body photo's size, profile, EXIF and bit depth
            (``None`` for parse and layout jobs).
        layout: photo-size uint8 class ids.
        region: photo-size float32 0..1: outside (0) every pixel is its source's own.
        generated: likewise, what was made anew: ``region`` without what only changed its tone;
            as another request's ``region`` it leaves faces and hands alone. ``None``: the same.
        seed: the seed that made it; ``None`` where none was used.
        milliseconds: stage name -> time spent; a stage served from the cache has 0.
        notes: sentences the user should read (resolution mismatch, a fall-back ...); English,
            to be translated where they are shown.
        device: for instance ``"cpu bf16"``.
        pack: name and version of the model pack.
        head_place: where the head of a swap (or of its layout) stands; ``None`` for other
            jobs, and where the head photo shows no head's pixels.
        own_layout: what the engine alone says where a swap's ``layout`` says something of its own;
            ``None`` where it was given none, or a whole one.
        painted: that ``layout`` with the head's classes where they are now; with ``own_layout``.
        people: of a parse job, a box round each head found in the photo, in photo pixels; it
            is centred on the face and may reach beyond the photo. The first is the one that
            is taken unless another is asked for, the others follow by prominence.
        fit: how well head and body of a swap (or of its layout) go together; ``None`` for
            other jobs.
    """

    photo: Photo | None
    layout: Layout
    region: Mask | None
    seed: int | None
    milliseconds: Mapping[str, float]
    notes: tuple[str, ...] = ()
    device: str = ""
    pack: str = ""
    head_place: HeadPlace | None = None
    own_layout: Layout | None = None
    painted: Layout | None = None
    people: tuple[Box, ...] = ()
    fit: Fit | None = None
    generated: Mask | None = None
