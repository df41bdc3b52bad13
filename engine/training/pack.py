"""Puts trained models together as a pack: half precision, manifest, model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from engine.devices import Compute, place
from engine.errors import InputFileError
from engine.packs import MODELS, PackManifest, write_manifest

# model in a pack -> folder below runs/
SOURCES: Mapping[str, str] = {
    "finder": "finder/finder",
    "parser": "parser/parser",
    "autoencoder": "autoencoder/autoencoder",
    "layout_generator": "layout/generator",
    "denoiser": "sgldm/denoiser",
}


def assemble(
    runs: Path, folder: Path, *, name: str, version: str, provenance: Mapping[str, object]
) -> PackManifest:
    """Write the models trained in ``runs`` to ``folder`` as a pack.

    Args:
        provenance: data, commands, minutes and figures, for ``pack.json``.

    Raises:
        InputFileError: a model hasn't been trained yet.
    """
    from engine.finding.model import Finder
    from engine.layout_generator.model import LayoutGenerator
    from engine.parsing.model import Parser
    from engine.sgldm.autoencoder import Autoencoder
    from engine.sgldm.denoiser import Denoiser

    classes = (Finder, Parser, Autoencoder, LayoutGenerator, Denoiser)
    half = Compute(torch.device("cpu"), torch.float16)
    for model_name, cls in zip(MODELS, classes, strict=True):
        source = runs / SOURCES[model_name]
        if not source.is_dir():
            raise InputFileError(f"{source} is missing: train it first.", subject=source)
        model: nn.Module = cls.from_pretrained(source, use_safetensors=True)
        if isinstance(model, Autoencoder):  # what the latents are scaled by stays exact enough
            torch._assert(bool(torch.isfinite(model.latent_std).all()), "latent_std")
        place(model, half).save_pretrained(folder / model_name)  # type: ignore[operator]
        _strip_config(folder / model_name / "config.json")
    manifest = PackManifest(
        name=name, version=version, licence="Apache-2.0", provenance=dict(provenance)
    )
    return write_manifest(folder, manifest)


def _strip_config(path: Path) -> None:
    """Drop the path a model was loaded from: it says nothing outside this machine."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
