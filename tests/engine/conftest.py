"""What tests of the models share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.engine import Engine
from tests.engine.scripted import Bench, ScriptedRunner

if TYPE_CHECKING:
    from accelerate import Accelerator

    from engine.runner import PipelineRunner
    from engine.sgldm.pipeline import HSDiffusionPipeline
    from tests.engine.studio import Studio
    from tests.engine.tiny_tasks import Trained


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Torch on one core: models this small only get slower on more, much so on busy ones."""
    import torch

    from engine import runner

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "use_all_cores", lambda: None)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset in the manner of CCP, of made-up people; nobody may change it."""
    from tests.engine.people import write_dataset

    return write_dataset(tmp_path_factory.mktemp("made-up") / "ccp")


@pytest.fixture(scope="session")
def prepared(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset as ``prepare`` makes it, with pseudo-labels; nobody may change it."""
    from engine.training.prepare import prepare
    from tests.engine.people import read_colours

    folder = tmp_path_factory.mktemp("prepared") / "data"
    for _ in prepare(dataset, folder, parse=lambda frame: read_colours(frame).argmax(0)):
        pass
    return folder


@pytest.fixture(scope="session")
def tiny_pack(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model pack of tiny models with random weights; nobody may change it."""
    from engine.packs import PackManifest, write_manifest
    from tests.engine import tiny

    folder = tmp_path_factory.mktemp("packs") / "tiny"
    for name, make in tiny.MAKERS.items():
        make().save_pretrained(folder / name)
    write_manifest(folder, PackManifest(name="tiny", version="1.0", licence="Apache-2.0"))
    return folder


@pytest.fixture(scope="module")
def pipeline(tiny_pack: Path) -> HSDiffusionPipeline:
    """The tiny models, without a runner."""
    from engine.loading import load_pipeline

    return load_pipeline(tiny_pack)


@pytest.fixture
def seeing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painted people are found and parsed, as trained models would see real ones."""
    from engine import stages
    from engine.sgldm.pipeline import HSDiffusionPipeline
    from tests.engine import people

    monkeypatch.setattr(stages, "find_heads", people.find_painted)
    monkeypatch.setattr(
        HSDiffusionPipeline, "parse", lambda self, frame, **_: people.read_colours(frame)
    )


@pytest.fixture(scope="module")
def tiny_runner(tiny_pack: Path, one_thread: None) -> PipelineRunner:
    """The tiny models, loaded."""
    from engine.runner import PipelineRunner

    return PipelineRunner(tiny_pack, "cpu")


@pytest.fixture
def studio(tiny_runner: PipelineRunner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A fresh engine with the tiny models."""
    from engine import generating
    from engine.engine import Engine
    from engine.sgldm.sampler import sample
    from tests.engine.studio import Studio

    with Engine(lambda: tiny_runner) as engine:
        made = Studio(engine, tiny_runner)

        def watched(denoiser: Any, inputs: Any, **options: Any) -> Any:
            made.sampled.append({"inputs": inputs, **options})
            return sample(denoiser, inputs, **options)

        monkeypatch.setattr(generating, "sample", watched)
        yield made


@pytest.fixture(scope="session")
def accelerator() -> Accelerator:
    from accelerate import Accelerator

    return Accelerator(mixed_precision="bf16", cpu=True)


@pytest.fixture
def alone_and_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings make their batches in this very process, and no TensorBoard files."""
    from tests.engine import training

    training.alone_and_quiet(monkeypatch)


@pytest.fixture(scope="session")
def trained(
    one_thread: None,
    prepared: Path,
    accelerator: Accelerator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """All five models trained for three steps; nobody may change what lies there."""
    from tests.engine.tiny_tasks import train_all

    return train_all(prepared, tmp_path_factory.mktemp("runs"), accelerator)


@pytest.fixture(scope="session")
def runs(trained: Trained) -> Path:
    """Where the trained models lie."""
    return trained.folder


@pytest.fixture
def bench() -> Iterator[Bench]:
    runner, loads = ScriptedRunner(), []

    def factory() -> ScriptedRunner:
        loads.append(threading.get_ident())
        return runner

    with Engine(factory) as engine:
        yield Bench(engine, runner, loads)
