"""A pack with one model replaced by another that was trained on its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.errors import PackError
from engine.loading import load_pipeline
from engine.packs import MODELS, verify_pack
from engine.parsing.model import Parser
from engine.sgldm.autoencoder import Autoencoder
from engine.single_models import find_model
from engine.training.replacing import replace_model
from tests.engine import tiny

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A training run of a parser, as ``train`` leaves it."""
    folder = tmp_path / "runs" / "parser"
    parser: Any = tiny.seeded(lambda: Parser(widths=(8, 8, 8), blocks=(1, 1, 1)), 5)
    parser.save_pretrained(folder / "parser")
    (folder / "samples").mkdir()
    (folder / "log.csv").write_text("step,seconds,name,value\n40,120.0,miou,0.5\n")
    return folder


def refusal(base: Path, source: Path, tmp_path: Path) -> str:
    with pytest.raises(PackError) as caught:
        replace_model(base, source, tmp_path / "refused")
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(caught.value.subject) in sentence
    return sentence


def test_the_run_its_model_and_its_weights_are_the_same(run: Path) -> None:
    (weights,) = (run / "parser").glob("*.safetensors")
    for source in (run, run / "parser", weights):
        assert find_model(source) == find_model(run)
    found = find_model(run)
    assert (found.name, found.folder, found.run) == ("parser", run / "parser", run)


def test_one_model_is_replaced(tiny_pack: Path, run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    made = replace_model(tiny_pack, run, folder)
    assert verify_pack(folder) == made
    before = verify_pack(tiny_pack).files
    changed = {name.split("/")[0] for name in made.files if made.files[name] != before.get(name)}
    assert changed == {"parser"}
    pipeline = load_pipeline(folder)
    trained = load_file(next((run / "parser").glob("*.safetensors")))
    for name, value in pipeline.parser.state_dict().items():
        torch.testing.assert_close(value, trained[name].half().float())
    assert made.name == "tiny"
    assert made.version.startswith("1.0+parser.")
    assert replace_model(tiny_pack, run, tmp_path / "again").version == made.version


def test_its_provenance_tells(tiny_pack: Path, run: Path, tmp_path: Path) -> None:
    first = replace_model(tiny_pack, run, tmp_path / "first", name="mine", version="2")
    second = replace_model(tmp_path / "first", tiny_pack / "denoiser", tmp_path / "second")
    told: Any = second.provenance
    assert [(r["model"], r["in"], r["from"]) for r in told["replaced"]] == [
        ("parser", "tiny 1.0", "parser/parser"), ("denoiser", "mine 2", "tiny/denoiser"),
    ]  # fmt: skip
    (record,) = told["training"]["parser"]
    assert (record["steps"], record["minutes"]) == (40, 2)
    assert told["figures"] == {}
    card = (tmp_path / "second" / "README.md").read_text("utf-8")
    assert "`parser` of tiny 1.0 was replaced by `parser/parser`" in card
    assert str(tmp_path) not in json.dumps(told) + card
    assert first.licence == second.licence


def test_what_holds_no_model_is_refused(tiny_pack: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no trained model" in refusal(tiny_pack, tmp_path / "empty", tmp_path)
    assert "no trained model" in refusal(tiny_pack, tiny_pack, tmp_path)  # it holds five
    assert "no trained model" in refusal(tiny_pack, tmp_path / "gone.safetensors", tmp_path)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "configuration"),
        ("[]", "configuration"),
        ('{"_class_name": "UNet2DModel"}', "UNet2DModel"),
        ('{"_class_name": ["Parser"]}', "kind"),
    ],
)
def test_other_models_are_refused(
    tiny_pack: Path, run: Path, tmp_path: Path, config: str, said: str
) -> None:
    (run / "parser" / "config.json").write_text(config)
    assert said in refusal(tiny_pack, run, tmp_path)


@pytest.mark.usefixtures("allow_log")
def test_damaged_weights_are_refused(tiny_pack: Path, run: Path, tmp_path: Path) -> None:
    (weights,) = (run / "parser").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:500])
    assert "can't be loaded" in refusal(tiny_pack, run, tmp_path)


def test_numbers_that_are_none_are_refused(tiny_pack: Path, run: Path, tmp_path: Path) -> None:
    parser: Any = tiny.parser()
    next(parser.parameters()).data.fill_(float("nan"))
    shutil.rmtree(run / "parser")
    parser.save_pretrained(run / "parser")
    assert "finite" in refusal(tiny_pack, run, tmp_path)


def test_a_model_that_does_not_fit_the_others_is_refused(tiny_pack: Path, tmp_path: Path) -> None:
    other: Any = tiny.seeded(
        lambda: Autoencoder(
            encoder_width=8, encoder_blocks=1, decoder_width=8, decoder_blocks=1, fine_width=4,
            latent_channels=8,
        )
    )  # fmt: skip
    other.save_pretrained(tmp_path / "autoencoder")
    sentence = refusal(tiny_pack, tmp_path / "autoencoder", tmp_path)
    assert "latent_channels" in sentence
    assert "'denoiser' needs 4" in sentence


def test_a_damaged_base_is_refused(tiny_pack: Path, run: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_pack, tmp_path / "base"))
    (base / MODELS[0] / "config.json").write_text("{}")
    assert "checksum" in refusal(base, run, tmp_path)
