"""Model packs -> pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import PackError
from engine.finding.model import Finder
from engine.layout_generator.model import LayoutGenerator
from engine.packs import MODELS
from engine.parsing.model import Parser
from engine.sentences import Sentence
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser
from engine.sgldm.pipeline import HSDiffusionPipeline

# Model in a pack -> its class.
MODEL_CLASSES: Mapping[str, Any] = dict(
    zip(MODELS, (Finder, Parser, Autoencoder, LayoutGenerator, Denoiser), strict=True)
)


def load_pipeline(folder: Path) -> HSDiffusionPipeline:
    """The models of a pack, on the CPU in float32; raises ``PackError``."""
    try:
        models = {
            name: cls.from_pretrained(folder / name, use_safetensors=True).eval()
            for name, cls in MODEL_CLASSES.items()
        }
    except (OSError, ValueError, RuntimeError) as error:
        raise PackError(
            Sentence("The pack {path} can't be loaded: {reason}", path=folder, reason=error),
            subject=folder,
        ) from error
    return HSDiffusionPipeline(**models)
