"""Every model trained for a few steps on made-up people, and packs made of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from engine.errors import InputFileError
from engine.loading import load_pipeline
from engine.packs import MODELS, verify_pack
from engine.training import pack, run
from engine.training.loop import Budget, train
from engine.training.records import keep_record, note_options, records_of
from tests.engine.tiny_tasks import TASKS, Trained, tiny_models
from tests.engine.training import checkpoint, rows

pytestmark = pytest.mark.usefixtures("one_thread", "alone_and_quiet")


@pytest.mark.parametrize("name", TASKS)
def test_every_model_trains(trained: Trained, name: str) -> None:
    folder = trained.folder / name
    assert checkpoint(folder)["step"] == 3
    assert all(
        np.isfinite(float(row["value"]))
        for row in rows(folder)
        if "median" not in row["name"] and "95" not in row["name"]
    )
    assert trained.figures[name].keys() == {row["name"] for row in rows(folder)}
    state = checkpoint(folder)
    for module, weights in state["modules"].items():
        moved = [
            not torch.equal(value, state["averaged"][module][key])
            for key, value in weights.items()
            if value.is_floating_point()
        ]
        assert any(moved)
    if name != "finder":
        grid = cv2.imread(str(folder / "samples" / "0000003.png"))
        assert grid is not None
        assert min(grid.shape[:2]) >= 256


def test_trained_models_make_a_pack(trained: Trained, runs: Path, tmp_path: Path) -> None:
    manifest = pack.assemble(
        runs, tmp_path / "p", name="mini", version="0.1", figures={"parser": {"hair": 0.5}}
    )
    assert verify_pack(tmp_path / "p") == manifest
    pipeline = load_pipeline(tmp_path / "p")
    assert set(pipeline.components) == set(MODELS)
    card = (tmp_path / "p" / "README.md").read_text(encoding="utf-8")
    for name in TASKS:
        assert f"| {name} |" in card
    assert '"hair": 0.5' in card
    training: Any = manifest.provenance["training"]
    (record,) = training["parser"]
    assert record["steps"] == 3
    assert record["validation"].keys() == trained.figures["parser"].keys()
    for path in (tmp_path / "p").rglob("config.json"):
        assert "_name_or_path" not in json.loads(path.read_text())
        assert str(runs) not in path.read_text()
    weights = sum(p.stat().st_size for p in (tmp_path / "p").rglob("*.safetensors"))
    full = sum(
        p.stat().st_size
        for name in pack.SOURCES.values()
        for p in (runs / name).glob("*.safetensors")
    )
    assert weights < 0.75 * full  # half precision


def test_a_training_begins_with_a_packs_models(
    runs: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    accelerator: Accelerator,
) -> None:  # fmt: skip
    tiny_models(monkeypatch)
    made, again = tmp_path / "pack", tmp_path / "runs"
    pack.assemble(runs, made, name="mini", version="0.1")
    pack.take_over(made, again)
    task = TASKS["sgldm"](prepared, again)  # finds its autoencoder
    untrained = {n: t.clone() for n, t in task.modules["denoiser"].state_dict().items()}
    train(task, again / "sgldm", Budget(steps=1), warm_start=True, accelerator=accelerator)
    weights = checkpoint(again / "sgldm")["modules"]["denoiser"]
    saved = load_file(made / "denoiser" / "diffusion_pytorch_model.safetensors")
    name = "stem.weight"
    torch.testing.assert_close(weights[name], saved[name].float(), atol=1e-3, rtol=0)
    assert (weights[name] - untrained[name]).abs().max() > 0.01
    # What lies in the run is never overwritten, and the card tells both trainings.
    task = TASKS["parser"](prepared, again)
    train(task, again / "parser", Budget(steps=1), warm_start=True, accelerator=accelerator)
    trained = (again / "parser" / "parser" / "config.json").stat().st_mtime_ns
    pack.take_over(made, again)
    assert (again / "parser" / "parser" / "config.json").stat().st_mtime_ns == trained
    manifest: Any = pack.assemble(
        again, tmp_path / "second", name="mini", version="0.2", remark="Stopped once."
    )
    card = (tmp_path / "second" / "README.md").read_text(encoding="utf-8")
    assert "Stopped once." in card
    records = manifest.provenance["training"]
    assert [record["steps"] for record in records["parser"]] == [3, 1]
    assert "--from PACK" in records["parser"][1]["command"]
    assert records["layout"] == records_of(runs / "layout", "layout")
    # The decoder, which has no weights of its own before, begins with the pack's as well.
    shutil.copy(again / "parser" / "log.csv", again / "decoder")
    (record,) = records_of(again / "decoder", "decoder")
    assert "--from PACK" in str(record["command"])


def test_a_run_that_goes_on_keeps_its_record(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "parser", tmp_path / "parser")
    keep_record(tmp_path / "parser", "parser")
    keep_record(tmp_path / "parser", "parser")  # once, however often it is asked for
    (record,) = records_of(tmp_path / "parser", "parser")
    assert record["steps"] == 3
    note_options(tmp_path / "parser", ["--closing"])
    shutil.copy(runs / "parser" / "log.csv", tmp_path / "parser")
    first, second = records_of(tmp_path / "parser", "parser")
    assert "--closing" not in str(first["command"])
    assert str(second["command"]).endswith("--closing")


@pytest.mark.parametrize("name", ["parser", "finder"])
def test_the_end_of_a_training(
    prepared: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Smaller steps for all; the parser sees fewer frames that are made up, too."""
    tiny_models(monkeypatch)
    asked: list[tuple[Any, float]] = []
    monkeypatch.setattr(
        run, "train", lambda task, folder, budget, *, pace, **_: asked.append((task, pace)) or {}
    )
    for closing in (False, True):
        run.run(name, prepared, tmp_path, Budget(steps=1), closing=closing)
    (usual, pace), (last, last_pace) = asked
    assert last_pace < pace == 1
    if name == "parser":
        assert last.made_up < usual.made_up == 1
    assert json.loads((tmp_path / name / "options.json").read_text()) == ["--closing"]


def test_the_seed_is_part_of_the_command(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models(monkeypatch)
    run.run("parser", prepared, tmp_path, Budget(steps=1), seed=9)
    (record,) = records_of(tmp_path / "parser", "parser")
    assert str(record["command"]).endswith("--seed 9")


def test_what_is_no_model_goes_on_from_the_checkpoint(
    runs: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    accelerator: Accelerator,
) -> None:  # fmt: skip
    tiny_models(monkeypatch)
    for name in ("autoencoder", "layout", "sgldm"):
        shutil.copytree(runs / name, tmp_path / name)
    before = checkpoint(tmp_path / "sgldm")["modules"]["discriminator"]
    task = TASKS["sgldm"](prepared, tmp_path)
    untrained = task.modules["discriminator"].named_parameters()
    fresh = {key: x.detach().clone() for key, x in untrained}
    train(task, tmp_path / "sgldm", Budget(steps=1), warm_start=True, accelerator=accelerator)
    after = checkpoint(tmp_path / "sgldm")["modules"]["discriminator"]
    assert max((after[key] - before[key]).abs().max() for key in fresh) < 1e-3
    assert max((after[key] - x).abs().max() for key, x in fresh.items()) > 1e-2


def test_another_models_weights_are_refused(
    runs: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    accelerator: Accelerator,
) -> None:  # fmt: skip
    tiny_models(monkeypatch)
    shutil.copytree(runs / "finder" / "finder", tmp_path / "parser" / "parser")
    with pytest.raises(InputFileError, match="another model"):
        train(
            TASKS["parser"](prepared, tmp_path), tmp_path / "parser", Budget(steps=1),
            warm_start=True, accelerator=accelerator,
        )  # fmt: skip


def test_a_pack_needs_every_model(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="train it first"):
        pack.assemble(tmp_path, tmp_path / "p", name="mini", version="0.1")
