"""Made-up people: layouts, photos painted in the classes' own colours, and a small dataset.

A photo painted by ``painted`` shows its layout to whoever knows the palette, so that
``read_colours`` can stand for a trained parser, exact at any size and position.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.finding.finder import Head
from engine.framing import CHIN, FRAME_SIZE, TOP_OF_FACE, Similarity, canonical_frame, warp
from engine.imageio import Photo
from engine.labels import CCP_NAMES, NUM_CLASSES, Layout, SemanticClass, palette
from engine.requests import SamplingSettings, SwapRequest
from engine.training import ccp

C = SemanticClass
CHIN_Y, TOP_Y = 96, 40  # of a canonical face: 56 px about (128, 68)


def _ellipse(
    layout: Layout, centre: tuple[float, float], axes: tuple[float, float], label: int
) -> None:
    y, x = np.mgrid[: layout.shape[0], : layout.shape[1]] + 0.5
    inside = ((x - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[1]) ** 2 <= 1
    layout[inside] = label


def person(*, x: float = 128, y: float = 0, long_hair: bool = False, hat: bool = False) -> Layout:
    """A frame's layout of a person with a face of canonical size, at (``x``, 68 + ``y``)."""
    layout = np.zeros((FRAME_SIZE, FRAME_SIZE), np.uint8)
    _ellipse(layout, (x, 240 + y), (92, 118), C.UPPER_CLOTHES)
    hair = (34, 70) if long_hair else (30, 36)
    _ellipse(layout, (x, 66 + y + (hair[1] - 36)), hair, C.HAIR)
    neck = layout[85 + int(y) : 126 + int(y), int(x) - 13 : int(x) + 13]
    neck[neck != C.HAIR] = C.NECK
    neck[8:] = C.NECK
    _ellipse(layout, (x, 68 + y), (22, 28), C.FACE)
    _ellipse(layout, (x - 9, 62 + y), (5, 4), C.RIGHT_EYE)
    _ellipse(layout, (x + 9, 62 + y), (5, 4), C.LEFT_EYE)
    _ellipse(layout, (x, 72 + y), (4, 7), C.NOSE)
    _ellipse(layout, (x, 86 + y), (8, 3), C.MOUTH)
    if hat:
        layout[int(20 + y) : int(42 + y), int(x) - 34 : int(x) + 34] = C.HAT
    return layout


def painted(
    layout: Layout, to_frame: Similarity | None = None, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """RGB in the palette's colours: the frame itself, or a photo that it is a frame of."""
    if to_frame is not None:
        assert size is not None
        inverse = to_frame.inverse()
        layout = warp(layout, inverse, size, interpolation=cv2.INTER_NEAREST)
    return palette()[layout]


def read_colours(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Class probabilities ``(16, H, W)``: a parser that knows the palette."""
    cells = frame >> 3
    nearest = _nearest_class()[cells[..., 0], cells[..., 1], cells[..., 2]]
    return np.eye(NUM_CLASSES, dtype=np.float32)[nearest].transpose(2, 0, 1)


@lru_cache
def _nearest_class() -> NDArray[np.intp]:
    """Of colours by their upper five bits: ``(32, 32, 32)``."""
    colours = np.stack(np.meshgrid(*[np.arange(4, 256, 8)] * 3, indexing="ij"), -1)
    apart = (colours[..., None, :] - palette().astype(int)) ** 2
    return apart.sum(-1).argmin(-1)


def face_mesh(to_frame: Similarity) -> NDArray[np.float64]:
    """``(478, 2)`` landmarks, in a photo's pixels, of the face that ``person`` paints."""
    points = np.full((478, 2), (128.0, 68.0))
    angles = np.linspace(0, 2 * np.pi, len(ccp.FACE_OVAL), endpoint=False)
    points[list(ccp.FACE_OVAL)] = np.stack(
        [128 + 22 * np.sin(angles), 68 - 28 * np.cos(angles)], axis=-1
    )

    def ring(which: tuple[int, ...], x: float, y: float, rx: float, ry: float) -> None:
        turn = np.linspace(0, 2 * np.pi, len(which), endpoint=False)
        points[list(which)] = np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=-1)

    ring(ccp.LEFT_EYE + ccp.LEFT_BROW, 137, 62, 5, 4)
    ring(ccp.RIGHT_EYE + ccp.RIGHT_BROW, 119, 62, 5, 4)
    ring(ccp.NOSE, 128, 72, 4, 7)
    ring(ccp.MOUTH, 128, 86, 8, 3)
    points[[61, 291]] = [(120, 86), (136, 86)]  # corners of the mouth, and of the eyes
    points[[33, 133, 362, 263]] = [(114, 62), (124, 62), (132, 62), (142, 62)]
    points[TOP_OF_FACE], points[CHIN] = (128, TOP_Y), (128, CHIN_Y)
    points[[ccp.RIGHT_SIDE, ccp.LEFT_SIDE]] = [(106, 68), (150, 68)]
    points[[ccp.RIGHT_JAW, ccp.LEFT_JAW]] = [(112, 88), (144, 88)]
    return to_frame.inverse().apply(points)


_CCP_IDS = {name: i for i, name in enumerate(CCP_NAMES.split())}
_AS_CCP = {
    C.BACKGROUND: "null",
    C.HAT: "hat",
    C.HAIR: "hair",
    C.UPPER_CLOTHES: "coat",
    **dict.fromkeys(
        (C.FACE, C.NECK, C.NOSE, C.MOUTH, C.LEFT_EYE, C.RIGHT_EYE, C.BODY_SKIN), "skin"
    ),
}

LABELLED, UNLABELLED = (1, 2, 3, 805, 904), (1005, 1006, 1799, 1898)


def write_dataset(folder: Path) -> Path:
    """Photos, labels and landmarks in the manner of CCP; 0003 has no landmarks."""
    (folder / "photos").mkdir(parents=True)
    (folder / "labels").mkdir()
    ids, points = [], []
    lookup = np.zeros(256, np.uint8)
    for ours, theirs in _AS_CCP.items():
        lookup[ours] = _CCP_IDS[theirs]
    for k, number in enumerate(LABELLED + UNLABELLED):
        # Faces of 70 px in photos of 320 x 400, never twice at the same place.
        top = (150.0 + 3 * k, 60.0 + 2 * k)
        to_frame = canonical_frame(top, (top[0] + 2 * k - 8, top[1] + 70))
        layout = warp(
            person(long_hair=k % 2 == 1, hat=k % 3 == 2), to_frame.inverse(), (320, 400),
            interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        photo = palette()[layout]
        cv2.imwrite(str(folder / "photos" / f"{number:04d}.jpg"), photo[..., ::-1].copy())
        if number in LABELLED:
            cv2.imwrite(str(folder / "labels" / f"{number:04d}.png"), lookup[layout])
        if number != 3:
            ids.append(number)
            points.append(face_mesh(to_frame).astype(np.float32))
    np.savez(folder / "landmarks.npz", ids=np.array(ids), points=np.stack(points))
    return folder


def snapshot(
    layout: Layout | None = None, *, face: float = 70, at: tuple[float, float] = (150, 110),
    size: tuple[int, int] = (300, 360), degrees: float = 0, deep: bool = False,
) -> Photo:  # fmt: skip
    """A photo of a painted person, its face ``face`` px high and centred at ``at``."""
    turn = np.radians(degrees)
    half = face / 2 * np.array([-np.sin(turn), np.cos(turn)])
    to_frame = canonical_frame(np.array(at) - half, np.array(at) + half)
    pixels = painted(person() if layout is None else layout, to_frame, size)
    return Photo(pixels.astype(np.uint16) * 257 if deep else pixels)


def small_swap() -> SwapRequest:
    """Somebody's head on somebody with long hair: small photos, one step."""
    head, body = (
        snapshot(person(long_hair=long), face=50, at=(80, 70), size=(160, 200))
        for long in (False, True)
    )
    return SwapRequest(head, body, sampling=SamplingSettings(steps=1))


def find_painted(finder: object, photo: NDArray[np.uint8], **_: object) -> list[Head]:
    """Stands for ``find_heads``: the one painted face, upright or not, told by its colours."""
    cells = photo >> 3
    classes = _nearest_class()[cells[..., 0], cells[..., 1], cells[..., 2]]
    eyes, mouth = (
        np.argwhere(np.isin(classes, which))[:, ::-1] + 0.5
        for which in ((C.LEFT_EYE, C.RIGHT_EYE), (C.MOUTH,))
    )
    if len(eyes) < 8 or len(mouth) < 4:
        return []
    up, down = eyes.mean(0), mouth.mean(0)
    # Eyes stand at 62 and the mouth at 86 where top and chin are 40 and 96.
    along = (down - up) / 24
    top, chin = up + along * (TOP_Y - 62), up + along * (CHIN_Y - 62)
    centre = (top + chin) / 2
    height = float(np.hypot(*(chin - top)))
    return [Head((float(centre[0]), float(centre[1])), height, canonical_frame(top, chin), 0.9)]
