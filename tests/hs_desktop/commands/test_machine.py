"""``bench`` and ``doctor``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hs_desktop.cli import main


def test_bench(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys
    from types import SimpleNamespace

    fake = SimpleNamespace(
        bench=lambda *wanted: dict(zip(("pack", "device", "precision"), wanted, strict=True)),
        format_table=lambda figures: f"a table of {figures['pack']}",
    )
    monkeypatch.setitem(sys.modules, "engine.evaluation.bench", fake)
    assert (
        main(["bench", "--json", "--pack", "mine", "--device", "cpu", "--precision", "fp32"]) == 0
    )
    assert json.loads(capsys.readouterr().out) == {
        "pack": "mine", "device": "cpu", "precision": "fp32",
    }  # fmt: skip
    assert main(["bench", "--pack", "mine"]) == 0
    assert capsys.readouterr().out == "a table of mine\n"


def test_doctor_names_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hs_desktop.commands import machine

    libraries = {"numpy": "numpy", "pillow": "no_such_module", "no-such-library": "x"}
    monkeypatch.setattr(machine, "LIBRARIES", libraries)
    assert main(["doctor", "--json", "--pack", "nowhere", "--device", "warp9"]) == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    report = json.loads(out)
    assert report["versions"]["numpy"] == np.__version__
    assert report["versions"]["no-such-library"] is None
    for part in ("pillow", "no-such-library", "nowhere", "warp9"):
        assert sum(part in sentence for sentence in report["missing"]) == 1
    assert main(["doctor", "--pack", "nowhere"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"cores +\d+", out)
    assert "nowhere" in out
