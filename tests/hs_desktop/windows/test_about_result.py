"""What a result was made with, and how well head and body fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
)
from pytestqt.qtbot import QtBot

from engine.requests import FIT_PARTS, Fit
from engine.sentences import Sentence
from hs_desktop.document import commands
from hs_desktop.document.settings import Fitting
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.windows.about_result import AboutResult, as_text
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.editing import swapped
from tests.hs_desktop.windows.conftest import press

Dialog = Callable[[type[Any]], Any]


def test_how_a_result_was_made(
    window: MainWindow, loaded: Editor, dialog: Dialog, loop: WindowLoop
) -> None:
    loaded.swap()
    loop.settle(loaded)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    window.action_set.refresh_now()
    window.action_set["swap.about"].trigger()
    about = dialog(AboutResult)
    close = about.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    assert about.focusWidget() is close  # what Enter means
    press(about, "Copy")
    text = QGuiApplication.clipboard().text()
    assert text == as_text(variation)
    for part in (
        f"Seed: {variation.sampling.seed}", f"Guidance: {variation.sampling.guidance:g}",
        f"Strength: {variation.sampling.strength:g}", "scripted 1.0",
        "Keep background: on", "Feather: automatic", "Complete from photo: on",
        "Match grain: on", "Fit new skin: on",
        "Head's skin: 0 %", "Body's skin: 0 %", "Head's light: 0 %", "Sampling: ", "Total: ",
    ):  # fmt: skip
        assert part in text


def test_about_a_result_that_was_made_otherwise(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(
        commands.set_settings(
            keep_background=False,
            feather=2.5,
            complete=False,
            match_skin=False,
            head_skin=0.4,
            match_light=0.29,
        )
    )
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    said = as_text(variation)
    for part in (
        "Keep background: off", "Feather: 2.5 px", "Complete from photo: off", "Match grain: on",
        "Fit new skin: off",
        "Head's skin: 40 %", "Body's skin: 0 %", "Head's light: 29 %",
    ):  # fmt: skip
        assert part in said
    older = as_text(replace(variation, fitting=None))
    assert "Feather" not in older
    retouched = as_text(replace(variation, fitting=Fitting(None, None, True, True, True)))
    assert "background" not in retouched
    assert "Head's" not in retouched


def test_how_well_head_and_body_fit(loaded: Editor, loop: WindowLoop, qtbot: QtBot) -> None:
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    assert variation.fit is None
    assert "Visibility" not in as_text(variation)
    parts = {"pose": 0.8, "light": 0.2, "resolution": 1.0, "occlusion": 0.5}
    fit = Fit(parts, ("Try this.", "Try that.", "Try more."))
    variation = replace(variation, fit=fit, notes=("Try this.", "Try that."))
    told = as_text(variation)
    for part in (
        "All in all: 41 %", "Pose: 80 %", "Lighting: 20 %", "Resolution: 100 %", "Visibility: 50 %",
    ):  # fmt: skip
        assert part in told
    assert told.endswith("Try this.\nTry that.\nTry more.\n")
    window = AboutResult(variation)
    qtbot.addWidget(window)
    shown = [label.text() for label in window.findChildren(QLabel)]
    assert {"How well head and body fit", "41 %", "Try this.", "Try more."} <= set(shown)
    assert shown.count("Try this.") == 1


def test_a_result_is_told_in_the_windows_language(
    loaded: Editor, loop: WindowLoop, speak_korean: Callable[[], None]
) -> None:
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    flip = "The head looks to the left, the body's own to the right: try flipping the head."
    fit = Fit(dict.fromkeys(FIT_PARTS, 0.5), (Sentence(flip), "Try more."))
    speak_korean()
    told = as_text(replace(variation, fit=fit, notes=(Sentence(flip),))).splitlines()
    assert told[0] == f"시드 {variation.sampling.seed}"
    assert "뒤집" in told[-2]
    assert told[-1] == "Try more."
    assert sum("뒤집" in line for line in told) == 1
