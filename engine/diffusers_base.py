"""What our models take from diffusers, without the half second and more that they don't need.

On import diffusers marks some of its own layers for ``torch.compile``; that alone loads
torch's whole compiler, which takes longer than torch itself. Nothing of ours uses these
layers, and ``torch.compile`` loads the compiler itself where it is asked for. A diffusers
that can't do without comes with it.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from threading import get_ident
from typing import Any

import torch

_COMPILER = "torch._dynamo"

log = logging.getLogger(__name__)


class _NotHere(MetaPathFinder):
    """Tells the thread that has made it, and no other, that there is no compiler."""

    def __init__(self) -> None:
        self.thread = get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name == _COMPILER and get_ident() == self.thread:
            raise ModuleNotFoundError(f"{name} is left out", name=name)


@contextmanager
def _without_compiler() -> Iterator[None]:
    """In this thread the compiler can't be imported, and leaving functions out of it is free."""
    finder, disable = _NotHere(), torch.compiler.disable

    def mark(function: Any = None, *args: Any, **kwargs: Any) -> Any:
        if finder not in sys.meta_path or get_ident() != finder.thread:
            return disable(function, *args, **kwargs)
        return mark if function is None else function

    sys.meta_path.insert(0, finder)
    torch.compiler.disable = mark  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.compiler.disable = disable
        sys.meta_path.remove(finder)


def _import_lightly() -> None:
    """Bring in what is imported below, if that goes without the compiler."""
    if _COMPILER in sys.modules:
        return
    try:
        with _without_compiler():
            importlib.import_module("diffusers.pipelines.pipeline_utils")
    except Exception:  # diffusers wraps what goes wrong in errors of its own
        log.debug("diffusers wants torch's compiler", exc_info=True)


def _look_lightly() -> None:
    """diffusers asks of every model of a pipeline whether it is compiled, and loads the compiler
    to find out; without one none is."""
    try:
        loading = importlib.import_module("diffusers.pipelines.pipeline_loading_utils")
        is_compiled = loading.is_compiled_module
    except (ImportError, AttributeError):
        log.debug("diffusers asks elsewhere whether models are compiled", exc_info=True)
        return

    def is_compiled_module(module: Any) -> bool:
        return _COMPILER in sys.modules and is_compiled(module)

    loading.is_compiled_module = is_compiled_module  # type: ignore[attr-defined]


_import_lightly()

from diffusers import ConfigMixin, DiffusionPipeline, ModelMixin  # noqa: E402
from diffusers.configuration_utils import register_to_config  # noqa: E402

_look_lightly()

__all__ = ["ConfigMixin", "DiffusionPipeline", "ModelMixin", "register_to_config"]
