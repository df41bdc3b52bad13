"""Alpha as a linear function of colour in every small window: guided filter, closed-form matting.

Where head and background each have about one colour (or a mix of two), alpha = a.I + b holds
for all pixels I of a window. The guided filter (He, Sun, Tang 2010) fits such functions to a
mask. Closed-form matting (Levin, Lischinski, Weiss 2008) looks for the alpha that they fit best;
its Laplacian is alpha less its own guided filter, so it is applied without ever being built, by
a few box filters (He, Sun, Tang, "Fast matting using large kernel matting Laplacian matrices",
2010).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from engine.arrays import Field, Mask

_NEVER = 1e-12  # a residual as small as this is rounding


def dot(a: Field, b: Field) -> Field:
    """Scalar products of the vectors of two H x W x 3 arrays: H x W."""
    x, y, z = cv2.split(cv2.multiply(a, b))
    return x + y + z


class Lines(NamedTuple):
    """Of every pixel: slope (H x W x 3) and offset (H x W), means over the windows it is in."""

    slope: Field
    offset: Field

    def at(self, guide: Field) -> Field:
        """slope.guide + offset, H x W."""
        return dot(self.slope, guide) + self.offset


class ColourLines:
    """Fits linear functions of a picture's colours.

    Args:
        guide: H x W x 3 float32, 0..255.
        radius: of the square windows, px.
        epsilon: variance (squared levels) of colours that counts as none.
    """

    def __init__(self, guide: Field, radius: int, epsilon: float) -> None:
        self.guide = guide
        self._size = (2 * radius + 1, 2 * radius + 1)
        self._mean = self._means(guide)
        self._inverse = self._inverse_covariance(epsilon)

    def _means(self, x: Field) -> Field:
        return cv2.boxFilter(x, -1, self._size, borderType=cv2.BORDER_REFLECT_101)

    def _inverse_covariance(self, epsilon: float) -> tuple[Field, ...]:
        # In float64: of grey windows the determinant is the small difference of large numbers.
        guide = self.guide.astype(np.float64)
        r, g, b = cv2.split(guide)
        mr, mg, mb = cv2.split(self._means(guide))

        def covariance(x: Field, y: Field, mx: Field, my: Field) -> Field:
            return self._means(x * y) - mx * my

        rr, gg, bb = (
            np.maximum(covariance(x, x, m, m), 0) + epsilon for x, m in ((r, mr), (g, mg), (b, mb))
        )
        rg, rb, gb = (
            covariance(x, y, mx, my)
            for x, y, mx, my in ((r, g, mr, mg), (r, b, mr, mb), (g, b, mg, mb))
        )
        # Inverse of the symmetric 3 x 3 covariance, by cofactors.
        c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
        c11, c12, c22 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
        determinant = rr * c00 + rg * c01 + rb * c02
        return tuple((c / determinant).astype(np.float32) for c in (c00, c01, c02, c11, c12, c22))

    def of(self, mask: Field) -> Lines:
        """The lines nearest to ``mask`` (H x W)."""
        mean = self._means(mask)
        x, y, z = cv2.split(
            self._means(self.guide * mask[..., None]) - self._mean * mean[..., None]
        )
        c00, c01, c02, c11, c12, c22 = self._inverse
        slope = cv2.merge(
            [
                c00 * x + c01 * y + c02 * z,
                c01 * x + c11 * y + c12 * z,
                c02 * x + c12 * y + c22 * z,
            ]
        )
        return Lines(self._means(slope), self._means(mean - dot(slope, self._mean)))

    def filtered(self, mask: Field) -> Field:
        """The guided filter of ``mask``."""
        return self.of(mask).at(self.guide)

    def solved(self, start: Field, unknown: Mask, trust: float, rounds: int) -> Field:
        """The alpha that lines fit best, kept where it isn't ``unknown`` (conjugate gradients).

        Args:
            start: H x W, alpha where it is known, a guess elsewhere.
            trust: how much the guess counts.
            rounds: each reaches one window further.
        """
        free = unknown.astype(np.float32)
        alpha = start.copy()
        rest = (self.filtered(alpha) - alpha) * free
        way, size = rest.copy(), _sum(rest, rest)
        for _ in range(rounds):
            if size < _NEVER:
                break
            bent = (way - self.filtered(way) + trust * way) * free
            step = size / _sum(way, bent)
            alpha += step * way
            rest -= step * bent
            before, size = size, _sum(rest, rest)
            way *= size / before
            way += rest
        return alpha


def _sum(a: Field, b: Field) -> float:
    return float(np.vdot(a, b))
