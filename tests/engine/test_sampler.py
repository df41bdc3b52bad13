"""The sampler, with denoisers that are known exactly: Gaussian targets have a closed form."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from engine.evaluation.restore import generate
from engine.requests import SamplingSettings
from engine.sgldm.denoiser import alpha_sigma
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.sgldm.sampler import SamplerInputs, amid_classes, low_pass, noise_of, sample, time_steps
from tests.engine import tiny
from tests.engine.test_models import layouts, randn

pytestmark = pytest.mark.usefixtures("one_thread")

MEAN, DEVIATION = 0.7, 0.4


@dataclass
class Call:
    z: Tensor
    t: Tensor
    s: Tensor
    filled: Tensor
    mask: Tensor
    coarse: Tensor | None


class Gaussian(nn.Module):
    """The best v for latents drawn from N(mean, deviation^2), each on its own.

    Under a layout the mean is ``MEAN``, without one 0.
    """

    def __init__(self, deviation: float = DEVIATION, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, dtype=dtype))
        self.deviation = deviation
        self.calls: list[Call] = []

    def encode_layout(self, layout: Tensor) -> Tensor:
        return layout.mean((1, 2, 3), keepdim=True).expand(-1, 4, 8, 8) + 1

    def spread_appearance(self, tokens: None, layout: Tensor) -> None:
        return None

    def forward(
        self, z: Tensor, t: Tensor, s: Tensor, filled: Tensor, mask: Tensor,
        coarse: Tensor | None = None, look: None = None,
    ) -> Tensor:  # fmt: skip
        self.calls.append(Call(z, t, s, filled, mask, coarse))
        mean = MEAN * (s != 0).flatten(1).any(1).float().reshape(-1, 1, 1, 1)
        alpha, sigma = alpha_sigma(t)
        error = (z.float() - alpha * mean) / (alpha**2 * self.deviation**2 + sigma**2)
        z_0, eps = mean + alpha * self.deviation**2 * error, sigma * error
        return (alpha * eps - sigma * z_0).to(z.dtype)


@pytest.mark.parametrize("function", [sample, generate, HSDiffusionPipeline.__call__])
def test_defaults_are_those_of_the_settings(function: Callable[..., object]) -> None:
    given = inspect.signature(function).parameters
    for name, value in vars(SamplingSettings()).items():
        default = given[name].default
        if (function, name) == (sample, "guidance"):
            assert default == 1  # none: what the network itself says
        elif name != "seed" or default is not inspect.Parameter.empty:
            assert default == value


def hole(n: int = 1, size: int = 8) -> SamplerInputs:
    mask = torch.zeros(n, 1, size, size)
    mask[:, :, 2:6, 3:8] = 1
    return SamplerInputs(
        randn(n, 4, size, size, seed=5), mask, torch.zeros(n, 16, 4 * size, 4 * size)
    )


def everything(n: int = 1) -> SamplerInputs:
    return SamplerInputs(
        torch.zeros(n, 4, 8, 8), torch.ones(n, 1, 8, 8), torch.zeros(n, 16, 32, 32)
    )


# --- right in the limit, and how fast -------------------------------------------------------


def exact(seed: int, strength: float, n: int = 1) -> Tensor:
    """Where the probability flow takes the noise of a seed, for ``Gaussian``."""
    eps = noise_of((n, 4, 8, 8), seed)
    alpha, sigma = alpha_sigma(torch.tensor([strength]))
    start = sigma * eps  # from the coarse estimate, the mean
    return MEAN + DEVIATION * start / (alpha**2 * DEVIATION**2 + sigma**2).sqrt()


def error_of(steps: int, order: int, strength: float) -> float:
    z = sample(
        Gaussian(), everything(), seed=3, steps=steps, order=order, strength=strength, anchor=0
    )
    return float((z - exact(3, strength)).abs().max())


@pytest.mark.parametrize("strength", [1.0, 0.6, 0.2])
def test_many_steps_follow_the_flow_exactly(strength: float) -> None:
    few, more, many = (error_of(steps, 1, strength) for steps in (10, 40, 160))
    assert few == pytest.approx(4 * more, rel=0.15)  # of first order, as DDIM is
    assert more == pytest.approx(4 * many, rel=0.05)
    assert many < 0.02
    assert error_of(160, 2, strength) < 0.002


@pytest.mark.parametrize("strength", [0.6, 0.3])
def test_the_second_order_needs_fewer_steps(strength: float) -> None:
    for steps in (8, 16, 32):
        assert error_of(steps, 2, strength) < 0.5 * error_of(steps, 1, strength)


@pytest.mark.parametrize("order", [1, 2])
def test_samples_have_the_targets_mean_and_deviation(order: int) -> None:
    z = sample(Gaussian(), everything(64), seed=0, steps=60, order=order, strength=1.0)
    count = z.numel() ** 0.5
    assert float(z.mean()) == pytest.approx(MEAN, abs=4 * DEVIATION / count + 0.005)
    assert float(z.std()) == pytest.approx(DEVIATION, rel=0.03)


def test_low_strength_stays_near_the_coarse_estimate() -> None:
    spread = [
        float(sample(Gaussian(), everything(4), seed=0, steps=30, strength=s).std())
        for s in (0.0, 0.1, 0.3, 0.6, 1.0)
    ]
    assert spread[0] < 1e-6
    assert spread == sorted(spread)


@pytest.mark.parametrize("anchor", [0.7, 1.0, 2.0])
def test_low_frequencies_are_the_coarse_estimates(anchor: float) -> None:
    def made(anchor: float, strength: float = 0.6) -> Tensor:
        return sample(
            Gaussian(), everything(8), seed=0, steps=4, strength=strength, guidance=1.8,
            anchor=anchor,
        )  # fmt: skip

    free, tied, coarse = made(0), made(anchor), made(0, strength=0.0)

    def drift(z: Tensor) -> float:
        return float(low_pass(z - coarse, 2 * anchor).square().mean().sqrt())

    assert drift(tied) < 0.4 * drift(free)
    fine, fine_free = (z - low_pass(z, anchor) for z in (tied, free))
    assert float(fine.std()) > 0.6 * float(fine_free.std())  # what the fine pass is for stays
    # From pure noise there is no estimate to be tied to.
    assert torch.equal(made(anchor, strength=1.0), made(0, strength=1.0))


def test_a_low_pass_keeps_the_mean_and_is_the_same_along_both_axes() -> None:
    flat = torch.full((2, 3, 9, 12), 0.25)
    torch.testing.assert_close(low_pass(flat, 1.3), flat)
    z = randn(1, 4, 12, 12, seed=1)
    torch.testing.assert_close(low_pass(z, 1.0).mT, low_pass(z.mT, 1.0))
    dot = torch.zeros(1, 1, 31, 31)
    dot[..., 15, 15] = 1
    spread = low_pass(dot, 2.0)[0, 0]
    away = torch.arange(31) - 15.0
    assert float(spread.sum()) == pytest.approx(1, abs=1e-5)
    assert float((spread.sum(0) * away**2).sum()) == pytest.approx(2.0**2, rel=0.05)


def test_a_certain_target_is_hit_in_one_step() -> None:
    for steps in (1, 2, 5):
        z = sample(Gaussian(deviation=0), everything(), seed=0, steps=steps, strength=0.8)
        torch.testing.assert_close(z, torch.full_like(z, MEAN))


def test_times_fall_evenly_to_zero() -> None:
    assert time_steps(4, 0.8) == pytest.approx([0.8, 0.6, 0.4, 0.2, 0])
    assert time_steps(7, 0.6)[-1] == 0


# --- the known part ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0])
def test_known_cells_come_out_bit_by_bit(dtype: torch.dtype, strength: float) -> None:
    inputs = hole(2)
    z = sample(Gaussian(dtype=dtype), inputs, seed=1, steps=5, strength=strength)
    assert z.dtype == torch.float32
    assert torch.equal(z * (1 - inputs.mask), inputs.known)
    assert z[inputs.mask.expand_as(z) > 0].std() > 0 or strength == 0


def test_known_cells_are_noised_to_each_level() -> None:
    inputs, model, eps = hole(), Gaussian(), noise_of((1, 4, 8, 8), 9)
    sample(model, inputs, seed=9, steps=6, strength=0.9)
    for call in model.calls[1:]:
        alpha, sigma = alpha_sigma(call.t)
        wanted = (alpha * inputs.known + sigma * eps) * (1 - inputs.mask)
        torch.testing.assert_close(call.z * (1 - inputs.mask), wanted)


def test_what_the_network_is_told_of_the_known_part() -> None:
    inputs, model = hole(), Gaussian()
    sample(model, inputs, seed=0, steps=3)
    for call in model.calls:
        assert torch.equal(call.filled, inputs.filled)
        assert torch.equal(call.mask, inputs.mask)
    coarse, *fine = model.calls
    assert float(coarse.t) == 1
    assert not coarse.z.any()
    assert coarse.coarse is None
    for call in fine:
        assert call.coarse is not None
        assert torch.equal(call.coarse, MEAN * inputs.mask + inputs.known)


def test_the_papers_network_is_told_nothing_of_it() -> None:
    model = Gaussian()
    z = sample(model, hole(), seed=0, steps=4, strength=1.0, order=1, use_known=False)
    assert len(model.calls) == 4
    for call in model.calls:
        assert not call.filled.any()
        assert (call.mask == 1).all()
        assert call.coarse is None
    assert torch.equal(z * (1 - hole().mask), hole().known)


def test_without_the_coarse_latents() -> None:
    model = Gaussian()
    sample(model, hole(), seed=0, steps=4, strength=0.5, use_coarse=False)
    assert [call.coarse for call in model.calls] == [None] * 5


# --- how often the network is asked -------------------------------------------------------------


@pytest.mark.parametrize(("strength", "calls"), [(0.0, 1), (0.6, 1 + 5), (1.0, 5)])
def test_one_evaluation_a_step(strength: float, calls: int) -> None:
    model = Gaussian()
    sample(model, hole(2), seed=0, steps=5, strength=strength, guidance=1.0)
    assert [len(call.z) for call in model.calls] == [2] * calls


def test_guidance_asks_for_both_at_once() -> None:
    model = Gaussian()
    sample(model, hole(2), seed=0, steps=3, strength=0.6, guidance=2.0)
    coarse, *fine = model.calls
    assert len(coarse.z) == 2
    for call in fine:
        assert len(call.z) == len(call.t) == 4
        assert torch.equal(call.z[:2], call.z[2:])
        assert call.s[:2].all()
        assert not call.s[2:].any()
        assert call.coarse is not None
        assert call.coarse[:2].any()
        assert not call.coarse[2:].any()
        # What was filled was filled under the layout.
        assert call.filled[:2, :, 2:6, 3:8].all()
        assert not call.filled[2:, :, 2:6, 3:8].any()
        assert torch.equal(call.filled[2:], call.filled[:2] * (1 - hole().mask))


@pytest.mark.parametrize("guidance", [0.0, 0.5, 1.0, 2.0])
def test_guidance_moves_along_the_layouts_say(guidance: float) -> None:
    # v is linear in the mean: guided by g, the mean is g MEAN.
    z = sample(Gaussian(), everything(16), seed=0, steps=40, strength=1.0, guidance=guidance)
    assert float(z.mean()) == pytest.approx(guidance * MEAN, abs=0.05)


# --- seeds, cancelling, progress ----------------------------------------------------------------


def run(seed: int, **options: float) -> Tensor:
    mask = torch.zeros(1, 1, 16, 16)
    mask[:, :, 3:9, 3:14] = 1
    filled = randn(1, 4, 16, 16, seed=1)
    planes = layouts(_person())
    return sample(
        tiny.denoiser(), SamplerInputs(filled, mask, planes), seed=seed, steps=3, **options
    )


def _person():
    from tests.engine.people import person

    return person()[64:128, 64:128]


def test_a_seed_means_the_same_picture() -> None:
    torch.manual_seed(1)
    first = run(7)
    torch.manual_seed(2)  # the global state has no say
    torch.testing.assert_close(run(7), first, atol=1e-5, rtol=0)
    assert not torch.allclose(run(8), first, atol=1e-2)


def test_noise_of_a_seed_never_changes() -> None:
    noise = noise_of((1, 4, 2, 2), 2**63 - 1)
    assert noise.device.type == "cpu"
    assert noise.dtype == torch.float32
    first = noise_of((3,), 0)
    assert first.tolist() == pytest.approx([1.5410, -0.2934, -2.1788], abs=1e-4)


def test_steps_are_reported_with_the_estimate_so_far() -> None:
    seen: list[tuple[int, int]] = []
    inputs = hole()

    def on_step(step: int, steps: int, z_0: Tensor) -> None:
        seen.append((step, steps))
        assert torch.equal(z_0 * (1 - inputs.mask), inputs.known)
        assert z_0.isfinite().all()

    sample(Gaussian(), inputs, seed=0, steps=4, on_step=on_step)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_cancelled_within_a_step() -> None:
    class Stop(Exception):
        pass

    model = Gaussian()

    def on_step(step: int, steps: int, z_0: Tensor) -> None:
        if step == 2:
            raise Stop

    with pytest.raises(Stop):
        sample(model, hole(), seed=0, steps=50, on_step=on_step)
    assert len(model.calls) == 1 + 2


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_the_coarse_estimate_is_told_if_there_is_one(strength: float) -> None:
    inputs, told = hole(), []  # type: SamplerInputs, list[Tensor]
    sample(Gaussian(), inputs, seed=0, steps=2, strength=strength, on_coarse=told.append)
    if strength == 1:
        assert not told
        return
    (coarse,) = told
    assert torch.equal(coarse, sample(Gaussian(), inputs, seed=0, strength=0))


def test_nothing_to_generate() -> None:
    known = randn(1, 4, 8, 8)
    inputs = SamplerInputs(known, torch.zeros(1, 1, 8, 8), torch.zeros(1, 16, 32, 32))
    assert torch.equal(sample(Gaussian(), inputs, seed=0, steps=2), known)


def test_even_the_largest_numbers_stay_finite() -> None:
    for strength in (1e-3, 0.5, 0.999, 1.0):
        for steps in (1, 2, 200):
            z = sample(
                Gaussian(), everything(), seed=0, steps=steps, strength=strength, guidance=20.0
            )
            assert z.isfinite().all()
            assert math.isfinite(float(z.abs().max()))


# --- where classes meet -------------------------------------------------------------------------


def test_guidance_goes_where_a_class_is_alone() -> None:
    layout = torch.zeros(1, 16, 32, 32)
    layout[:, 2, :, :14], layout[:, 5, :, 14:] = 1, 1
    amid = amid_classes(layout)
    assert amid.shape == (1, 1, 8, 8)
    assert (amid[..., 2:5] < 0.2).all()  # the cell with the outline, and those beside it
    assert (amid[..., [0, 7]] > 0.99).all()
    assert (amid_classes(torch.zeros(1, 16, 32, 32)) == 1).all()
    inputs = replace(everything(8), layout=layout.repeat(8, 1, 1, 1))
    plain, guided = (
        sample(Gaussian(), inputs, seed=0, steps=10, strength=0.8, guidance=g, anchor=0)
        for g in (1.0, 3.0)
    )
    apart = (plain - guided).abs().mean((0, 1, 2))
    assert apart[3] < 0.5 * apart[0]
    assert apart[[0, 7]].min() > 0.1
