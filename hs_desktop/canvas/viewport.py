"""Which part of a photo a widget shows, and where: zoom, rotation, mirroring, position.

Three kinds of pixels: *photo* pixels; *widget* pixels, which is what Qt's coordinates count;
*device* pixels, ``dpr`` of them to a widget pixel. A zoom of 1 (100 %) shows one photo pixel
on one device pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hs_desktop.rects import Rect

Point = tuple[float, float]  # (x, y)
Matrix = tuple[float, float, float, float, float, float]  # a, b, c, d, tx, ty as QTransform's

MAX_ZOOM = 64.0
_SMALLEST = 16.0  # device px that the longer side of a photo has at least
STEPS = (
    1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3,
    1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0,
)  # fmt: skip


@dataclass(frozen=True)
class Viewport:
    """The map ``w = size / 2 + zoom / dpr * R(rotation) * F * (p - centre)``.

    Attributes:
        photo: (width, height) of the photo, px.
        size: (width, height) of the widget, widget px.
        dpr: device pixels per widget pixel.
        zoom: device pixels per photo pixel.
        centre: the photo point in the middle of the widget.
        rotation: degrees, positive turns clockwise on the screen; -180 <= rotation < 180.
        flip: mirror the photo left to right before it is turned.
    """

    photo: tuple[int, int] = (1, 1)
    size: tuple[float, float] = (1.0, 1.0)
    dpr: float = 1.0
    zoom: float = 1.0
    centre: Point = (0.5, 0.5)
    rotation: float = 0.0
    flip: bool = False

    # --- the map -------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """Widget pixels per photo pixel."""
        return self.zoom / self.dpr

    @property
    def is_upright(self) -> bool:
        """Whether the photo's rows and columns lie along the screen's."""
        return self.rotation % 90 == 0

    def _linear(self) -> tuple[float, float, float, float]:
        angle = math.radians(self.rotation)
        if self.is_upright:  # without the 6e-17 of cos(pi / 2)
            c, s = float(round(math.cos(angle))), float(round(math.sin(angle)))
        else:
            c, s = math.cos(angle), math.sin(angle)
        f = -1.0 if self.flip else 1.0
        k = self.scale
        return k * c * f, k * s * f, -k * s, k * c

    def _exact(self) -> Matrix:
        a, b, c, d = self._linear()
        x, y = self.centre
        return (
            a, b, c, d,
            self.size[0] / 2 - a * x - c * y,
            self.size[1] / 2 - b * x - d * y,
        )  # fmt: skip

    @property
    def matrix(self) -> Matrix:
        """Photo -> widget, as painted: ``x' = a x + c y + tx``, ``y' = b x + d y + ty``.

        Where rows and columns lie along the screen's, the photo's corner is moved onto a
        corner of a device pixel (by half of one at most), so that 100 % is sharp.
        """
        a, b, c, d, tx, ty = self._exact()
        if self.is_upright:
            tx, ty = (math.floor(t * self.dpr + 0.5) / self.dpr for t in (tx, ty))
        return a, b, c, d, tx, ty

    def to_widget(self, point: Point) -> Point:
        return _apply(self.matrix, point)

    def to_photo(self, point: Point) -> Point:
        return _apply(_inverse(self.matrix), point)

    def direction_to_photo(self, step: Point) -> Point:
        """A movement on the screen, in widget px, as one in photo px."""
        a, b, c, d, _, _ = _inverse(self._exact())
        return a * step[0] + c * step[1], b * step[0] + d * step[1]

    def visible(self, part: tuple[float, float, float, float] | None = None) -> Rect:
        """The photo pixels in ``part`` (x0, y0, x1, y1) of the widget, all of it by default.

        Where the view is turned, the rectangle that holds them. Never beyond the photo.
        """
        x0, y0, x1, y1 = part or (0.0, 0.0, *self.size)
        corners = [self.to_photo(p) for p in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))]
        return Rect.enclosing(corners).intersected(Rect(0, 0, *self.photo))

    def bounds(self, rect: Iterable[float]) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)`` in widget px that holds the photo rectangle ``rect``."""
        x0, y0, x1, y1 = rect
        corners = [self.to_widget(p) for p in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    # --- other viewports -----------------------------------------------------------------------

    @property
    def min_zoom(self) -> float:
        return min(1.0, _SMALLEST / max(1, *self.photo))

    def clamped(self) -> Viewport:
        """Zoom within its limits, the middle of the widget somewhere on the photo."""
        x, y = self.centre
        w, h = self.photo
        return replace(
            self,
            zoom=min(max(self.zoom, self.min_zoom), MAX_ZOOM),
            centre=(min(max(x, 0.0), float(w)), min(max(y, 0.0), float(h))),
            rotation=(self.rotation + 180) % 360 - 180,
        )

    def resized(self, size: tuple[float, float], dpr: float | None = None) -> Viewport:
        """Another widget size: the middle and the zoom stay."""
        return replace(self, size=size, dpr=self.dpr if dpr is None else dpr)

    def panned(self, dx: float, dy: float) -> Viewport:
        """The photo moved by widget px."""
        x, y = self.direction_to_photo((dx, dy))
        return replace(self, centre=(self.centre[0] - x, self.centre[1] - y)).clamped()

    def zoomed(self, zoom: float, at: Point | None = None) -> Viewport:
        """To ``zoom``, the photo point under the widget point ``at`` (middle) staying there."""
        zoom = min(max(zoom, self.min_zoom), MAX_ZOOM)
        return self._about(at, replace(self, zoom=zoom))

    def stepped(self, steps: int, at: Point | None = None) -> Viewport:
        """To the next larger (smaller, where negative) of the usual zooms, or further."""
        zoom = self.zoom
        for _ in range(abs(steps)):
            if steps > 0:
                zoom = next((z for z in STEPS if z > zoom * 1.001), MAX_ZOOM)
            else:
                zoom = next((z for z in reversed(STEPS) if z < zoom / 1.001), self.min_zoom)
        return self.zoomed(zoom, at)

    def rotated(self, degrees: float, at: Point | None = None) -> Viewport:
        """Turned clockwise by ``degrees`` about the widget point ``at`` (middle)."""
        return self._about(at, replace(self, rotation=self.rotation + degrees))

    def flipped(self) -> Viewport:
        """What is on the screen mirrored left to right."""
        return replace(self, flip=not self.flip, rotation=-self.rotation).clamped()

    def _about(self, at: Point | None, other: Viewport) -> Viewport:
        """``other``, moved so that it shows the same photo point at ``at`` as ``self``."""
        if at is None:
            return other.clamped()
        # By the exact map, not the painted one: many small steps must not drift.
        p = _apply(_inverse(self._exact()), at)
        q = _apply(_inverse(other._exact()), at)
        x, y = other.centre
        return replace(other, centre=(x + p[0] - q[0], y + p[1] - q[1])).clamped()

    def fitted(self, margin: float = 0.0) -> Viewport:
        """The whole photo in the middle, ``margin`` widget px round it at least."""
        return replace(
            self, zoom=self.fit_zoom(margin), centre=(self.photo[0] / 2, self.photo[1] / 2)
        ).clamped()

    def fit_zoom(self, margin: float = 0.0) -> float:
        angle = math.radians(self.rotation)
        c, s = abs(math.cos(angle)), abs(math.sin(angle))
        w, h = (max(1, side) for side in self.photo)
        room = [max(1.0, side - 2 * margin) * self.dpr for side in self.size]
        return min(room[0] / (w * c + h * s), room[1] / (w * s + h * c))

    def filled_with(self, rect: tuple[float, float, float, float]) -> Viewport:
        """A rectangle of the photo, (x0, y0, x1, y1), as large as the widget takes it whole."""
        x0, y0, x1, y1 = rect
        part = replace(self, photo=(max(1, round(x1 - x0)), max(1, round(y1 - y0))))
        return replace(self, zoom=part.fit_zoom(), centre=((x0 + x1) / 2, (y0 + y1) / 2)).clamped()

    def like(self, other: Viewport) -> Viewport:
        """Zoom, rotation and mirroring of ``other``; the same relative place of the photo."""
        x, y = (
            c * mine / max(1, theirs)
            for c, mine, theirs in zip(other.centre, self.photo, other.photo, strict=True)
        )
        return replace(
            self, zoom=other.zoom, centre=(x, y), rotation=other.rotation, flip=other.flip
        ).clamped()


def _apply(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, tx, ty = matrix
    x, y = point
    return a * x + c * y + tx, b * x + d * y + ty


def _inverse(matrix: Matrix) -> Matrix:
    a, b, c, d, tx, ty = matrix
    det = a * d - b * c
    a, b, c, d = d / det, -b / det, -c / det, a / det
    return a, b, c, d, -a * tx - c * ty, -b * tx - d * ty
