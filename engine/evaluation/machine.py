"""What benchmarks share: large photos made of small ones, and the memory of this process."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from engine.imageio import Photo


def enlarged(photo: Photo, megapixels: float) -> Photo:
    """A photo resampled to so many pixels, with grain so that it isn't trivially smooth."""
    factor = (megapixels * 1e6 / (photo.width * photo.height)) ** 0.5
    size = round(photo.width * factor), round(photo.height * factor)
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 3, size=pixels.shape[:2]).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.7)[..., None]
    return photo.with_pixels(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def peak_memory_mb() -> float | None:
    """Of this process so far; ``None`` on Windows, which doesn't tell in this way."""
    try:
        import resource
    except ImportError:
        return None
    # Linux counts into its ``ru_maxrss`` what the process was before it became this program.
    if (status := Path("/proc/self/status")).is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    return peak * unit / 1e6


def resident_memory_mb() -> float:
    """Of this process now."""
    import psutil  # type: ignore[import-untyped,unused-ignore]  # comes with accelerate

    return float(psutil.Process().memory_info().rss) / 1e6
