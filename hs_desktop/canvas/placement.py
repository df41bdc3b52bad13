"""Where a head lies in the body photo, as the handles change it. No Qt in here.

The automatic position is a box in photo px. What the user adds is a ``HeadTransform``: about
the box's ``centre`` (the engine takes the lower face's), the head is mirrored, scaled and
turned, and then shifted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.requests import HeadTransform
from hs_desktop.canvas.viewport import Matrix, Point

SCALES = 0.05, 20.0


@dataclass(frozen=True)
class Placement:
    """A head at its automatic position.

    Attributes:
        box: (x0, y0, x1, y1) in photo px, before it is turned by ``axis``.
        centre: the point (x, y) in photo px that scaling and turning leave where it is.
        axis: degrees that the head leans to, clockwise; it is mirrored along this axis, and
            the box leans with it, about ``centre``.
    """

    box: tuple[float, float, float, float]
    centre: Point
    axis: float = 0.0

    def matrix(self, value: HeadTransform) -> Matrix:
        """Photo px of the automatic position -> photo px, as ``Viewport.matrix``."""
        turn, lean = math.radians(value.rotate), math.radians(self.axis)
        if value.flip:
            # R(turn) R(lean) F R(-lean), which is R(turn + 2 lean) F.
            c, s = math.cos(turn + 2 * lean), math.sin(turn + 2 * lean)
            a, b = -c * value.scale, -s * value.scale
        else:
            c, s = math.cos(turn), math.sin(turn)
            a, b = c * value.scale, s * value.scale
        cc, d = -s * value.scale, c * value.scale
        x, y = self.centre
        dx, dy = value.shift
        return a, b, cc, d, x + dx - a * x - cc * y, y + dy - b * x - d * y

    def apply(self, value: HeadTransform, point: Point) -> Point:
        """Where a point of the automatic position goes."""
        a, b, c, d, tx, ty = self.matrix(value)
        x, y = point
        return a * x + c * y + tx, b * x + d * y + ty

    def corners(self, value: HeadTransform) -> tuple[Point, Point, Point, Point]:
        """Of the box: top left, top right, bottom right, bottom left, as the head sees them."""
        x0, y0, x1, y1 = self.box
        cx, cy = self.centre
        c, s = math.cos(math.radians(self.axis)), math.sin(math.radians(self.axis))

        def place(x: float, y: float) -> Point:
            x, y = x - cx, y - cy
            return self.apply(value, (cx + c * x - s * y, cy + s * x + c * y))

        return place(x0, y0), place(x1, y0), place(x1, y1), place(x0, y1)

    def shifted(self, value: HeadTransform, dx: float, dy: float) -> HeadTransform:
        """Moved by photo px."""
        return replace(value, shift=(value.shift[0] + dx, value.shift[1] + dy))

    def scaled(self, value: HeadTransform, factor: float, pivot: Point) -> HeadTransform:
        """Larger by ``factor``, the photo point ``pivot`` staying where it is."""
        low, high = SCALES
        factor = min(max(value.scale * factor, low), high) / value.scale
        return self._about(replace(value, scale=value.scale * factor), value, factor, 0.0, pivot)

    def rotated(self, value: HeadTransform, degrees: float, pivot: Point) -> HeadTransform:
        """Turned clockwise, the photo point ``pivot`` staying where it is."""
        turned = (value.rotate + degrees + 180) % 360 - 180
        return self._about(replace(value, rotate=turned), value, 1.0, degrees, pivot)

    def _about(
        self, new: HeadTransform, old: HeadTransform, factor: float, degrees: float, pivot: Point
    ) -> HeadTransform:
        """``new``, shifted so that what was done to ``old`` was done about ``pivot``."""
        (cx, cy), (px, py) = self.centre, pivot
        x, y = cx + old.shift[0] - px, cy + old.shift[1] - py
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return replace(
            new,
            shift=(
                px + factor * (c * x - s * y) - cx,
                py + factor * (s * x + c * y) - cy,
            ),
        )
