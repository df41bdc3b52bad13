"""The trainings of all models, with next to no parameters and steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from accelerate import Accelerator

from engine.finding.model import Finder
from engine.layout_generator.model import Discriminator, LayoutGenerator
from engine.parsing.model import Parser
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser
from engine.training import autoencoder, finder, layout, parser, sgldm
from engine.training.loop import Budget, Task, train
from tests.engine.training import alone_and_quiet


def tiny_models(patch: pytest.MonkeyPatch) -> None:
    """Tasks make tiny models of tiny batches."""
    patch.setattr(finder, "Finder", partial(Finder, detector_width=4, refiner_width=4))
    patch.setattr(parser, "Parser", partial(Parser, widths=(4, 8, 8), blocks=(1, 1, 1)))
    patch.setattr(layout, "LayoutGenerator", partial(LayoutGenerator, widths=(8, 8, 8)))
    patch.setattr(layout, "Discriminator", partial(Discriminator, 8))
    # A hundred times the same four photos tell no more than three.
    few = autoencoder.AutoencoderTask._validation_images
    patch.setattr(
        autoencoder.AutoencoderTask, "_validation_images", lambda self, count=3: few(self, 3)
    )
    # Of these two the tasks need the class itself, too.
    patch.setattr(autoencoder, "Autoencoder", TinyAutoencoder)
    patch.setattr(sgldm, "Denoiser", TinyDenoiser)
    for module, name in (
        (finder, "FinderTask"), (parser, "ParserTask"), (autoencoder, "AutoencoderTask"),
        (layout, "LayoutTask"), (sgldm, "SGLDMTask"),
    ):  # fmt: skip
        patch.setattr(module, name, partial(getattr(module, name), batch_size=2))


class TinyAutoencoder(Autoencoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**TINY_AUTOENCODER, **options})


class TinyDenoiser(Denoiser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**TINY_DENOISER, **options})


TINY_AUTOENCODER = {
    "encoder_width": 8, "encoder_blocks": 1, "decoder_width": 8, "decoder_blocks": 1,
    "fine_width": 4,
}  # fmt: skip
TINY_DENOISER = {
    "widths": (8, 8, 8), "blocks": (1, 1, 1), "layout_channels": 4, "embedding": 16,
}  # fmt: skip

TASKS: dict[str, Callable[[Path, Path], Task]] = {
    "finder": lambda data, runs: finder.FinderTask(data),
    "parser": lambda data, runs: parser.ParserTask(data),
    "autoencoder": lambda data, runs: autoencoder.AutoencoderTask(data),
    "layout": lambda data, runs: layout.LayoutTask(data),
    "sgldm": lambda data, runs: sgldm.SGLDMTask(data, runs),
}


@dataclass(frozen=True)
class Trained:
    """A folder with a run of each model, and what was measured of each."""

    folder: Path
    figures: dict[str, dict[str, float]]


def train_all(prepared: Path, folder: Path, accelerator: Accelerator) -> Trained:
    """Train all five models for three steps, the last one resumed."""
    figures = {}
    with pytest.MonkeyPatch.context() as patch:
        tiny_models(patch)
        alone_and_quiet(patch)
        for name, make in TASKS.items():
            figures[name] = train(
                make(prepared, folder), folder / name, Budget(steps=2), accelerator=accelerator
            )
            train(
                make(prepared, folder), folder / name, Budget(steps=3), resume=True,
                accelerator=accelerator,
            )  # fmt: skip
    return Trained(folder, figures)
