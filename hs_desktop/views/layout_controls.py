"""How layouts are shown: switches and a slider, in a row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from hs_desktop.following import watch
from hs_desktop.i18n import _
from hs_desktop.icons import icon
from hs_desktop.views.look import LayoutLook

_ICON = QSize(16, 16)


class LayoutControls(QWidget):
    """Shows and sets a ``LayoutLook``."""

    def __init__(self, look: LayoutLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons: dict[QToolButton, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._visible = self._switch(
            "layout", _("Show layout"), _("Show the layout's classes over the photo"),
            lambda on: setattr(look, "visible", on),
        )  # fmt: skip
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setPageStep(10)
        self._opacity.setFixedWidth(90)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._opacity.setAccessibleName(_("Layout opacity"))
        self._opacity.valueChanged.connect(lambda value: setattr(look, "opacity", value / 100))
        self._outlines = self._switch(
            "outline", _("Outlines only"), _("Show only the borders of the classes"),
            lambda on: setattr(look, "outlines", on),
        )  # fmt: skip
        self._legend = self._switch(
            "legend", _("Legend"), _("List the names of the classes in a corner"),
            lambda on: setattr(look, "legend", on),
        )  # fmt: skip
        for widget in (self._visible, self._opacity, self._outlines, self._legend):
            row.addWidget(widget)
        watch(look.changed, self._follow, self)
        self._follow()
        self._take_icons()

    def _switch(
        self, icon_name: str, name: str, help: str, switch: Callable[[bool], None]
    ) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setIconSize(_ICON)
        button.setAccessibleName(name)
        button.setToolTip(help)
        button.toggled.connect(switch)
        self._icons[button] = icon_name
        return button

    def _take_icons(self) -> None:
        for button, name in self._icons.items():
            button.setIcon(icon(name))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._take_icons()

    def _follow(self) -> None:
        look = self._look
        self._visible.setChecked(look.visible)
        self._outlines.setChecked(look.outlines)
        self._legend.setChecked(look.legend)
        percent = round(100 * look.opacity)
        self._opacity.setValue(percent)
        self._opacity.setToolTip(_("Opacity of the layout: {percent} %").format(percent=percent))
        self._opacity.setEnabled(look.visible and not look.outlines)
        for button in (self._outlines, self._legend):
            button.setEnabled(look.visible)
