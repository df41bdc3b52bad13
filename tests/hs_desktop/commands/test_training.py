"""``prepare``, ``train`` and ``evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hs_desktop.cli import main
from hs_desktop.commands import training


def test_train(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.packs import find_pack
    from engine.training.loop import Budget

    calls: list[Any] = []

    def run(*args: Any, **kwargs: Any) -> dict[str, float]:
        calls.append((args, kwargs))
        return {"hair": 0.71234567}

    monkeypatch.setattr("engine.training.run.run", run)
    parser = "train parser --data results --minutes 2.5 --resume --seed 3 --compile"
    assert main(parser.split()) == 0
    sgldm = "train sgldm --data results --runs r --steps 10 --from compact-256 --closing"
    assert main(sgldm.split()) == 0
    assert main(["train", "layout", "--data", "results"]) == 0
    data = Path("results")
    assert calls[0] == (
        ("parser", data, Path("runs"), Budget(minutes=2.5)),
        {"resume": True, "seed": 3, "compile_models": True, "start": None, "closing": False},
    )
    assert calls[1] == (
        ("sgldm", data, Path("r"), Budget(steps=10)),
        {
            "resume": False,
            "seed": 0,
            "compile_models": False,
            "start": find_pack(),
            "closing": True,
        },
    )
    assert calls[2][0][3] == Budget(minutes=training.MINUTES["layout"])
    assert capsys.readouterr().out.splitlines()[0] == "hair  0.7123"

    def stopped(*args: Any, **kwargs: Any) -> dict[str, float]:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.training.run.run", stopped)
    assert main(["train", "parser", "--data", "results"]) == 130
    assert "--resume" in capsys.readouterr().err


def test_models_that_can_be_trained_and_measured() -> None:
    from engine.evaluation.run import NAMES
    from engine.training.run import TASKS

    assert set(training.MINUTES) == set(TASKS)
    assert set(training.EVALUATIONS) == set(NAMES)


def test_prepare(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def prepare(*args: Any, **kwargs: Any) -> Any:
        calls.append((args, kwargs))
        yield from ((k, 3) for k in (1, 2, 3))

    monkeypatch.setattr("engine.training.prepare.prepare", prepare)
    assert main(["prepare", "results", "-o", "frames"]) == 0
    assert calls == [((Path("results"), Path("frames")), {"parse": None})]
    assert capsys.readouterr().err == '3 photos are prepared in "frames".\n'
    monkeypatch.setattr(training, "_parser_of", lambda pack: f"parser of {pack}")
    assert main(["prepare", "results", "-o", "frames", "--pack", "mine"]) == 0
    assert calls[1][1] == {"parse": "parser of mine"}


def test_evaluate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def evaluate(*args: Any, **kwargs: Any) -> dict[str, Any]:
        calls.append((args, kwargs))
        return {"photos": 3, "psnr": np.float32(0.5), "rest": {"worst": float("inf")}}

    monkeypatch.setattr("engine.evaluation.run.evaluate", evaluate)
    command = "evaluate restore --data results --pack mine --device cpu --count 3 -o sheets"
    assert main([*command.split(), "--json"]) == 0
    assert calls == [
        (
            ("restore", Path("results"), "mine"),
            {"count": 3, "out": Path("sheets"), "device": "cpu", "papers_way": False},
        )
    ]
    out = capsys.readouterr().out
    assert json.loads(out) == {"photos": 3, "psnr": 0.5, "rest": {"worst": None}}
    assert main(["evaluate", "swap", "--data", "results"]) == 0
    assert calls[1][1] == {"count": None, "out": None, "device": None, "papers_way": False}
    assert capsys.readouterr().out.splitlines() == [
        "photos  3", "psnr    0.5", "rest", "  worst  inf",
    ]  # fmt: skip


def test_a_pack_with_one_model_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.packs import PackManifest, find_pack

    calls: list[Any] = []

    def replaced(*args: Any, **kwargs: Any) -> PackManifest:
        calls.append((args, kwargs))
        return PackManifest("mine", "2", "CC0")

    monkeypatch.setattr("engine.training.replacing.replace_model", replaced)
    command = ["pack", "--base", "compact-256", "--model", "runs/parser", "-o", "made"]
    assert main([*command, "--name", "mine"]) == 0
    assert calls == [
        ((find_pack(), Path("runs/parser"), Path("made")), {"name": "mine", "version": None})
    ]
    assert capsys.readouterr().err == 'The pack mine 2 is in "made".\n'
    Path("made/file").touch()
    assert main(command) == 2
    assert "not empty" in capsys.readouterr().err
    for wrong in (command[:3], [*command[:1], *command[3:5]]):
        assert main([*wrong, "-o", "other"]) == 2
        assert "together" in capsys.readouterr().err
    assert main([*command, "--remark", "x"]) == 2
    assert "--remark" in capsys.readouterr().err
    assert len(calls) == 1


def test_average(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def average(sources: list[Path], run: Path) -> str:
        calls.append((sources, run))
        return "parser"

    monkeypatch.setattr("engine.training.averaging.average", average)
    assert main(["average", "results", "results", "-o", "mean"]) == 0
    assert calls == [([Path("results"), Path("results")], Path("mean"))]
    assert "parser" in capsys.readouterr().err
    assert main(["average", "results", "-o", "mean"]) == 2
    assert "two models" in capsys.readouterr().err
    assert main(["average", "results", "nowhere", "-o", "mean"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert len(calls) == 1
