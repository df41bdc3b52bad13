"""Listing and importing model packs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from engine.errors import PackError
from engine.packs import DEFAULT_PACK, MODELS, PackManifest, verify_pack, write_manifest
from hs_desktop import model_packs
from hs_desktop.model_packs import import_model, import_pack, installed_packs, is_pack


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own" / "packs"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack whose models are empty."""
    folder = tmp_path / "their pack"
    for model in MODELS:
        (folder / model).mkdir(parents=True)
        (folder / model / "config.json").write_text("{}")
    write_manifest(folder, PackManifest("Fine models/1", "1.0", "CC0"))
    return folder


def test_the_embedded_pack_is_always_there(own: Path) -> None:
    packs = installed_packs(own)
    assert [p.key for p in packs if p.key == DEFAULT_PACK] == [DEFAULT_PACK]
    assert packs[0].embedded
    assert packs[0].manifest is not None


def test_a_folder_is_imported(pack: Path, own: Path) -> None:
    (pack / "unnamed.txt").write_text("left behind")
    folder = import_pack(pack, own)
    assert verify_pack(folder).name == "Fine models/1"
    assert not (folder / "unnamed.txt").exists()
    mine = installed_packs(own)[-1]
    assert (mine.key, mine.embedded, mine.folder) == (str(folder), False, folder)
    assert [path.name for path in own.iterdir()] == [folder.name]


@pytest.mark.parametrize("inner", ["", "outer/"])
def test_a_zip_is_imported(pack: Path, own: Path, tmp_path: Path, inner: str) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in pack.rglob("*"):
            archive.write(file, inner + file.relative_to(pack).as_posix())
    assert verify_pack(import_pack(path, own)).version == "1.0"


def test_the_same_pack_is_not_imported_twice(pack: Path, own: Path) -> None:
    import_pack(pack, own)
    with pytest.raises(PackError, match="already"):
        import_pack(pack, own)


def test_a_damaged_pack_leaves_nothing(pack: Path, own: Path) -> None:
    (pack / MODELS[0] / "config.json").write_text("{ }")
    with pytest.raises(PackError, match="checksum"):
        import_pack(pack, own)
    assert list(own.iterdir()) == []


def test_names_that_lead_outside_are_refused(pack: Path, own: Path) -> None:
    manifest = pack / "pack.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(f"{MODELS[0]}/config.json", "../evil.json"), encoding="utf-8")
    (pack.parent / "evil.json").write_text("{}")
    with pytest.raises(PackError, match=r"outside .* \.\./evil\.json"):
        import_pack(pack, own)


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_what_is_no_pack_is_told(tmp_path: Path, own: Path, content: bytes) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    with pytest.raises(PackError, match=r"pack\.zip"):
        import_pack(path, own)
    with pytest.raises(PackError, match="no model pack"):
        import_pack(tmp_path, own)


def test_a_pack_that_cannot_be_read_is_listed_with_the_reason(own: Path) -> None:
    (own / "broken").mkdir(parents=True)
    (own / "broken" / "pack.json").write_text("{")
    mine = installed_packs(own)[-1]
    assert mine.manifest is None
    assert "can't be read" in mine.fault


# --- a single model ----------------------------------------------------------------------------


def replaced(base: Path, source: Path, folder: Path) -> PackManifest:
    """As the engine's, without a look at the models."""
    model_packs._copy(base, folder)
    (folder / "parser" / "config.json").write_text('{"new": 1}')
    return write_manifest(folder, PackManifest("Fine models/1", "1.0+parser.1", "CC0"))


def test_a_model_makes_another_pack(
    pack: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.replacing.replace_model", replaced)
    folder = import_model(tmp_path / "run", pack, own)
    assert verify_pack(folder).version == "1.0+parser.1"
    assert [path.name for path in own.iterdir()] == ["Fine-models-1-1.0-parser.1"]
    with pytest.raises(PackError, match="already"):
        import_model(tmp_path / "run", pack, own)


def test_what_is_no_model_leaves_nothing(pack: Path, own: Path, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no trained model"):
        import_model(tmp_path, pack, own)
    assert list(own.iterdir()) == []


def test_packs_are_told_from_models(pack: Path) -> None:
    assert is_pack(pack)
    assert is_pack(pack.parent)
    assert not is_pack(pack / "parser")
