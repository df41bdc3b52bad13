"""What our models take from diffusers, without the half second and more that they don't need.

On import diffusers marks some of its own layers for ``torch.compile``; that alone loads
torch's whole compiler, which takes longer than torch itself. Nothing of ours uses these
layers, and ``torch.compile`` loads the compiler itself where it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_COMPILER = "torch._dynamo"


def _unmarked(function: Any = None, *_: object, **__: object) -> Any:
    """Stands in for ``torch.compiler.disable``, with and without arguments."""
    return _unmarked if function is None else function


@contextmanager
def _without_compiler() -> Iterator[None]:
    if _COMPILER in sys.modules:
        yield
        return
    disable = torch.compiler.disable
    sys.modules[_COMPILER] = None  # type: ignore[assignment]  # importing it fails
    torch.compiler.disable = _unmarked  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.compiler.disable = disable
        del sys.modules[_COMPILER]


with _without_compiler():
    from diffusers import ConfigMixin, DiffusionPipeline, ModelMixin
    from diffusers.configuration_utils import register_to_config
    from diffusers.pipelines import pipeline_loading_utils as _loading

_is_compiled = _loading.is_compiled_module


def _is_compiled_module(module: Any) -> bool:
    """diffusers asks this of every model of a pipeline; without a compiler none is compiled."""
    return _COMPILER in sys.modules and _is_compiled(module)


_loading.is_compiled_module = _is_compiled_module

__all__ = ["ConfigMixin", "DiffusionPipeline", "ModelMixin", "register_to_config"]
