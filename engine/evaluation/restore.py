"""The restore test (ours): the one test with a ground truth.

Hide a photo's neck, a band round its head and another person's head silhouette; restore;
compare in the hidden region with the truth, next to OpenCV's classical inpainting. Nothing
hidden is seen: the layout comes from the parser (on the filled photo) and G_layout, and what
is generated is laid into the filled photo as the engine does it, but for grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.compositing import FrameResult, composite
from engine.evaluation.distances import mean_and_interval
from engine.evaluation.features import (
    FeatureNet,
    feature_distance,
    load_features,
    place_features,
)
from engine.evaluation.realism import realism_figures
from engine.fill import pull_push
from engine.framing import Similarity, inside_mask
from engine.labels import IGNORE, Layout
from engine.layout_generator.inpaint import inpaint_layout
from engine.parsing.deciding import likeliest
from engine.requests import SamplingSettings
from engine.scenery import Scenery, scenery_of
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.denoiser import one_hot
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.sgldm.sampler import SamplerInputs, sample
from engine.stages import Scene
from engine.training.covering import swap_hole
from engine.training.data import Frames

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class RestoreCase:
    """One photo with a hole.

    Attributes:
        truth: ``(256, 256, 3)``.
        hidden: ``(256, 256)`` bool: hidden and inside the photo.
        known: ``(256, 256)`` bool: neither hidden nor beyond the photo.
        layout: that it is filled under; ``restore_cases`` have what parser and layout generator
            make of the visible part.
    """

    truth: Image
    hidden: NDArray[np.bool_]
    known: NDArray[np.bool_]
    layout: Layout

    @property
    def scene(self) -> Scene:
        """As a swap would have it."""
        return Scene(self.truth, self.known, self.layout, self.hidden)


def visible_layout(pipeline: HSDiffusionPipeline, image: Image, known: NDArray[np.bool_]) -> Layout:
    """Parser on the filled photo, then G_layout in the hole."""
    layout = likeliest(pipeline.parse(pull_push(image, known)))
    layout[~known] = IGNORE
    return inpaint_layout(pipeline.layout_generator, layout)


def restore_cases(
    pipeline: HSDiffusionPipeline, data: Path, count: int, *, seed: int = 5
) -> list[RestoreCase]:
    """Cases from the validation split, the same ones for the same ``seed``."""
    frames = Frames.load(data, "validation", sources=("labels", "parser", "none"))
    rng = np.random.default_rng(seed)
    picks = np.linspace(0, len(frames) - 1, count).astype(int)
    # Holes are cut along parsed outlines for all photos alike.
    layouts = [likeliest(pipeline.parse(frames.canonical(int(i))[0])) for i in picks]
    cases = []
    for k, i in enumerate(picks):
        truth = np.ascontiguousarray(frames.canonical(int(i))[0])
        inside = _inside(frames, int(i))
        own = layouts[k].astype(np.uint8)
        other = layouts[(k + count // 3 + 1) % count].astype(np.uint8)
        hidden = swap_hole(own, other, rng) & inside
        known = inside & ~hidden
        cases.append(RestoreCase(truth, hidden, known, visible_layout(pipeline, truth, known)))
    return cases


def _inside(frames: Frames, index: int) -> NDArray[np.bool_]:
    item = frames.items[index]
    return inside_mask((item.size[1], item.size[0]), item.to_frame)


class Decoded(NamedTuple):
    """Samples, and the coarse estimates that they came from: ``(N, 256, 256, 3)`` float32,
    0..255; and what of them was completed."""

    images: NDArray[np.float32]
    coarse: NDArray[np.float32] | None
    scenery: Sequence[Scenery] = ()

    def of(self, k: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, Scenery | None]:
        coarse = None if self.coarse is None else self.coarse[k]
        return self.images[k], coarse, self.scenery[k] if self.scenery else None


def generate(
    pipeline: HSDiffusionPipeline,
    cases: list[RestoreCase],
    *,
    seed: int,
    steps: int = SamplingSettings.steps,
    strength: float = SamplingSettings.strength,
    guidance: float = SamplingSettings.guidance,
    batch_size: int = 4,
    complete: bool = True,
    **options: object,
) -> Decoded:
    """What the denoiser makes of the frames.

    Args:
        complete: the photos' own patches come first, see ``scenery_of``.
        options: of ``sample``.
    """
    images: list[NDArray[np.float32]] = []
    coarse: list[NDArray[np.float32]] = []
    found: list[Scenery] = []
    for start in range(0, len(cases), batch_size):
        part = cases[start : start + batch_size]
        scenes = [c.scene for c in part]
        sceneries = [
            scenery_of(s, s.known | s.region, seed) if complete else Scenery.none(s) for s in scenes
        ]
        full = [own.known_of(s) for own, s in zip(sceneries, scenes, strict=True)]
        found += sceneries
        encoded = [pipeline.encode_filled(s.image, s.known, s.layout) for s in full]
        layouts = torch.from_numpy(np.stack([c.layout for c in part]))
        looks = [
            pipeline.looks(z, s.known, s.layout) for (z, _), s in zip(encoded, full, strict=True)
        ]
        inputs = SamplerInputs(
            torch.cat([z for z, _ in encoded]),
            torch.cat([m for _, m in encoded]),
            one_hot(layouts).float(),
            Tokens.cat([tokens for tokens in looks if tokens is not None]),
        )
        estimates: list[Tensor] = []
        z = sample(
            pipeline.denoiser, inputs, seed=seed * 1000 + start, steps=steps, strength=strength,
            guidance=guidance, on_coarse=estimates.append, **options,  # type: ignore[arg-type]
        )  # fmt: skip
        for latents, frames in ((z, images), *((each, coarse) for each in estimates)):
            frames += [
                scenery.laid_on(pipeline.decode(one[None]))
                for one, scenery in zip(latents, sceneries, strict=True)
            ]
    return Decoded(np.stack(images), np.stack(coarse) if coarse else None, found)


def composed(
    case: RestoreCase,
    image: NDArray[np.float32],
    coarse: NDArray[np.float32] | None = None,
    scenery: Scenery | None = None,
    *,
    seed: int,
) -> Image:
    """A decoded frame laid into the photo, without grain; known pixels are the truth's own."""
    visible = np.where(case.known, case.layout, np.uint8(IGNORE))
    result = FrameResult(image, case.layout, case.hidden.astype(np.float32), coarse, scenery)
    filled = pull_push(case.truth, case.known)
    pixels, _ = composite(
        filled, Similarity(), result, None, visible, match_grain=False, seed=seed
    )  # fmt: skip
    return np.where(case.hidden[..., None], pixels, case.truth).astype(np.uint8)


def psnr_in(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """dB within ``mask``."""
    error = (a.astype(np.float64) - b.astype(np.float64))[mask]
    return float(10 * np.log10(255**2 / max(float(np.mean(error**2)), 1e-9)))


def octaves(image: NDArray[Any]) -> NDArray[np.float32]:
    """Energy of luminance detail of each pixel in octaves from the finest: ``(H, W, 3)``.

    Bands of a Gaussian stack with sigma 0.8, 1.6, 3.2 px: wavelengths of about 2-4, 4-8
    and 8-15 px.
    """
    grey: NDArray[Any] = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    last, bands = grey, []
    for sigma in (0.8, 1.6, 3.2):
        smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
        bands.append((last - smooth) ** 2)
        last = smooth
    return np.dstack(bands)


def band_energy(images: NDArray[Any], masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Energy of luminance detail within the masks in octaves from the finest: ``(3,)``."""
    total = np.zeros(3)
    for image, mask in zip(images, masks, strict=True):
        total += octaves(image)[mask].sum(0, dtype=np.float64)
    return total


def likeness(
    net: FeatureNet,
    images: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    hidden: NDArray[np.bool_],
    mean: NDArray[Any] | None = None,
) -> dict[str, object]:
    """PSNR, feature distance and texture energy within ``hidden``, with 95 % intervals.

    Args:
        mean: the mean of several samples, for the PSNR; ``images`` by default.
    """
    shown = images if mean is None else mean
    values = [psnr_in(a, b, m) for a, b, m in zip(shown, truth, hidden, strict=True)]
    psnr, psnr_interval = mean_and_interval(np.array(values))
    distance, interval = mean_and_interval(feature_distance(net, images, truth, hidden))
    energy = band_energy(images, hidden) / band_energy(truth, hidden)
    return {
        "psnr": psnr,
        "psnr_interval": psnr_interval,
        "feature_distance": distance,
        "feature_distance_interval": interval,
        "texture_energy": [round(float(e), 4) for e in energy],
    }


def restore_figures(
    pipeline: HSDiffusionPipeline,
    data: Path,
    *,
    count: int = 100,
    seeds: int = 8,
    sheet: Path | None = None,
    **options: object,
) -> dict[str, object]:
    """PSNR, feature, Fréchet and kernel distance and texture energy against baselines.

    ``ours`` is what the engine makes, its PSNR that of the mean of ``seeds`` samples, all else
    of single ones; ``decoded`` is a single sample as it leaves the decoder. ``real`` are other
    photos in the same holes: no method can be expected to come nearer in Fréchet distance.
    """
    cases = restore_cases(pipeline, data, count)
    truth = np.stack([c.truth for c in cases])
    hidden = np.stack([c.hidden for c in cases])
    results: dict[str, NDArray[np.uint8]] = {}
    for name, method in (("telea", cv2.INPAINT_TELEA), ("navier_stokes", cv2.INPAINT_NS)):
        results[name] = np.stack(
            [cv2.inpaint(c.truth, c.hidden.astype(np.uint8), 5, method) for c in cases]
        )
    runs = []
    for seed in range(seeds):
        made = generate(pipeline, cases, seed=seed, **options)  # type: ignore[arg-type]
        if seed == 0:
            decoded = np.where(hidden[..., None], made.images.round(), truth)
            results["decoded"] = decoded.astype(np.uint8)
        runs.append([composed(c, *made.of(k), seed=seed) for k, c in enumerate(cases)])
    results["ours"] = np.stack(runs[0])
    mean = np.mean(runs, axis=0)
    net = load_features()
    figures: dict[str, object] = {"photos": count, "seeds": seeds}
    places = {name: place_features(net, images, hidden) for name, images in results.items()}
    places["real"] = place_features(net, np.roll(truth, count // 2, 0), hidden)
    realism = realism_figures(place_features(net, truth, hidden), places)
    for name, images in results.items():
        shown = mean if name == "ours" else images
        figures[name] = {**likeness(net, images, truth, hidden, shown), **realism[name]}
    figures["real"] = realism["real"]
    if sheet is not None:
        holes = truth.copy()
        holes[hidden] = (255, 0, 255)
        picks = np.linspace(0, count - 1, min(8, count)).astype(int)
        columns = (truth, holes, results["telea"], mean.round().astype(np.uint8), results["ours"])
        rows = [np.hstack([c[i] for c in columns]) for i in picks]
        cv2.imwrite(str(sheet), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))
    return figures
