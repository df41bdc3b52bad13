"""The mean of models that training led to different places: a model soup.

Wortsman et al., "Model soups" (2022): weights that fine-tuning took from the same start average
to a model that errs less than either, at the cost of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from engine.errors import PackError
from engine.loading import MODEL_CLASSES
from engine.sentences import Sentence
from engine.single_models import SingleModel, config_of, find_model
from engine.training.pack import SOURCES
from engine.training.records import records_of, write_origin

Record = dict[str, Any]


def average(sources: Sequence[Path], run: Path) -> str:
    """Write the mean of several trained models of a kind to ``run``, as ``train`` would.

    The run's records are those of all of them; a training of it goes on from the mean.

    Args:
        sources: two or more, each as for ``single_models.find_model``.
        run: the folder of a training run, such as ``runs/parser``; may be one of the sources.

    Returns:
        The model's name.

    Raises:
        PackError: one can't be read, or they aren't of the same kind and size.
    """
    found = [find_model(source) for source in sources]
    first = found[0]
    for other in found[1:]:
        if other.name != first.name or _shape(other) != _shape(first):
            raise PackError(
                Sentence(
                    "{path} can't be averaged with {other}: they are models of different kinds.",
                    path=other.folder,
                    other=first.folder,
                ),
                subject=other.folder,
            )
    mean: dict[str, torch.Tensor] = {}
    for model in found:
        for name, tensor in load_file(_weights(model)).items():
            mean[name] = mean.get(name, 0) + tensor.double() / len(found)
    records = _records(found)
    made = MODEL_CLASSES[first.name].from_pretrained(first.folder, use_safetensors=True)
    made.load_state_dict(mean)
    made.save_pretrained(run / SOURCES[first.name].split("/")[1])
    for stale in ("checkpoint.pt", "log.csv"):
        (run / stale).unlink(missing_ok=True)
    write_origin(run, records)
    return first.name


def _shape(model: SingleModel) -> dict[str, object]:
    """What a model's configuration says of it, not of where and when it was saved."""
    config = config_of(model.folder)
    return {k: v for k, v in config.items() if not k.startswith("_") or k == "_class_name"}


def _weights(model: SingleModel) -> Path:
    (weights,) = model.folder.glob("*.safetensors")
    return weights


def _trained_as(model: SingleModel) -> str:
    return SOURCES[model.name].split("/")[0]


def _records(found: Sequence[SingleModel]) -> list[Record]:
    """What was done for any of them, once, and that they were averaged."""
    records: list[Record] = []
    for model in found:
        own = [] if model.run is None else records_of(model.run, _trained_as(model))
        both = zip(records, own, strict=False)
        shared = len(list(takewhile(lambda pair: pair[0] == pair[1], both)))
        records += own[shared:]  # what came after they parted
    command = " ".join(["python main.py average", *["RUN"] * len(found), "-o RUN"])
    return [*records, {"command": command, "steps": 0, "minutes": 0, "validation": {}}]
