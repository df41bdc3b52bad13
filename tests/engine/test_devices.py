"""Devices and the precision that models compute in."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.devices import channels_last, choose
from engine.errors import DeviceError


def test_the_cpu_is_always_there() -> None:
    compute = choose("cpu")
    assert compute.device.type == "cpu"
    assert str(compute) in ("cpu bf16", "cpu fp32")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta", "", "cuda:x", "cpu:"])
def test_other_devices_are_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(DeviceError, match=f"device.*'{name}'") as caught:
        choose(name)
    assert caught.value.subject == name
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_the_precision_can_be_asked_for(precision: str) -> None:
    assert str(choose("cpu", precision)) == f"cpu {precision}"
    assert choose("cpu", "auto") == choose("cpu")


@pytest.mark.parametrize("precision", ["fp16", "int8", ""])
def test_a_precision_that_the_device_lacks_is_refused(precision: str) -> None:
    with pytest.raises(DeviceError, match=r"'cpu' can't compute in .*; it can in bf16, fp32") as e:
        choose("cpu", precision)
    assert e.value.subject == precision


def test_precisions_of_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert str(choose("cuda")) == "cuda bf16"
    assert str(choose("cuda", "fp16")) == "cuda fp16"
    assert str(choose(None, "fp32")) == "cuda fp32"
    with pytest.raises(DeviceError, match="'cuda:0' can't compute in bf16; it can in fp16, fp32"):
        choose("cuda:0", "bf16")


def test_convolutions_are_kept_channels_last() -> None:
    model = channels_last(nn.Conv2d(8, 8, 3))
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
