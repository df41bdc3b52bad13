"""Colours of the window, and icons in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from hs_desktop.icons import icon, pixmap
from hs_desktop.preferences import Preferences
from hs_desktop.theme import DARK, LIGHT, Colours, Theme
from hs_desktop.windows.psd_layers import PsdLayersDialog


@pytest.fixture
def theme(qapp: QApplication, preferences: Preferences) -> Iterator[Theme]:
    style, sheet, palette = qapp.style().name(), qapp.styleSheet(), qapp.palette()
    made = Theme(qapp, preferences)
    yield made
    made.close()
    qapp.setStyleSheet(sheet)
    qapp.setStyle(style)
    qapp.setPalette(palette)


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
             for c in QColor(colour).getRgbF()[:3]]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_text_can_be_read(colours: Colours) -> None:
    for behind in (colours.window, colours.base, colours.raised):
        for writing in (colours.text, colours.muted, colours.link):
            assert contrast(writing, behind) >= 4.5, (writing, behind)
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.text, colours.chosen) >= 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_the_focus_ring_can_be_seen(colours: Colours) -> None:
    for behind in (colours.window, colours.base, colours.raised):
        assert contrast(colours.focus, behind) >= 3, behind


def test_rows_of_words_have_room(theme: Theme, qtbot: QtBot) -> None:
    """All of them, though one is chosen before the list is shown."""
    dialog = PsdLayersDialog("a.psd", ["Hair", "Skin"])
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    rows = dialog.findChild(QListWidget)
    heights = [rows.visualItemRect(rows.item(row)).height() for row in range(rows.count())]
    assert len(set(heights)) == 1
    assert heights[0] >= rows.fontMetrics().height() + 6


def test_dark_unless_the_user_says_otherwise(theme: Theme, qapp: QApplication) -> None:
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)


def test_the_theme_is_switched_at_once(
    theme: Theme, qapp: QApplication, preferences: Preferences, qtbot: QtBot
) -> None:
    button = QPushButton("Text")
    qtbot.addWidget(button)
    with qtbot.waitSignal(theme.changed):
        preferences["theme"] = "light"
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.window)
    assert button.palette().color(QPalette.ColorRole.ButtonText) == QColor(LIGHT.text)
    assert LIGHT.accent in qapp.styleSheet()
    with qtbot.assertNotEmitted(theme.changed):
        preferences["autosave_seconds"] = 7


def drawn_in(made: QIcon) -> set[str]:
    """The colours of its opaque pixels."""
    image = made.pixmap(QSize(32, 32)).toImage()
    pixels = (image.pixelColor(x, y) for x in range(32) for y in range(32))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_icons_follow_the_theme(theme: Theme, preferences: Preferences, qtbot: QtBot) -> None:
    button, fixed = QPushButton(), QPushButton()
    for widget in (button, fixed):
        qtbot.addWidget(widget)
    button.setIcon(icon("star-full"))
    fixed.setIcon(icon("star-full", QColor("#ff0000")))
    action = QAction(icon("star-full"), "Star", button)
    button.addAction(action)
    assert drawn_in(button.icon()) == drawn_in(action.icon()) == {DARK.text}
    preferences["theme"] = "light"
    assert drawn_in(button.icon()) == drawn_in(action.icon()) == {LIGHT.text}
    assert drawn_in(fixed.icon()) == {"#ff0000"}


def test_icons_are_sharp_at_any_scale(theme: Theme) -> None:
    for size in (16, 20, 24, 32):
        assert icon("star").pixmap(QSize(size, size), 2.0).size() == QSize(2 * size, 2 * size)
    assert pixmap("star", 20, 2.0).size() == QSize(40, 40)
    assert pixmap("star", 20, 2.0).deviceIndependentSize().toSize() == QSize(20, 20)


def test_disabled_icons_are_paler(theme: Theme) -> None:
    image = icon("star-full").pixmap(QSize(32, 32), QIcon.Mode.Disabled).toImage()
    assert 0 < image.pixelColor(16, 16).alpha() < 128


def test_unknown_icons_are_told_at_once(theme: Theme) -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")
