"""What a retoucher had before: the same head pasted, and the rest filled by classical means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.boxes import Box
from engine.evaluation.bench import PAPER_STEPS
from engine.framing import Similarity
from engine.generating import Draft, Generator
from engine.matting import Matte, head_matte
from engine.pairs import find_pair
from engine.requests import Result, SamplingSettings, SwapRequest
from engine.runner import PipelineRunner
from engine.scenery import Scenery
from engine.sgldm.sampler import SamplerInputs, sample
from engine.stages import Scene

Image = NDArray[np.uint8]
_RADIUS = 5  # px that OpenCV's inpainting looks round itself


def pasted_swaps(
    runner: PipelineRunner, request: SwapRequest, result: Result, matte: Matte | None = None
) -> Mapping[str, Image]:
    """The same swap by other means, 8-bit pictures of the body photo's size.

    ``telea`` and ``navier_stokes`` fill the region that the swap generated, then the same head
    with the same matte is laid over; ``paste`` leaves the body as it is under the head;
    ``poisson`` clones the head into it seamlessly.

    Args:
        matte: the new head's, if it is known already (see ``placed_matte``).
    """
    assert result.region is not None
    body = _eight_bits(request.body.pixels)
    if matte is None:
        matte, _ = placed_matte(runner, request)
    hole = (result.region > 0).astype(np.uint8)
    return {
        "telea": _laid_over(cv2.inpaint(body, hole, _RADIUS, cv2.INPAINT_TELEA), matte),
        "navier_stokes": _laid_over(cv2.inpaint(body, hole, _RADIUS, cv2.INPAINT_NS), matte),
        "paste": _laid_over(body, matte),
        "poisson": _cloned(body, matte),
    }


def placed_matte(runner: PipelineRunner, request: SwapRequest) -> tuple[Matte, Similarity]:
    """The new head's matte in the body photo, and body photo -> canonical frame."""
    with torch.inference_mode():
        pair = find_pair(runner.pipeline, request)
    box = Box.of(request.body.pixels.shape)
    return head_matte(pair.head_layer(request), box), pair.body.to_frame


def _laid_over(image: NDArray[Any], matte: Matte) -> Image:
    out: Image = image.astype(np.uint8, copy=True)
    part = out[matte.box.slices].astype(np.float32)
    alpha = matte.alpha[..., None]
    mixed = alpha * _eight_bits(matte.colours) + (1 - alpha) * part
    out[matte.box.slices] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return out


def _cloned(body: Image, matte: Matte) -> Image:
    """Poisson cloning (Perez et al. 2003). A rim is added: the clone mustn't touch the border."""
    if matte.box.empty or not (matte.alpha > 0.5).any():
        return body.copy()
    rim = 2
    wide = cv2.copyMakeBorder(body, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    source, mask = np.zeros_like(wide), np.zeros(wide.shape[:2], np.uint8)
    inner = np.s_[rim:-rim, rim:-rim]
    source[inner][matte.box.slices] = _eight_bits(matte.colours)
    mask[inner][matte.box.slices] = np.where(matte.alpha > 0.5, 255, 0)
    x, y, w, h = cv2.boundingRect(mask)
    # OpenCV puts the middle of the mask's box here: where it is already.
    cloned = cv2.seamlessClone(source, wide, mask, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)
    return np.ascontiguousarray(cloned[inner])


def _eight_bits(pixels: NDArray[Any]) -> Image:
    return pixels if pixels.dtype == np.uint8 else (pixels // 257).astype(np.uint8)


class _PapersGenerator(Generator):
    def scenery(self, scene: Scene, inside: Mask, seed: int) -> Scenery:
        return Scenery.none(scene)

    def sampled(
        self,
        draft: Draft,
        scenery: Scenery,
        inputs: SamplerInputs,
        sampling: SamplingSettings,
        seed: int,
    ) -> list[NDArray[np.float32]]:
        with self.context.stage("sample"):
            z = sample(
                self.pipeline.denoiser, inputs, seed=seed, steps=PAPER_STEPS, strength=1.0,
                order=1, use_known=False,
            )  # fmt: skip
        with self.context.stage("decode"):
            return [self.pipeline.decode(z)]


class PapersWay(PipelineRunner):
    """The paper's sampling: from pure noise, by progressive blending alone, 200 DDIM steps.

    The network sees neither what is known nor a coarse estimate, only z_t and the layout.
    """

    generator = _PapersGenerator
