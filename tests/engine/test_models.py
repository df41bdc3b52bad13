"""The networks: shapes, saving and loading, and what each promises."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.devices import Compute, place
from engine.finding.model import CROP, POINTS, STRIDE, Finder
from engine.labels import HEAD, IGNORE, NUM_CLASSES, flip_layout, mask_of
from engine.layout_generator.inpaint import inpaint_layout, inpaint_layouts
from engine.layout_generator.model import Discriminator, LayoutGenerator, mix
from engine.loading import load_pipeline
from engine.nn import Attention, ResBlock, UNet, groups_of, sinusoidal
from engine.parsing.model import Parser
from engine.sgldm.autoencoder import Autoencoder
from engine.sgldm.denoiser import Denoiser, alpha_sigma, one_hot
from engine.training.data import to_tensor
from tests.engine import tiny
from tests.engine.people import person
from tests.engine.pictures import noise

pytestmark = pytest.mark.usefixtures("one_thread")

BF16 = Compute(torch.device("cpu"), torch.bfloat16)


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def layouts(*people: np.ndarray) -> Tensor:
    return one_hot(torch.from_numpy(np.stack(people))).float()


def call(model: nn.Module) -> list[Tensor]:
    """The model's outputs for some input."""
    first = next(model.parameters())
    if isinstance(model, Finder):
        given: tuple[Tensor, ...] = (randn(1, 3, 64, 96), randn(1, 3, CROP, CROP))
    elif isinstance(model, LayoutGenerator):
        given = (layouts(person())[..., 64:128, 64:128], torch.ones(1, 1, 64, 64))
    elif isinstance(model, Denoiser):
        z, s = randn(1, 4, 16, 16), randn(1, 4, 16, 16, seed=1)
        given = (z, torch.full((1,), 0.5), s, z, torch.ones(1, 1, 16, 16), z)
    else:
        given = (randn(1, 3, 64, 64),)
    given = tuple(x.to(first.dtype) for x in given)
    with torch.no_grad():
        out = model(*given)
    return list(out) if isinstance(out, tuple) else [out]


def public(model: Any) -> dict[str, Any]:
    """A model's configuration as a JSON file holds it."""
    return {k: v for k, v in json.loads(model.to_json_string()).items() if k[0] != "_"}


# --- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", tiny.MAKERS)
def test_saved_models_come_back(name: str, tmp_path: Path) -> None:
    model = tiny.MAKERS[name]()
    model.save_pretrained(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {
        "config.json", "diffusion_pytorch_model.safetensors",
    }  # fmt: skip
    again = type(model).from_pretrained(tmp_path, use_safetensors=True)
    assert public(again) == public(model)
    saved, loaded = model.state_dict(), again.state_dict()
    assert list(saved) == list(loaded)
    assert all(torch.equal(saved[name], loaded[name]) for name in saved)
    torch.testing.assert_close(call(again.eval()), call(model))


@pytest.mark.parametrize("name", tiny.MAKERS)
def test_half_precision_comes_close(name: str) -> None:
    fine, coarse = tiny.MAKERS[name](), place(tiny.MAKERS[name](), BF16)
    assert next(coarse.parameters()).dtype == torch.bfloat16
    for a, b in zip(call(fine), call(coarse), strict=True):
        # Landmarks are crop pixels, all others numbers about 1.
        assert (a - b.float()).abs().max() < 0.05 * max(1, float(a.abs().max()))


@pytest.mark.parametrize("name", ["parser", "autoencoder"])
def test_two_in_a_batch_do_not_see_each_other(name: str) -> None:
    model = tiny.MAKERS[name]()
    a, b = randn(1, 3, 64, 64), randn(1, 3, 64, 64, seed=1)
    with torch.no_grad():
        torch.testing.assert_close(model(torch.cat([a, b]))[:1], model(a))


@pytest.mark.parametrize("saved", [torch.float32, torch.float16])
def test_a_packs_models_are_loaded_in_full_precision(saved: torch.dtype, tmp_path: Path) -> None:
    for name, make in tiny.MAKERS.items():
        place(make(), Compute(torch.device("cpu"), saved)).save_pretrained(tmp_path / name)
    pipeline = load_pipeline(tmp_path)
    assert set(pipeline.components) == set(tiny.MAKERS)
    for model in pipeline.components.values():
        assert not model.training
        assert next(model.parameters()).dtype == torch.float32


# --- building blocks ------------------------------------------------------------------------


@given(st.integers(1, 600))
def test_groups_divide_channels(channels: int) -> None:
    groups = groups_of(channels)
    assert channels % groups == 0
    assert 1 <= groups <= 32


def test_blocks_begin_as_nothing() -> None:
    x = randn(2, 8, 6, 6)
    torch.testing.assert_close(Attention(8)(x), x)
    block = ResBlock(8, 8, embedding=5)
    one, other = (block(x, randn(2, 5, seed=s)) for s in (1, 2))
    torch.testing.assert_close(one, other)  # no embedding has a say yet
    assert torch.allclose(one - x, (one - x)[:, :, :1, :1].expand_as(x), atol=1e-6)


def test_a_u_net_keeps_its_shape() -> None:
    net = UNet((8, 12, 16), (1, 2, 1), embedding=6, attention=2)
    assert net(randn(2, 8, 16, 24), randn(2, 6)).shape == (2, 8, 16, 24)
    assert UNet((8,), (1,), attention=0)(randn(1, 8, 5, 5)).shape == (1, 8, 5, 5)


def test_times_are_told_apart() -> None:
    t = torch.linspace(0, 1, 33)
    codes = sinusoidal(t, 128)
    assert codes.shape == (33, 128)
    assert codes.abs().max() <= 1
    apart = torch.cdist(codes, codes) + 99 * torch.eye(33)
    assert apart.min() > 1


# --- finder -----------------------------------------------------------------------------------


def test_finder_shapes() -> None:
    model = tiny.finder()
    with torch.no_grad():
        assert model.detect(randn(2, 3, 64, 96)).shape == (2, 6, 64 // STRIDE, 96 // STRIDE)
        points, logits = model.refine(randn(2, 3, CROP, CROP))
    assert points.shape == (2, POINTS, 2)
    assert logits.shape == (2,)
    assert points.min() > -CROP / 2
    assert points.max() < CROP * 1.5


def test_a_new_finder_sees_no_face_anywhere() -> None:
    cells = Finder(detector_width=4, refiner_width=4).detect(randn(1, 3, 32, 32))
    assert torch.allclose(cells[0, :, 1, 2], torch.tensor([-4.0, 0, 0, 0, 0, 1]))


# --- parser -----------------------------------------------------------------------------------


def test_parser_shapes() -> None:
    with torch.no_grad():
        assert tiny.parser()(randn(2, 3, 64, 96)).shape == (2, NUM_CLASSES, 64, 96)
    assert inspect.signature(Parser).parameters["classes"].default == NUM_CLASSES


# --- autoencoder ------------------------------------------------------------------------------


def test_autoencoder_shapes_and_bounds() -> None:
    model = tiny.autoencoder()
    with torch.no_grad():
        z = model.encode(100 * randn(1, 3, 64, 96))
        assert z.shape == (1, 4, 16, 24)
        assert z.abs().max() <= 2.5
        assert model.decode(z).shape == (1, 3, 64, 96)


def test_scaling_changes_latents_but_no_picture() -> None:
    model = tiny.autoencoder()
    image = randn(1, 3, 32, 32)
    with torch.no_grad():
        before = model(image), model.decode(model.encode(image))
        model.latent_mean.fill_(0.3)
        model.latent_std.fill_(2.0)
        torch.testing.assert_close(model.encode(image), (model.encode_raw(image) - 0.3) / 2)
        for picture in (model(image), model.decode(model.encode(image))):
            torch.testing.assert_close(picture, before[0])
    torch.testing.assert_close(before[0], before[1])


def test_noise_on_latents() -> None:
    model = tiny.autoencoder()
    image = randn(1, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(model(image), model(image))
        assert not torch.equal(model(image, 0.1), model(image))


def test_the_scaling_is_saved(tmp_path: Path) -> None:
    model = tiny.autoencoder()
    model.latent_std.fill_(1.7)
    model.save_pretrained(tmp_path)
    assert torch.equal(Autoencoder.from_pretrained(tmp_path).latent_std, model.latent_std)


def test_a_latent_sees_only_what_is_near() -> None:
    model = Autoencoder()  # the real one: this is about its reach
    image = randn(1, 3, 128, 128)
    other = image.clone()
    other[..., 96:] += 1
    with torch.no_grad():
        changed = (model.encode(image) != model.encode(other)).any(1)[0].any(0)
    first = int(changed.nonzero()[0, 0])
    assert 96 - 4 * first <= 48  # px


# --- layouts as tensors -----------------------------------------------------------------------


def test_one_hot() -> None:
    ids = torch.tensor([[[0, 15], [3, IGNORE]]], dtype=torch.uint8)
    planes = one_hot(ids)
    assert planes.shape == (1, 16, 2, 2)
    assert planes.sum(1).tolist() == [[[1, 1], [1, 0]]]
    assert planes[0, 15, 0, 1] == 1
    assert planes[0, 3, 1, 0] == 1


# --- layout generator -------------------------------------------------------------------------


def test_layout_generator_shapes() -> None:
    with torch.no_grad():
        logits, focus = tiny.layout_generator()(layouts(person()), torch.ones(1, 1, 256, 256))
        assert Discriminator(8)(layouts(person())).shape == (1, 1, 16, 16)
    assert logits.shape == (1, NUM_CLASSES, 256, 256)
    assert focus.shape == (1, 1, 256, 256)
    assert focus.min() >= 0
    assert focus.max() <= 1


def test_only_the_empty_part_is_filled() -> None:
    model = tiny.layout_generator()
    whole = person()
    holed = whole.copy()
    holed[90:140, 100:150] = IGNORE
    filled = inpaint_layout(model, holed)
    assert (filled[holed != IGNORE] == whole[holed != IGNORE]).all()
    assert (filled < NUM_CLASSES).all()
    assert filled.dtype == np.uint8
    both = inpaint_layouts(model, np.stack([whole, holed]))
    assert (both[0] == whole).all()
    assert (both[1] == filled).all()


def test_a_whole_head_doesnt_go_on() -> None:
    holed = person()
    holed[90:140, 100:150] = IGNORE
    models = [tiny.layout_generator(seed) for seed in range(6)]
    anything = [inpaint_layout(model, holed)[90:140, 100:150] for model in models]
    assert any(mask_of(filled, HEAD).any() for filled in anything)
    for model in models:
        filled = inpaint_layout(model, holed, whole_head=True)[90:140, 100:150]
        assert not mask_of(filled, HEAD).any()


def test_a_mirrored_layout_is_filled_likewise() -> None:
    model, holed = tiny.layout_generator(), person()
    holed[90:140, 90:140] = IGNORE
    filled, mirrored = inpaint_layout(model, holed), inpaint_layout(model, flip_layout(holed))
    assert (flip_layout(mirrored) == filled).mean() > 0.999  # ties apart


def test_nothing_empty_needs_no_network() -> None:
    whole = person()
    filled = inpaint_layout(nn.Linear(1, 1), whole)
    assert (filled == whole).all()
    assert not np.shares_memory(filled, whole)


def test_mixing_is_the_papers() -> None:
    layout = layouts(person())
    logits = randn(1, NUM_CLASSES, 256, 256)
    nowhere, everywhere = torch.zeros(1, 1, 256, 256), torch.ones(1, 1, 256, 256)
    assert torch.equal(mix(logits, nowhere, layout), layout)
    torch.testing.assert_close(mix(logits, everywhere, layout), logits.softmax(1))
    half = mix(logits, 0.5 * everywhere, layout)
    torch.testing.assert_close(half.sum(1), torch.ones(1, 256, 256))


# --- denoiser ---------------------------------------------------------------------------------


def inputs(n: int = 2) -> dict[str, Tensor]:
    mask = torch.zeros(n, 1, 16, 16)
    mask[:, :, 4:12, 4:12] = 1
    return {
        "z_t": randn(n, 4, 16, 16),
        "t": torch.linspace(0.2, 0.9, n),
        "s": randn(n, 4, 16, 16, seed=1),
        "filled": randn(n, 4, 16, 16, seed=2),
        "mask": mask,
        "coarse": randn(n, 4, 16, 16, seed=3),
    }


def test_denoiser_shapes() -> None:
    model = tiny.denoiser()
    with torch.no_grad():
        assert model.encode_layout(layouts(person())).shape == (1, 4, 64, 64)
        assert model(**inputs()).shape == (2, 4, 16, 16)


@pytest.mark.parametrize("name", ["s", "coarse"])
def test_all_zero_is_the_same_as_none(name: str) -> None:
    model, given = tiny.denoiser(), inputs()
    with torch.no_grad():
        with_it = model(**given)
        without = model(**{**given, name: None})
        zero = model(**{**given, name: torch.zeros_like(given[name])})
        second_only = given[name].clone()
        second_only[0] = 0
        mixed = model(**{**given, name: second_only})
    assert torch.equal(without, zero)
    assert not torch.allclose(with_it, without)
    # Row by row: one photo of a batch may go without.
    torch.testing.assert_close(mixed[0], without[0])
    torch.testing.assert_close(mixed[1], with_it[1])


@pytest.mark.parametrize("name", ["z_t", "t", "s", "filled", "mask", "coarse"])
def test_every_input_has_a_say(name: str) -> None:
    model, given = tiny.denoiser(), inputs()
    changed = 1 - given[name] if name in ("t", "mask") else given[name] + 0.5
    with torch.no_grad():
        assert not torch.allclose(model(**given), model(**{**given, name: changed}), atol=1e-4)


def test_a_new_denoiser_says_zero() -> None:
    model = Denoiser(widths=(8, 8), blocks=(1, 1), layout_channels=4, embedding=16)
    assert not model(**inputs()).any()


def test_signal_and_noise() -> None:
    t = torch.tensor([0.0, 0.5, 1.0])
    alpha, sigma = alpha_sigma(t)
    assert alpha.shape == (3, 1, 1, 1)
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones(3, 1, 1, 1))
    assert (alpha[0], sigma[0]) == (1, 0)
    assert abs(float(alpha[2])) < 1e-6  # zero terminal SNR
    assert sigma[2] == 1


def test_pixels_and_tensors() -> None:
    image = noise(2, 9, 7, 3)
    x = to_tensor(image)
    assert x.shape == (2, 3, 9, 7)
    assert -1 <= x.min() <= x.max() <= 1
