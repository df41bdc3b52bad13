"""Where the models run and in which precision: CUDA > MPS > CPU."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import nn

from engine.errors import DeviceError
from engine.sentences import Sentence

PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
# Kind of device -> what the models can be computed in there, the usual one first.
_CAN = {"cuda": ("bf16", "fp16", "fp32"), "mps": ("fp16", "fp32"), "cpu": ("bf16", "fp32")}


@dataclass(frozen=True)
class Compute:
    """A device and the precision of what is computed on it."""

    device: torch.device
    dtype: torch.dtype

    def __str__(self) -> str:
        names = {dtype: name for name, dtype in PRECISIONS.items()}
        return f"{self.device} {names[self.dtype]}"


def cpu_has_fast_bf16() -> bool:
    """Whether this CPU multiplies bf16 matrices in hardware (AVX512-BF16 or AMX)."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="ignore") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def choose(name: str | None = None, precision: str | None = None) -> Compute:
    """A device, and the precision that is fast on it or that is asked for.

    Args:
        name: ``"cuda"``, ``"cuda:1"``, ``"mps"`` or ``"cpu"``; ``None`` or ``"auto"``: the best.
        precision: one of ``PRECISIONS``; ``None`` or ``"auto"``: the fast one.

    Raises:
        DeviceError: there is no such device here, or it can't compute in that precision.
    """
    device = _device(name)
    if precision is None or precision == "auto":
        return Compute(device, _fast(device))
    known = _CAN[device.type]
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        known = known[1:]
    if precision not in known:
        raise DeviceError(
            Sentence(
                "The device '{name}' can't compute in {precision}; it can in {known}.",
                name=str(device), precision=precision, known=", ".join(known),
            ),
            subject=precision,
        )  # fmt: skip
    return Compute(device, PRECISIONS[precision])


def can(device: str, precision: str | None) -> bool:
    """Whether this kind of device can be asked for this precision."""
    return precision is None or precision in ("auto", *_CAN[device])


def _fast(device: torch.device) -> torch.dtype:
    """What is usual on a device; bf16 only on a CPU that does it in hardware."""
    if device.type == "cpu" and not cpu_has_fast_bf16():
        return torch.float32
    return PRECISIONS[_CAN[device.type][0]]


def _device(name: str | None) -> torch.device:
    """The device called ``name``, or the best; raises ``DeviceError``."""
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
    elif device.type == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError(
                Sentence("The device '{name}' isn't available here.", name=name), subject=name
            )
    elif device.type != "cpu":
        raise DeviceError(Sentence("The device '{name}' isn't supported.", name=name), subject=name)
    return device


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
