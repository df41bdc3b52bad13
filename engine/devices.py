"""Where the models run and in which precision: CUDA > MPS > CPU."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import nn

from engine.errors import DeviceError
from engine.sentences import Sentence


@dataclass(frozen=True)
class Compute:
    """A device and the precision that is fast on it."""

    device: torch.device
    dtype: torch.dtype

    def __str__(self) -> str:
        names = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}
        return f"{self.device} {names[self.dtype]}"


def cpu_has_fast_bf16() -> bool:
    """Whether this CPU multiplies bf16 matrices in hardware (AVX512-BF16 or AMX)."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="ignore") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def choose(name: str | None = None) -> Compute:
    """The device called ``name`` (``"cuda"``, ``"cuda:1"``, ``"mps"``, ``"cpu"``) or the best.

    Raises:
        DeviceError: there is no such device here.
    """
    if name is None or name == "auto":
        if torch.cuda.is_available():
            name = "cuda"
        elif torch.backends.mps.is_available():
            name = "mps"
        else:
            name = "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(
            Sentence("There is no device called '{name}'.", name=name), subject=name
        ) from error
    if device.type == "cuda":
        if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
            raise DeviceError(
                Sentence("The device '{name}' isn't available here.", name=name), subject=name
            )
        return Compute(device, torch.bfloat16)
    if device.type == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError(
                Sentence("The device '{name}' isn't available here.", name=name), subject=name
            )
        return Compute(device, torch.float16)
    if device.type != "cpu":
        raise DeviceError(Sentence("The device '{name}' isn't supported.", name=name), subject=name)
    return Compute(device, torch.bfloat16 if cpu_has_fast_bf16() else torch.float32)


def use_all_cores() -> None:
    """Let torch use every core this process may run on."""
    try:
        cores = len(os.sched_getaffinity(0))  # type: ignore[attr-defined,unused-ignore]
    except AttributeError:
        cores = os.cpu_count() or 1
    torch.set_num_threads(max(1, cores))


def place(model: nn.Module, compute: Compute) -> nn.Module:
    """Move a model to a device and precision, in channels-last order; returns it.

    ``nn.Module.to`` itself: diffusers' own warns about every change of precision.
    """
    nn.Module.to(model, compute.device, compute.dtype)
    return channels_last(model)


def channels_last(model: nn.Module) -> nn.Module:
    """Keep a model's weights in channels-last order, the fast one for convolutions; returns it."""
    # Not among the overloads that torch declares.
    return nn.Module.to(model, memory_format=torch.channels_last)  # type: ignore[call-overload]
