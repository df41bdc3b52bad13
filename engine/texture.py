"""Texture for what was generated: real detail of the same photo, copied in coherent patches.

The generated frame has 256 px and is soft even for that; the photo has detail at every scale.
Per family of classes (skin, hair, background, ...) every node of a lattice over the region
gets an offset to a place in the photo whose neighbourhood looks like what was generated there
(``engine.matching``). The offsets then carry detail of any resolution. Between nodes with
different offsets two details cross-fade with their variance kept; where all agree the photo's
own texture is copied as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Indices, Mask, Pixels
from engine.boxes import Box
from engine.cells import PITCH, CellMeans, luminance

WINDOW = 2 * PITCH  # a node's neighbourhood, in cells
# Detail is what is finer than this blur, in cells; a background's may be coarser than a person's.
COARSE, COARSE_BEHIND = 2.0, 4.0
_PEAK, _SKIN_PEAK = 3.0, 1.8  # times its strength: the most that belongs to a texture
_CHANCE = 0.3  # squared correlation of details that are alike by chance
_SPOILT = 0.15  # share of a neighbourhood that may be of another class


@dataclass(frozen=True)
class Lattice:
    """Offsets of nodes that stand every ``PITCH`` cells.

    Attributes:
        box: the cells of the grid that lie between them.
        offsets: (rows + 1, columns + 1, 2) int32 (dx, dy) in fine places; 0 where no node is
            needed.
        fine: fine places per cell.
    """

    box: Box
    offsets: Indices
    fine: int

    def sources(self, nodes: Mask) -> Indices:
        """Top-left fine places (x, y) of the neighbourhoods that these nodes copy from."""
        rows, columns = np.nonzero(nodes)
        corners = corners_of(self.box, nodes) * self.fine
        result: Indices = corners + self.offsets[rows, columns]
        return result


def corners_of(box: Box, nodes: Mask) -> Indices:
    """Top-left cells (x, y) of the nodes' own neighbourhoods."""
    rows, columns = np.nonzero(nodes)
    corners = np.stack([columns, rows], axis=1) * PITCH + (box.x0 - PITCH, box.y0 - PITCH)
    return corners.astype(np.int32)


@dataclass(frozen=True)
class Places:
    """What the photo offers and shows: the same for every seed.

    Attributes:
        means: its cells and fine places.
        detail: on fine places, x3, what is finer than ``coarse``.
        grey, fine_grey: luminance of detail, on cells and on fine places.
        strength: HxWx2, how strong (root mean square) detail is around: of fine places, and
            within them.
        known: HxW, which cells keep their pixels.
        coarse: cells, see ``COARSE``.
    """

    means: CellMeans
    detail: Field
    grey: Field
    fine_grey: Field
    strength: Field
    known: Mask
    coarse: float

    @classmethod
    def of(cls, means: CellMeans, known: Mask, coarse: float = COARSE) -> Places:
        smooth = blur(means.cells, coarse)
        detail = means.fine - enlarged(smooth, means.ratio)
        fine_grey = luminance(detail)
        power = np.dstack([shrunk(fine_grey * fine_grey, means.ratio), means.within])
        strength = np.sqrt(np.maximum(blur(power, 2.0), 0))
        grey = luminance(means.cells - smooth)
        return cls(means, detail, grey, fine_grey, strength, known, coarse)


def blur(field: Field, sigma: float) -> Field:
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def enlarged(field: Field, factor: int, interpolation: int = cv2.INTER_CUBIC) -> Field:
    """All of ``field`` on ``factor`` times as many places."""
    if factor == 1:
        return field
    return cv2.resize(field, None, fx=factor, fy=factor, interpolation=interpolation)


def shrunk(field: Field, factor: int) -> Field:
    """Means of ``factor`` x ``factor`` places."""
    if factor == 1:
        return field
    h, w = field.shape[:2]
    return cv2.resize(field, (w // factor, h // factor), interpolation=cv2.INTER_AREA)


def needed_nodes(wanted: Mask) -> Mask:
    """Nodes at the corners of lattice cells that hold a wanted cell (sides multiples of PITCH)."""
    rows, columns = wanted.shape[0] // PITCH, wanted.shape[1] // PITCH
    squares = wanted.reshape(rows, PITCH, columns, PITCH).any(axis=(1, 3))
    nodes = np.zeros((rows + 1, columns + 1), bool)
    for dy in (0, 1):
        for dx in (0, 1):
            nodes[dy : dy + rows, dx : dx + columns] |= squares
    return nodes


def usable_corners(source: Mask) -> Mask:
    """Top-left cells of neighbourhoods that lie in the grid and are (almost) all ``source``."""
    full = cv2.boxFilter(
        source.astype(np.float32), -1, (WINDOW, WINDOW), anchor=(0, 0),
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    usable: Mask = full >= 1 - _SPOILT
    usable[max(0, source.shape[0] - WINDOW + 1) :] = False
    usable[:, max(0, source.shape[1] - WINDOW + 1) :] = False
    return usable


def with_detail(
    base: Field,
    detail: Field,
    expected: Field,
    strength: Field,
    skin: Field,
    ratio: int,
    coarse: float = COARSE,
) -> Field:
    """Generated fine places with the detail brought to them.

    What a picture of the frame's resolution can have is compared on cells: what the generated
    one has of it already isn't added twice (``detail`` replaces it as far as the two go
    together), and the sum is made as strong as ``expected``. Finer detail is added as it is.

    Args:
        base, detail: on fine places, x3.
        expected: hxw, on cells: strength of texture in the surroundings.
        strength: hxw, on cells: strength of texture where detail comes from.
        skin: hxw, on cells, 0..1.
        ratio: fine places per cell.
        coarse: cells, see ``COARSE``.
    """
    # What stands out of a texture (a lash, a button) is no part of it.
    most = (_PEAK + (_SKIN_PEAK - _PEAK) * skin) * expected + 0.5
    most = enlarged(most, ratio, cv2.INTER_LINEAR)[..., None]
    detail = most * np.tanh(detail / most)
    given = shrunk(detail, ratio)
    on_cells = shrunk(base, ratio)
    own = on_cells - blur(on_cells, coarse)
    a, b = luminance(own), luminance(given)
    aa, bb, ab = cv2.split(blur(np.dstack([a * a, b * b, a * b]), 2.0))
    alike = np.maximum(ab, 0) ** 2 / ((aa + 1e-3) * (bb + 1e-3))
    alike = np.clip((alike - _CHANCE) / (1 - _CHANCE), 0, 1)
    share = alike * np.clip(ab / (aa + 1e-3), 0, 1)  # of ``own`` that is in ``given``
    # How strong texture should be on cells: as in the source, as far as that is as expected.
    part = np.sqrt(bb) * np.clip(expected / np.maximum(strength, 1e-3), 0, 1.5)
    texture = blur(np.clip(a, -0.8 * part, 0.8 * part) ** 2, 2.0)  # an edge is no texture
    wanted = np.maximum(part * part, alike * bb)
    gain = np.sqrt(np.clip((wanted - (1 - share) ** 2 * texture) / (bb + 1e-3), 0, 4))
    more = gain[..., None] * given - share[..., None] * own
    if ratio == 1:
        return base + more
    level = np.clip(1.2 * expected / np.maximum(strength, 1e-3), 0.3, 1)
    level = enlarged(level, ratio, cv2.INTER_LINEAR)[..., None]
    return base + enlarged(more, ratio) + level * (detail - enlarged(given, ratio))


def transfer(
    source: Pixels, lattice: Lattice, unit: int, tile: Box, *, colours: bool = False
) -> Field:
    """The detail that the lattice brings to ``tile``: (h, w, 3) float32.

    Args:
        source: HxWx3 detail (float32 or int16) of ``unit`` pixels per cell over the whole grid;
            offsets are rounded to its pixels.
        tile: in pixels of ``source``, aligned to ``PITCH * unit`` and inside the lattice.
        colours: ``source`` is a picture; where offsets change it is mixed, not made as strong.
    """
    side = PITCH * unit
    squares = tile.shifted(-lattice.box.x0 * unit, -lattice.box.y0 * unit).over(side)
    rows, columns = squares.shape
    corners = [
        lattice.offsets[squares.y0 + dy : squares.y1 + dy, squares.x0 + dx : squares.x1 + dx]
        for dy in (0, 1)
        for dx in (0, 1)
    ]
    steps = [np.rint(c * (unit / lattice.fine)).astype(np.int16) for c in corners]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    same = np.stack([(steps[i] == steps[j]).all(axis=2) for i, j in pairs], axis=2)

    # Most squares have one offset at all four corners: copied as they are.
    step = cv2.resize(steps[0], (tile.width, tile.height), interpolation=cv2.INTER_NEAREST)
    at = np.empty((tile.height, tile.width, 2), np.int16)
    np.add(step[..., 0], np.arange(tile.x0, tile.x1, dtype=np.int16), out=at[..., 0])
    np.add(step[..., 1], np.arange(tile.y0, tile.y1, dtype=np.int16)[:, None], out=at[..., 1])
    result = _fetch(source, at)
    mixed = ~same.all(axis=2)
    if not mixed.any():
        return result

    # The others one beside the other, with details of their corners cross-faded.
    row, column = np.nonzero(mixed)
    weights = _weights(side)
    # |sum of independent details|^2: equal offsets add up before they are squared.
    twice = np.stack([2 * weights[i] * weights[j] for i, j in pairs]).reshape(len(pairs), -1)
    power = same[mixed].astype(np.float32) @ twice + (weights**2).sum(axis=0).ravel()
    if colours:
        power = np.ones_like(power)
    scale = (1 / np.sqrt(power)).reshape(-1, side, side).transpose(1, 0, 2)
    inside = np.arange(side, dtype=np.int16)
    total = np.zeros((side, row.size * side * 3), np.float32)
    at = np.empty((side, row.size, side, 2), np.int16)
    for step, weight in zip(steps, weights, strict=True):
        x = tile.x0 + column * side + step[row, column, 0]
        y = tile.y0 + row * side + step[row, column, 1]
        at[..., 0] = x.astype(np.int16)[None, :, None] + inside
        at[..., 1] = y.astype(np.int16)[None, :, None] + inside[:, None, None]
        fetched = _fetch(source, at.reshape(side, -1, 2))
        share = (weight[:, None] * scale).reshape(side, -1)
        total += np.repeat(share, 3, axis=1) * fetched.reshape(side, -1)
    squares_of = result.reshape(rows, side, columns, side, 3)
    squares_of[row, :, column] = total.reshape(side, -1, side, 3).transpose(1, 0, 2, 3)
    return result


def _fetch(source: Pixels, at: Indices) -> Field:
    empty = np.empty(0, np.uint16)  # whole pixels need no second map
    values = cv2.remap(source, at, empty, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return values.astype(np.float32, copy=False)


def _weights(side: int) -> Field:
    """How much each corner of a lattice cell counts in it: (4, side, side), sums to 1."""
    t = (np.arange(side, dtype=np.float32) + 0.5) / side
    t = np.clip(2 * t - 0.5, 0, 1)  # change over in the middle half
    late = t * t * (3 - 2 * t)
    early = 1 - late
    return np.stack([np.outer(v, u) for v in (early, late) for u in (early, late)])
