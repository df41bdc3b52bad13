"""Checkpoints of PyTorch: weights in a pickle, written back as safetensors before they are used."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from engine.errors import PackError
from engine.sentences import Sentence
from engine.single_models import CONFIG, SingleModel, find_model, model_name

if TYPE_CHECKING:
    from torch import Tensor

CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin")
_WEIGHTS = "diffusion_pytorch_model.safetensors"
_WITHIN = ("state_dict", "model")  # where trainers keep the weights among other things


def find_model_or_checkpoint(source: Path) -> SingleModel:
    """As ``single_models.find_model``; of a checkpoint, what the config beside it says.

    Raises ``PackError``.
    """
    if source.suffix.lower() not in CHECKPOINTS:
        return find_model(source)
    if not source.is_file() or not (source.parent / CONFIG).is_file():
        raise PackError(
            Sentence(
                "{path} can't be told what model it is of: there is no config.json beside it.",
                path=source,
            ),
            subject=source,
        )
    return SingleModel(model_name(source.parent), source.parent)


@contextmanager
def as_model(source: Path) -> Iterator[Path]:
    """A checkpoint as the folder of a model, which is there for a while; all else as it is.

    Nothing in the pickle is run: it may hold tensors and plain values only.

    Args:
        source: weights whose name ends with one of ``CHECKPOINTS``, beside a ``config.json``;
            or whatever ``single_models.find_model`` takes.

    Raises:
        PackError: it has no configuration, or holds no weights.
    """
    if source.suffix.lower() not in CHECKPOINTS:
        yield source
        return
    model = find_model_or_checkpoint(source)
    with tempfile.TemporaryDirectory(prefix="hs-checkpoint-") as aside:
        # Named as the checkpoint is: the pack's provenance tells these names.
        folder = Path(aside) / source.absolute().parent.name / source.stem
        folder.mkdir(parents=True)
        shutil.copyfile(model.folder / CONFIG, folder / CONFIG)
        _write(_weights(source), folder / _WEIGHTS)
        yield folder


def _weights(source: Path) -> dict[str, Tensor]:
    import torch

    try:
        held = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises whatever it likes on a damaged file
        raise _refused(source) from error
    if isinstance(held, Mapping):
        for weights in (held, *(held.get(name) for name in _WITHIN)):
            if _are_weights(weights):
                return dict(weights)
    raise _refused(source)


def _are_weights(held: object) -> TypeGuard[Mapping[str, Tensor]]:
    from torch import Tensor

    return isinstance(held, Mapping) and bool(held) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in held.items()
    )  # fmt: skip


def _write(weights: Mapping[str, Tensor], path: Path) -> None:
    from safetensors.torch import save_file

    # Copies: tensors of a checkpoint may share their memory, which safetensors refuses.
    save_file({name: value.detach().clone().contiguous() for name, value in weights.items()}, path)


def _refused(source: Path) -> PackError:
    return PackError(
        Sentence(
            "{path} can't be read as a checkpoint: it is damaged, or holds other things than "
            "weights.", path=source,
        ), subject=source,
    )  # fmt: skip
