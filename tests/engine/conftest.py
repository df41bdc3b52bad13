"""What tests of the models share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


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
