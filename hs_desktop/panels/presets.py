"""Sampling settings under names: chosen, saved, deleted."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from hs_desktop.document import commands
from hs_desktop.editor import Editor
from hs_desktop.following import watch
from hs_desktop.i18n import _
from hs_desktop.panels.parts import IconButton
from hs_desktop.settings import swap_values


class Presets(QWidget):
    """A list that one can type a new name into."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.combo = QComboBox()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.combo.setAccessibleName(_("Preset"))
        self.combo.setToolTip(_("Choose a preset, or type a name to save the settings under."))
        if (line := self.combo.lineEdit()) is not None:
            line.setPlaceholderText(_("Preset"))
        self.save = IconButton("save", _("Save preset"), _("All settings but the seed."))
        self.delete = IconButton("trash", _("Delete preset"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.combo, 1)
        row.addWidget(self.save)
        row.addWidget(self.delete)
        self.combo.activated.connect(self._apply)
        self.combo.editTextChanged.connect(self._typed)
        self.save.clicked.connect(self._save)
        self.delete.clicked.connect(self._delete)
        watch(editor.preferences.changed, self._preference_changed, self)
        self._list("")

    def _preference_changed(self, key: str) -> None:
        if key == "presets":
            self._list(self.combo.currentText())

    def _list(self, text: str) -> None:
        self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItems(sorted(self._editor.preferences.presets, key=str.casefold))
        self.combo.setCurrentIndex(self.combo.findText(text))
        self.combo.setEditText(text)
        self.combo.blockSignals(False)
        self._typed(text)

    def _typed(self, text: str) -> None:
        self.save.setEnabled(bool(text.strip()))
        self.delete.setEnabled(text.strip() in self._editor.preferences.presets)

    def _apply(self, index: int) -> None:
        values = self._editor.preferences.presets.get(self.combo.itemText(index))
        if values:
            self._editor.document.history.seal()
            self._editor.document.do(commands.set_settings(**values))
            self._editor.document.history.seal()

    def _save(self) -> None:
        name = self.combo.currentText().strip()
        self._editor.preferences.save_preset(name, swap_values(self._editor.document.settings))
        self.combo.setEditText(name)

    def _delete(self) -> None:
        name = self.combo.currentText().strip()
        self.combo.setEditText("")
        self._editor.preferences.delete_preset(name)
