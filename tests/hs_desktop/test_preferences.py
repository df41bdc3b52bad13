"""What is kept of the user, and the table of settings behind it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from engine.requests import ReplaceHeadRequest, RetouchRequest, SamplingSettings, SwapRequest
from hs_desktop.document.settings import SwapSettings
from hs_desktop.preferences import RECENT, Preferences
from hs_desktop.settings import PREFERENCES, SAMPLING, checked_values, setting, swap_values


def path_of(folder: Path) -> Path:
    return folder / "config" / "preferences.json"


def again(folder: Path) -> Preferences:
    return Preferences(path_of(folder))


# --- settings ----------------------------------------------------------------------------------


def test_the_sampling_table_is_complete_and_true() -> None:
    values = swap_values(SwapSettings())
    known = {f.name for f in fields(SwapSettings)} | {f.name for f in fields(SamplingSettings)}
    assert set(values) == known - {"sampling"} == {row.key for row in SAMPLING}
    for row in SAMPLING:
        assert row.default == values[row.key]
        assert type(row.default) is row.kind or row.optional
        for request in (SwapRequest, RetouchRequest, ReplaceHeadRequest):
            assert getattr(request, row.key, row.default) == row.default


def test_every_default_is_one_of_its_values() -> None:
    for row in (*SAMPLING, *PREFERENCES):
        assert row.checked(row.default) == row.default
        assert row.label
        assert row.help.endswith(".")
        assert setting(row.key) is row
    with pytest.raises(KeyError):
        setting("no such thing")


@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("steps", 1000, 100), ("steps", 0, 1), ("steps", 7.9, 7), ("guidance", 3, 3.0),
        ("seed", 2**63 - 1, 2**63 - 1), ("seed", -5, 0), ("feather", None, None),
        ("theme", "light", "light"), ("pack", "mine", "mine"), ("provenance", False, False),
    ],
)  # fmt: skip
def test_values_are_limited(key: str, given: object, kept: object) -> None:
    value = setting(key).checked(given)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("steps", "8"), ("steps", True), ("steps", None), ("guidance", float("nan")),
        ("theme", "pink"), ("theme", 1), ("provenance", 1), ("provenance", None), ("pack", 3),
    ],
)  # fmt: skip
def test_nonsense_is_refused(key: str, given: object) -> None:
    with pytest.raises(ValueError, match=key):
        setting(key).checked(given)


def test_of_a_file_only_what_makes_sense_is_taken() -> None:
    values = {"steps": "many", "guidance": 2, "unknown": 1, "seed": 3}
    assert checked_values(values, SAMPLING) == {"guidance": 2.0, "seed": 3}


# --- preferences -------------------------------------------------------------------------------


def test_what_is_set_is_kept(tmp_path: Path) -> None:
    preferences = again(tmp_path)
    heard: list[str] = []
    preferences.changed.connect(heard.append)
    preferences["theme"] = "light"
    preferences["theme"] = "light"
    preferences["undo_memory"] = 1
    assert heard == ["theme", "undo_memory"]
    other = again(tmp_path)
    assert (other["theme"], other["undo_memory"]) == ("light", 64)
    other.reset()
    assert again(tmp_path)["theme"] == "dark"
    with pytest.raises(ValueError, match="theme"):
        preferences["theme"] = "pink"
    with pytest.raises(KeyError):
        preferences["nothing"] = 1


def test_what_a_newer_version_wrote_stays(tmp_path: Path) -> None:
    path = path_of(tmp_path)
    path.parent.mkdir()
    stored = {"preferences": {"theme": "neon", "new": 1}, "more": [2], "presets": 5}
    path.write_text(json.dumps(stored), encoding="utf-8")
    preferences = again(tmp_path)
    assert preferences["theme"] == "dark"
    assert preferences.presets == {}
    preferences["language"] = "ko"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["more"] == [2]
    assert kept["preferences"] == {"theme": "neon", "new": 1, "language": "ko"}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[1]", b"[" * 100_000, b"null"])
def test_a_file_that_makes_no_sense_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    path = path_of(tmp_path)
    path.parent.mkdir()
    path.write_bytes(content)
    preferences = again(tmp_path)
    assert preferences["theme"] == "dark"
    assert path.read_bytes() == content  # untouched until something is changed


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"a file where the folder should be")
    preferences = again(tmp_path)
    preferences["theme"] = "light"
    assert preferences["theme"] == "light"  # for as long as the program runs


def test_presets(tmp_path: Path) -> None:
    preferences = again(tmp_path)
    preferences.save_preset("Fine", swap_values(SwapSettings(SamplingSettings(seed=5, steps=40))))
    preset = again(tmp_path).presets["Fine"]
    assert preset["steps"] == 40
    assert "seed" not in preset
    assert set(preset) == {row.key for row in SAMPLING} - {"seed"}
    preferences.delete_preset("Fine")
    preferences.delete_preset("Fine")
    assert again(tmp_path).presets == {}


def test_recent_projects(tmp_path: Path) -> None:
    preferences = again(tmp_path)
    paths = [tmp_path / f"{number}.hsd" for number in range(RECENT + 3)]
    for path in paths:
        path.touch()
        preferences.add_recent(path)
    preferences.add_recent(paths[-2])
    assert preferences.recent == [paths[-2], paths[-1], *reversed(paths[3:-2])]
    paths[-1].unlink()
    assert paths[-1] not in again(tmp_path).recent
    preferences.clear_recent()
    assert again(tmp_path).recent == []


def test_things_windows_keep(tmp_path: Path) -> None:
    again(tmp_path).keep("layout", {"a": [1, None]})
    assert again(tmp_path).kept("layout") == {"a": [1, None]}
    assert again(tmp_path).kept("other") is None


@pytest.mark.parametrize("recent", [5, "x", None, [1, None, {}]])
def test_recent_projects_that_are_none(tmp_path: Path, recent: object) -> None:
    path = path_of(tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps({"recent": recent}), encoding="utf-8")
    assert again(tmp_path).recent == []


def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    path = path_of(tmp_path)
    path.parent.mkdir()
    path.write_text('{"preferences": {"theme": "light"', encoding="utf-8")
    preferences = again(tmp_path)
    assert preferences["theme"] == setting("theme").default
    preferences["theme"] = "system"
    assert again(tmp_path)["theme"] == "system"
    assert "light" in path.with_name(path.name + ".damaged").read_text(encoding="utf-8")
