"""The speed table: whole swaps at 12 megapixels, sampling against the paper's, machine's limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.devices import Compute, place
from engine.engine import Engine
from engine.evaluation.machine import enlarged, peak_memory_mb
from engine.imageio import read_photo
from engine.requests import SamplingSettings, SwapRequest
from engine.resources import resource_path
from engine.runner import PipelineRunner
from engine.sgldm.denoiser import one_hot
from engine.sgldm.sampler import SamplerInputs, sample

MEGAPIXELS = 12.0
PAPER_STEPS = 200


def convolution_limit(device: torch.device, *, rounds: int = 30) -> float:
    """TFLOP/s of a bf16 3x3 convolution with 128 channels at 64 x 64, batch 1."""
    conv = place(nn.Conv2d(128, 128, 3, padding=1, bias=False), Compute(device, torch.bfloat16))
    x = torch.randn(1, 128, 64, 64, device=device, dtype=torch.bfloat16)
    x = x.contiguous(memory_format=torch.channels_last)
    flops = 2 * 9 * 128 * 128 * 64 * 64
    seconds = _median_seconds(lambda: conv(x), device, rounds)
    return flops / seconds / 1e12


def _median_seconds(
    call: Callable[[], object], device: torch.device, rounds: int, *, warm_up: int = 3
) -> float:
    """Median seconds of a call after warming up."""
    with torch.inference_mode():
        times = []
        for k in range(warm_up + rounds):
            start = time.perf_counter()
            call()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if k >= warm_up:
                times.append(time.perf_counter() - start)
    return float(np.median(times))


def bench(
    pack: str | Path | None = None, device: str | None = None, precision: str | None = None
) -> dict[str, object]:
    """Run the benchmark; a dictionary of figures, times in milliseconds."""
    start = time.perf_counter()
    runner = PipelineRunner(pack, device, precision)
    load_ms = 1000 * (time.perf_counter() - start)
    head = enlarged(read_photo(resource_path("samples") / "grace_hopper.jpg"), MEGAPIXELS)
    body = enlarged(read_photo(resource_path("samples") / "astronaut.png"), MEGAPIXELS)
    settings = SamplingSettings()
    preview_at: list[float] = []
    sampling_at: list[float] = []

    def on_progress(progress: object) -> None:
        if getattr(progress, "stage", "") == "sample" and not sampling_at:
            sampling_at.append(time.perf_counter())

    with Engine(lambda: runner) as engine:
        # Warm-up on the small samples: allocations and kernels, not the cached stages.
        warm = SwapRequest(
            read_photo(resource_path("samples") / "grace_hopper.jpg"),
            read_photo(resource_path("samples") / "astronaut.png"),
        )
        engine.submit(warm).result()
        request = SwapRequest(head, body, sampling=settings)
        start = time.perf_counter()
        (first,) = engine.submit(
            request,
            on_progress=on_progress,
            on_preview=lambda _: preview_at.append(time.perf_counter()),
        ).result()
        swap_ms = 1000 * (time.perf_counter() - start)
        start = time.perf_counter()
        other = replace(request, sampling=replace(settings, seed=settings.seed + 1))
        (second,) = engine.submit(other).result()
        again_ms = 1000 * (time.perf_counter() - start)
    figures: dict[str, object] = {
        "device": first.device,
        "pack": first.pack,
        "megapixels": MEGAPIXELS,
        "load_ms": load_ms,
        "swap_ms": swap_ms,
        "swap_stages_ms": dict(first.milliseconds),
        "another_seed_ms": again_ms,
        "another_seed_stages_ms": dict(second.milliseconds),
        "first_preview_ms": 1000 * (preview_at[0] - sampling_at[0]) if preview_at else None,
        "peak_memory_mb": peak_memory_mb(),
    }
    figures.update(_sampling(runner, settings))
    return figures


def _sampling(runner: PipelineRunner, settings: SamplingSettings) -> Mapping[str, object]:
    denoiser, compute = runner.pipeline.denoiser, runner.compute
    generator = torch.Generator().manual_seed(0)
    mask = torch.zeros(1, 1, 64, 64)
    mask[:, :, 8:32, 20:44] = 1
    inputs = SamplerInputs(
        torch.randn(1, 4, 64, 64, generator=generator) * (1 - mask),
        mask,
        one_hot(torch.zeros(1, 256, 256, dtype=torch.uint8)).float(),
    )
    device = compute.device

    def ours() -> object:
        return sample(
            denoiser, inputs, seed=0, steps=settings.steps, strength=settings.strength,
            guidance=settings.guidance,
        )  # fmt: skip

    def paper() -> object:
        return sample(
            denoiser, inputs, seed=0, steps=PAPER_STEPS, strength=1.0,
            guidance=settings.guidance, order=1, use_known=False, use_coarse=False,
        )  # fmt: skip

    ours_s = _median_seconds(ours, device, 5)
    paper_s = _median_seconds(paper, device, 1, warm_up=0)  # long, and warmed up by ours
    x = inputs.to(device, compute.dtype)
    t = torch.full((1,), 0.5, device=device)
    with torch.inference_mode():
        s = denoiser.encode_layout(x.layout)

    def step() -> object:
        return denoiser(x.filled, t, s, x.filled, x.mask, x.filled)

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        step()
    step_s = _median_seconds(step, device, 20)
    limit = convolution_limit(device)
    reached = counter.get_total_flops() / step_s / 1e12
    return {
        "sampling_ms": 1000 * ours_s,
        "paper_sampling_ms": 1000 * paper_s,
        "times_faster": paper_s / ours_s,
        "denoiser_step_ms": 1000 * step_s,
        "denoiser_gflop": counter.get_total_flops() / 1e9,
        "denoiser_tflops": reached,
        "convolution_tflops": limit,
        "share_of_limit": reached / limit,
    }


def format_table(figures: Mapping[str, object]) -> str:
    """The figures as aligned text."""
    rows = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            value = "  ".join(f"{k} {v:.0f}" for k, v in value.items())
        elif isinstance(value, float):
            value = f"{value:,.2f}"
        rows.append((name.replace("_", " "), str(value)))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
