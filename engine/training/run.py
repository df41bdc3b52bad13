"""``train NAME``: puts a task, its folder and the loop together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator

from engine.training.loop import Budget, Task, train


def _parser(data: Path, runs: Path) -> Task:
    from engine.training.parser import ParserTask

    return ParserTask(data)


def _autoencoder(data: Path, runs: Path) -> Task:
    from engine.training.autoencoder import AutoencoderTask

    return AutoencoderTask(data)


def _decoder(data: Path, runs: Path) -> Task:
    from engine.training.autoencoder import AutoencoderTask

    return AutoencoderTask(data, trained=runs / "autoencoder" / "autoencoder")


def _finder(data: Path, runs: Path) -> Task:
    from engine.training.finder import FinderTask

    return FinderTask(data)


def _layout(data: Path, runs: Path) -> Task:
    from engine.training.layout import LayoutTask

    return LayoutTask(data)


def _sgldm(data: Path, runs: Path) -> Task:
    from engine.training.sgldm import SGLDMTask

    return SGLDMTask(data, runs)


TASKS: dict[str, Callable[[Path, Path], Task]] = {
    "finder": _finder,
    "parser": _parser,
    "autoencoder": _autoencoder,
    "decoder": _decoder,
    "layout": _layout,
    "sgldm": _sgldm,
}


def run(
    name: str,
    data: Path,
    runs: Path,
    budget: Budget,
    *,
    resume: bool = False,
    seed: int = 0,
    compile_models: bool = False,
) -> dict[str, float]:
    """Train the model ``name`` on a prepared folder into ``runs/name``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(seed)
    task = TASKS[name](data, runs)
    return train(
        task, runs / name, budget, resume=resume, seed=seed, compile_models=compile_models,
        accelerator=Accelerator(mixed_precision="bf16"),
    )  # fmt: skip
