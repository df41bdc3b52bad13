"""Where a picture is exported to, and how it is written there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from engine.fileoptions import DEPTHS, LOSSLESS, QUALITIES
from hs_desktop.asking import accepted, ask_to_save
from hs_desktop.dialog_parts import agreeing_buttons, dialog_column, heading, muted
from hs_desktop.filetypes import FLAT, LAYERED
from hs_desktop.i18n import _
from hs_desktop.panels.settings_form import SettingsForm
from hs_desktop.preferences import Preferences
from hs_desktop.settings import Value, setting


def choices_of(suffix: str) -> tuple[str, ...]:
    """Keys of the preferences that a format leaves to the user; none where it leaves nothing."""
    offered = (("quality", QUALITIES), ("lossless", LOSSLESS), ("bits", DEPTHS))
    keys = tuple(key for key, suffixes in offered if suffix.lower() in suffixes)
    return (*keys, "provenance") if keys else ()


class ExportDialog(QDialog):
    """What the file's format leaves open. What is chosen is remembered for the next time."""

    def __init__(self, path: Path, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.setWindowTitle(_("Export"))
        keys = choices_of(path.suffix)
        self._values: dict[str, Value] = {key: preferences[key] for key in keys}
        self.form = SettingsForm([setting(key) for key in keys], self._values, explained=True)
        self.form.changed.connect(self._changed)
        buttons = agreeing_buttons(self, _("&Export"))
        column = dialog_column(self)
        column.setSpacing(10)
        column.addWidget(heading(path.name))
        column.addWidget(muted(_("What you choose here is kept for the next time.")))
        column.addWidget(self.form)
        column.addStretch(1)
        column.addWidget(buttons)
        self.setMinimumWidth(400)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setFocus()
        self._follow()

    def _changed(self, key: str, value: Value) -> None:
        self._values[key] = value
        self._follow()

    def _follow(self) -> None:
        if "quality" in self._values:
            counts = not self._values.get("lossless", False)
            quality = self.form["quality"]
            quality.setEnabled(counts)
            quality.label.setEnabled(counts)
            quality.reset.setEnabled(counts and quality.value != quality.setting.default)

    def accept(self) -> None:
        for key, value in self._values.items():
            self._preferences[key] = value
        super().accept()


async def ask_to_export(
    parent: QWidget, preferences: Preferences, title: str, proposal: Path
) -> Path | None:
    """As ``ask_to_save``; then, of a format that leaves a choice, how it shall be written."""
    path = await ask_to_save(parent, title, _filters(), proposal, proposal.suffix[1:])
    if path is None or not choices_of(path.suffix):
        return path
    return path if await accepted(ExportDialog(path, preferences, parent)) else None


def _filters() -> list[str]:
    names = {
        ".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG", ".webp": "WebP",
        ".psd": _("Photoshop, in layers"), ".ora": _("OpenRaster, in layers"),
    }  # fmt: skip
    assert set(names) <= {*FLAT, *LAYERED}
    every = " ".join(f"*{suffix}" for suffix in (*FLAT, *LAYERED))
    return [
        _("All formats ({patterns})").format(patterns=every),
        *(f"{name} (*{suffix})" for suffix, name in names.items()),
    ]
