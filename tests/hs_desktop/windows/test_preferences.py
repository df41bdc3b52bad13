"""The preferences: each at once, all of them back to their defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hs_desktop.preferences import Preferences
from hs_desktop.settings import PREFERENCES
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.preferences import PreferencesDialog
from tests.hs_desktop.windows.conftest import press

Dialog = Callable[[type[Any]], Any]


def test_every_preference_has_a_control(window: MainWindow, dialog: Dialog) -> None:
    window.action_set["edit.preferences"].trigger()
    shown = {key for form in dialog(PreferencesDialog).forms for key in form.fields}
    assert shown == {row.key for row in PREFERENCES}


def test_preferences_count_at_once_and_can_be_reset(
    window: MainWindow, dialog: Dialog, preferences: Preferences
) -> None:
    window.action_set["edit.preferences"].trigger()
    open_one: PreferencesDialog = dialog(PreferencesDialog)
    theme = next(form for form in open_one.forms if "theme" in form.fields)
    theme.changed.emit("theme", "light")
    assert preferences["theme"] == "light"
    assert not open_one._restart.isVisible()
    theme.changed.emit("language", "ko")
    assert open_one._restart.isVisible()
    press(open_one, "Restore defaults")
    assert preferences["theme"] == "dark"
    assert theme["theme"].value == "dark"
