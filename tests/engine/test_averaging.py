"""Several trained models made one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.errors import PackError
from engine.parsing.model import Parser
from engine.training.averaging import average
from engine.training.records import records_of
from tests.engine import tiny


def made_run(folder: Path, seed: int, *, width: int = 8, steps: int = 40) -> Path:
    """A training run of a parser, as ``train`` leaves it."""
    parser: Any = tiny.seeded(lambda: Parser(widths=(width, 8, 8), blocks=(1, 1, 1)), seed)
    parser.save_pretrained(folder / "parser")
    (folder / "log.csv").write_text(f"step,seconds,name,value\n{steps},120.0,HEAD,0.5\n")
    (folder / "checkpoint.pt").write_bytes(b"of one of them")
    return folder


def weights_of(run: Path) -> dict[str, torch.Tensor]:
    (path,) = (run / "parser").glob("*.safetensors")
    return load_file(path)


def test_the_mean_lies_in_the_middle(tmp_path: Path) -> None:
    one, other = made_run(tmp_path / "1" / "parser", 1), made_run(tmp_path / "2" / "parser", 2)
    a, b = weights_of(one), weights_of(other)
    out = tmp_path / "3" / "parser"
    out.mkdir(parents=True)
    assert average([one, other], out) == "parser"
    mean = weights_of(out)
    assert mean.keys() == a.keys()
    assert any(not torch.equal(a[name], b[name]) for name in a)
    for name in a:
        torch.testing.assert_close(mean[name], (a[name] + b[name]) / 2)
    Parser.from_pretrained(out / "parser", use_safetensors=True)


def test_it_may_take_the_place_of_one_and_knows_what_was_done(tmp_path: Path) -> None:
    one = made_run(tmp_path / "1" / "parser", 1)
    other = made_run(tmp_path / "2" / "parser", 2, steps=70)
    before = json.dumps([{"command": "the same start", "steps": 9, "minutes": 1}])
    for run in (one, other):
        (run / "origin.json").write_text(before)
    average([one, other], one)
    records = records_of(one.parent / "parser", "parser")
    assert [record["steps"] for record in records] == [9, 40, 70, 0]
    assert "average" in str(records[-1]["command"])
    # A training that goes on must not take up one of the two where it stood.
    assert not (one / "checkpoint.pt").exists()


def test_models_of_other_sizes_are_refused(tmp_path: Path) -> None:
    one, other = made_run(tmp_path / "1", 1), made_run(tmp_path / "2", 2, width=16)
    before = weights_of(one)
    with pytest.raises(PackError, match="different kinds") as caught:
        average([one, other], one)
    assert str(other) in str(caught.value)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights_of(one).items())
