"""A part of a panel that can be folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from hs_desktop.i18n import _
from hs_desktop.preferences import Preferences


class Section(QWidget):
    """A title that folds and unfolds what lies below it, and stays so.

    Args:
        title: in the user's language.
        content: below it.
        preferences, name: where it is kept whether it is folded.

    Attributes:
        body: the layout that the content is in.
    """

    def __init__(self, title: str, content: QWidget, preferences: Preferences, name: str) -> None:
        super().__init__()
        self._preferences, self._name = preferences, f"unfolded {name}"
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setToolTip(_("Fold or unfold"))
        self.button.setCheckable(False)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.clicked.connect(self.toggle)
        self._below = QWidget()
        self.body = QVBoxLayout(self._below)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(4)
        self.body.addWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.button)
        column.addWidget(self._below)
        self._fold(preferences.kept(self._name) is False)

    @property
    def is_folded(self) -> bool:
        return self._below.isHidden()

    def toggle(self) -> None:
        self._fold(not self.is_folded)
        self._preferences.keep(self._name, not self.is_folded)

    def _fold(self, folded: bool) -> None:
        self._below.setHidden(folded)
        arrow = Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow
        self.button.setArrowType(arrow)
