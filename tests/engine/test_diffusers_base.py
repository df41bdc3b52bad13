"""diffusers without torch's compiler, and with it where it must be."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from engine import diffusers_base

FAKE = {
    "__init__.py": "import torch._dynamo\nclass ConfigMixin: ...\n"
    "class DiffusionPipeline: ...\nclass ModelMixin: ...\n",
    "configuration_utils.py": "def register_to_config(init): return init\n",
}


def told(code: str, path: str = "") -> list[str]:
    """What a Python of its own prints, word by word."""
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_models_come_without_torchs_compiler() -> None:
    """Loading it takes longer than loading torch; asked for, it still comes."""
    code = (
        "import sys, torch; disable = torch.compiler.disable;"
        "from engine.runner import PipelineRunner; PipelineRunner(None, 'cpu');"
        "print('torch._dynamo' in sys.modules, torch.compiler.disable is disable);"
        "print(torch.compile(torch.neg, backend='eager')(torch.ones(1)).item())"
    )
    assert told(code) == ["False", "True", "-1.0"]


def test_a_diffusers_that_needs_the_compiler_gets_it(tmp_path: Path) -> None:
    """This one doesn't know what ours is spared, either."""
    package = tmp_path / "diffusers"
    package.mkdir()
    for name, text in FAKE.items():
        (package / name).write_text(text)
    code = (
        "import sys, torch; disable, finders = torch.compiler.disable, list(sys.meta_path);"
        "from engine.diffusers_base import DiffusionPipeline, register_to_config;"
        "print(DiffusionPipeline.__module__, 'torch._dynamo' in sys.modules);"
        "print(torch.compiler.disable is disable, sys.meta_path == finders)"
    )
    assert told(code, str(tmp_path)) == ["diffusers", "True", "True", "True"]


def test_other_threads_keep_the_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_compiler.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(diffusers_base, "_COMPILER", "a_compiler")
    marked: list[object] = []
    monkeypatch.setattr(torch.compiler, "disable", marked.append)
    with ThreadPoolExecutor(1) as other, diffusers_base._without_compiler():
        mark = torch.compiler.disable
        with pytest.raises(ModuleNotFoundError, match="a_compiler is left out"):
            importlib.import_module("a_compiler")
        assert mark(told) is mark()(told) is mark(recursive=False)(told) is told
        assert marked == []
        other.submit(torch.compiler.disable, 1).result()
        other.submit(importlib.import_module, "a_compiler").result()
    assert sys.modules.pop("a_compiler")
    assert torch.compiler.disable == marked.append
    mark(2)  # who has kept it
    assert marked == [1, 2]
