"""What each model is trained on, and what its losses say."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from engine.labels import HEAD, IGNORE, NUM_CLASSES, SemanticClass, mask_of
from engine.sgldm.autoencoder import Autoencoder
from engine.training import autoencoder, finder, parser, sgldm
from engine.training.adversarial import fooled, judged
from engine.training.data import to_tensor
from engine.training.loop import Budget, Task, train
from tests.engine.tiny_tasks import TASKS, tiny_models
from tests.engine.training import rng

pytestmark = pytest.mark.usefixtures("one_thread", "alone_and_quiet")

C = SemanticClass


@pytest.fixture
def task(
    request: pytest.FixtureRequest, prepared: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> Task:
    tiny_models(monkeypatch)
    return TASKS[request.param](prepared, runs)


def moved(task: Any, loss: Tensor) -> set[str]:
    """The modules that a step on this loss alone would change."""
    for module in task.modules.values():
        module.zero_grad()
    loss.backward()
    return {
        name for name, module in task.modules.items()
        if any(p.grad is not None and p.grad.any() for p in module.parameters())
    }  # fmt: skip


def samples(task: Any, count: int = 12) -> Iterable[dict[str, np.ndarray]]:
    maker = getattr(task, "crops", task)
    return (maker.make(rng(seed)) for seed in range(count))


@pytest.mark.parametrize("task", TASKS, indirect=True)
def test_training_draws_from_training_photos_only(task: Any) -> None:
    items = task.items if hasattr(task, "items") else task.frames.items
    held_out = task.validation if hasattr(task, "items") else task.validation.items
    assert {i.split for i in items} == {"train"}
    assert {i.split for i in held_out} == {"validation"}


@pytest.mark.parametrize("task", ["parser"], indirect=True)
def test_the_parsers_samples(task: Any) -> None:
    labelled = np.array([i.layout == "labels" for i in task.frames.items])
    assert 0 < labelled.sum() < len(labelled)  # the parser's own labels teach, too, but less
    assert task.draw[labelled].min() > task.draw[~labelled].max()
    for sample in samples(task):
        assert sample["image"].shape == (256, 256, 3)
        assert sample["layout"].max() < NUM_CLASSES or (sample["layout"] == IGNORE).any()
    weights = parser.class_weights(task.frames.layouts)
    assert weights[C.MOUTH] > weights[C.HAIR] >= weights[C.BACKGROUND]
    assert 0.5 <= weights.min() <= weights.max() <= 4


def test_dice() -> None:
    target = torch.from_numpy(rng().integers(0, NUM_CLASSES, (1, 8, 8)))
    perfect = 50.0 * torch.nn.functional.one_hot(target, NUM_CLASSES).movedim(-1, 1)
    assert parser.dice_loss(perfect, target) < 0.01
    assert parser.dice_loss(-perfect, target) > 0.5
    target[0, :, :] = IGNORE
    target[0, 0, 0] = 3
    wrong = torch.zeros(1, NUM_CLASSES, 8, 8)
    wrong[:, 3] = 50.0  # right where it counts
    assert parser.dice_loss(wrong, target) < 0.01


@pytest.mark.parametrize("task", ["finder"], indirect=True)
def test_the_finders_samples(task: Any) -> None:
    faces = 0
    for sample in samples(task, 24):
        assert sample["image"].shape == (192, 192, 3)
        assert sample["crop"].shape == (128, 128, 3)
        target, near = sample["target"], sample["near"]
        assert target[0].max() <= 1
        # Where a face is to be told of, the cell points to its centre.
        for row, column in np.argwhere(near > 0):
            x = (column + 0.5) * 8 + 30 * target[1, row, column]
            y = (row + 0.5) * 8 + 30 * target[2, row, column]
            assert np.hypot(x - (column + 0.5) * 8, y - (row + 0.5) * 8) < 0.3 * 30 * 2.4
        faces += int(sample["is_face"])
        if sample["is_face"]:
            (top, chin) = sample["points"][:2]
            assert 20 < np.hypot(*(chin - top)) < 90
            assert chin[1] > top[1]
    assert 12 < faces < 24


def test_a_mirrored_face_keeps_its_sides(prepared: Path) -> None:
    from engine.training.prepare import read_manifest

    item = read_manifest(prepared)[1][0]
    points = np.array(item.points)
    flipped = (points * (-1, 1) + (item.size[0], 0))[list(finder.MIRRORED)]
    # top, chin, right side, left side, right eye (outer, inner), left eye (inner, outer), ...
    assert flipped[2, 0] < flipped[3, 0]
    assert flipped[9, 0] < flipped[10, 0]
    xs = flipped[4:8, 0]
    assert (np.diff(xs[[0, 3]]) > 0).all()
    centre, height, roll = finder.face_of(points)
    assert height == pytest.approx(70, abs=0.5)
    assert finder.face_of(flipped)[2] == pytest.approx(-roll)
    assert item.to_frame.angle == pytest.approx(-roll)
    np.testing.assert_allclose(item.to_frame.apply(centre), (128, 68), atol=1e-6)


@pytest.mark.parametrize("task", ["layout"], indirect=True)
def test_the_layout_generators_samples(task: Any) -> None:
    keeps_the_head = []
    for sample in samples(task):
        classes, hole = sample["layout"], sample["hole"]
        assert hole[classes == IGNORE].all()
        assert hole[classes == C.NECK].all()
        assert 0 < hole.mean() < 1
        keeps_the_head.append(not hole[mask_of(classes, HEAD)].any())
    assert len(set(keeps_the_head)) == 2  # as in a swap, or its rim is lost, too


@pytest.mark.parametrize("task", ["layout"], indirect=True)
def test_the_discriminator_is_trained_apart(task: Any, prepared: Path) -> None:
    batch = next(iter(task.batches(0)))
    names = []
    for name, loss, _ in task.losses(batch, 0.0):
        names.append(name)
        assert ("generator" in moved(task, loss)) == (name == "generator")
    assert names == ["generator", "discriminator"]


@pytest.mark.parametrize("task", ["sgldm"], indirect=True)
def test_the_denoiser_sees_drawn_layouts(task: Any) -> None:
    """Where a swap leaves a hole, at times G_layout's; what is known stays as it is."""
    layout = np.full((256, 256), C.UPPER_CLOTHES, np.uint8)
    layout[40:120, 90:160] = C.FACE
    hole = np.zeros(layout.shape, bool)
    hole[110:150] = True
    drawn = task.crops._drawn(layout, hole)
    assert (drawn[~hole] == layout[~hole]).all()
    assert (drawn < NUM_CLASSES).all()
    hole[:] = True  # no head left to fit anything to
    assert (task.crops._drawn(layout, hole) == layout).all()


@pytest.mark.parametrize("task", ["sgldm"], indirect=True)
def test_the_denoisers_samples(task: Any) -> None:
    for sample in samples(task):
        assert sample["image"].shape == sample["filled"].shape == (144, 144, 3)
        assert sample["layout"].shape == (128, 128)
        assert sample["layout"].max() < NUM_CLASSES
        known, weight = sample["known"], sample["weight"]
        assert known.shape == weight.shape == (1, 32, 32)
        assert set(np.unique(known)) <= {0, 1}
        assert (weight[known == 1] <= 0.1 + 1e-6).all()
        assert sample["reference"].shape == (256, 256, 3)
        told = sample["reference_layout"]
        assert told.shape == (256, 256)
        assert (told != IGNORE).mean() > 0.2


@pytest.mark.parametrize("task", ["sgldm"], indirect=True)
def test_the_denoiser_never_sees_what_is_hidden(task: Any) -> None:
    """Hidden pixels reach the loss as a target, but the network through no input."""
    batch = next(iter(task.batches(5)))
    hidden = ~(batch["known"][0, 0] > 0).repeat_interleave(4, 0).repeat_interleave(4, 1)
    hidden = nn.functional.pad(hidden, (8, 8, 8, 8))[None, ..., None]
    calls: list[tuple[Tensor, ...]] = []
    coarse: list[bool] = []

    def record(module: nn.Module, given: tuple[Any, ...]) -> None:
        *tensors, look = given
        coarse.append(tensors[-1] is None)
        told = [x for x in (*tensors, *look) if x is not None]
        calls.append(tuple(x.detach().clone() for x in told))

    task.modules["denoiser"].register_forward_pre_hook(record)
    changed = {**batch, "image": torch.where(hidden, 255 - batch["image"], batch["image"])}
    for given in (batch, changed):
        torch.manual_seed(0)
        list(task.losses(given, 0.0))
    one, other = calls[: len(calls) // 2], calls[len(calls) // 2 :]
    begins = [k for k in range(len(one)) if coarse[k]] + [len(one)]
    assert len(begins) == sgldm.ECHOES + 1
    for echo in range(sgldm.ECHOES):
        *before, fine = one[begins[echo] : begins[echo + 1]]
        *before2, fine2 = other[begins[echo] : begins[echo + 1]]
        for x, y in zip(chain(*before, fine[1:]), chain(*before2, fine2[1:]), strict=True):
            assert torch.equal(x, y)  # all but the last z_t
        differs = (fine[0] != fine2[0]).any(1)
        # As in use: not even z_t comes from the truth.
        assert not differs[0].any()
        if echo == 1:  # elsewhere it does, in unknown cells; there the first sample is now
            assert differs[1].any()
            assert not differs[1][batch["known"][0, 0] > 0].any()


@pytest.mark.parametrize("task", ["sgldm"], indirect=True)
def test_the_denoiser_is_judged(task: Any) -> None:
    """Both learn from each other's answers: the denoiser's by way of the decoded picture."""
    batch = next(iter(task.batches(5)))
    names = []
    for name, loss, shown in task.losses(batch, 0.0):
        names.append(name)
        trained = moved(task, loss)
        assert name in trained
        if name == "discriminator":
            assert trained == {"discriminator"}
        assert all(torch.isfinite(value) for value in shown.values())
    assert names == ["denoiser", "discriminator"] * sgldm.ECHOES


def test_judging_counts_holes_only() -> None:
    true, made = torch.tensor([[[[2.0, -5.0]]]]), torch.tensor([[[[-2.0, 7.0]]]])
    where = torch.tensor([[[[1.0, 0.0]]]])
    assert judged(true, made, where) == 0  # sure and right
    assert fooled(made, where) == 2
    assert judged(made, true, where) == 6


@pytest.mark.parametrize("task", ["autoencoder"], indirect=True)
def test_the_autoencoders_latents_are_scaled(task: Any, tmp_path: Path) -> None:
    task.save(tmp_path, task.modules)
    model = Autoencoder.from_pretrained(tmp_path / "autoencoder")
    z = torch.cat([model.encode(to_tensor(x[None])) for x in task._validation_images(4)])
    assert z.mean((0, 2, 3)).abs().max() < 0.2
    assert (z.std((0, 2, 3)) - 1).abs().max() < 0.2


def test_only_the_decoder_is_trained_on(
    prepared: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    accelerator: Accelerator,
) -> None:  # fmt: skip
    tiny_models(monkeypatch)
    trained = runs / "autoencoder" / "autoencoder"
    task = autoencoder.AutoencoderTask(prepared, trained=trained)
    train(task, tmp_path, Budget(steps=2), accelerator=accelerator)
    before, after = (Autoencoder.from_pretrained(p) for p in (trained, tmp_path / "autoencoder"))
    image = to_tensor(task._validation_images(1))
    assert torch.equal(before.encode(image), after.encode(image))
    assert not torch.equal(before(image), after(image))


def test_texture_is_missed_where_it_was() -> None:
    grey = torch.zeros(1, 3, 32, 32)
    stripes = grey.clone()
    stripes[..., ::2] = 0.2
    other = stripes.roll(1, -1)  # as strong, elsewhere: nothing to say
    assert autoencoder.texture_loss(stripes, other) < 1e-6
    weaker = autoencoder.texture_loss(0.7 * stripes, stripes)
    assert 0.01 < weaker < autoencoder.texture_loss(grey, stripes)
    assert autoencoder.texture_loss(1.3 * stripes, stripes) > 0.01


def test_psnr() -> None:
    image = np.full((8, 8, 3), 100, np.uint8)
    assert autoencoder.psnr(image, image) > 100
    assert autoencoder.psnr(image, image + 10) == pytest.approx(20 * np.log10(255 / 10))
