"""Texture for what was generated: real detail of the same photo, copied in coherent patches.

The generated frame has 256 px and is soft even for that; the photo has detail at every scale.
Per family of classes (skin, hair, background, ...) every node of a lattice over the region
gets an offset to a place in the photo whose neighbourhood looks like what was generated there
(PatchMatch: random search and propagation, here on a lattice and with a price on visible
joins, so that neighbours share their offset where nothing speaks against it). The offsets then
carry detail of any resolution. Between nodes with different offsets two details cross-fade
with their variance kept; where all agree the photo's own texture is copied as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.tiles import Box

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

PITCH = 4  # cells between nodes
_WINDOW = 2 * PITCH  # a node's neighbourhood, in cells
_LOOK = 1.8  # blur, in cells, at which places are compared
_SOFT = 1.0  # blur of the generated cells, which are soft already
COARSE = 2.0  # detail is what is finer than this blur, in cells
_SWEEPS = 6
_CHANCE = 0.3  # squared correlation of details that are alike by chance
_SPOILT = 0.15  # share of a neighbourhood that may be of another class


@dataclass(frozen=True)
class Lattice:
    """Offsets of nodes that stand every ``PITCH`` cells from the grid's corner (0, 0).

    Attributes:
        offsets: (rows + 1, columns + 1, 2) int32 (dx, dy) in cells; 0 where no node is needed.
    """

    offsets: NDArray[np.int32]

    def sources(self, active: Mask) -> NDArray[np.int32]:
        """Top-left cells (x, y) of the neighbourhoods that active nodes copy from."""
        rows, columns = np.nonzero(active)
        corner = np.stack([columns, rows], axis=1) * PITCH - PITCH
        result: NDArray[np.int32] = (corner + self.offsets[rows, columns]).astype(np.int32)
        return result


@dataclass(frozen=True)
class Places:
    """What the photo offers and shows, on cells: the same for every seed.

    Attributes:
        look: HxWx3, the photo blurred to compare places.
        detail: HxWx3, what is finer than ``COARSE``.
        grey: HxW, its luminance.
        strength: HxWx2, how strong (root mean square) detail is around: of cells, within cells.
        known: HxW, which cells keep their pixels.
    """

    look: Field
    detail: Field
    grey: Field
    strength: Field
    known: Mask

    @classmethod
    def of(cls, photo: Field, within: Field, known: Mask) -> Places:
        """``photo``: HxWx3 means of cells; ``within``: HxW variance of luminance in each."""
        detail = photo - blur(photo, COARSE)
        grey = luminance(detail)
        power = blur(np.dstack([grey * grey, within]), 2.0)
        strength = np.sqrt(np.maximum(power, 0))
        return cls(blur(photo, _LOOK), detail, grey, strength, known)


def blur(field: Field, sigma: float) -> Field:
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def luminance(field: Field) -> Field:
    return field @ np.array([0.30, 0.59, 0.11], np.float32)


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
        source.astype(np.float32), -1, (_WINDOW, _WINDOW), anchor=(0, 0),
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    usable: Mask = full >= 1 - _SPOILT
    usable[max(0, source.shape[0] - _WINDOW + 1) :] = False
    usable[:, max(0, source.shape[1] - _WINDOW + 1) :] = False
    return usable


def match(
    target: Field,
    expected: Field,
    nodes: Mask,
    usable: Mask,
    places: Places,
    rng: np.random.Generator,
) -> Lattice:
    """Find an offset for every node.

    Args:
        target: HxWx3, the generated cells (known ones: the photo's).
        expected: HxWx2, the strength of detail that the surroundings let expect.
        nodes: which nodes are needed.
        usable: top-left cells of neighbourhoods that may be copied; at least one.
    """
    return _Matcher(target, expected, nodes, usable, places, rng).run()


def sharpened(target: Field, detail: Field, expected: Field) -> Field:
    """Generated cells with the detail brought to them.

    What the generated cells have of it already isn't added twice (``detail`` replaces it as far
    as the two go together), and the sum is made as strong as ``expected`` (HxW).
    """
    own = target - blur(target, COARSE)
    # What stands out of a texture (a lash, a button) is no part of it.
    most = 3 * expected[..., None] + 0.5
    detail = most * np.tanh(detail / most)
    a, b = luminance(own), luminance(detail)
    aa, bb, ab = cv2.split(blur(np.dstack([a * a, b * b, a * b]), 2.0))
    share = np.clip(ab / (aa + 1e-3), 0, 1)  # of ``own`` that is in ``detail``
    alike = np.maximum(ab, 0) ** 2 / ((aa + 1e-3) * (bb + 1e-3))
    alike = np.clip((alike - _CHANCE) / (1 - _CHANCE), 0, 1)
    wanted = np.maximum(expected * expected, alike * bb)
    gain = np.sqrt(np.clip((wanted - (1 - share) ** 2 * aa) / (bb + 1e-3), 0, 2))
    return target - share[..., None] * own + gain[..., None] * detail


class _Matcher:
    """The search. All arrays are over the N needed nodes."""

    def __init__(
        self,
        target: Field,
        expected: Field,
        nodes: Mask,
        usable: Mask,
        places: Places,
        rng: np.random.Generator,
    ) -> None:
        self.rng = rng
        self.nodes = nodes
        self.h, self.w = usable.shape
        self.usable = usable.ravel()
        self.choice = np.flatnonzero(self.usable)
        rows, columns = np.nonzero(nodes)
        self.n = rows.size
        self.corner = np.stack([columns, rows], axis=1) * PITCH - PITCH
        self.colour = (rows + columns) % 2
        index = np.full((nodes.shape[0] + 2, nodes.shape[1] + 2), -1)
        index[1:-1, 1:-1][nodes] = np.arange(self.n)
        # left, right, upper, lower neighbour
        steps = ((1, 0), (1, 2), (0, 1), (2, 1))
        self.neighbours = np.stack([index[rows + dy, columns + dx] for dy, dx in steps], axis=1)

        # Neighbourhoods as offsets into the flattened grid; the look needs every other cell.
        self.look = places.look.reshape(-1, 3)
        self.grey = places.grey.ravel()
        y, x = np.mgrid[:_WINDOW, :_WINDOW]
        self.window = (y * self.w + x).ravel()
        self.sparse = (y * self.w + x)[1::2, 1::2].ravel()
        pad = PITCH
        soft = np.where(places.known[..., None], places.look, blur(target, _SOFT))
        soft = cv2.copyMakeBorder(soft, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        seen = np.where(places.known, places.grey, 0)
        seen = np.pad(
            np.dstack([seen, places.known]).astype(np.float32), ((pad,) * 2,) * 2 + ((0, 0),)
        )
        wide = self.w + 2 * pad
        first = (self.corner[:, 1] + pad) * wide + self.corner[:, 0] + pad
        sparse = (y * wide + x)[1::2, 1::2].ravel()
        window = (y * wide + x).ravel()
        look = soft.reshape(-1, 3)[first[:, None] + sparse]
        self.want_mean = look.mean(axis=1)
        self.want = look - self.want_mean[:, None]
        context = seen.reshape(-1, 2)[first[:, None] + window]
        self.context, self.context_weight = context[..., 0], context[..., 1]
        self.context_weight = self.context_weight * (4.0 / _WINDOW**2)
        self.strength = places.strength.reshape(-1, 2)
        self.middle = PITCH * self.w + PITCH
        at = self.corner + PITCH
        self.expected = expected[np.minimum(at[:, 1], self.h - 1), np.minimum(at[:, 0], self.w - 1)]
        detail = self.grey[self.choice[:: max(1, self.choice.size // 4096)]]
        self.variance = float(np.var(detail)) + 0.5

    def run(self) -> Lattice:
        everyone = np.arange(self.n)
        # A start: the best of a few random places, joins not counted yet.
        tries = self.choice[self.rng.integers(self.choice.size, size=(8, self.n))]
        costs = np.stack([self._own_cost(everyone, t)[0] for t in tries])
        best = costs.argmin(axis=0)
        self.place = tries[best, everyone]
        self.cost = costs[best, everyone]
        self.patch = self.grey[self.place[:, None] + self.window].reshape(-1, _WINDOW, _WINDOW)
        for sweep in range(_SWEEPS):
            reach = max(2, max(self.h, self.w) >> (sweep + 2))
            crowd = self._crowd()
            for colour in (0, 1):
                self._improve(np.flatnonzero(self.colour == colour), reach, crowd)
        offsets = np.zeros((*self.nodes.shape, 2), np.int32)
        at = np.stack([self.place % self.w, self.place // self.w], axis=1)
        offsets[self.nodes] = at - self.corner
        return Lattice(offsets)

    def _improve(self, who: NDArray, reach: int, crowd: NDArray) -> None:
        if not who.size:
            return
        candidates = [self.place[who]]
        for side in range(4):  # what the neighbours copy, carried on
            other = self.neighbours[who, side]
            moved = self.corner[who] - self.corner[other]
            step = moved[:, 1] * self.w + moved[:, 0]
            ahead = self.place[other] + step
            x = self.place[other] % self.w + moved[:, 0]
            fine = (other >= 0) & (x >= 0) & (x < self.w) & (ahead >= 0)
            fine &= ahead < self.usable.size
            ahead = np.where(fine, ahead, 0)
            candidates.append(np.where(fine & self.usable[ahead], ahead, self.place[who]))
        for radius in (reach, 1):
            jump = self.rng.integers(-radius, radius + 1, size=(2, who.size))
            x = np.clip(self.place[who] % self.w + jump[0], 0, self.w - 1)
            y = np.clip(self.place[who] // self.w + jump[1], 0, self.h - 1)
            near = y * self.w + x
            candidates.append(np.where(self.usable[near], near, self.place[who]))
        candidates.append(self.choice[self.rng.integers(self.choice.size, size=who.size)])
        places = np.stack(candidates)
        total = np.empty(places.shape, np.float32)
        patches = []
        for k, place in enumerate(places):
            own, patch = self._own_cost(who, place)
            patches.append(patch)
            total[k] = own + self._join_cost(who, place, patch) + self._crowd_cost(place, crowd)
        best = total.argmin(axis=0)
        row = np.arange(who.size)
        self.place[who] = places[best, row]
        self.patch[who] = np.stack(patches)[best, row]

    def _own_cost(self, who: NDArray, place: NDArray) -> tuple[NDArray, NDArray]:
        """How badly a place looks like what is wanted and continues what is known."""
        look = self.look[place[:, None] + self.sparse]
        mean = look.mean(axis=1)
        shape = look - mean[:, None] - self.want[who]
        cost = (shape * shape).mean(axis=(1, 2))
        tone = mean - self.want_mean[who]
        cost = cost + 0.1 * (tone * tone).mean(axis=1)
        patch = self.grey[place[:, None] + self.window]
        gap = patch - self.context[who]
        cost = cost + (gap * gap * self.context_weight[who]).sum(axis=1)
        weak = self.strength[np.minimum(place + self.middle, self.grey.size - 1)]
        weak = weak - self.expected[who]
        cost = cost + (weak * weak).sum(axis=1)
        return cost, patch.reshape(-1, _WINDOW, _WINDOW)

    def _join_cost(self, who: NDArray, place: NDArray, patch: NDArray) -> NDArray:
        cost = np.zeros(who.size, np.float32)
        half = PITCH
        mine = (patch[:, :, :half], patch[:, :, half:], patch[:, :half], patch[:, half:])
        for side in range(4):
            other = self.neighbours[who, side]
            theirs = self.patch[other]
            theirs = (
                theirs[:, :, half:], theirs[:, :, :half], theirs[:, half:], theirs[:, :half],
            )[side]  # fmt: skip
            gap = mine[side] - theirs
            moved = self.corner[other] - self.corner[who]
            same = self.place[other] - place == moved[:, 1] * self.w + moved[:, 0]
            join = (gap * gap).mean(axis=(1, 2)) + 0.3 * self.variance
            cost += np.where((other >= 0) & ~same, join, 0)
        return cost

    def _crowd(self) -> NDArray:
        """How often each place is copied, on squares of the lattice's pitch."""
        squares = self._square(self.place)
        return np.bincount(squares, minlength=(self.h // PITCH + 1) * (self.w // PITCH + 1))

    def _square(self, place: NDArray) -> NDArray:
        return (place // self.w // PITCH) * (self.w // PITCH + 1) + place % self.w // PITCH

    def _crowd_cost(self, place: NDArray, crowd: NDArray) -> NDArray:
        return 0.5 * self.variance * np.minimum(np.maximum(crowd[self._square(place)] - 1, 0), 6)


def transfer(source: NDArray, lattice: Lattice, unit: int, tile: Box) -> Field:
    """The detail that the lattice brings to ``tile``: (h, w, 3) float32.

    Args:
        source: HxWx3 detail (float32 or int16) of ``unit`` pixels per cell over the whole grid.
        tile: in pixels of ``source``, aligned to ``PITCH * unit`` and inside the grid.
    """
    side = PITCH * unit
    squares = tile.over(side)
    rows, columns = squares.shape
    corners = [
        lattice.offsets[squares.y0 + dy : squares.y1 + dy, squares.x0 + dx : squares.x1 + dx]
        for dy in (0, 1)
        for dx in (0, 1)
    ]
    here = np.empty((tile.height, tile.width, 2), np.int16)
    here[..., 0] = np.arange(tile.x0, tile.x1)
    here[..., 1] = np.arange(tile.y0, tile.y1)[:, None]

    def fetch(offsets: NDArray[np.int32]) -> NDArray:
        step = (offsets * unit).astype(np.int16)
        step = cv2.resize(step, (tile.width, tile.height), interpolation=cv2.INTER_NEAREST)
        return cv2.remap(
            source, here + step, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )

    pairs = [(i, j) for i in range(4) for j in range(i)]
    same = np.stack([(corners[i] == corners[j]).all(axis=2) for i, j in pairs], axis=2)
    if same.all():
        return fetch(corners[0]).astype(np.float32)
    weights = _weights(side)
    # |sum of independent details|^2: equal offsets add up before they are squared.
    twice = np.stack([2 * weights[i] * weights[j] for i, j in pairs]).reshape(len(pairs), -1)
    power = same.astype(np.float32) @ twice + (weights**2).sum(axis=0).ravel()
    power = power.reshape(rows, columns, side, side).transpose(0, 2, 1, 3)
    scale = 1 / np.sqrt(power.reshape(tile.height, tile.width))
    result = np.zeros((tile.height, tile.width * 3), np.float32)
    for offsets, weight in zip(corners, weights, strict=True):
        full = np.tile(weight, (rows, columns)) * scale
        result += np.repeat(full, 3, axis=1) * fetch(offsets).reshape(tile.height, -1)
    return result.reshape(tile.height, tile.width, 3)


def _weights(side: int) -> Field:
    """How much each corner of a lattice cell counts in it: (4, side, side), sums to 1."""
    t = (np.arange(side, dtype=np.float32) + 0.5) / side
    t = np.clip(2 * t - 0.5, 0, 1)  # change over in the middle half
    late = t * t * (3 - 2 * t)
    early = 1 - late
    return np.stack([np.outer(v, u) for v in (early, late) for u in (early, late)])
