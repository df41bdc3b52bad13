"""Where to copy texture from: a search over places of the photo.

PatchMatch (random search, and good places handed on to neighbours) on a lattice of nodes, with
a price on visible joins, so that neighbours share their offset where nothing speaks against
it. Then whole pieces of equal offset are settled to a fraction of a cell, so that lines and
weaves go on across the joins.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.arrays import Field, Indices, Mask
from engine.boxes import Box
from engine.cells import PITCH
from engine.texture import WINDOW, Lattice, Places, corners_of

_SWEEPS = 6
_JOIN = 0.3  # price of any join, in variances of the texture
_CROWD = 0.5  # price of each further use of a place
_LIGHT = 0.1  # weight of brightness and colour against shape
_FAIR = 0.4  # differences favour weak detail; this much of a detail's power makes up for it
_PIECE = 3  # nodes: smaller pieces aren't settled


def match(
    box: Box,
    target: Field,
    look: Field,
    expected: Field,
    nodes: Mask,
    usable: Mask,
    places: Places,
    rng: np.random.Generator,
) -> Lattice:
    """Find an offset for every node.

    Args:
        box: the cells that ``target`` and ``expected`` hold and the nodes stand on.
        target: hxwx3, the generated cells.
        look: HxWx3, the photo's cells, as soft as the generated ones.
        expected: hxwx2, the strength of detail that the surroundings let expect.
        nodes: which nodes are needed.
        usable: HxW, top-left cells of neighbourhoods that may be copied; at least one.
    """
    matcher = Matcher(box, target, look, expected, nodes, usable, places, rng)
    matcher.search()
    return matcher.settled(places)


class Matcher:
    """The search. All arrays are over the N needed nodes."""

    def __init__(
        self,
        box: Box,
        target: Field,
        look: Field,
        expected: Field,
        nodes: Mask,
        usable: Mask,
        places: Places,
        rng: np.random.Generator,
    ) -> None:
        self.rng = rng
        self.box = box
        self.nodes = nodes
        self.h, self.w = usable.shape
        self.usable = usable.ravel()
        self.choice = np.flatnonzero(self.usable)
        rows, columns = np.nonzero(nodes)
        self.n = rows.size
        self.corner = corners_of(box, nodes).astype(np.int64)
        self.colour = (rows + columns) % 2
        index = np.full((nodes.shape[0] + 2, nodes.shape[1] + 2), -1)
        index[1:-1, 1:-1][nodes] = np.arange(self.n)
        # left, right, upper, lower neighbour
        steps = ((1, 0), (1, 2), (0, 1), (2, 1))
        self.neighbours = np.stack([index[rows + dy, columns + dx] for dy, dx in steps], axis=1)

        # Neighbourhoods as offsets into the flattened grid; the look needs every other cell.
        self.look = look.reshape(-1, 3)
        self.ratio = places.means.ratio
        self.grey = places.grey.ravel()
        self.strength = places.strength.reshape(-1, 2)
        self.middle = PITCH * self.w + PITCH
        y, x = np.mgrid[:WINDOW, :WINDOW]
        self.window = (y * self.w + x).ravel()
        self.sparse = (y * self.w + x)[1::2, 1::2].ravel()

        # What is wanted, likewise, with a margin of half a neighbourhood around the box.
        pad = PITCH
        here = box.slices
        soft = np.where(places.known[here][..., None], look[here], target)
        soft = cv2.copyMakeBorder(soft, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        seen: Field = np.dstack([places.grey[here], places.known[here]]).astype(np.float32)
        seen = cv2.copyMakeBorder(seen, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        wide = box.width + 2 * pad
        first = (rows * wide + columns) * PITCH
        want = soft.reshape(-1, 3)[first[:, None] + (y * wide + x)[1::2, 1::2].ravel()]
        self.want_mean = want.mean(axis=1)
        self.want = want - self.want_mean[:, None]
        self.want_power = (self.want**2).sum(axis=(1, 2))
        context = seen.reshape(-1, 2)[first[:, None] + (y * wide + x).ravel()]
        self.context = context[..., 0]
        self.context_weight = context[..., 1] * np.float32(4 / WINDOW**2)
        at = np.minimum(rows * PITCH, box.height - 1), np.minimum(columns * PITCH, box.width - 1)
        self.expected = expected[at]
        # The scale of all prices: how strong the texture is.
        self.variance = float(np.mean(self.expected[:, 0] ** 2)) + 0.5

    def search(self) -> None:
        everyone = np.arange(self.n)
        # A start: the best of a few random places, joins not counted yet.
        tries = self.choice[self.rng.integers(self.choice.size, size=(8, self.n))]
        costs, patches = self._own_cost(everyone, tries)
        best = costs.argmin(axis=0)
        self.place = tries[best, everyone]
        self.patch = patches[best, everyone]
        for sweep in range(_SWEEPS):
            reach = max(2, max(self.h, self.w) >> (sweep + 2))
            crowd = self._crowd()
            for colour in (0, 1):
                self._improve(np.flatnonzero(self.colour == colour), reach, crowd)

    def settled(self, places: Places) -> Lattice:
        """The lattice, with pieces of equal offset moved by up to a cell to fit together."""
        ratio = self.ratio
        at = np.stack([self.place % self.w, self.place // self.w], axis=1)
        step = at - self.corner
        fine = step * ratio
        if ratio > 1:
            fine = self._settle(fine, self._pieces(step), places, ratio)
        offsets = np.zeros((*self.nodes.shape, 2), np.int32)
        offsets[self.nodes] = fine
        return Lattice(self.box, offsets, ratio)

    def _pieces(self, step: Indices) -> Indices:
        """A number for each node: that of its piece, connected nodes of equal offset."""
        piece = np.arange(self.n)
        other = np.maximum(self.neighbours, 0)
        joined = (self.neighbours >= 0) & (step[other] == step[:, None]).all(axis=2)
        while True:
            least = np.where(joined, piece[other], piece[:, None]).min(axis=1)
            least = np.minimum(least, piece)
            if (least == piece).all():
                return piece
            piece = least[least]

    def _settle(self, fine: Indices, piece: Indices, places: Places, ratio: int) -> Indices:
        """Offsets in fine places; each larger piece moved to where it fits its surroundings."""
        height, width = places.fine_grey.shape
        grey = places.fine_grey.ravel()
        # One place of every cell, the same in all neighbourhoods that share the cell.
        spot = np.arange(PITCH * PITCH) * 7 % (ratio * ratio)
        spot = np.tile(spot.reshape(PITCH, PITCH), (2, 2))
        y, x = np.mgrid[:WINDOW, :WINDOW] * ratio + np.stack([spot // ratio, spot % ratio])
        window = y * width + x
        half, whole = slice(PITCH), slice(None)
        far = slice(PITCH, None)
        mine = ((whole, half), (whole, far), (half, whole), (far, whole))
        theirs = (mine[1], mine[0], mine[3], mine[2])
        context = self._fine_context(places, ratio, y, x)
        near = np.arange(-ratio, ratio + 1)
        moves = np.stack(np.meshgrid(near, near), axis=-1).reshape(-1, 2)
        moves = moves[np.argsort((moves**2).sum(axis=1), kind="stable")]
        home = self.corner * ratio
        sizes = np.bincount(piece, minlength=self.n)
        for number in np.argsort(-sizes, kind="stable"):
            if sizes[number] < _PIECE:
                break
            nodes = np.flatnonzero(piece == number)
            start = home[nodes] + fine[nodes]
            room = np.array([width, height]) - WINDOW * ratio - start.max(axis=0)
            fits = (moves >= -start.min(axis=0)) & (moves <= room)
            ways = moves[fits.all(axis=1)]
            steps = (ways[:, 1] * width + ways[:, 0])[:, None, None]
            cost = np.zeros(len(ways))
            first = start[:, 1] * width + start[:, 0]
            seen = np.flatnonzero(self.context_weight[nodes].any(axis=1))
            if seen.size:
                gap = grey[steps + first[seen, None] + window.ravel()] - context[nodes[seen]]
                weight = self.context_weight[nodes[seen]]
                cost += np.einsum("tnp,tnp,np->t", gap, gap, weight)
            for side in range(4):
                other = self.neighbours[nodes, side]
                edge = np.flatnonzero((other >= 0) & (piece[other] != number))
                if not edge.size:
                    continue
                there = home[other[edge]] + fine[other[edge]]
                there = np.clip(there, 0, np.array([width, height]) - WINDOW * ratio)
                beside = (there[:, 1] * width + there[:, 0])[:, None]
                inner, outer = window[mine[side]].ravel(), window[theirs[side]].ravel()
                gap = grey[steps + first[edge, None] + inner] - grey[beside + outer]
                cost += np.einsum("tnp,tnp->t", gap, gap) / inner.size
            if len(ways):
                fine[nodes] += ways[int(np.argmin(cost))]
        return fine

    def _fine_context(self, places: Places, ratio: int, y: Indices, x: Indices) -> Field:
        """The photo's own fine detail in every node's neighbourhood, at its sample spots."""
        h, w = places.fine_grey.shape
        rows = np.clip(self.corner[:, 1, None] * ratio + y.ravel(), 0, h - 1)
        columns = np.clip(self.corner[:, 0, None] * ratio + x.ravel(), 0, w - 1)
        return places.fine_grey[rows, columns]

    def _improve(self, who: Indices, reach: int, crowd: Indices) -> None:
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
        cost, patches = self._own_cost(who, places)
        cost += self._join_cost(who, places, patches) + self._crowd_cost(places, crowd)
        best = cost.argmin(axis=0)
        row = np.arange(who.size)
        self.place[who] = places[best, row]
        self.patch[who] = patches[best, row]

    def _own_cost(self, who: Indices, place: Indices) -> tuple[Field, Field]:
        """How badly places (T x who) look like what is wanted and continue what is known."""
        look = self.look[place[..., None] + self.sparse]
        mean = look.mean(axis=2)
        look -= mean[:, :, None]
        power = np.einsum("tnpc,tnpc->tn", look, look)
        look -= self.want[who]
        power = np.minimum(power, self.want_power[who])
        cost = (np.einsum("tnpc,tnpc->tn", look, look) - _FAIR * power) / (self.sparse.size * 3)
        tone = mean - self.want_mean[who]
        cost += (_LIGHT / 3) * np.einsum("tnc,tnc->tn", tone, tone)
        patch = self.grey[place[..., None] + self.window]
        gap = patch - self.context[who]
        cost += np.einsum("tnp,tnp,np->tn", gap, gap, self.context_weight[who])
        weak = self.strength[np.minimum(place + self.middle, self.grey.size - 1)]
        weak = weak - self.expected[who]
        weak = np.where(weak > 0, 3 * weak, 1.5 * weak)  # folds and edges are the worse fault
        cost += np.einsum("tnc,tnc->tn", weak, weak)
        power = np.einsum("tnp,tnp->tn", patch, patch) / self.window.size
        power = np.minimum(power, self.expected[who, 0] ** 2)
        joins = 4 + self.context_weight[who].sum(axis=1)
        cost -= _FAIR * joins * power
        return cost, patch.reshape(*place.shape, WINDOW, WINDOW)

    def _join_cost(self, who: Indices, place: Indices, patch: Field) -> Field:
        """What joins with the neighbours would show."""
        cost = np.zeros(place.shape, np.float32)
        half = PITCH
        near, far = slice(0, half), slice(half, None)
        whole = slice(None)
        sides = ((whole, near), (whole, far), (near, whole), (far, whole))
        opposite = (sides[1], sides[0], sides[3], sides[2])
        for side in range(4):
            other = self.neighbours[who, side]
            gap = patch[:, :, *sides[side]] - self.patch[other][:, *opposite[side]]
            moved = self.corner[other] - self.corner[who]
            same = self.place[other] - place == moved[:, 1] * self.w + moved[:, 0]
            join = np.einsum("tnyx,tnyx->tn", gap, gap) / (half * WINDOW)
            cost += np.where((other >= 0) & ~same, join + _JOIN * self.variance, 0)
        return cost

    def _crowd(self) -> Indices:
        """How often each place is copied, on squares of the lattice's pitch."""
        squares = self._square(self.place)
        return np.bincount(squares, minlength=(self.h // PITCH + 1) * (self.w // PITCH + 1))

    def _square(self, place: Indices) -> Indices:
        return (place // self.w // PITCH) * (self.w // PITCH + 1) + place % self.w // PITCH

    def _crowd_cost(self, place: Indices, crowd: Indices) -> Indices:
        return _CROWD * self.variance * np.minimum(np.maximum(crowd[self._square(place)] - 1, 0), 6)
