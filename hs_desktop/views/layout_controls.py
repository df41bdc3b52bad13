"""How layouts are shown: switches and a slider, in a row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.icons import icon
from hs_desktop.views.look import LayoutLook

_ICON = QSize(16, 16)
_MISSING = N_("No layout is shown here: switch one on by its eye in the layers.")


class LayoutControls(QWidget):
    """Shows and sets a ``LayoutLook``."""

    def __init__(self, look: LayoutLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._available = True
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
            "legend", _("Legend"),
            _("List the names of the classes in a corner, where the canvas has room"),
            lambda on: setattr(look, "legend", on),
        )  # fmt: skip
        for widget in (self._visible, self._opacity, self._outlines, self._legend):
            row.addWidget(widget)
        self._helps = {widget: widget.toolTip() for widget in self._icons}
        watch(look.changed, self._follow, self)
        self._follow()
        self._take_icons()

    def set_available(self, available: bool) -> None:
        """Whether there is a layout to be seen; else the controls say how to get one."""
        if available != self._available:
            self._available = available
            self._follow()

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
        shown = self._available and look.visible
        self._visible.setEnabled(self._available)
        self._opacity.setEnabled(shown and not look.outlines)
        for button in (self._outlines, self._legend):
            button.setEnabled(shown)
        opacity = _("Opacity of the layout: {percent} %").format(percent=percent)
        for widget, help in (*self._helps.items(), (self._opacity, opacity)):
            widget.setToolTip(help if self._available else _(_MISSING))
