"""Model packs -> pipelines."""

from __future__ import annotations

from pathlib import Path

from engine.errors import PackError
from engine.finding.model import Finder
from engine.layout_generator.model import LayoutGenerator
from engine.packs import MODELS
from engine.parsing.model import Parser
from engine.sentences import Sentence
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser
from engine.sgldm.pipeline import HSDiffusionPipeline


def load_pipeline(folder: Path) -> HSDiffusionPipeline:
    """The models of a pack, on the CPU in float32; raises ``PackError``."""
    classes = (Finder, Parser, Autoencoder, LayoutGenerator, Denoiser)
    try:
        models = {
            name: cls.from_pretrained(folder / name, use_safetensors=True).eval()
            for name, cls in zip(MODELS, classes, strict=True)
        }
    except (OSError, ValueError, RuntimeError) as error:
        raise PackError(
            Sentence("The pack {path} can't be loaded: {reason}", path=folder, reason=error),
            subject=folder,
        ) from error
    return HSDiffusionPipeline(**models)
