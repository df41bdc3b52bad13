"""Puts trained models together as a pack: half precision, manifest, model card."""

from __future__ import annotations

import csv
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
from engine.packs import MODELS, PackManifest, verify_pack, write_manifest
from engine.sentences import Sentence

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


ORIGIN = "origin.json"  # records of the trainings that a run began with the weights of
LOG = "log.csv"
OPTIONS = "options.json"  # of the command, where it has some that the log doesn't tell


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


def write_origin(run: Path, records: list[dict[str, object]]) -> None:
    run.mkdir(parents=True, exist_ok=True)
    (run / ORIGIN).write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")


def note_options(run: Path, options: list[str]) -> None:
    """Keep what the record of a training is to say of its command; see ``records_of``."""
    run.mkdir(parents=True, exist_ok=True)
    (run / OPTIONS).write_text(json.dumps(options) + "\n", encoding="utf-8")


def training_records(runs: Path, name: str) -> list[dict[str, object]]:
    """As ``records_of`` the run ``runs/name``."""
    return records_of(runs / name, name)


def keep_record(run: Path, name: str) -> None:
    """Count a run's last training to those that made the weights it begins with."""
    if (run / LOG).is_file():
        write_origin(run, records_of(run, name))
        (run / LOG).unlink()


def records_of(run: Path, name: str) -> list[dict[str, object]]:
    """Command, steps, minutes and last validation figures of a model's trainings, in order.

    The last is this run's, from its log; those before it made the weights it began with.

    Args:
        name: what ``train`` calls the model.
    """
    origin = run / ORIGIN
    before: list[dict[str, object]] = []
    if origin.is_file():
        before = json.loads(origin.read_text(encoding="utf-8"))
    log = run / LOG
    if not log.is_file():
        return before
    step, seconds = 0, 0.0
    figures: dict[str, float] = {}
    with log.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if int(row["step"]) != step:
                figures = {}
            step, seconds = int(row["step"]), float(row["seconds"])
            figures[row["name"]] = float(row["value"])
    minutes = round(seconds / 60)
    start = " --from PACK" if origin.is_file() else ""
    noted = run / OPTIONS
    options = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else []
    words = ["python main.py train", name, "--data DIR" + start, f"--minutes {minutes}", *options]
    record: dict[str, object] = {
        "command": " ".join(words),
        "steps": step,
        "minutes": minutes,
        "validation": figures,
    }
    return [*before, record]


def classes() -> dict[str, Any]:
    """Model in a pack -> its class."""
    from engine.finding.model import Finder
    from engine.layout_generator.model import LayoutGenerator
    from engine.parsing.model import Parser
    from engine.sgldm.autoencoder import Autoencoder
    from engine.sgldm.denoiser import Denoiser

    kinds = (Finder, Parser, Autoencoder, LayoutGenerator, Denoiser)
    return dict(zip(MODELS, kinds, strict=True))


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
    for model_name, cls in classes().items():
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
        "training": {run: records for run in RUNS if (records := training_records(runs, run))},
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
