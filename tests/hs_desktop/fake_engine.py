"""An engine for tests of the window: the real worker and queue, made-up pictures, and a script.

Without a script every request is answered at once. ``FakeEngine`` goes where
``EngineBridge`` wants to open an engine: ``EngineBridge(lambda: fake)``.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import replace

import numpy as np

from engine.engine import Description, Engine, Job, JobContext
from engine.imageio import Photo
from engine.jobs import OnPreview, OnProgress
from engine.labels import HEAD, IGNORE, Layout, SemanticClass, mask_of
from engine.requests import (
    Affine,
    HeadPlace,
    LayoutRequest,
    LoadRequest,
    ParseRequest,
    Request,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)

DESCRIBED = Description("cpu fp32", "scripted 1.0")
_SLICE = 0.002  # seconds between two looks whether the job is cancelled
_WAIT = 20.0  # seconds after which a forgotten ``hold`` ends

Box = tuple[int, int, int, int]  # x0, y0, x1, y1
FRAME_HEAD: Box = (70, 40, 186, 180)  # of the canonical frame
SHOWN = np.zeros((256, 256), np.float32)  # what of it isn't the body photo's
SHOWN[40:180, 70:186] = 1


class FakeEngine:
    """``engine.engine.Engine`` with a runner that plays a script.

    Attributes:
        requests: what the runner was given, in order.
        seconds_per_step: how long each step of each stage takes.
        notes: sentences that come with every result.
        previews: whether sampling shows pictures forming.
        holds_at_preview: jobs ``hold`` once they have shown the first, until ``release``.
        load_seconds: how long loading the models takes, which can't be cancelled.
        load_error: why it fails.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.seconds_per_step = 0.0
        self.notes: tuple[str, ...] = ()
        self.previews = True
        self.holds_at_preview = False
        self.load_seconds = 0.0
        self.load_error: BaseException | None = None
        self._errors: deque[BaseException | None] = deque()
        self._go = threading.Event()
        self._go.set()
        self._at_gate = threading.Event()
        self._engine = Engine(self._load)

    # --- the script ----------------------------------------------------------------------------

    def fail(self, error: BaseException, after: int = 0) -> None:
        """Have a request fail in its last stage, ``after`` others have gone well."""
        self._errors.extend([None] * after + [error])

    def hold(self) -> None:
        """Have jobs stop before each step until ``release``."""
        self._at_gate.clear()
        self._go.clear()

    def release(self) -> None:
        self.holds_at_preview = False
        self._go.set()

    def wait_held(self) -> None:
        """Wait until a job stands at the gate."""
        assert self._at_gate.wait(_WAIT), "no job came to the gate"

    # --- what the bridge needs -----------------------------------------------------------------

    def submit(
        self,
        request: Request | LoadRequest,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
    ) -> Job:
        return self._engine.submit(request, on_progress=on_progress, on_preview=on_preview)

    def close(self) -> None:
        self._engine.close()

    def describe(self) -> Description | None:
        return self._engine.describe()

    # --- what the real engine's worker needs ---------------------------------------------------

    def _load(self) -> _Runner:
        time.sleep(self.load_seconds)
        if self.load_error is not None:
            raise self.load_error
        return _Runner(self)

    def _pass(self, context: JobContext) -> None:
        """One step: as slow as was asked for, and cancelled at any time."""
        end = time.monotonic() + self.seconds_per_step
        latest = time.monotonic() + _WAIT
        while True:
            context.check()
            now = time.monotonic()
            if (self._go.is_set() or now > latest) and now >= end:
                return
            if not self._go.is_set():
                self._at_gate.set()
            time.sleep(_SLICE)


class _Runner:
    """Goes through the stages of the real one, with nothing in them."""

    def __init__(self, script: FakeEngine) -> None:
        self._script = script

    def describe(self) -> Description:
        return DESCRIBED

    def run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        script = self._script
        script.requests.append(request)
        error = script._errors.popleft() if script._errors else None
        for note in script.notes:
            context.note(note)
        if isinstance(request, ParseRequest):
            self._plan(context, find=1, parse=1)
            self._stage(context, "find")
            self._stage(context, "parse", error=error)
            size = request.photo.size
            found = self._result(context, None, layout_of(size, request.at))
            return (replace(found, people=(as_floats(head_box(size)),)),)
        if isinstance(request, LayoutRequest):
            self._plan(context, layout=1)
            self._stage(context, "layout", error=error)
            size, at = request.swap.body.size, request.swap.body_at
            found = self._result(context, None, layout_of(size))
            return (replace(found, head_place=head_place(size, at)),)
        sampling, count = request.sampling, request.variations
        self._plan(context, parse=1, sample=count * sampling.steps, composite=count)
        self._stage(context, "parse")
        return tuple(self._sampled(request, context, sampling, k, error) for k in range(count))

    def _plan(self, context: JobContext, **steps: int) -> None:
        """With guesses, so that the first job has a time left, too."""
        context.plan(steps, dict.fromkeys(steps, self._script.seconds_per_step or 1e-4))

    def _sampled(
        self,
        request: Request,
        context: JobContext,
        sampling: SamplingSettings,
        number: int,
        error: BaseException | None,
    ) -> Result:
        base = request.body if isinstance(request, SwapRequest) else request.photo
        seed = sampling.seed + number
        with context.stage("sample", sampling.steps):
            for step in range(sampling.steps):
                self._script._pass(context)
                context.advance()
                if self._script.previews:
                    frame = frame_of(seed, step + 1, sampling.steps)
                    to_photo = frame_to_photo(base.size)
                    context.preview(frame, step + 1, sampling.steps, to_photo, SHOWN)
                    if self._script.holds_at_preview:
                        self._script.hold()
        self._stage(context, "composite", error=error)
        own, painted = layout_of(base.size), _painted(request)
        layout = own if painted is None else np.where(painted == IGNORE, own, painted)
        region = request.mask if isinstance(request, RetouchRequest) else region_of(base.size)
        result = self._result(context, tinted(base, seed), layout, region, seed)
        if isinstance(request, SwapRequest):
            if painted is not None:
                result = replace(result, own_layout=own, painted=painted)
            return replace(result, head_place=head_place(base.size, request.body_at))
        return result

    def _stage(self, context: JobContext, name: str, error: BaseException | None = None) -> None:
        with context.stage(name):
            self._script._pass(context)
            if error is not None:
                raise error
            context.advance()

    def _result(
        self,
        context: JobContext,
        photo: Photo | None,
        layout: Layout,
        region: np.ndarray | None = None,
        seed: int | None = None,
    ) -> Result:
        return Result(
            photo, layout, region, seed, dict(context.milliseconds), context.notes, *DESCRIBED
        )


def _painted(request: Request) -> Layout | None:
    """What was painted on the result; of a swap, where the head was shifted to since."""
    layout: Layout | None = getattr(request, "layout", None)
    if layout is None or not isinstance(request, SwapRequest) or request.layout_transform is None:
        return layout
    (x0, y0), (x1, y1) = request.layout_transform.shift, request.transform.shift
    head = mask_of(layout, HEAD)
    moved = np.roll(np.where(head, layout, IGNORE), (round(y1 - y0), round(x1 - x0)), (0, 1))
    return np.where(moved == IGNORE, np.where(head, IGNORE, layout), moved).astype(np.uint8)


# --- made-up pictures, of any size in no time --------------------------------------------------


def head_box(size: tuple[int, int], at: tuple[float, ...] | None = None) -> Box:
    """Where the made-up person of a photo of (width, height) has the head: at a box, if asked."""
    if at is not None and len(at) == 4:
        x0, y0, x1, y1 = (round(number) for number in at)
        return x0, y0, x1, y1
    width, height = size
    return width * 3 // 8, height // 8, width * 5 // 8, height // 2


def head_place(size: tuple[int, int], at: tuple[float, ...] | None = None) -> HeadPlace:
    x0, y0, x1, y1 = as_floats(head_box(size, at))
    return HeadPlace((x0, y0, x1, y1), ((x0 + x1) / 2, (y0 + 3 * y1) / 4))


def as_floats(box: Box) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    return float(x0), float(y0), float(x1), float(y1)


def frame_to_photo(size: tuple[int, int]) -> Affine:
    """The canonical frame laid on a photo of (width, height): the boxes of heads coincide."""
    x0, y0, x1, y1 = head_box(size)
    fx0, fy0, fx1, fy1 = FRAME_HEAD
    across, down = (x1 - x0) / (fx1 - fx0), (y1 - y0) / (fy1 - fy0)
    return (across, 0.0, x0 - across * fx0), (0.0, down, y0 - down * fy0)


def layout_of(size: tuple[int, int], at: tuple[float, ...] | None = None) -> Layout:
    """Hair, a face, a neck and clothes, in boxes."""
    width, height = size
    x0, y0, x1, y1 = head_box(size, at)
    chin, brow = y0 + (y1 - y0) * 4 // 5, y0 + (y1 - y0) // 4
    cheek = (x1 - x0) // 6
    ids = np.zeros((height, width), np.uint8)
    ids[y1:, width // 5 : width * 4 // 5] = SemanticClass.UPPER_CLOTHES
    ids[y0:chin, x0:x1] = SemanticClass.HAIR
    ids[brow:chin, x0 + cheek : x1 - cheek] = SemanticClass.FACE
    ids[chin:y1, x0 + cheek : x1 - cheek] = SemanticClass.NECK
    return ids


def region_of(size: tuple[int, int]) -> np.ndarray:
    """A transition region below the chin: H x W float32, 0..1."""
    x0, y0, x1, y1 = head_box(size)
    region = np.zeros((size[1], size[0]), np.float32)
    region[y0 + (y1 - y0) * 3 // 4 : y1, x0:x1] = 1.0
    return region


def tinted(photo: Photo, seed: int) -> Photo:
    """The photo with a box of another colour, one of its own for each seed."""
    x0, y0, x1, y1 = head_box(photo.size)
    pixels = photo.pixels.copy()
    part = pixels[y0:y1, x0:x1]
    colour = _colour(seed) * (257 if pixels.dtype == np.uint16 else 1)
    part[...] = part // 2 + colour.astype(pixels.dtype)
    return photo.with_pixels(pixels)


def frame_of(seed: int, step: int, steps: int) -> np.ndarray:
    """A canonical frame in which the colour of the result comes up from grey."""
    share = step / steps
    frame = np.full((256, 256, 3), 128, np.uint8)
    x0, y0, x1, y1 = FRAME_HEAD
    frame[y0:y1, x0:x1] = (128 * (1 - share) + 2.0 * _colour(seed) * share).astype(np.uint8)
    return frame


def _colour(seed: int) -> np.ndarray:
    """RGB, 1..127: no two of the first hundred seeds have the same."""
    return np.array([37 * seed % 101 + 20, 61 * seed % 97 + 20, 17 * seed % 89 + 20])
