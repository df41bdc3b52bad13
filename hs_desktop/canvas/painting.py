"""How items, background and pixel grid come onto the screen."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF, QTransform

from hs_desktop.canvas.borders import border_lines
from hs_desktop.canvas.items import CanvasItem, LayoutItem
from hs_desktop.canvas.mipmaps import TILE, Key, Tile
from hs_desktop.canvas.viewport import Viewport
from hs_desktop.rects import Rect

NEAREST_FROM = 2.0  # device px per pixel; from here on pixels are squares
GRID_FROM = 10.0  # widget px per photo px
_OVERLAP = 1 / 32  # widget px
LINES_FROM = 2.0  # device px per pixel; from here on outlines are lines between the pixels


def photo_to_widget(view: Viewport) -> QTransform:
    return QTransform(*view.matrix)


def scale_of(matrix: QTransform) -> float:
    return math.sqrt(abs(matrix.determinant()))


def wanted_tiles(item: CanvasItem, view: Viewport, exposed: QRectF) -> list[Key]:
    """The tiles of ``item`` that the part ``exposed`` of the widget shows."""
    matrix = item.matrix * photo_to_widget(view)
    inverse, invertible = matrix.inverted()
    if not invertible:
        return []
    part = _rect_of(inverse.mapRect(exposed))
    return item.mipmaps.keys(item.mipmaps.level_for(scale_of(matrix) * view.dpr), part)


def paint_item(
    painter: QPainter, item: CanvasItem, view: Viewport, exposed: QRectF, deadline: float
) -> bool:
    """Paint what of ``item`` lies in ``exposed`` (widget px), with what tiles there are.

    Tiles are made until ``deadline`` (``time.perf_counter``); for the others stands what
    there is: coarser tiles, finer ones, or a sketch.

    Returns:
        Whether everything is shown as it shall be.
    """
    matrix = item.matrix * photo_to_widget(view)
    scale = scale_of(matrix) * view.dpr
    if scale == 0 or item.opacity == 0:
        return True
    painter.save()
    painter.setOpacity(painter.opacity() * item.opacity)
    current = True
    if isinstance(item, LayoutItem) and item.outlines and scale >= LINES_FROM:
        _paint_borders(painter, item, matrix, exposed)
    else:
        for key in wanted_tiles(item, view, exposed):
            mipmaps = item.mipmaps
            if not mipmaps.is_current(key):
                in_time = time.perf_counter() < deadline
                current &= in_time and mipmaps.make(key, deadline)
            tile = mipmaps.tile(key)
            if tile is not None:
                _paint_tile(painter, item, key[0], tile, matrix, view.dpr)
            else:
                _paint_substitute(painter, item, key, matrix, view.dpr)
    painter.restore()
    return current


def _paint_tile(
    painter: QPainter, item: CanvasItem, level: int, tile: Tile, matrix: QTransform, dpr: float
) -> None:
    shrink = 1 << level
    matrix = QTransform.fromScale(shrink, shrink) * matrix
    smooth = scale_of(matrix) * dpr < NEAREST_FROM and not _is_pixel_for_pixel(matrix, dpr)
    w, h = item.size
    inner, rect = tile.inner, tile.rect
    # The last pixel of a level stands for a part of a block: the rest lies beyond the photo.
    x1, y1 = min(inner.x1, w / shrink), min(inner.y1, h / shrink)
    target = QRectF(inner.x0, inner.y0, x1 - inner.x0, y1 - inner.y0)
    painter.setTransform(matrix)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    if not matrix.isScaling() and not matrix.isRotating():
        painter.drawImage(target, tile.image, target.translated(-rect.x0, -rect.y0))
        return
    # As a brush: drawn as images, turned tiles leave gaps between them, and at their borders
    # Qt wouldn't look at the margin.
    brush = QBrush(tile.image)
    brush.setTransform(QTransform.fromTranslate(rect.x0, rect.y0))
    if item.mipmaps.opaque:
        # A pixel whose middle lies on the border of two turned tiles could belong to neither.
        overlap = _OVERLAP / scale_of(matrix)
        target.adjust(
            -overlap if inner.x0 > 0 else 0, -overlap if inner.y0 > 0 else 0,
            overlap if inner.x1 < w / shrink else 0, overlap if inner.y1 < h / shrink else 0,
        )  # fmt: skip
    painter.fillRect(target, brush)


def _is_pixel_for_pixel(matrix: QTransform, dpr: float) -> bool:
    """Whether every pixel comes to lie on one of the device, whatever quarter turn it makes."""
    numbers = (
        matrix.m11(), matrix.m12(), matrix.m21(), matrix.m22(), matrix.dx(), matrix.dy(),
    )  # fmt: skip
    whole = all(abs(n * dpr - round(n * dpr)) < 1e-6 for n in numbers)
    return whole and abs(scale_of(matrix) * dpr - 1) < 1e-6


def _paint_substitute(
    painter: QPainter, item: CanvasItem, key: Key, matrix: QTransform, dpr: float
) -> None:
    """The place of a tile that isn't there: the best of what is."""
    level, column, row = key
    mipmaps = item.mipmaps
    for up in (1, 2, 3):
        coarse = mipmaps.tile((level + up, column >> up, row >> up))
        if coarse is not None:
            image, rect, shrink = coarse.image, coarse.rect, 1 << (level + up)
            break
    else:
        image, shrink = mipmaps.sketch()
        rect = Rect(0, 0, image.width(), image.height())
    width, height = (side / shrink for side in mipmaps.size)
    factor = shrink / (1 << level)
    side = TILE / factor
    target = QRectF(column * side, row * side, side, side)
    target &= QRectF(0, 0, width, height)
    source = target.translated(-rect.x0, -rect.y0)
    painter.setTransform(QTransform.fromScale(shrink, shrink) * matrix)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, image, source)
    if level:
        for x in (2 * column, 2 * column + 1):
            for y in (2 * row, 2 * row + 1):
                fine = mipmaps.tile((level - 1, x, y))
                if fine is not None and mipmaps.opaque:
                    _paint_tile(painter, item, level - 1, fine, matrix, dpr)


def _paint_borders(
    painter: QPainter, item: LayoutItem, matrix: QTransform, exposed: QRectF
) -> None:
    inverse, _ = matrix.inverted()
    part = _rect_of(inverse.mapRect(exposed)).grown(1).intersected(Rect(0, 0, *item.size))
    painter.setTransform(matrix)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for class_id, lines in border_lines(item.ids, part, item.hidden).items():
        if class_id >= len(item.palette):
            continue
        segments = [QLineF(*line) for line in lines]
        painter.setPen(_cosmetic(QColor(0, 0, 0, 150), 3.0))
        painter.drawLines(segments)
        painter.setPen(_cosmetic(QColor(*item.palette[class_id].tolist()), 1.5))
        painter.drawLines(segments)


def paint_grid(painter: QPainter, view: Viewport, exposed: QRectF) -> None:
    """Lines between the photo's pixels, once these are large enough to be told apart."""
    if view.scale < GRID_FROM:
        return
    part = view.visible((exposed.left(), exposed.top(), exposed.right(), exposed.bottom()))
    if part.empty:
        return
    columns = [QLineF(x, part.y0, x, part.y1) for x in range(part.x0, part.x1 + 1)]
    rows = [QLineF(part.x0, y, part.x1, y) for y in range(part.y0, part.y1 + 1)]
    painter.save()
    painter.setTransform(photo_to_widget(view))
    strength = min(1.0, view.scale / GRID_FROM - 0.7)
    # Light and dark at once: a grid that is seen on any photo.
    painter.setPen(_cosmetic(QColor(0, 0, 0, round(70 * strength)), 1))
    painter.drawLines(columns + rows)
    painter.setPen(_cosmetic(QColor(255, 255, 255, round(50 * strength)), 1))
    painter.drawLines(columns + rows)
    painter.restore()


def paint_checkerboard(painter: QPainter, view: Viewport, light: QColor, dark: QColor) -> None:
    """The photo's area as transparent; squares keep their size on the screen."""
    w, h = view.photo
    corners = [QPointF(*view.to_widget(p)) for p in ((0, 0), (w, 0), (w, h), (0, h))]
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    brush = QBrush(_checks(light, dark))
    painter.setBrush(brush)
    painter.setBrushOrigin(corners[0])
    painter.drawPolygon(QPolygonF(corners))
    painter.restore()


def _checks(light: QColor, dark: QColor, side: int = 8) -> QImage:
    image = QImage(2 * side, 2 * side, QImage.Format.Format_RGB32)
    image.fill(light)
    painter = QPainter(image)
    painter.fillRect(side, 0, side, side, dark)
    painter.fillRect(0, side, side, side, dark)
    painter.end()
    return image


def _cosmetic(colour: QColor, width: float) -> QPen:
    """A pen whose width is widget px, whatever the zoom."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _rect_of(rect: QRectF) -> Rect:
    corners = [(rect.left(), rect.top()), (rect.right(), rect.bottom())]
    return Rect.enclosing(corners, margin=1)
