"""Single models, as training leaves them, before they are part of a pack. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PackError
from engine.sentences import Sentence

CONFIG = "config.json"
WEIGHTS = ".safetensors"
# Class that a model's config names -> its name in a pack.
CLASSES: Mapping[str, str] = {
    "Finder": "finder",
    "Parser": "parser",
    "Autoencoder": "autoencoder",
    "LayoutGenerator": "layout_generator",
    "Denoiser": "denoiser",
}


@dataclass(frozen=True)
class SingleModel:
    """A trained model.

    Attributes:
        name: of the model in a pack, for instance ``"parser"``.
        folder: with its ``config.json`` and weights.
        run: the folder of the training run that it was found in, if it was.
    """

    name: str
    folder: Path
    run: Path | None = None


def find_model(source: Path) -> SingleModel:
    """The model that ``source`` is or holds.

    Args:
        source: a folder with a model, its weights (``.safetensors``), or the folder of a
            training run (``runs/NAME``).

    Raises:
        PackError: there is none, or several.
    """
    if source.is_file() and source.suffix == WEIGHTS:
        source = source.parent
    if _is_model(source):
        run = source.parent if (source.parent / "log.csv").is_file() else None
        return SingleModel(model_name(source), source, run)
    inner = [path.parent for path in sorted(source.glob(f"*/{CONFIG}")) if _is_model(path.parent)]
    if len(inner) != 1:
        raise PackError(
            Sentence(
                "{path} holds no trained model: that is a config.json beside a .safetensors file.",
                path=source,
            ),
            subject=source,
        )
    return SingleModel(model_name(inner[0]), inner[0], source)


def config_of(folder: Path) -> dict[str, object]:
    """A model's ``config.json``; raises ``PackError`` where it is damaged."""
    path = folder / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise TypeError(CONFIG)
    except (OSError, ValueError, TypeError) as error:
        raise PackError(
            Sentence("{path} can't be read as a model's configuration.", path=path), subject=path
        ) from error
    return config


def model_name(folder: Path) -> str:
    """What its ``config.json`` says a model is, as its name in a pack; raises ``PackError``."""
    kind = config_of(folder).get("_class_name")
    if not isinstance(kind, str) or kind not in CLASSES:
        raise PackError(
            Sentence("{path} holds a model of a kind that no pack has ({kind}).", path=folder,
                     kind=kind), subject=folder,
        )  # fmt: skip
    return CLASSES[kind]


def _is_model(folder: Path) -> bool:
    return (folder / CONFIG).is_file() and any(folder.glob(f"*{WEIGHTS}"))
