"""Project files that are damaged, foreign, newer, or meant to do harm: always a sentence."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import OutputFileError
from engine.requests import FIT_PARTS
from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.migrations import migrated
from tests.hs_desktop.document.projects import facts, full_document

FIT = dict.fromkeys(FIT_PARTS, 0.5)


def saved(document: Document, folder: Path) -> Path:
    path = folder / "a.hsd"
    hsd.save(document, path)
    return path


def rewritten(path: Path, change: Callable[[dict[str, bytes]], Any]) -> Path:
    """The project with other members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def rewritten_json(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    def on_members(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[hsd.MANIFEST])
        change(manifest)
        members[hsd.MANIFEST] = json.dumps(manifest).encode()

    return rewritten(path, on_members)


def refused(path: Path, what: str) -> None:
    with pytest.raises(ProjectError, match=what) as caught:
        hsd.load(path)
    assert str(path) in str(caught.value)
    assert caught.value.subject == path


def test_no_project_at_all(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.hsd", "does not exist")
    refused(tmp_path, "can't be opened")
    for name, data in (("empty", b""), ("text", b"hello"), ("picture", b"\x89PNG\r\n\x1a\n" * 9)):
        path = tmp_path / f"{name}.hsd"
        path.write_bytes(data)
        refused(path, "is not an HS Desktop project")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("mimetype", "image/openraster")
    refused(tmp_path / "other.zip", "is not an HS Desktop project")


def test_a_newer_version(tmp_path: Path) -> None:
    path = saved(full_document(), tmp_path)
    rewritten_json(path, lambda manifest: manifest.update(version=[2, 3]))
    refused(path, r"newer version of HS Desktop \(project format 2\.3; .* update HS Desktop")


def test_a_newer_minor_version_is_read(tmp_path: Path) -> None:
    document = full_document()
    path = saved(document, tmp_path)
    rewritten_json(path, lambda manifest: manifest.update(version=[1, 9], dreams=[1, 2]))
    assert facts(hsd.load(path).state) == facts(document.state)


def test_older_versions_migrate_step_by_step() -> None:
    table = {
        1: lambda manifest: {**manifest, "steps": [1]},
        2: lambda manifest: {**manifest, "steps": [*manifest["steps"], 2]},
    }
    old = {"format": "hs-desktop-project", "version": [1, 4]}
    assert migrated(old, "x", table, 3) == {**old, "version": [3, 0], "steps": [1, 2]}
    assert migrated({**old, "version": [2, 0], "steps": []}, "x", table, 3)["steps"] == [2]


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("body"),
        lambda m: m.update(version="1.0"),
        lambda m: m.update(version=[0, 0]),
        lambda m: m.update(version=[-1, 0]),
        lambda m: m["head"].update(solo="nobody"),
        lambda m: m["head"].update(at=[1]),
        lambda m: m["head"].update(layers={"a": 1}),
        lambda m: m["head"]["layers"][0].update(kind="dream"),
        lambda m: m["head"]["layers"][0].update(opacity=2),
        lambda m: m["head"]["layers"][0].update(opacity=float("nan")),
        lambda m: m["head"]["layers"][0].update(name=""),
        lambda m: m["head"]["layers"][0].update(name=3),
        lambda m: m["head"]["layers"].append(m["head"]["layers"][0]),
        lambda m: m["head"]["layers"][0]["photo"].update(size=[10**9, 10**9]),
        lambda m: m["head"]["layers"][0]["photo"].update(size=[-50, -70]),
        lambda m: m["head"]["layers"][0]["photo"].update(size=[70, 50]),
        lambda m: m["head"]["layers"][0]["photo"].update(bits=32),
        lambda m: m["head"]["layers"][0]["photo"].update(src="../../etc/passwd"),
        lambda m: m["head"]["layers"][0]["photo"].update(src="hsd.json"),
        lambda m: m["head"]["layers"][0]["photo"].update(dpi=[1]),
        lambda m: m["result"]["layers"][2]["patch"].update(at=[50, 5]),
        lambda m: m["result"]["layers"][2]["patch"].update(at=[-1, 5]),
        lambda m: m["result"]["layers"][2].update(fit={"parts": {}, "advice": []}),
        lambda m: m["result"]["layers"][2].update(fit={"parts": {**FIT, "pose": 2}, "advice": []}),
        lambda m: m["result"]["layers"][2].update(fit={"parts": FIT, "advice": [1]}),
        lambda m: m["result"]["layers"][3].update(position=[0.5, 1]),
        lambda m: m["transform"].update(shift=[1, 2, 3]),
        lambda m: m["transform"].update(scale=True),
        lambda m: m["transform"].update(scale=0),
        lambda m: m["transform"].update(scale=1e300),
        lambda m: m["transform"].update(rotate=10**400),
        lambda m: m["transform"].update(shift=[1e300, 0]),
        lambda m: m["settings"].update(variations=0),
        lambda m: m["settings"].update(variations=10**9),
        lambda m: m["settings"].update(feather=-1),
        lambda m: m["settings"]["sampling"].update(seed=0.5),
        lambda m: m["settings"]["sampling"].update(seed=-1),
        lambda m: m["settings"]["sampling"].update(seed=10**30),
        lambda m: m["settings"]["sampling"].update(steps=10**9),
        lambda m: m["settings"]["sampling"].update(strength=0),
        lambda m: m["settings"]["sampling"].update(guidance=1e300),
    ],
)
def test_what_the_json_may_not_say(tmp_path: Path, change: Callable[[Any], Any]) -> None:
    refused(rewritten_json(saved(full_document(), tmp_path), change), "is damaged")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 200_000, b'{"format":"hs-desktop-project"}'],
)
def test_json_that_is_none(tmp_path: Path, data: bytes) -> None:
    path = saved(full_document(), tmp_path)
    rewritten(path, lambda members: members.update({hsd.MANIFEST: data}))
    refused(path, "is damaged")


def test_pixels_that_are_not_those_meant(tmp_path: Path) -> None:
    path = saved(full_document(), tmp_path)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("data/")]
        sources = {name: archive.read(name) for name in names}
    assert {name.split("-")[0] for name in names} == {
        "data/photo", "data/layout", "data/mask", "data/variation", "data/picture",
    }  # fmt: skip
    for name in {name.split("-")[0]: name for name in names}.values():  # one of each kind
        original = path.read_bytes()
        with Image.open(BytesIO(sources[name])) as image:
            pixels = np.array(image)
        pixels.flat[0] ^= 1
        other, file = Image.fromarray(pixels), BytesIO()
        if image.mode == "P":
            other.putpalette(image.getpalette() or [])
        other.save(file, "PNG")
        half = sources[name][: len(sources[name]) // 2]
        for data in (file.getvalue(), half, half[:20], b"", b"PNG"):
            rewritten(path, lambda members, n=name, d=data: members.update({n: d}))
            refused(path, "is damaged")
            path.write_bytes(original)
        rewritten(path, lambda members, n=name: members.pop(n))
        refused(path, "is damaged")
        path.write_bytes(original)


@pytest.mark.parametrize(
    "name", ["../evil", "data/../../evil", "/etc/passwd", "C:\\evil", "data\\evil", "c:evil"]
)
def test_paths_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    path = saved(full_document(), tmp_path)
    rewritten(path, lambda members: members.update({name: b"x"}))
    refused(path, "unsafe name")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(full_document(), tmp_path)
    original = path.read_bytes()
    bomb = bytes(17 << 20)
    monkeypatch.setattr(hsd, "_MAX_MANIFEST", 16 << 20)
    with zipfile.ZipFile(path) as archive:
        photos_in_it = [n for n in archive.namelist() if n.startswith("data/photo")]
    for name in (photos_in_it[0], "hsd.json"):
        rewritten(path, lambda members, n=name: members.update({n: members[n] + bomb}))
        assert path.stat().st_size < 1 << 20
        refused(path, "is damaged")
        path.write_bytes(original)
    monkeypatch.setattr("hs_desktop.document.manifest.MAX_BYTES", 9_000)
    refused(path, "is damaged")


@settings(max_examples=60)
@given(data=st.data())
def test_damage_never_ends_in_a_traceback(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damage"
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.hsd"
    if not whole.exists():
        hsd.write_project(full_document().state, whole)
    raw = bytearray(whole.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    path = folder / "damaged.hsd"
    path.write_bytes(raw)
    try:
        state = hsd.read_project(path)
    except ProjectError:
        return
    assert facts(state) == facts(hsd.read_project(whole))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    document = full_document()
    with pytest.raises(OutputFileError, match="can't be written"):
        hsd.save(document, tmp_path / "no" / "such" / "folder.hsd")
    assert document.is_modified
    assert document.path is None


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = full_document()
    path = saved(document, tmp_path)
    before = path.read_bytes()
    document.do(c.set_settings(seed=99))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hs_desktop.document.openraster.OpenRaster.finish", full)
    with pytest.raises(OutputFileError, match="No space left"):
        hsd.save(document, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.hsd"]
    assert document.is_modified
