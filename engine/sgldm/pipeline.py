"""The models of a pack as one diffusers pipeline: frames in, frames out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.diffusers_base import DiffusionPipeline
from engine.fill import fill_by_class
from engine.finding.model import Finder
from engine.labels import IGNORE, MIRRORED, Layout
from engine.layout_generator.model import LayoutGenerator
from engine.masks import known_cells
from engine.parsing.colours import by_colours
from engine.parsing.model import Parser
from engine.parsing.refining import refined
from engine.requests import SamplingSettings
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser, one_hot
from engine.sgldm.sampler import SamplerInputs, sample

Frame = NDArray[np.uint8]
# Rows and columns of the frame round the face, as far as most hair reaches.
NEAR = slice(14, 214), slice(28, 228)


class HSDiffusionPipeline(DiffusionPipeline):
    """Finder, parser, layout generator and SG-LDM (autoencoder, denoiser).

    ``pipeline(image, known, layout, seed=...)`` runs SG-LDM on one canonical frame.
    """

    def __init__(
        self,
        finder: Finder,
        parser: Parser,
        autoencoder: Autoencoder,
        layout_generator: LayoutGenerator,
        denoiser: Denoiser,
    ) -> None:
        super().__init__()
        self.register_modules(
            finder=finder, parser=parser, autoencoder=autoencoder,
            layout_generator=layout_generator, denoiser=denoiser,
        )  # fmt: skip

    def image_tensor(self, frame: Frame) -> Tensor:
        """Frame ``(H, W, 3)`` uint8 -> ``(1, 3, H, W)`` in [-1, 1] as the models take it."""
        x = torch.from_numpy(np.array(frame, order="C")).to(self.device)  # may be read-only
        x = (x.movedim(-1, 0)[None].float() / 127.5 - 1).to(self.autoencoder.dtype)
        return x.contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def parse(
        self, frame: Frame, *, thorough: bool = True, refine: bool = True
    ) -> NDArray[np.float32]:
        """Class probabilities ``(16, 256, 256)`` of a canonical frame.

        Args:
            thorough: average with the mirrored frame, and with both seen from nearer where the
                head is: better, and four times the work.
            refine: weigh the frame's colours, and draw them to its edges.
        """
        x = self.image_tensor(frame)
        if thorough:
            near = F.interpolate(x[..., *NEAR].float(), x.shape[-2:], mode="bicubic").to(x.dtype)
            views = torch.cat([x, near])
            p = self._probabilities(torch.cat([views, views.flip(-1)]))
            ahead, mirrored = p.chunk(2)
            far, near = ((ahead + mirrored.flip(-1)[:, MIRRORED]) / 2).split(1)
            rows, columns = NEAR
            size = rows.stop - rows.start, columns.stop - columns.start
            there = F.interpolate(near, size, mode="bilinear", antialias=True)
            far[..., *NEAR] = (far[..., *NEAR] + there) / 2
        else:
            far = self._probabilities(x)
        result: NDArray[np.float32] = far[0].cpu().numpy()
        return refined(by_colours(result, frame), frame) if refine else result

    def _probabilities(self, images: Tensor) -> Tensor:
        images = images.contiguous(memory_format=torch.channels_last)
        return self.parser(images).float().softmax(1)

    @torch.no_grad()
    def encode_filled(
        self, frame: Frame, known: NDArray[np.bool_], layout: Layout
    ) -> tuple[Tensor, Tensor]:
        """Latents of the filled frame ``(1, 4, 64, 64)`` and the mask m^r ``(1, 1, 64, 64)``.

        The hole is filled before encoding, so that nothing of what was in it leaks.
        """
        z = self.autoencoder.encode(self.image_tensor(fill_by_class(frame, known, layout))).float()
        cells = torch.from_numpy(known_cells(known)).to(z.device)[None, None].float()
        return z, 1 - cells

    @torch.no_grad()
    def looks(self, latents: Tensor, known: NDArray[np.bool_], layout: Layout) -> Tokens | None:
        """What the classes of a frame look like where it is known.

        Args:
            latents: ``(1, 4, 64, 64)``, see ``encode_filled``.

        Returns:
            ``None`` where the denoiser has no appearance tokens.
        """
        told = np.where(known, layout, np.uint8(IGNORE))
        planes = one_hot(torch.from_numpy(told)[None].to(self.device))
        dtype = self.denoiser.dtype
        tokens: Tokens | None = self.denoiser.encode_appearance(
            latents.to(self.device, dtype), planes.to(dtype)
        )
        return tokens

    @torch.no_grad()
    def decode(self, latents: Tensor) -> NDArray[np.float32]:
        """Latents ``(1, 4, 64, 64)`` -> frame ``(256, 256, 3)`` float32, 0..255."""
        x = self.autoencoder.decode(latents.to(self.device, self.autoencoder.dtype))
        image: NDArray[np.float32] = (
            ((x[0].float().movedim(0, -1) + 1) * 127.5).clamp(0, 255).cpu().numpy()
        )
        return image

    @torch.no_grad()
    def __call__(
        self,
        image: Frame,
        known: NDArray[np.bool_],
        layout: Layout,
        *,
        seed: int = SamplingSettings.seed,
        steps: int = SamplingSettings.steps,
        strength: float = SamplingSettings.strength,
        guidance: float = SamplingSettings.guidance,
        on_step: Callable[[int, int, Tensor], None] | None = None,
    ) -> NDArray[np.float32]:
        """Generate what isn't ``known`` in a canonical frame under ``layout``.

        Args:
            image: ``(256, 256, 3)`` RGB uint8; its unknown pixels are never looked at.
            known: ``(256, 256)`` bool.
            layout: ``(256, 256)`` class ids of the whole frame.
            on_step: called with (step, steps, latents z_0 so far); may raise to cancel.

        Returns:
            the decoded frame, ``(256, 256, 3)`` float32, 0..255.
        """
        z_filled, mask = self.encode_filled(image, known, layout)
        looks = self.looks(z_filled, known, layout)
        inputs = SamplerInputs.of_frame(z_filled, mask, layout, looks)
        z = sample(
            self.denoiser, inputs, seed=seed, steps=steps, strength=strength, guidance=guidance,
            on_step=on_step,
        )  # fmt: skip
        return self.decode(z)
