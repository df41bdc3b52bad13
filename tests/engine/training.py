"""What tests of the training share."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from engine.training import data
from engine.training.data import Stream


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def alone_and_quiet(patch: pytest.MonkeyPatch) -> None:
    """Batches are made in this very process, and no TensorBoard files."""

    def loader(stream: Stream, *, batch_size: int, **_: object) -> DataLoader[Any]:
        return DataLoader(stream, batch_size=batch_size)

    patch.setattr(data, "DataLoader", loader)
    patch.setitem(sys.modules, "torch.utils.tensorboard", None)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def checkpoint(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    return state
