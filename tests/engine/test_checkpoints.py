"""Weights in a pickle: written back as safetensors, and nothing in them is run."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.checkpoints import as_model, find_model_or_checkpoint
from engine.errors import PackError
from engine.packs import verify_pack
from engine.parsing.model import Parser
from engine.training.replacing import replace_model
from tests.engine import tiny

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def parser() -> Any:
    return tiny.seeded(lambda: Parser(widths=(8, 8, 8), blocks=(1, 1, 1)), 5)


@pytest.fixture
def folder(tmp_path: Path, parser: Any) -> Path:
    """A configuration without weights."""
    made = tmp_path / "mine"
    parser.save_config(made)
    return made


def refusal(source: Path) -> str:
    with pytest.raises(PackError) as caught, as_model(source):
        pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert source.name in sentence
    return sentence


@pytest.mark.parametrize("within", ["", "state_dict", "model"])
@pytest.mark.parametrize("suffix", [".pt", ".ckpt"])
def test_a_checkpoint_becomes_part_of_a_pack(
    tiny_pack: Path, folder: Path, tmp_path: Path, parser: Any, within: str, suffix: str
) -> None:
    source, weights = folder / f"best{suffix}", parser.state_dict()
    torch.save({within: weights, "epoch": 3} if within else weights, source)
    found = find_model_or_checkpoint(source)
    assert (found.name, found.folder) == ("parser", folder)
    with as_model(source) as model:
        made = replace_model(tiny_pack, model, tmp_path / "made")
    assert not model.exists()
    assert verify_pack(tmp_path / "made") == made
    told: Any = made.provenance
    assert told["replaced"][0]["from"] == "mine/best"
    (written,) = (tmp_path / "made" / "parser").glob("*.safetensors")
    for name, value in load_file(written).items():
        torch.testing.assert_close(value.float(), weights[name].half().float())


def test_tensors_may_share_their_memory(folder: Path) -> None:
    shared = torch.arange(6.0)
    torch.save({"one": shared, "other": shared.view(2, 3).T}, folder / "a.pt")
    with as_model(folder / "a.pt") as model:
        (path,) = model.glob("*.safetensors")
        assert load_file(path)["other"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_all_else_is_left_as_it_is(tiny_pack: Path) -> None:
    with as_model(tiny_pack / "parser") as model:
        assert model == tiny_pack / "parser"
    assert find_model_or_checkpoint(tiny_pack / "parser").name == "parser"


class Evil:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("evil"),)


def test_nothing_in_a_pickle_is_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {"a": torch.zeros(1)}, "more": Evil()}, folder / "evil.pt")
    assert "other things than weights" in refusal(folder / "evil.pt")
    (folder / "evil.bin").write_bytes(pickle.dumps(Evil(), protocol=2))
    assert "other things than weights" in refusal(folder / "evil.bin")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("held", [{}, {"model": {}}, {"epoch": 3}, [1], {"model": {"a": 1}}])
def test_what_holds_no_weights_is_refused(folder: Path, held: object) -> None:
    torch.save(held, folder / "a.pt")
    assert "can't be read as a checkpoint" in refusal(folder / "a.pt")


def test_what_is_damaged_or_gone_is_refused(folder: Path, parser: Any) -> None:
    path = folder / "a.ckpt"
    torch.save(parser.state_dict(), path)
    path.write_bytes(path.read_bytes()[:300])
    assert "damaged" in refusal(path)
    path.write_bytes(b"")
    assert "damaged" in refusal(path)
    assert "config.json" in refusal(folder / "gone.pt")


@pytest.mark.usefixtures("allow_log")
@pytest.mark.filterwarnings("ignore")
def test_weights_of_another_model_are_refused(
    tiny_pack: Path, folder: Path, tmp_path: Path, parser: Any
) -> None:
    weights = parser.state_dict()
    weights.pop(next(iter(weights)))
    torch.save(weights, folder / "a.pt")
    with as_model(folder / "a.pt") as model, pytest.raises(PackError, match="can't be loaded"):
        replace_model(tiny_pack, model, tmp_path / "made")


def test_without_a_configuration_it_is_no_model(folder: Path, tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, folder / "a.pt")
    shutil.copy(folder / "a.pt", tmp_path / "a.pt")
    assert "no config.json beside it" in refusal(tmp_path / "a.pt")
