"""Appearance tokens: pooled by class, spread by class, and nothing at first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.labels import NUM_CLASSES, SemanticClass
from engine.sgldm.appearance_tokens import AppearanceEncoder, Spread, Tokens
from engine.sgldm.denoiser import Denoiser, one_hot
from engine.sgldm.sampler import SamplerInputs, sample
from tests.engine import tiny
from tests.engine.test_models import randn

C = SemanticClass
pytestmark = pytest.mark.usefixtures("one_thread")


def halves(left: int, right: int, size: int = 128) -> Tensor:
    """Layout planes ``(1, 16, size, size)``."""
    layout = torch.full((1, size, size), left)
    layout[..., size // 2 :] = right
    return one_hot(layout).float()


def tokens(seed: int, *present: int, levels: int = 3) -> Tokens:
    there = torch.zeros(1, NUM_CLASSES, dtype=torch.bool)
    there[:, list(present)] = True
    return Tokens(randn(1, levels, NUM_CLASSES, 8, seed=seed) * there[:, None, :, None], there)


def encoder() -> AppearanceEncoder:
    return tiny.seeded(lambda: AppearanceEncoder(4, 8, features=8))  # type: ignore[return-value]


def test_a_class_is_told_by_its_own_pixels() -> None:
    z, layout = randn(1, 4, 32, 32), halves(C.HAIR, C.NECK)
    seen = encoder()(z, layout)
    assert seen.values.shape == (1, 3, NUM_CLASSES, 8)
    assert torch.nonzero(seen.present[0]).flatten().tolist() == sorted([C.HAIR, C.NECK])
    assert (seen.values[:, :, C.FACE] == 0).all()
    far = z.clone()
    far[..., 26:] += 1  # deep in the right half
    changed = encoder()(far, layout).values
    torch.testing.assert_close(changed[:, 0, C.HAIR], seen.values[:, 0, C.HAIR])
    assert (changed[:, :, C.NECK] - seen.values[:, :, C.NECK]).abs().amax(-1).min() > 1e-4


def test_what_the_layout_leaves_out_is_not_told() -> None:
    layout = halves(C.HAIR, C.NECK)
    layout[:, C.NECK] = 0
    layout[:, C.NECK, :4, -4:] = 1  # too little to tell a look by
    assert torch.nonzero(encoder()(randn(1, 4, 32, 32), layout).present[0]).flatten().tolist() == [
        C.HAIR
    ]


def test_mixing() -> None:
    one, other = tokens(1, C.HAIR, C.NECK), tokens(2, C.NECK, C.UPPER_CLOTHES)
    mixed = one.mixed(other, 0.25)
    torch.testing.assert_close(mixed.values[:, :, C.HAIR], one.values[:, :, C.HAIR])
    torch.testing.assert_close(
        mixed.values[:, :, C.UPPER_CLOTHES], other.values[:, :, C.UPPER_CLOTHES]
    )
    torch.testing.assert_close(
        mixed.values[:, :, C.NECK],
        0.75 * one.values[:, :, C.NECK] + 0.25 * other.values[:, :, C.NECK],
    )
    assert mixed.present.sum() == 3
    half = one.mixed(other.to(other.values.device, torch.float16))  # made on another device
    assert half.values.dtype == one.values.dtype
    assert mixed.only([C.NECK]).present.sum() == 1
    left = mixed.without([C.NECK])
    assert left.present.sum() == 2
    assert (left.values[:, :, C.NECK] == 0).all()


def test_pixels_get_the_token_of_their_class() -> None:
    spread: Spread = tiny.seeded(lambda: Spread(8, [(0, 4), (1, 6), (0, 4)]))  # type: ignore[assignment]
    layout, told = halves(C.HAIR, C.NECK), tokens(1, C.HAIR, C.NECK, levels=2)
    maps = spread(told, layout)
    assert [tuple(m.shape) for m in maps] == [(1, 8, 16, 16), (1, 12, 8, 8), (1, 8, 16, 16)]
    values = told.values.clone()
    values[:, :, C.NECK] += 1
    for was, now in zip(maps, spread(Tokens(values, told.present), layout), strict=True):
        half = was.shape[-1] // 2
        assert torch.equal(was[..., :half], now[..., :half])
        assert (was[..., half:] != now[..., half:]).any()
    # Of a class that isn't told, the learned null token; without any, of all classes.
    nothing = spread(told.only([]), layout)
    assert all(torch.equal(a, b) for a, b in zip(nothing, spread(None, layout), strict=True))
    assert any((a != b).any() for a, b in zip(nothing, maps, strict=True))


def test_tokens_change_nothing_before_they_are_trained() -> None:
    plain, trained = tiny.denoiser(0), tiny.denoiser()
    grown = Denoiser.from_config(trained.config).eval()
    new, unknown = grown.load_state_dict(plain.state_dict(), strict=False)
    assert not unknown
    assert all(name.startswith(("looks.", "spread.")) for name in new)
    inputs = SamplerInputs(
        randn(1, 4, 32, 32), (randn(1, 1, 32, 32) > 0).float(), halves(C.HAIR, C.NECK),
        grown.encode_appearance(randn(1, 4, 32, 32, seed=3), halves(C.HAIR, C.NECK)),
    )  # fmt: skip
    options = {"seed": 1, "steps": 2, "strength": 0.5, "guidance": 2.0}
    torch.testing.assert_close(
        sample(grown, inputs, **options),
        sample(plain, inputs, **options),  # type: ignore[arg-type]
    )


def test_sampling_goes_by_the_tokens() -> None:
    denoiser = tiny.denoiser()
    z, layout = randn(1, 4, 32, 32), halves(C.HAIR, C.NECK)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1

    def made(told: Tokens | None, strength: float = 0.5) -> Tensor:
        inputs = SamplerInputs(z, mask, layout, told)
        return sample(denoiser, inputs, seed=1, steps=2, strength=strength, guidance=1.5)

    one, other = tokens(1, C.NECK), tokens(2, C.NECK)
    assert (made(one) - made(other)).abs().max() > 1e-3
    assert (made(one, 0) - made(other, 0)).abs().max() > 1e-3  # the coarse pass, too
    elsewhere = made(one) == made(other)
    assert elsewhere[(mask == 0).expand_as(z)].all()
