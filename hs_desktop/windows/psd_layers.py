"""Which layer of a Photoshop file is meant."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QListWidget, QWidget

from hs_desktop.asking import accepted
from hs_desktop.dialog_parts import agreeing_buttons, dialog_column, heading, muted
from hs_desktop.i18n import _
from hs_desktop.panels.parts import calm_rows

MERGED = ""  # the whole picture


class PsdLayersDialog(QDialog):
    """Lists the whole picture, then the layers, the topmost first.

    Args:
        name: of the file.
        layers: as ``reading.read_psd_layers`` names them.
    """

    def __init__(self, name: str, layers: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = layers
        self.setWindowTitle(_("Open a Photoshop file"))
        self._list = QListWidget()
        calm_rows(self._list)
        self._list.setAccessibleName(_("Layers of the file"))
        self._list.addItem(_("The whole picture, as it was saved"))
        self._list.addItems(list(layers))
        self._list.setCurrentRow(0)
        self._list.itemDoubleClicked.connect(self.accept)
        column = dialog_column(self)
        column.setSpacing(10)
        column.addWidget(heading(name))
        column.addWidget(muted(_("It has several layers. Open all of them, or only one.")))
        column.addWidget(self._list, 1)
        column.addWidget(agreeing_buttons(self, _("&Open")))
        self.resize(420, 360)
        self._list.setFocus()

    @property
    def chosen(self) -> str:
        """A layer's name, or ``MERGED``."""
        row = self._list.currentRow()
        return self._layers[row - 1] if row > 0 else MERGED


async def ask_for_layer(name: str, layers: Sequence[str], parent: QWidget) -> str | None:
    """A layer's name, or ``MERGED``; ``None`` where opening is given up."""
    dialog = PsdLayersDialog(name, layers, parent)
    return dialog.chosen if await accepted(dialog) else None
