"""The one training loop: budget, EMA, checkpoints that survive a kill, log, sample grids.

Each model brings a ``Task``; ``accelerate`` brings devices, precision and several GPUs.
"""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from diffusers.utils import SAFETENSORS_WEIGHTS_NAME
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.devices import channels_last
from engine.errors import InputFileError
from engine.sentences import Sentence
from engine.training.data import Batch, Losses

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)


class Task(Protocol):
    """What the loop needs to know of a model.

    Attributes:
        modules: networks by name; the EMA of each is what gets saved as a model.
        optimizers: by name, over the parameters of ``modules``.
    """

    modules: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    def batches(self, seed: int) -> Iterable[Batch]:
        """Endless batches."""

    def losses(self, batch: Batch, progress: float) -> Losses:
        """(optimizer's name, loss, figures to log), each stepped before the next is asked for."""

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        """Write a sample grid as PNG."""

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        """Figures on validation photos."""

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        """Write the models with ``save_pretrained``."""


@dataclass(frozen=True)
class Budget:
    """How long to train in all, resumed time included: minutes or steps."""

    minutes: float | None = None
    steps: int | None = None

    def progress(self, seconds: float, step: int) -> float:
        """Share of the budget used, 0..1."""
        shares = [0.0]
        if self.minutes is not None:
            shares.append(seconds / (60 * max(self.minutes, 1e-9)))
        if self.steps is not None:
            shares.append(step / max(self.steps, 1))
        return min(1.0, max(shares))


def learning_rate_factor(progress: float, step: int, warmup: int = 100) -> float:
    """Linear warm-up, then flat, then a cosine fall over the last 60 % of the budget."""
    fall = min(1.0, max(0.0, (progress - 0.4) / 0.6))
    return min(1.0, (step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fall)))


class _Log:
    """Appends rows to a CSV file, and to TensorBoard where it is installed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.csv"
        self.board: SummaryWriter | None = None
        with suppress(ImportError):
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(str(folder / "tensorboard"))

    def write(self, step: int, seconds: float, figures: Mapping[str, float]) -> None:
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if new:
                rows.writerow(["step", "seconds", "name", "value"])
            for name, value in figures.items():
                rows.writerow([step, f"{seconds:.1f}", name, f"{value:.6g}"])
        if self.board is not None:
            for name, value in figures.items():
                self.board.add_scalar(name, value, step)

    def close(self) -> None:
        if self.board is not None:
            self.board.close()


@torch.no_grad()
def _average(
    averaged: Mapping[str, nn.Module], modules: Mapping[str, nn.Module], step: int, decay: float
) -> None:
    weight = 1 - min(decay, (1 + step) / (10 + step))
    for name, module in averaged.items():
        for ours, theirs in zip(module.parameters(), modules[name].parameters(), strict=True):
            ours.lerp_(theirs, weight)
        for a, b in zip(module.buffers(), modules[name].buffers(), strict=True):
            a.copy_(b)


def train(
    task: Task,
    folder: Path,
    budget: Budget,
    *,
    resume: bool = False,
    warm_start: bool = False,
    seed: int = 0,
    decay: float = 0.999,
    checkpoint_minutes: float = 3.0,
    evaluate_minutes: float = 20.0,
    accelerator: Accelerator | None = None,
    compile_models: bool = False,
    pace: float = 1.0,
) -> dict[str, float]:
    """Train ``task`` within ``budget``; returns the last validation figures.

    Args:
        folder: gets ``checkpoint.pt``, ``log.csv``, ``samples/`` and the models themselves.
        resume: go on from ``checkpoint.pt`` if it is there.
        warm_start: else begin with the weights of models that lie in ``folder`` already.
        decay: of the exponential moving average, with warm-up.
        pace: factor of all learning rates.
    """
    accelerator = accelerator or Accelerator(mixed_precision="bf16")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "samples").mkdir(exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    raw = task.modules
    for module in raw.values():
        channels_last(module)
    averaged = {name: deepcopy(m).eval().requires_grad_(False) for name, m in raw.items()}
    step, seconds = 0, 0.0
    if resume and checkpoint.is_file():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        step, seconds = state["step"], state["seconds"]
        for name, module in raw.items():
            module.load_state_dict(state["modules"][name])
            averaged[name].load_state_dict(state["averaged"][name])
        for name, optimizer in task.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        log.info("resumed at step %d (%.1f minutes)", step, seconds / 60)
    elif warm_start:
        _load_models(folder, raw, averaged)
    base_rates = {
        n: [g.setdefault("initial_lr", g["lr"]) for g in o.param_groups]
        for n, o in task.optimizers.items()
    }
    averaged = {name: m.to(accelerator.device) for name, m in averaged.items()}
    ready = {n: torch.compile(m) if compile_models else m for n, m in raw.items()}
    task.modules = {n: accelerator.prepare(m) for n, m in ready.items()}
    task.optimizers = {n: accelerator.prepare(o) for n, o in task.optimizers.items()}
    if step == 0 and accelerator.is_main_process:
        (folder / "log.csv").unlink(missing_ok=True)  # of a training that this one replaces
    board = _Log(folder) if accelerator.is_main_process else None

    def save() -> None:
        if not accelerator.is_main_process:
            return
        state = {
            "step": step,
            "seconds": seconds,
            "modules": {n: m.state_dict() for n, m in raw.items()},
            "averaged": {n: m.state_dict() for n, m in averaged.items()},
            "optimizers": {n: o.state_dict() for n, o in task.optimizers.items()},
        }
        partial = checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(checkpoint)
        task.save(folder, averaged)

    def evaluate() -> dict[str, float]:
        if not accelerator.is_main_process:
            return {}
        with torch.no_grad(), accelerator.autocast():
            figures = task.evaluate(averaged)
            task.sample(folder / "samples" / f"{step:07d}.png", averaged)
        assert board is not None
        board.write(step, seconds, figures)
        log.info("step %d  %s", step, _line(figures))
        return figures

    figures: dict[str, float] = {}
    sums: dict[str, float] = {}
    last = saved = evaluated = time.monotonic()
    count = 0
    # Each process sees batches of its own; they stop together, by the main process's clock.
    for batch in task.batches(seed + step + 1_000_003 * accelerator.process_index):
        progress = _of_main_process(budget.progress(seconds, step), accelerator)
        if progress >= 1:
            break
        factor = pace * learning_rate_factor(progress, step)
        for name, optimizer in task.optimizers.items():
            for group, rate in zip(optimizer.param_groups, base_rates[name], strict=True):
                group["lr"] = rate * factor
        batch = {k: v.to(accelerator.device) for k, v in batch.items()}
        with accelerator.autocast():
            for name, loss, shown in task.losses(batch, progress):
                _check(loss, step)
                accelerator.backward(loss)
                parameters = [p for g in task.optimizers[name].param_groups for p in g["params"]]
                accelerator.clip_grad_norm_(parameters, 1.0)
                task.optimizers[name].step()
                for optimizer in task.optimizers.values():
                    optimizer.zero_grad()
                for key, value in shown.items():
                    sums[key] = sums.get(key, 0.0) + float(value)
        step += 1
        count += 1
        _average(averaged, raw, step, decay)
        now = time.monotonic()
        seconds += now - last
        last = now
        if step % 100 == 0 and board is not None:
            means = {key: value / count for key, value in sums.items()}
            means["progress"] = progress
            board.write(step, seconds, means)
            log.info("step %d  %.1f min  %s", step, seconds / 60, _line(means))
            sums, count = {}, 0
        if now - saved > 60 * checkpoint_minutes:
            save()
            saved = time.monotonic()
        if now - evaluated > 60 * evaluate_minutes:
            figures = evaluate()
            evaluated = last = time.monotonic()
    save()
    figures = evaluate() or figures
    if board is not None:
        board.close()
    return figures


def _load_models(folder: Path, *groups: Mapping[str, nn.Module]) -> None:
    """The saved weights of every model; what isn't saved as one, a discriminator, goes on as the
    folder's last training left it.

    A model may have grown parts since; those begin as they are made.
    """
    checkpoint = folder / "checkpoint.pt"
    left: dict[str, dict[str, Tensor]] = {}
    if checkpoint.is_file():
        left = torch.load(checkpoint, map_location="cpu", weights_only=True)["modules"]
    for modules in groups:
        for name, module in modules.items():
            weights = folder / name / SAFETENSORS_WEIGHTS_NAME
            if weights.is_file():
                new, unknown = module.load_state_dict(load_file(weights), strict=False)
                if unknown or len(new) == len(module.state_dict()):
                    raise InputFileError(
                        Sentence("{path} holds another model.", path=weights), subject=weights
                    )
                log.info("%s starts from saved weights, %d new ones", name, len(new))
            elif name in left:
                module.load_state_dict(left[name])
                log.info("%s goes on", name)


def _of_main_process(value: float, accelerator: Accelerator) -> float:
    if accelerator.num_processes == 1:
        return value
    shared = broadcast(torch.tensor(value, device=accelerator.device))
    return float(shared)


def _line(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items())


def _check(loss: Tensor, step: int) -> None:
    if not math.isfinite(loss.item()):
        raise FloatingPointError(f"loss is {loss.item()} at step {step}")
