"""Skin and light of head and body, brought together: in the project and in what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.requests import RetouchRequest, SwapRequest
from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import MaskLayer
from hs_desktop.document.settings import TONES, Fitting
from hs_desktop.document.variation import Variation
from hs_desktop.settings import SAMPLING, swap_values
from tests.hs_desktop.document.projects import facts, find, full_document
from tests.hs_desktop.document.test_findings import edited

SET = {"head_skin": 0.25, "body_skin": 1.0, "match_light": 0.5}


def toned() -> Document:
    """A project that brings tones together, with a result that was made so."""
    document = full_document()
    document.do(c.set_settings(**SET))
    made = find(document, Side.RESULT, Variation)
    document.do(c.change_layer(made.id, fitting=Fitting.of(document.swap_request())))
    return document


def without_tones(manifest: dict[str, Any]) -> None:
    """As version 1.4 wrote it."""
    manifest["version"] = [1, 4]
    said = [manifest["settings"]]
    said += [one["fitting"] for one in manifest["result"]["layers"] if one.get("fitting")]
    for values in said:
        for name in TONES:
            del values[name]


def test_every_declared_setting_reaches_the_request() -> None:
    document = full_document()
    assert {row.key for row in SAMPLING} == set(swap_values(document.settings))
    other: dict[str, Any] = {
        row.key: not row.default if row.kind is bool else row.checked(row.low + 2 * row.step)
        for row in SAMPLING
    }
    document.do(c.set_settings(**other))
    request = document.swap_request()
    for key, value in other.items():
        assert getattr(request.sampling, key, getattr(request, key, None)) == value


def test_tones_are_what_the_next_swap_is_asked_for() -> None:
    plain, document = full_document().swap_request(), toned()
    assert {name: getattr(plain, name) for name in TONES} == dict.fromkeys(TONES, 0.0)
    request = document.swap_request()
    assert {name: getattr(request, name) for name in TONES} == SET


def test_what_a_result_was_made_with_can_be_set_again() -> None:
    document = toned()
    swap = document.swap_request()
    retouch = document.retouch_request(find(document, Side.RESULT, MaskLayer).id)
    assert isinstance(swap, SwapRequest)
    assert isinstance(retouch, RetouchRequest)
    assert SET.items() <= Fitting.of(swap).settings().items()
    # A retouch has neither head nor body: what the project says of them stays.
    document.do(c.set_settings(**Fitting.of(retouch).settings()))
    assert {name: getattr(document.settings, name) for name in TONES} == SET


def test_tones_are_in_the_file(tmp_path: Path) -> None:
    document = toned()
    hsd.save(document, tmp_path / "a.hsd")
    loaded = hsd.load(tmp_path / "a.hsd")
    assert facts(loaded.state) == facts(document.state)
    assert {name: getattr(loaded.settings, name) for name in TONES} == SET


def test_older_projects_leave_tones_as_they_are(tmp_path: Path) -> None:
    document = toned()
    hsd.save(document, tmp_path / "a.hsd")
    edited(tmp_path / "a.hsd", without_tones)
    loaded = hsd.load(tmp_path / "a.hsd")
    fitting = find(loaded, Side.RESULT, Variation).fitting
    for said in (loaded.settings, loaded.swap_request(), fitting):
        assert {name: getattr(said, name) for name in TONES} == dict.fromkeys(TONES, 0.0)
    assert loaded.settings.match_skin == document.settings.match_skin


@pytest.mark.parametrize(
    "damage",
    [
        lambda manifest: manifest["settings"].update(head_skin=1.01),
        lambda manifest: manifest["settings"].update(body_skin=-0.5),
        lambda manifest: manifest["settings"].update(match_light="much"),
        lambda manifest: manifest["result"]["layers"][2]["fitting"].update(head_skin=True),
    ],
)
def test_damaged_tones_are_told(tmp_path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    hsd.save(toned(), tmp_path / "a.hsd")
    edited(tmp_path / "a.hsd", damage)
    with pytest.raises(ProjectError, match=r"a\.hsd"):
        hsd.load(tmp_path / "a.hsd")
