"""Training: batches, budgets, and what the loop promises."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from engine.labels import SemanticClass
from engine.training import data
from engine.training.data import Batch, Losses, to_image, to_tensor
from engine.training.loop import Budget, learning_rate_factor, train
from tests.engine.pictures import noise
from tests.engine.training import checkpoint, rows

pytestmark = pytest.mark.usefixtures("one_thread", "alone_and_quiet")

C = SemanticClass


# --- batches ----------------------------------------------------------------------------------


def test_pixels_go_to_tensors_and_back() -> None:
    image = noise(2, 9, 7, 3)
    assert (to_image(to_tensor(image)) == image).all()
    assert (to_image(torch.full((3, 2, 2), 7.0)) == 255).all()


def test_a_seed_means_the_same_batches() -> None:
    def make(state: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": state.integers(0, 1000, size=3)}

    def first(seed: int) -> list[list[list[int]]]:
        loader = data.batches(make, 4, seed=seed)
        return [b["x"].tolist() for b in islice(loader, 2)]

    assert first(3) == first(3)
    assert first(3) != first(4)
    assert np.array(first(3)).shape == (2, 4, 3)


# --- the budget -------------------------------------------------------------------------------


def test_budgets() -> None:
    assert Budget(minutes=2).progress(60, 10**6) == 0.5
    assert Budget(steps=10).progress(10**6, 5) == 0.5
    assert Budget(minutes=1, steps=10).progress(6, 5) == 0.5
    assert Budget(minutes=1).progress(99, 0) == 1
    assert Budget(minutes=0).progress(0.1, 0) == 1
    assert Budget().progress(10**9, 10**9) == 0


def test_the_learning_rate_warms_up_and_falls() -> None:
    assert learning_rate_factor(0, 0) == pytest.approx(0.01)
    assert learning_rate_factor(0.4, 1000) == pytest.approx(1)
    assert learning_rate_factor(0.7, 1000) == pytest.approx(0.51)
    assert learning_rate_factor(1, 1000) == pytest.approx(0.02)


# --- the loop, with a task that knows what it does ----------------------------------------------


@dataclass
class Line:
    """Learns y = 3 x + 1; two networks, each with an optimizer of its own."""

    batch_seeds: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    fail_at: int | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.modules: dict[str, nn.Module] = {"one": nn.Linear(1, 1), "two": nn.Linear(1, 1)}
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.AdamW(module.parameters(), 0.1)
            for name, module in self.modules.items()
        }

    def batches(self, seed: int) -> Iterator[Batch]:
        self.batch_seeds.append(seed)
        state = torch.Generator().manual_seed(seed)
        while True:
            x = torch.rand(16, 1, generator=state)
            yield {"x": x, "y": 3 * x + 1}

    def losses(self, batch: Batch, progress: float) -> Losses:
        for name in ("one", "two"):
            loss = (self.modules[name](batch["x"]).float() - batch["y"]).square().mean()
            if self.fail_at is not None and len(self.seen) >= self.fail_at:
                loss = loss * float("nan")
            self.seen.append(name)
            yield name, loss, {f"loss_{name}": loss.detach()}
        time.sleep(self.seconds)

    def evaluate(self, averaged: Mapping[str, nn.Module]) -> dict[str, float]:
        assert not any(p.requires_grad for p in averaged["one"].parameters())
        return {"slope": float(averaged["one"].weight)}  # type: ignore[arg-type]

    def sample(self, path: Path, averaged: Mapping[str, nn.Module]) -> None:
        cv2.imwrite(str(path), np.zeros((2, 2), np.uint8))

    def save(self, folder: Path, averaged: Mapping[str, nn.Module]) -> None:
        torch.save(averaged["one"].state_dict(), folder / "one.pt")


def test_a_run_leaves_everything_behind(tmp_path: Path, accelerator: Accelerator) -> None:
    task = Line()
    figures = train(task, tmp_path, Budget(steps=250), accelerator=accelerator)
    assert {p.name for p in tmp_path.iterdir()} == {
        "checkpoint.pt", "log.csv", "one.pt", "samples",
    }  # fmt: skip
    assert [p.name for p in (tmp_path / "samples").iterdir()] == ["0000250.png"]
    assert figures["slope"] == pytest.approx(3, abs=0.7)
    assert task.seen[:4] == ["one", "two", "one", "two"]
    assert len(task.seen) == 500
    logged = rows(tmp_path)
    assert {row["name"] for row in logged} == {"loss_one", "loss_two", "progress", "slope"}
    assert sorted({int(row["step"]) for row in logged}) == [100, 200, 250]
    losses = [float(row["value"]) for row in logged if row["name"] == "loss_one"]
    assert losses[1] < losses[0]
    assert checkpoint(tmp_path)["step"] == 250


def test_resumed_training_goes_on(tmp_path: Path, accelerator: Accelerator) -> None:
    train(Line(seconds=0.002), tmp_path, Budget(steps=120), accelerator=accelerator)
    before = checkpoint(tmp_path)
    grown = (tmp_path / "log.csv").read_text()
    task = Line()
    train(task, tmp_path, Budget(steps=130), resume=True, accelerator=accelerator)
    after = checkpoint(tmp_path)
    assert after["step"] == 130
    assert after["seconds"] > before["seconds"] > 0.2
    assert len(task.seen) == 2 * 10
    assert task.batch_seeds == [120]  # not the batches seen before
    assert (tmp_path / "log.csv").read_text().startswith(grown)
    # The optimizers went on, too: 120 + 10 steps of Adam.
    assert after["optimizers"]["one"]["state"][0]["step"] == 130
    done = Line()
    train(done, tmp_path, Budget(steps=130), resume=True, accelerator=accelerator)
    assert not done.seen
    assert torch.equal(done.modules["one"].weight, after["modules"]["one"]["weight"])


def test_resumed_is_as_good_as_never_stopped(tmp_path: Path, accelerator: Accelerator) -> None:
    class Part(Line):
        """Sees batches ``first`` to ``last`` of the same ones."""

        part = slice(0, None)

        def batches(self, seed: int) -> Iterator[Batch]:
            return islice(super().batches(0), self.part.start, self.part.stop)

    def run(folder: Path, part: slice) -> dict[str, Any]:
        task = Part()
        task.part = part
        train(task, folder, Budget(minutes=600), resume=True, accelerator=accelerator)
        return checkpoint(folder)

    whole = run(tmp_path / "whole", slice(0, 40))
    run(tmp_path / "parts", slice(0, 15))
    parts = run(tmp_path / "parts", slice(15, 40))
    assert whole["step"] == parts["step"] == 40
    torch.testing.assert_close(whole["modules"], parts["modules"], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(whole["averaged"], parts["averaged"], rtol=1e-3, atol=1e-4)


def test_starting_again_begins_a_new_log(tmp_path: Path, accelerator: Accelerator) -> None:
    train(Line(), tmp_path, Budget(steps=120), accelerator=accelerator)
    train(Line(), tmp_path, Budget(steps=3), accelerator=accelerator)
    assert {int(row["step"]) for row in rows(tmp_path)} == {3}
    assert checkpoint(tmp_path)["step"] == 3


def test_resuming_without_a_checkpoint_begins_at_0(
    tmp_path: Path, accelerator: Accelerator
) -> None:
    train(Line(), tmp_path, Budget(steps=2), resume=True, accelerator=accelerator)
    assert checkpoint(tmp_path)["step"] == 2


def test_minutes_are_kept_to(tmp_path: Path, accelerator: Accelerator) -> None:
    start = time.monotonic()
    train(Line(seconds=0.01), tmp_path, Budget(minutes=0.3 / 60), accelerator=accelerator)
    assert 0.3 < time.monotonic() - start < 5
    assert checkpoint(tmp_path)["seconds"] == pytest.approx(0.3, abs=0.2)


def test_the_average_follows_the_weights(tmp_path: Path, accelerator: Accelerator) -> None:
    task = Line()
    start = task.modules["one"].weight.detach().clone()
    train(task, tmp_path, Budget(steps=30), accelerator=accelerator)
    state = checkpoint(tmp_path)
    now, mean = state["modules"]["one"]["weight"], state["averaged"]["one"]["weight"]
    assert abs(now - start) > abs(mean - start) > 0


def test_checkpoints_and_evaluations_on_the_way(tmp_path: Path, accelerator: Accelerator) -> None:
    train(
        Line(), tmp_path, Budget(steps=3), checkpoint_minutes=0, evaluate_minutes=0,
        accelerator=accelerator,
    )  # fmt: skip
    samples = sorted(p.stem for p in (tmp_path / "samples").iterdir())
    assert samples == ["0000001", "0000002", "0000003"]


def test_a_kill_while_saving_leaves_the_last_checkpoint(
    tmp_path: Path, accelerator: Accelerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(Line(), tmp_path, Budget(steps=5), accelerator=accelerator)

    def killed(state: object, path: Path) -> None:
        Path(path).write_bytes(b"half a checkpoint")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train(Line(), tmp_path, Budget(steps=9), resume=True, accelerator=accelerator)
    assert checkpoint(tmp_path)["step"] == 5
    train(Line(), tmp_path, Budget(steps=9), resume=True, accelerator=accelerator)
    assert checkpoint(tmp_path)["step"] == 9


def test_a_loss_that_is_no_number_spoils_nothing(tmp_path: Path, accelerator: Accelerator) -> None:
    train(Line(), tmp_path, Budget(steps=5), accelerator=accelerator)
    task = Line(fail_at=3)
    with pytest.raises(FloatingPointError, match="at step 6"):
        train(task, tmp_path, Budget(steps=9), resume=True, accelerator=accelerator)
    assert all(p.isfinite().all() for m in task.modules.values() for p in m.parameters())
    assert checkpoint(tmp_path)["step"] == 5
