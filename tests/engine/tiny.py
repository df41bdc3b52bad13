"""The pack's models with next to no parameters, and none of them zero."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from engine.finding.model import Finder
from engine.layout_generator.model import LayoutGenerator
from engine.parsing.model import Parser
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser


def seeded(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """The model with weights that depend on nothing but ``seed``, those that begin at 0 too."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make()
        with torch.no_grad():
            for parameter in model.parameters():
                if not parameter.any():
                    parameter.normal_(0, 0.05)
    return model.eval()


def finder() -> Finder:
    return seeded(lambda: Finder(detector_width=4, refiner_width=4))


def parser() -> Parser:
    return seeded(lambda: Parser(widths=(4, 8, 8), blocks=(1, 1, 1)))


def autoencoder() -> Autoencoder:
    return seeded(
        lambda: Autoencoder(
            encoder_width=8, encoder_blocks=1, decoder_width=8, decoder_blocks=1, fine_width=4
        )
    )


def layout_generator(seed: int = 0) -> LayoutGenerator:
    return seeded(lambda: LayoutGenerator(widths=(8, 8, 8)), seed)


def denoiser(appearance: int = 8) -> Denoiser:
    """With appearance tokens, or without (0)."""
    return seeded(
        lambda: Denoiser(
            widths=(8, 8, 8),
            blocks=(1, 1, 1),
            layout_channels=4,
            attention=1,
            embedding=16,
            appearance=appearance,
        )
    )


MAKERS: dict[str, Callable[[], nn.Module]] = {
    "finder": finder,
    "parser": parser,
    "autoencoder": autoencoder,
    "layout_generator": layout_generator,
    "denoiser": denoiser,
}
