"""A pack with one of its models replaced by another that was trained on its own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.errors import PackError
from engine.loading import MODEL_CLASSES
from engine.packs import MODELS, PackManifest, verify_pack, write_manifest
from engine.sentences import Sentence
from engine.single_models import SingleModel, config_of, find_model
from engine.training.pack import SOURCES, model_card, save_model
from engine.training.records import records_of

# Model -> the training runs that it comes from.
RUNS_OF: dict[str, tuple[str, ...]] = {
    **{model: (source.split("/")[0],) for model, source in SOURCES.items()},
    "autoencoder": ("autoencoder", "decoder"),
}
# What two models have to agree on: the name in both configs.
_SHARED = (("autoencoder", "denoiser", "latent_channels"),)


def replace_model(
    base: Path, source: Path, folder: Path, *, name: str | None = None, version: str | None = None
) -> PackManifest:
    """Write the pack ``base`` to ``folder`` with the model of ``source`` in place of its own.

    The provenance tells the pack it is based on and how the model was trained; figures that
    the pack was measured with are left out, for they are another pack's now.

    Args:
        base: the folder of a pack.
        source: as for ``single_models.find_model``.
        folder: of the new pack; empty, or not there yet.
        name: of the new pack; the base's without it.
        version: by default the base's with the model and the beginning of its checksum.

    Raises:
        PackError: the base is damaged, or the model can't be read or doesn't fit.
    """
    manifest = verify_pack(base)
    found = find_model(source)
    model = _loaded(found)
    _check_fit(base, found)
    for model_name in MODELS:
        if model_name != found.name:
            shutil.copytree(base / model_name, folder / model_name, dirs_exist_ok=True)
    save_model(model, folder / found.name)
    made = replace(
        manifest,
        name=manifest.name if name is None else name,
        version=_version(manifest, found, folder) if version is None else version,
        provenance=_provenance(manifest, found),
    )
    made = write_manifest(folder, made)
    (folder / "README.md").write_text(model_card(made), encoding="utf-8")
    return verify_pack(folder)


def _loaded(found: SingleModel) -> nn.Module:
    cls = MODEL_CLASSES[found.name]
    try:
        model: nn.Module = cls.from_pretrained(found.folder, use_safetensors=True)
        sound = all(bool(torch.isfinite(value).all()) for value in model.state_dict().values())
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise PackError(
            Sentence("The model {path} can't be loaded: {reason}", path=found.folder,
                     reason=str(error).splitlines()[0] if str(error) else type(error).__name__),
            subject=found.folder,
        ) from error  # fmt: skip
    if not sound:
        raise PackError(
            Sentence("The model {path} is broken: some of its numbers aren't finite.",
                     path=found.folder), subject=found.folder,
        )  # fmt: skip
    return model


def _check_fit(base: Path, found: SingleModel) -> None:
    """Raise ``PackError`` where the other models of the pack couldn't work with it."""
    own = config_of(found.folder)
    for one, other, key in _SHARED:
        if found.name not in (one, other):
            continue
        partner = other if found.name == one else one
        wanted = config_of(base / partner).get(key)
        if own.get(key) != wanted:
            raise PackError(
                Sentence(
                    "The model {path} doesn't fit the pack: its {key} is {found}, and the pack's "
                    "'{partner}' needs {wanted}.",
                    path=found.folder, key=key, found=own.get(key), partner=partner, wanted=wanted,
                ), subject=found.folder,
            )  # fmt: skip


def _version(manifest: PackManifest, found: SingleModel, folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((folder / found.name).glob("*.safetensors")):
        digest.update(path.read_bytes())
    return f"{manifest.version}+{found.name}.{digest.hexdigest()[:6]}"


def _provenance(manifest: PackManifest, found: SingleModel) -> dict[str, object]:
    before: dict[str, Any] = dict(manifest.provenance)
    replaced: dict[str, object] = {
        "model": found.name,
        "in": f"{manifest.name} {manifest.version}",
        "on": datetime.now(UTC).date().isoformat(),
        "from": str(Path(*found.folder.parts[-2:])),
    }
    trained = dict(before.get("training", {}))
    for run in RUNS_OF[found.name]:  # of the model that is gone
        trained.pop(run, None)
    if found.run is not None:
        trained[found.run.name] = records_of(found.run, found.run.name)
    before["training"] = trained
    before["replaced"] = [*before.get("replaced", ()), replaced]
    before["figures"] = {}
    return before
