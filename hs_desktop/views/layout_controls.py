"""How layouts are shown: switches and a slider, in a row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.icons import icon
from hs_desktop.views.look import LayoutLook

_ICON = QSize(16, 16)
_MISSING = N_("There is no layout here yet.")


class LayoutControls(QWidget):
    """Shows and sets a ``LayoutLook``.

    Signals:
        toggled: layouts shall be shown, or hidden again.
    """

    toggled = Signal()

    def __init__(self, look: LayoutLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._exist = self._shown = True
        self._icons: dict[QToolButton, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._visible = self._button(
            "layout", _("Show layout"), _("Show the layout's classes over the photo")
        )
        self._visible.clicked.connect(self._toggle)
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

    def set_layouts(self, *, exist: bool, shown: bool) -> None:
        """Whether there are layouts, and whether their layers show one."""
        if (exist, shown) != (self._exist, self._shown):
            self._exist, self._shown = exist, shown
            self._follow()

    def _toggle(self) -> None:
        self.toggled.emit()
        self._follow()  # a click has switched the button already

    def _switch(
        self, icon_name: str, name: str, help: str, switch: Callable[[bool], None]
    ) -> QToolButton:
        button = self._button(icon_name, name, help)
        button.toggled.connect(switch)
        return button

    def _button(self, icon_name: str, name: str, help: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setIconSize(_ICON)
        button.setAccessibleName(name)
        button.setToolTip(help)
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
        seen = self._shown and look.visible
        self._visible.setChecked(seen)
        self._outlines.setChecked(look.outlines)
        self._legend.setChecked(look.legend)
        percent = round(100 * look.opacity)
        self._opacity.setValue(percent)
        self._visible.setEnabled(self._exist)
        self._opacity.setEnabled(seen and not look.outlines)
        for button in (self._outlines, self._legend):
            button.setEnabled(seen)
        opacity = _("Opacity of the layout: {percent} %").format(percent=percent)
        for widget, help in (*self._helps.items(), (self._opacity, opacity)):
            widget.setToolTip(help if self._exist else _(_MISSING))
