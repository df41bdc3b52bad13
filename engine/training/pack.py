"""Puts trained models together as a pack: half precision, manifest, model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.devices import Compute, place
from engine.errors import InputFileError
from engine.loading import MODEL_CLASSES
from engine.packs import PackManifest, verify_pack, write_manifest
from engine.sentences import Sentence
from engine.training.records import records_of, write_origin

# model in a pack -> folder below runs/
SOURCES: Mapping[str, str] = {
    "finder": "finder/finder",
    "parser": "parser/parser",
    "autoencoder": "autoencoder/autoencoder",
    "layout_generator": "layout/generator",
    "denoiser": "sgldm/denoiser",
}
RUNS = ("finder", "parser", "autoencoder", "decoder", "layout", "sgldm")
DATA = {
    "name": "Clothing Co-Parsing (bearpaw/clothing-co-parsing)",
    "licence": "Apache-2.0",
    "use": "photos 0001-0804 and 1005-1798 for training, 0805-0904 and 1799-1898 for validation",
}


def take_over(pack: Path, runs: Path) -> None:
    """Copy the models of a pack to ``runs`` where it has none, with their records."""
    manifest = verify_pack(pack)
    records: Any = manifest.provenance.get("training", {})
    for model, source in SOURCES.items():
        if (runs / source).is_dir():
            continue
        shutil.copytree(pack / model, runs / source)
        run = source.split("/")[0]
        # A decoder trained on its own is part of the autoencoder from now on.
        names = ("autoencoder", "decoder") if run == "autoencoder" else (run,)
        origin = [record for name in names for record in records.get(name, [])]
        write_origin(runs / run, origin)
        if run == "autoencoder":
            write_origin(runs / "decoder", [])  # it, too, begins with what was taken over


def save_model(model: nn.Module, folder: Path) -> None:
    """As packs have it: in half precision, and without a word about this machine."""
    half = Compute(torch.device("cpu"), torch.float16)
    place(model, half).save_pretrained(folder)  # type: ignore[operator]
    _strip_config(folder / "config.json")


def assemble(
    runs: Path,
    folder: Path,
    *,
    name: str,
    version: str,
    figures: Mapping[str, object] | None = None,
    remark: str = "",
) -> PackManifest:
    """Write the models trained in ``runs`` to ``folder`` as a pack, with its model card.

    Args:
        figures: what ``evaluate`` measured, for ``pack.json`` and the card.
        remark: what the commands alone don't tell of the training.

    Raises:
        InputFileError: a model hasn't been trained yet.
    """
    for model_name, cls in MODEL_CLASSES.items():
        source = runs / SOURCES[model_name]
        if model_name == "autoencoder" and (runs / "decoder" / "autoencoder").is_dir():
            source = runs / "decoder" / "autoencoder"  # the same encoder, its decoder trained on
        if not source.is_dir():
            raise InputFileError(
                Sentence("{path} is missing: train it first.", path=source), subject=source
            )
        model: nn.Module = cls.from_pretrained(source, use_safetensors=True)
        if model_name == "autoencoder":  # what the latents are scaled by stays exact enough
            torch._assert(bool(model.get_buffer("latent_std").isfinite().all()), "latent_std")
        save_model(model, folder / model_name)
    provenance = {
        "data": DATA,
        "made": datetime.now(UTC).date().isoformat(),
        "hardware": "CPU, 2 cores, bf16 autocast",
        "training": {run: records for run in RUNS if (records := records_of(runs / run, run))},
        "remark": remark,
        "figures": dict(figures or {}),
    }
    manifest = PackManifest(name=name, version=version, licence="Apache-2.0", provenance=provenance)
    manifest = write_manifest(folder, manifest)
    (folder / "README.md").write_text(model_card(manifest), encoding="utf-8")
    return manifest


def model_card(manifest: PackManifest) -> str:
    """The pack's model card as Markdown, from its manifest alone."""
    p: Mapping[str, Any] = manifest.provenance
    data, training = p.get("data"), p.get("training", {})
    lines = [
        f"# {manifest.name} {manifest.version}",
        "",
        f"Models of HS Desktop for canonical frames of {manifest.frame_size} px. "
        f"Licence: {manifest.licence}. "
        f"Made {p.get('made', 'at some time')} on: {p.get('hardware', 'unknown')}.",
        "",
        "Meant for head swaps and retouching by people who have the right to use both photos. "
        "Trained on a small set of street-fashion photos: faces, poses, clothes and lighting "
        "unlike those come out worse.",
        "",
    ]
    if data:
        lines += [
            f"Data: {data['name']}, {data['licence']}: {data['use']}. Landmarks: MediaPipe face "
            "mesh. No photo is part of the pack.",
            "",
        ]
    for change in p.get("replaced", ()):
        lines += [
            f"On {change['on']} the model `{change['model']}` of {change['in']} was replaced by "
            f"`{change['from']}`.",
            "",
        ]
    lines += ["| model | command | steps | minutes |", "|---|---|---|---|"]
    for run, records in training.items():
        lines += [f"| {run} | `{r['command']}` | {r['steps']} | {r['minutes']} |" for r in records]
    if p.get("remark"):
        lines += ["", str(p["remark"])]
    lines += ["", "## Figures on validation photos", ""]
    figures = json.dumps(p.get("figures", {}), indent=2, ensure_ascii=False)
    lines += ["```json", figures, "```", ""]
    return "\n".join(lines)


def _strip_config(path: Path) -> None:
    """Drop the path a model was loaded from: it says nothing outside this machine."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
