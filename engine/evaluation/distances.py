"""Distances between two sets of feature vectors, and how sure a figure is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]  # N x D
Interval = tuple[float, float]
FEWEST = 12  # photos that say anything of a mean
_ROUNDS = 1000


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of vectors.

    Attributes:
        mean: ``(D,)``.
        covariance: ``(D, D)``.
    """

    mean: Vectors
    covariance: Vectors

    @cached_property
    def root(self) -> Vectors:
        """The covariance's square root."""
        values, vectors = np.linalg.eigh(self.covariance)
        root: Vectors = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
        return root

    @classmethod
    def of(cls, x: Vectors) -> Moments:
        return cls.of_parts([x])

    @classmethod
    def of_parts(cls, parts: Sequence[Vectors]) -> Moments:
        """Of all vectors of all parts together."""
        return Sums.of(parts).moments(np.arange(len(parts)))


@dataclass(frozen=True)
class Sums:
    """What the moments of any choice of parts follow from, so that drawing anew is cheap.

    Attributes:
        counts: vectors in each part, ``(N,)``.
        first, second: their sums ``(N, D)`` and sums of products ``(N, D, D)``.
    """

    counts: Vectors
    first: Vectors
    second: Vectors

    @classmethod
    def of(cls, parts: Sequence[Vectors]) -> Sums:
        return cls(
            np.array([len(x) for x in parts], np.float64),
            np.stack([x.sum(0) for x in parts]),
            np.stack([x.T @ x for x in parts]),
        )

    def moments(self, picks: NDArray[np.intp]) -> Moments:
        """Of the parts with these indices, some of them several times."""
        weight = np.bincount(picks, minlength=len(self.counts)).astype(np.float64)
        n = weight @ self.counts
        mean = weight @ self.first / n
        products = np.tensordot(weight, self.second, 1)
        return Moments(mean, (products - n * np.outer(mean, mean)) / (n - 1))


def frechet_distance(a: Moments, b: Moments) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2) (Heusel et al. 2017)."""
    # The trace of (C_a C_b)^1/2 is that of (root C_b root)^1/2, which is symmetric.
    eigenvalues = np.linalg.eigvalsh(a.root @ b.covariance @ a.root)
    mixed = np.sqrt(np.clip(eigenvalues, 0, None)).sum()
    apart = np.square(a.mean - b.mean).sum()
    spread = np.trace(a.covariance) + np.trace(b.covariance)
    return float(max(0.0, apart + spread - 2 * mixed))


def kernel_distance(a: Vectors, b: Vectors) -> float:
    """Squared MMD, unbiased, with the kernel (x.y / D + 1)^3 (Binkowski et al. 2018).

    About 0 for sets of the same kind, a little below it at times.
    """
    kernel_aa, kernel_bb, kernel_ab = (_kernel(x, y) for x, y in ((a, a), (b, b), (a, b)))
    m, n = len(a), len(b)
    within_a = (kernel_aa.sum() - np.trace(kernel_aa)) / (m * (m - 1))
    within_b = (kernel_bb.sum() - np.trace(kernel_bb)) / (n * (n - 1))
    return float(within_a + within_b - 2 * kernel_ab.mean())


def jackknife(count: int, figure: Callable[[NDArray[np.intp]], float]) -> Interval:
    """95 % interval of a figure over ``count`` photos, by leaving out one after the other.

    For figures that grow when photos are drawn twice, as distances between sets do: drawn anew
    with replacement, they would lie beside their own interval.

    Args:
        figure: of the photos with these indices.
    """
    everything = np.arange(count)
    values = np.array([figure(np.delete(everything, i)) for i in range(count)])
    deviation = np.sqrt((count - 1) / count * np.square(values - values.mean()).sum())
    middle = figure(everything)
    return middle - 1.96 * deviation, middle + 1.96 * deviation


def mean_and_interval(values: NDArray[np.floating], *, seed: int = 0) -> tuple[float, Interval]:
    """Mean of a value per photo, and its 95 % interval by drawing photos anew (bootstrap)."""
    rng = np.random.default_rng(seed)
    drawn = values[rng.integers(len(values), size=(_ROUNDS, len(values)))].mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(values.mean()), (float(low), float(high))


def ratio_and_interval(
    above: NDArray[np.floating], below: NDArray[np.floating], *, seed: int = 0
) -> tuple[float, Interval]:
    """Sum of a value per photo over the sum of another, and its 95 % interval (bootstrap)."""
    picks = np.random.default_rng(seed).integers(len(above), size=(_ROUNDS, len(above)))
    low, high = np.percentile(above[picks].sum(1) / below[picks].sum(1), [2.5, 97.5])
    return float(above.sum() / below.sum()), (float(low), float(high))


def equivalence(ratios: NDArray[np.floating], margin: float, *, seed: int = 0) -> dict[str, object]:
    """Whether ratios, one a photo, are 1 in the (geometric) mean, by two one-sided tests at 5 %.

    Returns:
        ``photos``; ``ratio`` and its ``interval_90`` (bootstrap); ``equivalent``: that lies
        between 1/margin and margin; ``not_above``: it lies below margin. Neither is ever said
        of fewer than ``FEWEST`` photos, of which a bootstrap knows too little.
    """
    logs = np.log(ratios)
    n = len(logs)
    picks = np.random.default_rng(seed).integers(n, size=(_ROUNDS, n))
    # Means drawn from n values spread by (n - 1) / n too little.
    spread = (logs[picks].mean(1) - logs.mean()) * np.sqrt(n / max(1, n - 1))
    low, high = np.exp(logs.mean() + np.percentile(spread, [5, 95]))
    enough = n >= FEWEST
    return {
        "photos": n,
        "ratio": float(np.exp(logs.mean())),
        "interval_90": (float(low), float(high)),
        "equivalent": bool(enough and low >= 1 / margin and high <= margin),
        "not_above": bool(enough and high <= margin),
    }


def _kernel(x: Vectors, y: Vectors) -> Vectors:
    cubed: Vectors = (x @ y.T / x.shape[1] + 1) ** 3
    return cubed
