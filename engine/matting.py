"""The matte of the new head: how much of every pixel is head, and which colour that part has.

The parser knows the head's outline to about a pixel of the 256 px frame, which may be forty
pixels of the photo. Between sure head and sure background, colours decide. A first guess takes
every cell of about half a frame pixel for itself:

    alpha = ((I - B).(F - B) + lambda * alpha_0) / (|F - B|^2 + lambda)

the most likely alpha if colour I is a mix of the head's colour F and the old background's
colour B (both continued from where they are sure) and alpha_0, a ramp across the outline, is
what is believed without. lambda is how much the colours vary by themselves: where they can't
tell head from background, the outline stays. From this guess closed-form matting finds the
alpha that is a linear function of colour in every small window (see ``colour_lines``). These
functions then give alpha to the photo's own pixels, so strands of hair survive at its
resolution. The rim's own colour is freed of the old background.

Where the user painted another mask, that is the matte, and the colours are the head photo's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Mask, Pixels
from engine.boxes import Box
from engine.colour_lines import ColourLines, Lines, dot
from engine.framing import FRAME_SIZE, Similarity, warp
from engine.labels import HEAD, SemanticClass, mask_of
from engine.placing import TILE, HeadLayer, place_head, to_dtype
from engine.spreading import shrink, spread
from engine.tiles import each, power_of_two, read_padded, tiles, upsample

# Half widths, in frame px, of the band in which colours decide: (inwards, outwards).
HAIR_BAND = (2.5, 3.5)
SKIN_BAND = (1.0, 1.0)
FLYAWAYS = 3.5  # this much further out before a plain background that hair stands out from
_HAIRY = frozenset({SemanticClass.HAIR, SemanticClass.HAT, SemanticClass.HEAD_ACCESSORY})
_SURE = 0.05  # alpha this close to 0 or 1 is 0 or 1
_BLED = 6.0  # levels by which the tint of the rim may differ from the head's own
_ALMOST = np.float32(0.998)  # alpha where it does: such a pixel isn't the core's
_COARSE = 2  # fine cells a side of a coarse one, in which colours are known
_NOISE = 200.0  # the least lambda: variance of colours, in (levels of 255)^2
_EVEN = 0.065  # variance that is no colour but rounding, in (levels of 255)^2
_GRAINY = 0.1  # ... or this share of the grain's
_FLAT = 10  # percent of a picture that are flat at least
_TRUST = 1e-3  # how much the first guess counts beside what colours say
_ROUNDS = 16  # of the solver: twice as many find the same
_PAINTED = (1.5, 6.0)  # frame px round a painted change: up to here it counts, and no further


@dataclass(frozen=True)
class Matte:
    """The new head in the body photo's pixels.

    Attributes:
        box: the part of the body photo that it may touch; the arrays hold this box.
        colours: HxWx3, the head photo resampled once; in the rim, the head's own colour there.
        alpha: HxW float32 0..1: exactly 1 in the core, 0 outside the head.
    """

    box: Box
    colours: Pixels
    alpha: Field


def head_matte(head: HeadLayer, photo: Box) -> Matte:
    """Place the head in the body photo (``photo`` is all of it) and find its matte."""
    outline = _outline(head)
    there = outline > 0.5
    if head.painted is not None:  # what is painted thinly is there, too
        there |= head.painted & (outline > _SURE)
    frame_to_body = head.to_frame.inverse().then(head.to_body)
    scale = frame_to_body.scale
    box = _reach_of(there, frame_to_body) & photo
    colours = place_head(head, box)
    alpha = np.zeros(box.shape, np.float32)
    if box.empty:
        return Matte(box, colours, alpha)

    fine = power_of_two(scale / 2, 32)
    coarse = _COARSE * fine
    field = box.aligned(coarse)
    guide = _shrunk(colours, box, field, fine)
    cells = field.over(fine)
    unit = 255 / np.iinfo(colours.dtype).max

    # Signed distance to the outline in frame px (inside > 0) and what is hairy, on fine cells.
    to_cells = frame_to_body.then(Similarity(1 / fine, 0, -cells.x0, -cells.y0))
    size = (cells.width, cells.height)
    planes = np.dstack([outline, _hairiness(head)])
    planes = warp(planes, to_cells, size, interpolation=cv2.INTER_CUBIC)
    inside = planes[..., 0] > 0.5
    distance = _signed_distance(inside) * (fine / scale)
    hairy = np.clip(planes[..., 1], 0, 1)
    inner = SKIN_BAND[0] + (HAIR_BAND[0] - SKIN_BAND[0]) * hairy
    outer = SKIN_BAND[1] + (HAIR_BAND[1] - SKIN_BAND[1]) * hairy

    believed = np.clip(np.where(inside, 1 + distance / inner, 1 + distance / outer) / 2, 0, 1)
    known = np.dstack([distance > inner, distance < -outer]).astype(np.float32)
    wide = cells.over(_COARSE)
    mixture, plain = _mixture(guide, shrink(known, (wide.width, wide.height)))
    outer += FLYAWAYS * hairy * cv2.resize(plain, size, interpolation=cv2.INTER_LINEAR)
    least = np.clip(3 * distance / inner - 2, 0, 1)
    most = np.clip(2 * distance / outer + 2, 0, 1)
    first = _most_likely(guide, upsample(mixture, wide, _COARSE, cells), believed)
    first = np.clip(first, least, most)
    windows = ColourLines(guide, 1, _EVEN + _GRAINY * _grain(guide))
    lines = windows.of(windows.solved(first, (least < 1) & (most > 0), _TRUST, _ROUNDS))
    painted, own_matte = _painted(head, to_cells, size), _own_matte(head, box)
    shape = np.dstack([least, most, painted, lines.slope, lines.offset]).astype(np.float32)

    def cut_out(tile: Box) -> None:
        part = tile & box
        planes = upsample(shape, cells, fine, tile)[part.within(tile)]
        edge = _head_photo_edge(head, part)
        find(tile, part, planes, edge)
        if own_matte is not None:
            target, share = part.within(box), planes[..., 2]
            found, own = alpha[target], own_matte[target] * edge
            alpha[target] = np.where(share < 1, found + share * (own - found), own)

    def find(tile: Box, part: Box, planes: Field, edge: Field | np.float32) -> None:
        here = part.within(tile)
        least, most, painted = (planes[..., k] for k in range(3))
        if not most.any():
            return
        target = part.within(box)
        alpha[target] = edge
        rim = (least < 1) & (most > 0)
        if not rim.any():
            return
        mix = upsample(mixture, wide, coarse, tile)[here]
        front, back, play = mix[..., :3], mix[..., 3:6], mix[..., 7:]
        pixels = colours[target] * np.float32(unit)
        across = front - back
        a = Lines(planes[..., 3:6], planes[..., 6]).at(pixels)
        a = np.clip((a - _SURE) / (1 - 2 * _SURE), least, most)
        rest = pixels - back - a[..., None] * across
        own = rest * (a / (a * a + (1 - a) ** 2 + 0.05))[..., None]
        # What the head doesn't vary by is background, or colour that bled from it.
        light = own.mean(axis=2, keepdims=True)
        tint = own - light
        clean = np.clip(tint, -play[..., 1:], play[..., 1:])
        bled = rim & (np.abs(tint - clean).max(axis=2) > _BLED)
        a = np.where(bled, np.minimum(a, _ALMOST), a)
        clipped = np.clip(light, -play[..., :1], play[..., :1])
        own = front + clean + np.where(a[..., None] < _ALMOST, clipped, light)
        mixed = rim & (a < 1) & (painted < 0.5)
        np.copyto(colours[target], to_dtype(own / unit, colours.dtype), where=mixed[..., None])
        alpha[target] = np.where(rim, a, most) * edge

    each(cut_out, list(tiles(box, TILE)))
    return Matte(box, colours, alpha)


def _outline(head: HeadLayer) -> Field:
    """HEAD probability of the head alone: islands that don't hang together with it are 0."""
    p = np.clip(head.probabilities.astype(np.float32), 0, 1)
    blob = cv2.dilate((p > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8))
    count, parts = cv2.connectedComponents(blob)
    if count <= 2:
        return p
    head_here = mask_of(head.layout, HEAD) & (p > 0.5)
    sizes = np.bincount(parts[head_here], minlength=count)
    sizes[0] = 0
    main = parts == int(np.argmax(sizes))
    keep = cv2.dilate(main.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    other = (parts > 0) & ~main
    keep &= ~other
    if head.painted is not None:
        keep |= head.painted
    return np.where(keep, p, 0).astype(np.float32)


def _painted(head: HeadLayer, to_cells: Similarity, size: tuple[int, int]) -> Field:
    """How much the user's own matte counts, on fine cells."""
    if head.masked is None or not head.masked.any():
        return np.zeros(size[::-1], np.float32)
    inner, outer = _PAINTED
    apart = cv2.distanceTransform((~head.masked).astype(np.uint8), cv2.DIST_L2, 5)
    share = np.clip((outer - apart) / (outer - inner), 0, 1).astype(np.float32)
    return warp(share, to_cells, size, border=cv2.BORDER_CONSTANT)


def _own_matte(head: HeadLayer, box: Box) -> Field | None:
    """The user's own matte in ``box`` of the body photo."""
    if head.mask is None:
        return None
    to_box = head.to_body.then(Similarity(tx=-box.x0, ty=-box.y0))
    own = warp(head.mask, to_box, box.shape[::-1], border=cv2.BORDER_CONSTANT)
    # Resampled ones are not quite 1.
    own[own > _ALMOST] = 1
    own[own < 1 - _ALMOST] = 0
    return own


def _hairiness(head: HeadLayer) -> Field:
    """How much of the nearest part of the head is hair, hat or the like."""
    part = mask_of(head.layout, HEAD)
    hair = mask_of(head.layout, _HAIRY)
    both = np.dstack([hair, part]).astype(np.float32)
    near = cv2.GaussianBlur(both, (0, 0), 2.0) + 1e-3 * cv2.GaussianBlur(both, (0, 0), 10.0)
    result: Field = near[..., 0] / np.maximum(near[..., 1], 1e-7)
    if head.painted is not None:  # hair that the user painted away is no flyaway
        result[head.painted & (head.probabilities < 0.5)] = 0
    return result


def _most_likely(guide: Field, mixture: Field, believed: Field) -> Field:
    """The alpha of every cell for itself."""
    front, back, loose = mixture[..., :3], mixture[..., 3:6], mixture[..., 6]
    across = front - back
    alpha = dot(guide - back, across) + loose * believed
    return alpha / (dot(across, across) + loose)


def _grain(guide: Field) -> float:
    """Variance of colours where the picture is flat, in (levels of 255)^2."""
    mean = cv2.blur(guide, (3, 3))
    variance = cv2.blur(dot(guide, guide), (3, 3)) - dot(mean, mean)
    return float(np.percentile(variance, _FLAT)) / 3


def _reach_of(there: Mask, frame_to_body: Similarity) -> Box:
    rows, columns = np.nonzero(there)
    if not rows.size:
        return Box(0, 0, 0, 0)
    # A little beyond what the widest band can reach.
    margin = HAIR_BAND[1] + FLYAWAYS + 1
    x = np.array([columns.min() - margin, columns.max() + 1 + margin])
    y = np.array([rows.min() - margin, rows.max() + 1 + margin])
    x, y = np.clip(x, -margin, FRAME_SIZE + margin), np.clip(y, -margin, FRAME_SIZE + margin)
    corners = frame_to_body.apply(np.array([(a, b) for a in x for b in y]))
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _shrunk(pixels: Pixels, box: Box, field: Box, factor: int) -> Field:
    """Means of ``factor`` x ``factor`` px over ``field`` as float32 0..255."""
    padded = read_padded(pixels, field.shifted(-box.x0, -box.y0))
    unit = 255 / np.iinfo(pixels.dtype).max
    if factor > 1:
        size = (field.width // factor, field.height // factor)
        padded = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    return padded.astype(np.float32) * np.float32(unit)


def _signed_distance(inside: Mask) -> Field:
    """Distance to the outline in cells, positive inside."""
    mask = inside.astype(np.uint8)
    within = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    raw = np.where(inside, within - 0.5, 0.5 - beyond).astype(np.float32)
    return cv2.GaussianBlur(raw, (0, 0), 1.0)


def _mixture(guide: Field, known: Field) -> tuple[Field, Field]:
    """What pixels of the rim are mixed of.

    Args:
        guide: the head photo on fine cells.
        known: on coarse cells, how much is surely head, surely background.

    Returns:
        colours of the head (3) and of its background (3), continued into the rim, lambda (1),
        and by how much the head varies in brightness and tint (2); and where (0..1) the
        background is plain and the head stands out from it; both on coarse cells.
    """
    size = known.shape[1::-1]
    tint = guide - guide.mean(axis=2, keepdims=True)
    squares = [guide * guide, (tint * tint).mean(axis=2)]
    moments = shrink(np.dstack([guide, *squares]), (size[0], size[1]))
    sides = []
    for k in range(2):
        sure = (known[..., k] > 0.99).astype(np.float32)
        # Neighbourhood means, so that one odd pixel doesn't colour the rim.
        weight = cv2.GaussianBlur(sure, (0, 0), 1.0)
        colour = cv2.GaussianBlur(moments[..., :3] * sure[..., None], (0, 0), 1.0)
        colour = colour / np.maximum(weight, 1e-6)[..., None]
        # How much they vary is asked of a wider neighbourhood.
        weight = cv2.GaussianBlur(sure, (0, 0), 2.5)[..., None]
        wide = cv2.GaussianBlur(moments * sure[..., None], (0, 0), 2.5)
        wide = wide / np.maximum(weight, 1e-6)
        variance = np.maximum(wide[..., 3:6] - wide[..., :3] ** 2, 0).mean(axis=2)
        middle = wide[..., :3] - wide[..., :3].mean(axis=2, keepdims=True)
        tinted = np.maximum(wide[..., 6] - (middle**2).mean(axis=2), 0)
        sides.append(spread(np.dstack([colour, variance, tinted]), sure))
    front, back = sides
    across = ((front[..., :3] - back[..., :3]) ** 2).sum(axis=2)
    plain = np.clip((across / (25 * (back[..., 3] + 40)) - 1) / 2, 0, 1)
    loose = _NOISE + 0.5 * (front[..., 3] + back[..., 3])
    play = np.dstack([6 + 1.5 * np.sqrt(front[..., 3]), 3 + 1.5 * np.sqrt(front[..., 4])])
    return np.dstack([front[..., :3], back[..., :3], loose, play]), plain


def _head_photo_edge(head: HeadLayer, box: Box) -> Field | np.float32:
    """1 where the head photo has pixels, 0 beyond its border, over two of its pixels."""
    h, w = head.pixels.shape[:2]
    to_head = head.to_body.inverse()
    corners = np.array([(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)])
    corners = to_head.apply(corners)
    if (corners > 6).all() and (corners < (w - 6, h - 6)).all():
        return np.float32(1)
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1] + 0.5
    at = to_head.apply(np.stack([x, y], axis=-1))
    margin = np.minimum(at, np.array([w, h]) - at).min(axis=2)
    return np.clip((margin - 2) / 2, 0, 1).astype(np.float32)
