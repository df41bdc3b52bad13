"""What belongs to the command before it: undone with it, not apart from it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from engine.requests import SamplingSettings
from hs_desktop.document.commands import change_layer, set_settings
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.planes import Plane
from tests.hs_desktop.document.projects import facts, find, full_document


def names(document: Document) -> list[str]:
    return list(document.history.names)


def edit(document: Document, kind: str) -> None:
    """One command of a kind."""
    layer = find(document, Side.HEAD, LayoutLayer)
    if kind == "pixels":
        with document.stroke(layer.id, "Paint") as stroke:
            stroke.replace("ids", layer.ids.pixels ^ 1)
    elif kind == "group":
        with document.history.group("Both"):
            document.do(change_layer(layer.id, opacity=0.5))
            document.do(change_layer(layer.id, visible=False))
    else:
        document.do(change_layer(layer.id, opacity=0.5))


@pytest.mark.parametrize("kind", ["state", "group", "pixels"])
def test_an_amendment_is_undone_with_what_it_amends(kind: str) -> None:
    document = full_document()
    before = facts(document.state)
    edit(document, kind)
    count = names(document)
    for seed in (3, 4):
        with document.history.amendment("Amend"):
            document.do(set_settings(seed=seed))
    assert names(document) == count
    after = facts(document.state)
    assert document.undo()
    assert facts(document.state) == before
    assert document.redo()
    assert facts(document.state) == after


def test_an_amendment_keeps_what_can_be_redone() -> None:
    document = full_document()
    layer = find(document, Side.HEAD, LayoutLayer)
    document.do(change_layer(layer.id, opacity=0.5))
    document.do(change_layer(layer.id, visible=False))
    last = facts(document.state)
    document.undo()
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=3))
    assert document.settings.sampling.seed == 3
    assert document.redo()
    assert facts(document.state) == last


@pytest.mark.parametrize(
    "kinds", [["state"], ["group"], ["pixels", "state"], ["state", "group"], ["group", "pixels"]]
)
def test_undoing_what_was_redone_leads_back_to_the_amendment(kinds: list[str]) -> None:
    document = full_document()
    for kind in kinds:
        edit(document, kind)
        document.history.seal()
    last = facts(document.state)
    for _ in kinds:
        document.undo()
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=3))
    amended = facts(document.state)
    while document.redo():
        pass
    assert facts(document.state) == last
    for _ in kinds:
        document.undo()
    assert facts(document.state) == amended


def test_a_slider_goes_on_after_an_amendment() -> None:
    document = Document()
    document.do(set_settings(guidance=2.0))
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=9))
    document.do(set_settings(guidance=3.0))
    assert names(document) == ["Change settings"]
    assert document.settings.sampling.seed == 9
    document.undo()
    assert document.settings.sampling.guidance == SamplingSettings().guidance
    assert document.settings.sampling.seed == 0


def test_with_nothing_to_amend_it_is_a_command() -> None:
    document = Document()
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=3))
    assert names(document) == ["Amend"]
    document.undo()
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=4))
    assert names(document) == ["Amend"]  # may still be redone
    document.redo()
    assert document.settings.sampling.seed == 3


def test_an_amended_document_is_modified() -> None:
    document = Document()
    document.do(set_settings(seed=3))
    document.history.mark_clean()
    with document.history.amendment("Amend"):
        pass
    assert document.history.is_clean
    with document.history.amendment("Amend"):
        document.do(set_settings(seed=4))
    assert not document.history.is_clean
    document.undo()
    document.redo()
    assert not document.history.is_clean


def test_an_amendment_that_fails_is_taken_back() -> None:
    document = Document()
    document.do(set_settings(seed=3))
    with suppress(ZeroDivisionError), document.history.amendment("Amend"):
        document.do(set_settings(seed=4))
        raise ZeroDivisionError
    assert document.settings.sampling.seed == 3
    assert names(document) == ["Change settings"]


def test_pixels_that_were_exchanged_count() -> None:
    document = full_document()
    layer = find(document, Side.HEAD, LayoutLayer)
    held = document.history.nbytes
    document.do(change_layer(layer.id, parsed=Plane(layer.parsed.pixels ^ 1)))
    assert document.history.nbytes == held + layer.parsed.nbytes
