"""``train NAME``: puts a task, its folder and the loop together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator

from engine.training.loop import Budget, Task, train
from engine.training.pack import take_over
from engine.training.records import keep_record, note_options


def _parser(data: Path, runs: Path) -> Task:
    from engine.training.parser import ParserTask

    return ParserTask(data)


def _closing_parser(data: Path, runs: Path) -> Task:
    from engine.training.parser import ParserTask

    return ParserTask(data, closing=True)


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
CLOSING_TASKS = {**TASKS, "parser": _closing_parser}
CLOSING_PACE = 0.3  # of the usual learning rate


def run(
    name: str,
    data: Path,
    runs: Path,
    budget: Budget,
    *,
    resume: bool = False,
    seed: int = 0,
    compile_models: bool = False,
    start: Path | None = None,
    closing: bool = False,
) -> dict[str, float]:
    """Train the model ``name`` on a prepared folder into ``runs/name``.

    Args:
        start: folder of a pack whose models ``runs`` takes over where it has none of its own;
            the training begins with them.
        closing: for the last minutes of a model: smaller steps, and for the parser milder
            augmentation (Ge et al. 2021, YOLOX, sec. 2.1).
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(seed)
    if start is not None:
        take_over(start, runs)
        if not resume:
            keep_record(runs / name, name)
    seeded = ["--seed", str(seed)] if seed else []
    note_options(runs / name, [*seeded, *(["--closing"] if closing else [])])
    task = (CLOSING_TASKS if closing else TASKS)[name](data, runs)
    return train(
        task, runs / name, budget, resume=resume, warm_start=start is not None, seed=seed,
        compile_models=compile_models, pace=CLOSING_PACE if closing else 1.0,
        accelerator=Accelerator(mixed_precision="bf16"),
    )  # fmt: skip
