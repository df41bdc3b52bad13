"""Model packs: what is checked before a model is trusted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import framing, packs
from engine.errors import PackError
from engine.packs import (
    DEFAULT_PACK,
    MANIFEST,
    MODELS,
    PackManifest,
    find_pack,
    load_manifest,
    verify_pack,
    write_manifest,
)
from engine.runner import PipelineRunner

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def pack(tiny_pack: Path, tmp_path: Path) -> Path:
    """A pack that a test may damage."""
    return Path(shutil.copytree(tiny_pack, tmp_path / "pack"))


def edit(pack: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads((pack / MANIFEST).read_text(encoding="utf-8"))
    change(data)
    (pack / MANIFEST).write_text(json.dumps(data), encoding="utf-8")


def refusal(pack: Path) -> str:
    with pytest.raises(PackError) as caught:
        verify_pack(pack)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert str(caught.value.subject) in sentence
    return sentence


# --- a sound pack ---------------------------------------------------------------------------


def test_a_sound_pack(tiny_pack: Path) -> None:
    manifest = verify_pack(tiny_pack)
    assert (manifest.name, manifest.version, manifest.licence) == ("tiny", "1.0", "Apache-2.0")
    assert {name.split("/")[0] for name in manifest.files} == set(MODELS)
    assert all(len(digest) == 64 for digest in manifest.files.values())
    assert manifest == load_manifest(tiny_pack)
    assert manifest.frame_size == packs.FRAME_SIZE == framing.FRAME_SIZE


def test_writing_and_reading_a_manifest(pack: Path) -> None:
    (pack / "README.md").write_text("no model file")
    sent = PackManifest("n", "2", "MIT", provenance={"Größe": [1, {"a": None}]}, files={"old": ""})
    written = write_manifest(pack, sent)
    assert load_manifest(pack) == written
    assert written.provenance == sent.provenance
    assert MANIFEST not in written.files
    assert "README.md" not in written.files
    assert "old" not in written.files
    assert verify_pack(pack) == written


# --- damaged ones ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_one_flipped_bit_is_found(pack: Path, model: str) -> None:
    path = pack / model / "diffusion_pytorch_model.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert str(path) in refusal(pack)


def test_a_truncated_file_is_found(pack: Path) -> None:
    path = pack / "parser" / "config.json"
    path.write_bytes(path.read_bytes()[:-1])
    assert str(path) in refusal(pack)


def test_a_missing_file_is_named(pack: Path) -> None:
    path = pack / "denoiser" / "config.json"
    path.unlink()
    sentence = refusal(pack)
    assert str(path) in sentence
    assert "missing" in sentence


def test_a_missing_model_is_named(pack: Path) -> None:
    shutil.rmtree(pack / "autoencoder")
    write_manifest(pack, load_manifest(pack))
    assert "'autoencoder'" in refusal(pack)


def test_every_flipped_bit_of_the_manifest_is_found_or_harmless(pack: Path) -> None:
    path = pack / MANIFEST
    sound, manifest = path.read_bytes(), load_manifest(pack)
    for at in range(0, len(sound), 37):
        data = bytearray(sound)
        data[at] ^= 4
        path.write_bytes(data)
        try:
            got = verify_pack(pack)
        except PackError:
            continue
        # Only what is shown to people may differ.
        assert (got.files, got.format, got.class_scheme, got.frame_size) == (
            manifest.files, manifest.format, manifest.class_scheme, manifest.frame_size,
        )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"format": "1"}', '{"format": null}', "{}", "\0"]
)
def test_what_is_no_manifest(pack: Path, text: str) -> None:
    (pack / MANIFEST).write_text(text)
    assert "can't be read as a model pack" in refusal(pack)


def test_a_manifest_that_is_no_text(pack: Path) -> None:
    (pack / MANIFEST).write_bytes(b"\xff\xfe\x00")
    assert str(pack / MANIFEST) in refusal(pack)


@pytest.mark.parametrize("files", [[], ["parser/config.json"], "parser", None])
def test_files_of_the_wrong_kind(pack: Path, files: object) -> None:
    edit(pack, lambda data: data.update(files=files))
    assert "can't be read" in refusal(pack)


# --- packs of other kinds ---------------------------------------------------------------------


def test_a_newer_format_says_so_whatever_else_it_holds(pack: Path) -> None:
    edit(pack, lambda data: data.update(format=packs.FORMAT + 1, adapters=["new"]))
    assert "newer version of HS Desktop" in refusal(pack)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("class_scheme", "lip-20", "lip-20"), ("frame_size", 512, "512")],
)
def test_other_classes_and_sizes_are_refused(
    pack: Path, key: str, value: object, said: str
) -> None:
    edit(pack, lambda data: data.update({key: value}))
    assert said in refusal(pack)


# --- finding ----------------------------------------------------------------------------------


@pytest.fixture
def resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "resources"
    (folder / "models").mkdir(parents=True)
    monkeypatch.setattr(packs, "resource_path", lambda name: folder / name)
    return folder / "models"


def test_found_by_path_or_name(resources: Path, tiny_pack: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_pack, resources / DEFAULT_PACK)
    shutil.copytree(tiny_pack, resources / "other")
    assert find_pack() == find_pack(DEFAULT_PACK) == resources / DEFAULT_PACK
    assert find_pack("other") == resources / "other"
    assert find_pack(str(tiny_pack)) == find_pack(tiny_pack) == tiny_pack


def test_a_folder_of_that_name_stands_in_for_no_default(
    resources: Path, tiny_pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_pack, resources / DEFAULT_PACK)
    shutil.copytree(tiny_pack, tmp_path / DEFAULT_PACK)
    monkeypatch.chdir(tmp_path)
    assert find_pack() == resources / DEFAULT_PACK
    assert find_pack(DEFAULT_PACK) == Path(DEFAULT_PACK)  # asked for by name: the user's own


@pytest.mark.parametrize("name", [None, "nowhere", "", "a\nb", "/dev/null"])
def test_no_such_pack(resources: Path, name: str | None) -> None:
    with pytest.raises(PackError) as caught:
        find_pack(name)
    assert (name if name is not None else DEFAULT_PACK) in str(caught.value)


# --- loading ----------------------------------------------------------------------------------


def test_a_damaged_pack_is_never_loaded(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runner.load_pipeline", lambda folder: pytest.fail("loaded"))
    path = pack / "finder" / "config.json"
    path.write_text("{}")
    with pytest.raises(PackError, match="finder"):
        PipelineRunner(pack, "cpu")


def test_models_that_fit_no_network_are_refused(pack: Path) -> None:
    config = pack / "parser" / "config.json"
    data = json.loads(config.read_text())
    data["widths"] = [4, 8, 12]
    config.write_text(json.dumps(data))
    write_manifest(pack, load_manifest(pack))
    with pytest.raises(PackError, match="can't be loaded"):
        PipelineRunner(pack, "cpu")
