"""Sampling with progressive fusion (paper, equations 5 and 6), coarse to fine by default.

At every step the known cells are replaced by the sources' latents noised to that level,

    z_t <- z_t^{H,B} . (1 - m^r) + z_t . m^r,

and the solver moves on from there: DPM-Solver++(2M), or DDIM, which is the same of first
order. Both are deterministic: the one noise image is all that a seed decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.labels import Layout
from engine.requests import SamplingSettings
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.autoencoder import FACTOR
from engine.sgldm.denoiser import alpha_sigma, one_hot

# The coarse estimate errs least at low frequencies; guidance and a discriminator, which give
# the fine pass its texture, move colours and contrasts away from it.
ANCHOR = 1.0
MEETING = 0.4  # of what guidance adds is left where classes meet: more makes seams bright and dark

# step, steps, current estimate of z_0
OnStep = Callable[[int, int, Tensor], None]


@dataclass(frozen=True)
class SamplerInputs:
    """What SG-LDM is conditioned on.

    Attributes:
        filled: latents of the frame with its hole filled under the layout,
            ``(N, 4, h, w)``: exact where known, a first guess where not.
        mask: m^r in latent cells, ``(N, 1, h, w)``, 1 = generate.
        layout: one-hot l, ``(N, 16, 4h, 4w)``.
        appearance: what its classes look like, ``None``: nobody knows.
    """

    filled: Tensor
    mask: Tensor
    layout: Tensor
    appearance: Tokens | None = None

    @classmethod
    def of_frame(
        cls, filled: Tensor, mask: Tensor, layout: Layout, appearance: Tokens | None
    ) -> SamplerInputs:
        """The same of one frame, whose ``layout`` is ``(4h, 4w)`` class ids."""
        planes = one_hot(torch.from_numpy(layout)[None].to(filled.device))
        return cls(filled, mask, planes.to(filled.dtype), appearance)

    @property
    def known(self) -> Tensor:
        """z_0 . (1 - m^r): zero where unknown."""
        return self.filled * (1 - self.mask)

    def to(self, device: torch.device, dtype: torch.dtype) -> SamplerInputs:
        filled, mask, layout = (
            part.to(device, dtype) for part in (self.filled, self.mask, self.layout)
        )
        tokens = None if self.appearance is None else self.appearance.to(device, dtype)
        return SamplerInputs(filled, mask, layout, tokens)


def noise_of(shape: tuple[int, ...], seed: int) -> Tensor:
    """z_T ~ N(0, I), float32, drawn on the CPU: a seed means the same on every device."""
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(shape, generator=generator)


def time_steps(steps: int, strength: float) -> list[float]:
    """Times from ``strength`` down to 0, ``steps + 1`` of them, evenly spaced."""
    return [strength * (1 - i / steps) for i in range(steps + 1)]


def coarse_latents(
    denoiser: nn.Module, s: Tensor, inputs: SamplerInputs, look: Sequence[Tensor] | None = None
) -> Tensor:
    """The coarse estimate of z_0: one evaluation at t = 1 with z_t = 0, where v = -z_0."""
    zeros = torch.zeros_like(inputs.filled)
    ones = torch.ones(len(zeros), device=zeros.device)
    z_0 = -denoiser(zeros, ones, s, inputs.filled, inputs.mask, None, look)
    return z_0 * inputs.mask + inputs.known


def amid_classes(layout: Tensor) -> Tensor:
    """Which latent cells lie amid one class, 0..1: one-hot ``(N, 16, 4h, 4w)`` -> ``(N, 1, h, w)``.

    Cells in which or beside which classes meet have 0.
    """
    shares = F.avg_pool2d(layout.float(), FACTOR)
    meeting = (shares.amax(1, keepdim=True) < 1 - 1e-3) & (shares.sum(1, keepdim=True) > 1e-3)
    near = F.max_pool2d(meeting.to(shares.dtype), 3, stride=1, padding=1)
    return 1 - low_pass(near, 0.5)


def low_pass(z: Tensor, sigma: float) -> Tensor:
    """``z`` ``(N, C, h, w)`` blurred with a Gaussian of ``sigma`` cells; edges are repeated."""
    reach = math.ceil(3 * sigma)
    x = torch.arange(-reach, reach + 1, device=z.device, dtype=z.dtype)
    weights = torch.exp(-0.5 * (x / sigma) ** 2)
    weights = weights / weights.sum()
    rows = z.flatten(0, 1)[:, None]
    rows = F.conv2d(F.pad(rows, (reach, reach, 0, 0), "replicate"), weights[None, None, None])
    rows = F.conv2d(F.pad(rows, (0, 0, reach, reach), "replicate"), weights[None, None, :, None])
    return rows.reshape(z.shape)


@torch.no_grad()
def sample(
    denoiser: nn.Module,
    inputs: SamplerInputs,
    *,
    seed: int,
    steps: int = SamplingSettings.steps,
    strength: float = SamplingSettings.strength,
    guidance: float = 1.0,
    order: int = 2,
    use_known: bool = True,
    use_coarse: bool = True,
    anchor: float = ANCHOR,
    on_coarse: Callable[[Tensor], None] | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Latents z_0 with the hole generated, ``(N, 4, h, w)`` float32.

    Args:
        denoiser: see ``Denoiser``.
        seed: of the noise.
        steps: denoiser calls of the fine pass.
        strength: t0, where the fine pass starts; 0 gives the coarse estimate itself, 1 the
            full chain from pure noise.
        guidance: v = v_0 + g (v_s - v_0), g being lower where classes meet; v_0 sees neither the
            layout nor what was made by it: the fill, the coarse latents and the classes' looks.
            1, the default here: v_s alone.
        order: 2 = DPM-Solver++(2M), 1 = DDIM.
        use_known: give the network the filled latents and the mask; ``False`` is the paper's
            pure blending.
        use_coarse: give it the coarse latents, too (they need ``use_known``, and a
            ``strength`` below 1: from pure noise there are none).
        anchor: what is smoother than this (sigma, cells) is the coarse latents' own; 0 leaves
            that to the fine pass. Nothing where there are no coarse latents.
        on_coarse: called with the coarse latents of a fine pass, known cells in place.
        on_step: called after each step, may raise to cancel.
    """
    parameter = next(denoiser.parameters())
    device, dtype = parameter.device, parameter.dtype
    n = len(inputs.filled)
    eps = noise_of(tuple(inputs.filled.shape), seed).to(device)
    mask, z_known = inputs.mask.to(device).float(), inputs.known.to(device).float()
    inputs = inputs.to(device, dtype)
    s = denoiser.encode_layout(inputs.layout)  # type: ignore[operator]
    look = denoiser.spread_appearance(inputs.appearance, inputs.layout)  # type: ignore[operator]
    filled = inputs.filled if use_known else torch.zeros_like(inputs.filled)
    seen_mask = inputs.mask if use_known else torch.ones_like(inputs.mask)

    coarse = coarse_latents(denoiser, s, inputs, look) if strength < 1 else None
    if coarse is not None and strength == 0:
        return mask * coarse.float() + (1 - mask) * z_known
    if coarse is not None and on_coarse is not None:
        on_coarse(mask * coarse.float() + (1 - mask) * z_known)
    given = coarse if use_coarse and use_known else None
    amid = amid_classes(inputs.layout)
    scale = 1 + (guidance - 1) * (MEETING + (1 - MEETING) * amid)
    look2 = None if look is None else [torch.cat([x, torch.zeros_like(x)]) for x in look]

    def predict(z_t: Tensor, t: Tensor) -> Tensor:
        """z_0 as the network sees it from z_t, guided."""
        z = z_t.to(dtype)
        if guidance == 1:
            v = denoiser(z, t, s, filled, seen_mask, given, look).float()
        else:
            twice = [
                torch.cat(pair)
                for pair in ((z, z), (filled, filled * (1 - seen_mask)), (seen_mask, seen_mask))
            ]
            s2 = torch.cat([s, torch.zeros_like(s)])
            c2 = None if given is None else torch.cat([given, torch.zeros_like(given)])
            v_s, v_0 = (
                denoiser(twice[0], torch.cat([t, t]), s2, twice[1], twice[2], c2, look2)
                .float()
                .chunk(2)
            )
            v = v_0 + scale * (v_s - v_0)
        alpha, sigma = alpha_sigma(t)
        return alpha * z_t - sigma * v

    times = time_steps(steps, strength)
    alpha, sigma = alpha_sigma(torch.full((n,), times[0], device=device))
    z_t = sigma * eps if coarse is None else alpha * coarse.float() + sigma * eps
    last: Tensor | None = None
    last_h = 0.0
    for i in range(steps):
        t = torch.full((n,), times[i], device=device)
        alpha, sigma = alpha_sigma(t)
        z_t = mask * z_t + (1 - mask) * (alpha * z_known + sigma * eps)
        z_0 = mask * predict(z_t, t) + (1 - mask) * z_known
        if coarse is not None and anchor > 0:
            z_0 = z_0 + mask * low_pass(coarse.float() - z_0, anchor)
        alpha_next, sigma_next = alpha_sigma(torch.full((n,), times[i + 1], device=device))
        h = _log_snr(times[i + 1]) - _log_snr(times[i])
        slope = z_0
        if order == 2 and last is not None and i < steps - 1:
            r = last_h / h
            slope = (1 + 1 / (2 * r)) * z_0 - (1 / (2 * r)) * last
        # z_next = sigma'/sigma z_t - alpha' (e^-h - 1) z_0, e^-h = sigma' alpha / (sigma alpha')
        ratio = sigma_next / sigma
        z_t = ratio * z_t + (alpha_next - ratio * alpha) * slope
        last, last_h = z_0, h
        if on_step is not None:
            on_step(i + 1, steps, z_0)
    return mask * z_t + (1 - mask) * z_known


def _log_snr(t: float) -> float:
    """lambda = log(alpha / sigma), bounded at both ends."""
    angle = min(max(t, 1e-12), 1 - 1e-4) * math.pi / 2
    return math.log(math.cos(angle) / math.sin(angle))
