"""What the engine has found is kept through undo, and in the project's file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.requests import HeadPlace, HeadTransform
from hs_desktop.document import autosave, hsd
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Change, Side
from hs_desktop.document.findings import Findings
from hs_desktop.document.settings import Fitting
from hs_desktop.document.variation import Variation
from tests.hs_desktop.document.projects import facts, find, full_document

PLACE = HeadPlace((10.0, -4.5, 40.0, 30.25), (25.0, 12.0), -7.5)
PEOPLE = ((1.0, 2.0, 30.0, 40.0), (-3.5, 0.0, 12.0, 9.0))


def known() -> Document:
    document = full_document()
    state = document.state
    head, body = state.photo_id(Side.HEAD), state.photo_id(Side.BODY)
    assert head is not None
    assert body is not None
    findings = Findings().with_people(head, PEOPLE).with_people(body, ())
    assert state.pair is not None
    document.learn(findings.with_place(state.pair, PLACE))
    return document


def edited(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """The project with another ``hsd.json``."""
    with zipfile.ZipFile(path) as archive:
        members = {info: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in members.items():
            if info.filename == "hsd.json":
                manifest = json.loads(data)
                edit(manifest)
                data = json.dumps(manifest).encode()
            archive.writestr(info, data)


def test_findings_are_no_step_of_the_user() -> None:
    document = known()
    document.history.mark_clean()
    told: list[Change] = []
    document.changed.connect(told.append)
    document.learn(document.state.findings.with_people("other", PEOPLE))
    assert (told, document.is_modified) == ([], False)
    findings = document.state.findings
    document.do(c.set_transform(HeadTransform((3, 4))))
    document.undo()
    assert document.state.findings == findings
    assert {name for change in told for name in change.names} == {"transform"}


def test_what_was_found_meanwhile_stays_after_undo() -> None:
    document = full_document()
    document.do(c.set_transform(HeadTransform((3, 4))))
    findings = known().state.findings
    document.learn(findings)
    document.undo()
    assert document.state.findings == findings
    document.redo()
    assert document.state.findings == findings


def test_findings_are_in_the_file(tmp_path: Path) -> None:
    document = known()
    hsd.save(document, tmp_path / "a.hsd")
    loaded = hsd.load(tmp_path / "a.hsd")
    assert facts(loaded.state) == facts(document.state)
    assert not loaded.is_modified
    assert loaded.state.pair is not None
    assert loaded.state.findings.places == {loaded.state.pair: PLACE}
    assert list(loaded.state.findings.people.values()) == [PEOPLE, ()]


def test_numbers_of_the_engine_can_be_saved(tmp_path: Path) -> None:
    document = known()
    x0, y0, x1, y1 = np.float32([1, 2, 30, 40])
    assert document.state.pair is not None
    place = HeadPlace((x0, y0, x1, y1), (x0, y0), np.float32(0.5))  # type: ignore[arg-type]
    document.learn(document.state.findings.with_place(document.state.pair, place))
    hsd.save(document, tmp_path / "a.hsd")
    found = hsd.load(tmp_path / "a.hsd").state.findings.places.values()
    assert list(found) == [HeadPlace((1, 2, 30, 40), (1, 2), 0.5)]


def test_of_photos_that_are_gone_nothing_is_saved(tmp_path: Path) -> None:
    document = known()
    document.do(c.remove_layer(document.state.photo_id(Side.HEAD) or ""))
    hsd.save(document, tmp_path / "a.hsd")
    findings = hsd.load(tmp_path / "a.hsd").state.findings
    assert findings == Findings({document.state.photo_id(Side.BODY) or "": ()})


def test_findings_are_recovered(tmp_path: Path) -> None:
    document = known()
    kept = autosave.Autosave(tmp_path, document)
    assert kept.tick()
    assert kept._session is not None
    kept._session.lock.release()  # as if the process had died
    (left,) = autosave.recoverable(tmp_path)
    assert facts(left.load().state) == facts(document.state)
    left.discard()


def older(manifest: dict[str, Any]) -> None:
    """As version 1.1 wrote it."""
    manifest["version"] = [1, 1]
    del manifest["head"]["people"], manifest["body"]["people"], manifest["head_place"]
    for layer in manifest["result"]["layers"]:
        layer.pop("fitting", None)


def test_older_projects_are_opened(tmp_path: Path) -> None:
    document = known()
    hsd.save(document, tmp_path / "a.hsd")
    edited(tmp_path / "a.hsd", older)
    loaded = hsd.load(tmp_path / "a.hsd")
    assert loaded.state.findings == Findings()
    document.learn(Findings())
    assert facts(loaded.state) == facts(document.state)


@pytest.mark.parametrize(
    "damage",
    [
        lambda manifest: manifest["head"].update(people=[[1, 2, 3]]),
        lambda manifest: manifest["head"].update(people=[[5, 2, 3, 4]]),
        lambda manifest: manifest["body"].update(people="nobody"),
        lambda manifest: manifest["head_place"].update(box=[1, 2, 3]),
        lambda manifest: manifest["head_place"].update(centre=["a", "b"]),
        lambda manifest: manifest["head_place"].pop("axis"),
    ],
)
def test_damaged_findings_are_told(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    hsd.save(known(), tmp_path / "a.hsd")
    edited(tmp_path / "a.hsd", damage)
    with pytest.raises(ProjectError, match=r"a\.hsd"):
        hsd.load(tmp_path / "a.hsd")


@pytest.mark.parametrize(
    "fitting",
    [
        None,
        Fitting(None, None, False, True, False),
        Fitting(False, 2.5, True, False, True),
        Fitting(True, None, True, True, True, 0.25, 1.0, 0.5),
    ],
)
def test_how_a_result_was_fitted_is_in_the_file(tmp_path: Path, fitting: Fitting | None) -> None:
    document = full_document()
    document.do(c.change_layer(find(document, Side.RESULT, Variation).id, fitting=fitting))
    hsd.save(document, tmp_path / "a.hsd")
    loaded = hsd.load(tmp_path / "a.hsd")
    assert find(loaded, Side.RESULT, Variation).fitting == fitting
    assert facts(loaded.state) == facts(document.state)


def test_older_projects_are_completed_from_the_photo(tmp_path: Path) -> None:
    document = full_document()
    document.do(c.set_settings(complete=False))
    made = find(document, Side.RESULT, Variation)
    document.do(c.change_layer(made.id, fitting=Fitting.of(document.swap_request())))
    hsd.save(document, tmp_path / "a.hsd")
    assert not hsd.load(tmp_path / "a.hsd").settings.complete

    def as_before(manifest: dict[str, Any]) -> None:
        manifest["version"] = [1, 5]
        del manifest["settings"]["complete"]
        for layer in manifest["result"]["layers"]:
            if layer.get("fitting"):
                del layer["fitting"]["complete"]

    edited(tmp_path / "a.hsd", as_before)
    loaded = hsd.load(tmp_path / "a.hsd")
    fitting = find(loaded, Side.RESULT, Variation).fitting
    assert fitting is not None
    assert (loaded.settings.complete, fitting.complete) == (True, False)


def test_a_damaged_switch_is_told(tmp_path: Path) -> None:
    hsd.save(full_document(), tmp_path / "a.hsd")
    edited(tmp_path / "a.hsd", lambda manifest: manifest["settings"].update(complete="yes"))
    with pytest.raises(ProjectError, match=r"a\.hsd"):
        hsd.load(tmp_path / "a.hsd")
