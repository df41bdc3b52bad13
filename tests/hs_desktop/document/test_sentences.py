"""What the program itself says in a project: in whatever language the window has."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.requests import FIT_PARTS, Fit
from engine.sentences import Sentence
from hs_desktop.document import autosave, hsd
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PhotoLayer
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import translated
from tests.hs_desktop.document.projects import facts, find, layout, photo, variation
from tests.hs_desktop.document.test_findings import edited

SMALL = (
    "The head photo has a smaller head ({head:.0f} px) than the body photo "
    "({body:.0f} px): the head will look softer than its surroundings."
)
FLIP = "The head looks to the left, the body's own to the right: try flipping the head."


def told() -> Document:
    """A result with a name, a note and advice of the program's; the photo's name is its own."""
    document, base = Document(), photo()
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Layout", photo=base)))
    made = replace(
        variation(base),
        name=Sentence("Seed {seed}", seed=7),
        notes=(Sentence(SMALL, head=np.float32(80.25), body=120.0), "A note from before."),
        fit=Fit(dict.fromkeys(FIT_PARTS, 0.5), (Sentence(FLIP),)),
    )
    document.do(c.add_layer(Side.RESULT, made))
    return document


def result(document: Document) -> Variation:
    layer = find(document, Side.RESULT, Variation)
    assert isinstance(layer, Variation)
    return layer


def test_a_project_speaks_the_windows_language(
    tmp_path: Path, speak_korean: Callable[[], None]
) -> None:
    document = told()
    hsd.save(document, tmp_path / "a.hsd")
    speak_korean()
    loaded = hsd.load(tmp_path / "a.hsd")
    assert facts(loaded.state) == facts(document.state)  # English, as sentences are
    made = result(loaded)
    assert translated(made.name) == "시드 7"
    small, before = map(translated, made.notes)
    assert "(80 px)" in small
    assert "몸 사진의 머리(120 px)" in small
    assert before == "A note from before."
    assert made.fit is not None
    assert "뒤집" in translated(made.fit.advice[0])
    assert translated(find(loaded, Side.BODY, PhotoLayer).name) == "Layout"  # the user's own


def test_what_was_made_in_korean_is_english_in_an_english_window(
    tmp_path: Path, speak_korean: Callable[[], None]
) -> None:
    speak_korean()
    hsd.save(told(), tmp_path / "a.hsd")
    with zipfile.ZipFile(tmp_path / "a.hsd") as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))
    assert {layer.get("name") for layer in image.iter("layer")} == {"시드 7", "Layout"}
    edited(tmp_path / "a.hsd", _as_before)
    assert result(hsd.load(tmp_path / "a.hsd")).name == "Seed 7"


def _as_before(manifest: dict[str, Any]) -> None:
    """As version 1.3 wrote it."""
    manifest["version"] = [1, 3]
    for side in Side:
        for layer in manifest[side.value]["layers"]:
            del layer["sentences"]


def test_sentences_are_recovered(tmp_path: Path) -> None:
    kept = autosave.Autosave(tmp_path, told())
    assert kept.tick()
    assert kept._session is not None
    kept._session.lock.release()  # as if the process had died
    (left,) = autosave.recoverable(tmp_path)
    name = result(left.load()).name
    assert isinstance(name, Sentence)
    assert (name.template, name.values) == ("Seed {seed}", {"seed": 7})
    left.discard()


@pytest.mark.parametrize(
    "said",
    [
        {"template": "Seed {seed}", "values": {"seed": 8}},  # another text
        {"template": "Seed {seed}", "values": {}},
        {"template": "Seed {seed}", "values": {"seed": [7]}},
        {"template": "Seed {seed}"},
        {"template": 3, "values": {}},
        {"template": "Seed {", "values": {"seed": 7}},
        {"template": "Seed {}", "values": {"": 7}},
        {"template": "Seed {0}", "values": {"0": 7}},
        {"template": "Seed {seed!r}", "values": {"seed": 7}},
        {"template": "Seed {seed.real}", "values": {"seed": 7}},
        {"template": "Seed {seed.__class__}", "values": {"seed": 7}},
        {"template": "Seed {seed:{seed}}", "values": {"seed": 7}},
        {"template": "Seed {seed:>999999999999}", "values": {"seed": 7}},
        {"template": "Seed {seed:.0f}", "values": {"seed": "7"}},
        {"template": "Seed {seed:.0f}", "values": {"seed": 10**400}},
        {"template": "{seed}" * 100_000, "values": {"seed": "7" * 1_000_000}},
        {"template": "{a}{a}", "values": {"a": "7" * 1_000_000}},
        "Seed 7",
        None,
    ],
)
def test_what_cant_be_said_anew_stays_as_it_is(tmp_path: Path, said: object) -> None:
    document = told()
    hsd.save(document, tmp_path / "a.hsd")
    edited(
        tmp_path / "a.hsd",
        lambda m: m["result"]["layers"][0]["sentences"].update({"Seed 7": said}),
    )
    made = result(hsd.load(tmp_path / "a.hsd"))
    assert made.name == "Seed 7"
    assert not isinstance(made.name, Sentence)
    assert isinstance(made.notes[0], Sentence)  # the others do as ever


def test_sentences_without_end_are_left_out(tmp_path: Path) -> None:
    said: dict[str, Any] = {"template": "Seed 7", "values": {}}
    for _ in range(150):
        said = {"template": "{a}", "values": {"a": said}}
    hsd.save(told(), tmp_path / "a.hsd")
    edited(
        tmp_path / "a.hsd",
        lambda m: m["result"]["layers"][0]["sentences"].update({"Seed 7": said}),
    )
    assert not isinstance(result(hsd.load(tmp_path / "a.hsd")).name, Sentence)


# --- names that are taken ----------------------------------------------------------------------


def stack(*names: str) -> LayerStack:
    made = LayerStack()
    for name in names:
        made = made.added(LayoutLayer.of(name, layout()))
    return made


def test_numbers_are_put_behind_given_names(speak_korean: Callable[[], None]) -> None:
    made = stack(*[Sentence("Layout")] * 3, *[Sentence("Seed {seed}", seed=5)] * 3)
    made = made.duplicated(made.layers[1].id)
    assert {layer.name for layer in made} == {
        "Layout", "Layout 2", "Layout 3", "Layout 4", "Seed 5", "Seed 5 (2)", "Seed 5 (3)",
    }  # fmt: skip
    speak_korean()
    assert {translated(layer.name) for layer in made} == {
        "레이아웃", "레이아웃 2", "레이아웃 3", "레이아웃 4", "시드 5", "시드 5 (2)", "시드 5 (3)",
    }  # fmt: skip


def test_no_two_layers_are_shown_under_one_name(speak_korean: Callable[[], None]) -> None:
    speak_korean()
    made = stack(Sentence("Layout"), "레이아웃", Sentence("Layout"), "Layout")
    shown = [translated(layer.name) for layer in made]
    assert shown == ["레이아웃", "레이아웃 2", "레이아웃 3", "Layout 2"]


def test_a_locked_layer_is_told_by_the_name_it_is_shown_under(
    speak_korean: Callable[[], None],
) -> None:
    speak_korean()
    made = stack(Sentence("Layout"))
    made = made.changed(made.layers[0].id, locked=True)
    with pytest.raises(LayerError, match="레이아웃"):
        made.removed(made.layers[0].id)
