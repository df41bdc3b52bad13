"""A hole in a background completed from the background's own: lines and patterns go on in it.

Coarse to fine, every patch that touches the hole looks for its like among whole patches of the
source, and the pixels of the hole become what these say (Wexler et al. 2007, "Space-Time
Completion of Video"); found by random search and by handing good places on to neighbours
(PatchMatch, Barnes et al. 2009). Works on a frame; finer detail is ``texture``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Indices, Mask
from engine.fill import pull_push
from engine.spreading import continued

_REACH = 3  # px: patches have 2 * _REACH + 1 a side
_SIDE = 2 * _REACH + 1
_HALVINGS = 3
_CLEAR = 3  # px of source round a patch, on the finest level
_ROUNDS = (2, 4, 6, 8)  # of search and vote, finest level first
_STRIDES = (2, 2, 1, 1)  # px between the patches of the hole, likewise
_FEWEST = 64  # patches of the source, on the finest level: else there is nothing to go by
_DEEPER = 0.93  # of a pixel's weight is left for each px that it lies deeper in the hole
_LEAST_WEIGHT = 0.15
_JOIN, _SMOOTH = 1, 0.8  # px beside the hole where patches are held against the photo
_MOST = 12.0  # levels that they may be off by there: more is another thing, old hair
_FARTHER = 20.0  # price of a source a whole frame away, in CIE76 squared


class Completion(NamedTuple):
    """A hole filled.

    Attributes:
        image: HxWx3 RGB uint8.
        offsets: HxWx2 int16 (dx, dy), from a pixel of the hole to where it was copied from; 0
            elsewhere.
    """

    image: NDArray[np.uint8]
    offsets: NDArray[np.int16]


@dataclass(frozen=True)
class _Level:
    """One resolution; arrays are padded by ``_REACH``.

    Attributes:
        colours: HxWx3 RGB 0..255; in the hole what is believed so far.
        hole: HxW.
        domain: HxW float32, how much a pixel counts when patches are compared.
        usable: HxW, middles of patches that lie in the source.
    """

    colours: Field
    hole: Mask
    domain: Field
    usable: Mask


def complete(
    image: NDArray[np.uint8],
    hole: Mask,
    source: Mask,
    rng: np.random.Generator,
    *,
    check_cancel: Callable[[], None] | None = None,
) -> Completion | None:
    """``image`` with its ``hole`` filled from the ``source``.

    Args:
        image: HxWx3 RGB, sides multiples of 8.
        hole, source: HxW; pixels of neither are never looked at.
        rng: another one, another completion.
        check_cancel: may raise.

    Returns:
        ``None`` where there is too little source.
    """
    levels = _pyramid(image, hole, source)
    if np.count_nonzero(levels[0].usable) < _FEWEST:
        return None
    finer: _Search | None = None
    for k in reversed(range(len(levels))):
        level = levels[k]
        if not level.usable.any() or not level.hole.any():
            continue
        search = _Search(level, _STRIDES[k], rng)
        search.begin(finer)
        for last in (False,) * (_ROUNDS[k] - 1) + (True,):
            if check_cancel is not None:
                check_cancel()
            search.look()
            search.vote(sharply=last and k == 0)
        finer = search
    if finer is None:  # no hole
        return Completion(image.copy(), np.zeros((*hole.shape, 2), np.int16))
    inner = np.s_[_REACH:-_REACH, _REACH:-_REACH]
    offsets = finer.offsets()[inner] * hole[..., None]
    found = finer.colours[inner] + _misfit(image, finer.said()[inner], hole, source)
    found = np.clip(np.rint(found), 0, 255).astype(np.uint8)
    return Completion(np.where(hole[..., None], found, image), offsets.astype(np.int16))


def _misfit(image: NDArray[np.uint8], said: Field, hole: Mask, source: Mask) -> Field:
    """What the patches lack at the hole's border, continued into it.

    Args:
        said: HxWx3 what patches say of the pixels that they cover, NaN elsewhere.
    """
    beside = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _JOIN + 1,) * 2, np.uint8)) > 0
    beside &= source & np.isfinite(said[..., 0])
    return continued(np.clip(image - said, -_MOST, _MOST), beside, _SMOOTH)


def _pyramid(image: NDArray[np.uint8], hole: Mask, source: Mask) -> list[_Level]:
    """Levels, the finest first."""
    colours: Field = pull_push(image, source).astype(np.float32)
    colours = np.where(source[..., None], image, colours).astype(np.float32)
    levels: list[_Level] = []
    for _ in range(_HALVINGS + 1):
        depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
        domain = np.where(hole, np.maximum(_DEEPER**depth, _LEAST_WEIGHT), source)
        # Around a patch there is room for the lattices that copy at the photo's own resolution.
        clear = 2 * (_REACH + (_CLEAR if not levels else 0)) + 1
        patch = np.ones((clear, clear), np.uint8)
        usable = cv2.erode(np.pad(source, _REACH).astype(np.uint8), patch, borderValue=0)
        levels.append(
            _Level(
                np.pad(colours, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), mode="edge"),
                np.pad(hole, _REACH), np.pad(domain.astype(np.float32), _REACH), usable > 0,
            )
        )  # fmt: skip
        weight = _halved((hole | source).astype(np.float32))
        mixed = _halved(colours * (hole | source)[..., None])
        colours = np.where(
            weight[..., None] > 0.1, mixed / np.maximum(weight, 0.1)[..., None], _halved(colours)
        )
        full = _halved(source.astype(np.float32)) > 0.99
        hole, source = (_halved(hole.astype(np.float32)) > 0) & ~full, full
    return levels


def _halved(field: Field) -> Field:
    return cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


class _Search:
    """Patches of one level's hole, and where in the source each has its like.

    Positions are indices into the flattened level; arrays are over the N patches.
    """

    def __init__(self, level: _Level, stride: int, rng: np.random.Generator) -> None:
        self.level, self.stride, self.rng = level, stride, rng
        self.height, self.width = level.hole.shape
        self.colours = level.colours.copy()
        self.usable = level.usable.ravel()
        self.choice = np.flatnonzero(self.usable)
        touched = cv2.dilate(level.hole.astype(np.uint8), np.ones((_SIDE, _SIDE), np.uint8)) > 0
        touched[:_REACH] = touched[-_REACH:] = touched[:, :_REACH] = touched[:, -_REACH:] = False
        lattice = np.zeros_like(touched)
        lattice[_REACH::stride, _REACH::stride] = True
        self.rows, self.columns = np.nonzero(touched & lattice)
        self.at = self.rows * self.width + self.columns
        self.index = np.full(self.height * self.width, -1)
        self.index[self.at] = np.arange(self.at.size)
        steps = np.arange(-_REACH, _REACH + 1)
        self.window = (steps[:, None] * self.width + steps).ravel()
        self.weight = level.domain.ravel()[self.at[:, None] + self.window]
        self.total = np.maximum(self.weight.sum(1), 1e-6)
        self.source = self.at
        self.cost = np.full(self.at.size, np.inf, np.float32)

    def begin(self, coarser: _Search | None) -> None:
        """Start from what a level of half the resolution found, or anywhere."""
        self.source = self.rng.choice(self.choice, self.at.size)
        if coarser is None:
            return
        inner = np.s_[_REACH:-_REACH, _REACH:-_REACH]
        size = self.width - 2 * _REACH, self.height - 2 * _REACH
        enlarged = cv2.resize(coarser.colours[inner], size, interpolation=cv2.INTER_CUBIC)
        hole = self.level.hole[inner]
        self.colours[inner][hole] = enlarged[hole]
        step = coarser.stride
        rows, columns = (
            ((x - _REACH) // 2 // step * step + _REACH).astype(int)
            for x in (self.rows, self.columns)
        )
        parent = coarser.index[rows * coarser.width + columns]
        there = coarser.source[parent]
        dy, dx = there // coarser.width - rows, there % coarser.width - columns
        self._take(self.rows + 2 * dy, self.columns + 2 * dx, parent >= 0)

    def _take(self, rows: Indices, columns: Indices, may: Mask) -> None:
        places, may = self._allowed(rows, columns, may)
        self.source = np.where(may, places, self.source)

    def _allowed(self, rows: Indices, columns: Indices, may: Mask) -> tuple[Indices, Mask]:
        may = may & (rows >= 0) & (rows < self.height) & (columns >= 0) & (columns < self.width)
        places = np.where(may, rows * self.width + columns, 0)
        return places, may & self.usable[places]

    def look(self) -> None:
        """One pass: neighbours' places first, then random ones nearer and nearer."""
        lab = cv2.cvtColor(self.colours / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
        wanted = lab[self.at[:, None] + self.window]
        everyone = np.arange(self.at.size)
        self.cost = self._cost(lab, wanted, everyone, self.source)

        def try_out(rows: Indices, columns: Indices, may: Mask) -> None:
            places, may = self._allowed(rows, columns, may)
            who = np.flatnonzero(may & (places != self.source))
            if not who.size:
                return
            cost = self._cost(lab, wanted, who, places[who])
            better = cost < self.cost[who]
            who = who[better]
            self.source[who], self.cost[who] = places[who], cost[better]

        for reach in (4, 1) if self.stride == 1 else (1,):
            for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                down, right = dy * reach * self.stride, dx * reach * self.stride
                rows, columns = self.rows + down, self.columns + right
                inside = (rows >= 0) & (rows < self.height)
                inside &= (columns >= 0) & (columns < self.width)
                neighbour = self.index[np.where(inside, rows * self.width + columns, 0)]
                there = self.source[neighbour]
                try_out(
                    there // self.width - down, there % self.width - right,
                    inside & (neighbour >= 0),
                )  # fmt: skip
        reach = max(self.height, self.width) // 2
        while reach >= 1:
            dy, dx = self.rng.integers(-reach, reach + 1, (2, self.at.size))
            rows, columns = self.source // self.width + dy, self.source % self.width + dx
            try_out(rows, columns, np.ones(self.at.size, bool))
            reach //= 2

    def _cost(self, lab: Field, wanted: Field, who: Indices, places: Indices) -> Field:
        apart = lab[places[:, None] + self.window] - wanted[who]
        cost = (np.einsum("npc,npc->np", apart, apart) * self.weight[who]).sum(1) / self.total[who]
        down = places // self.width - self.rows[who]
        right = places % self.width - self.columns[who]
        return cost + np.float32(_FARTHER / self.width) * np.hypot(down, right)

    def vote(self, *, sharply: bool) -> None:
        """The hole's pixels become what the patches over them say, the likeliest most.

        Args:
            sharply: nearly the best one alone: means are blurred.
        """
        said = self.said(sharply=sharply)
        heard = self.level.hole & np.isfinite(said[..., 0])
        self.colours[heard] = said[heard]

    def said(self, *, sharply: bool = True) -> Field:
        """What the patches say of the pixels that they cover: HxWx3, NaN elsewhere."""
        flat = self.colours.reshape(-1, 3)
        targets = (self.at[:, None] + self.window).ravel()
        weights = np.repeat(self._trust(0.1 if sharply else 0.5), self.window.size)
        colours = flat[(self.source[:, None] + self.window).ravel()]
        count = flat.shape[0]
        total = np.bincount(targets, weights, count)
        total[total == 0] = np.nan
        sums = [np.bincount(targets, weights * colours[:, c], count) for c in range(3)]
        means = np.stack(sums, -1) / total[:, None]
        return means.reshape(self.height, self.width, 3).astype(np.float32)

    def _trust(self, spread: float) -> Field:
        usual = np.quantile(self.cost, 0.75) * spread + 1e-6
        trust = np.exp(-(self.cost - self.cost.min()) / (2 * usual))
        return np.maximum(trust, 1e-12) * self.level.domain.ravel()[self.at]

    def offsets(self) -> Indices:
        """Of each pixel to its source, as the likeliest patch over it has it: HxWx2 (dx, dy)."""
        order = np.argsort(self._trust(0.1), kind="stable")  # of those written last stays
        targets = (self.at[order, None] + self.window).ravel()
        sources = self.source[order]
        rows, columns = self.rows[order], self.columns[order]
        apart = np.stack([sources % self.width - columns, sources // self.width - rows], -1)
        field = np.zeros((self.height * self.width, 2), np.int64)
        field[targets] = np.repeat(apart, self.window.size, 0)
        return field.reshape(self.height, self.width, 2)
