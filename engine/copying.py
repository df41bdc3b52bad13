"""What was completed in a frame, copied at the photo's own resolution."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.cells import PITCH, CellGrid, CellMeans
from engine.framing import FRAME_SIZE
from engine.scenery import Scenery
from engine.texture import COARSE, Lattice, blur, enlarged, needed_nodes, shrunk, transfer

_FOLLOWS = 0.7  # cells over which what is copied has the frame's colours


@dataclass(frozen=True)
class Copied:
    """Where pixels come from elsewhere in the photo as they are.

    Attributes:
        share: hxw float32 0..1 on the cells of a box, how much of a cell is copied.
        lattice, nodes: from where; which of its nodes count.
    """

    share: Field
    lattice: Lattice
    nodes: Mask

    @classmethod
    def of(cls, grid: CellGrid, box: Box, scenery: Scenery, ratio: int) -> Copied | None:
        """``scenery`` on cells; ``None``: nothing of it lies there.

        Args:
            ratio: fine places per cell.
        """
        if not scenery.filled.any():
            return None
        filled = scenery.filled.astype(np.float32)
        share = grid.from_frame_field(filled, cv2.INTER_LINEAR, beyond=0)[box.slices]
        nodes = needed_nodes(share > 0)
        if not nodes.any():
            return None
        rows, columns = np.nonzero(nodes)
        cells = np.stack([columns, rows], -1) * PITCH + (box.x0, box.y0)
        at = grid.from_frame.inverse().apply(cells.astype(float)).astype(int)
        at = np.clip(at, 0, FRAME_SIZE - 1)
        # A node beside what is filled goes by the nearest pixel in it.
        _, nearest = cv2.distanceTransformWithLabels(
            (~scenery.filled).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros((int(nearest.max()) + 1, 2), np.int64)
        of_label[nearest[scenery.filled]] = scenery.offsets[scenery.filled]
        steps = of_label[nearest[at[:, 1], at[:, 0]]] @ grid.from_frame.matrix[:, :2].T
        offsets = np.zeros((*nodes.shape, 2), np.int32)
        offsets[rows, columns] = np.rint(steps * ratio)
        return cls(share, Lattice(box, offsets, ratio), nodes)

    def laid_on(self, base: Field, image: Field, box: Box, means: CellMeans) -> Field:
        """``base`` (fine places) with the photo's own where it is copied.

        Args:
            image: hxwx3 on cells; of what is copied only what is finer is taken.
        """
        ratio, places = means.ratio, box.times(means.ratio)
        smooth = blur(means.fine, COARSE * ratio)
        own = transfer(smooth, self.lattice, ratio, places, colours=True)
        # Where offsets change, colours mix, but detail stays as strong as it was.
        own += transfer(means.fine - smooth, self.lattice, ratio, places)
        # An edge that was completed is the frame's own; along the lattice it would have steps.
        apart = blur((image - shrunk(own, ratio)) * self.share[..., None], _FOLLOWS)
        apart /= np.maximum(blur(self.share, _FOLLOWS), 1e-3)[..., None]
        own += enlarged(apart, ratio)
        return base + enlarged(self.share, ratio, cv2.INTER_LINEAR)[..., None] * (own - base)
