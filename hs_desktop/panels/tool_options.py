"""How the tool in the hand is set, in a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from engine.requests import HeadTransform
from hs_desktop import edits
from hs_desktop.document import commands
from hs_desktop.editor import Editor
from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.panels.parts import IconButton, ShortLabel, attempt, icon_button
from hs_desktop.tools.state import Tool

CLASS_BRUSHES = {Tool.BRUSH, Tool.ERASER}
SOFT_BRUSHES = {Tool.MASK, Tool.RETOUCH, Tool.CLONE, Tool.HEAL}
BRUSHES = CLASS_BRUSHES | SOFT_BRUSHES
AREAS = {Tool.BRUSH, Tool.FILL, Tool.LASSO, Tool.POLYGON, Tool.PICK}  # with a class in the hand
NAMES = {
    Tool.MOVE: N_("Move"), Tool.BRUSH: N_("Brush"), Tool.ERASER: N_("Eraser"),
    Tool.FILL: N_("Fill"), Tool.LASSO: N_("Lasso"), Tool.POLYGON: N_("Polygon"),
    Tool.MASK: N_("Mask brush"), Tool.RETOUCH: N_("Retouch"), Tool.CLONE: N_("Clone"),
    Tool.HEAL: N_("Heal"), Tool.PICK: N_("Pick"), Tool.HAND: N_("Hand"), Tool.ZOOM: N_("Zoom"),
}  # fmt: skip
_COPYING = N_("Alt and a click chooses where to copy from.")
HINTS = {
    Tool.MOVE: N_("Drag inside the frame to move, a corner to scale, the round handle to turn."),
    Tool.BRUSH: N_("The right button erases."),
    Tool.ERASER: N_("Puts back what the models said."),
    Tool.FILL: N_("Click an area to give it the current class."),
    Tool.LASSO: N_("Draw round an area to give it the current class."),
    Tool.POLYGON: N_("Click corner by corner; a double click closes the area."),
    Tool.MASK: N_("Paint to add to the mask; the right button takes away."),
    Tool.RETOUCH: N_("Paint over what is to be made anew; letting go starts it."),
    Tool.CLONE: _COPYING,
    Tool.HEAL: _COPYING,
    Tool.PICK: N_("Click to take the class under the pointer."),
    Tool.HAND: N_("Drag to move what is shown; a double click fits it."),
    Tool.ZOOM: N_("Click to zoom in, with Alt to zoom out."),
}


class ToolOptions(QWidget):
    """Only what the tool in the hand knows of is shown."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._tools = editor.tools
        self._following = False
        self._shown: list[tuple[QWidget, frozenset[Tool]]] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 0, 6, 0)
        self._row.setSpacing(4)
        self.name = QLabel()
        metrics = self.name.fontMetrics()
        widest = max(metrics.horizontalAdvance(_(name)) for name in NAMES.values())
        self.name.setMinimumWidth(widest + metrics.horizontalAdvance("  "))
        self._row.addWidget(self.name)
        self._add_brush()
        self._add_area()
        self._add_head()
        self.hint = ShortLabel()
        self.hint.setProperty("muted", True)
        self.hint.setContentsMargins(8, 0, 0, 0)
        self._row.addWidget(self.hint, 1)
        self.setMinimumHeight(30)  # the same for all tools: nothing jumps
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        watch(self._tools.changed, self._follow, self)
        self._follow()

    # --- what there is -------------------------------------------------------------------------

    def _add_brush(self) -> None:
        self.diameter = self._number(_("Size"), _("Diameter of the brush: [ and ]."), BRUSHES, 2000)
        self.diameter.setRange(1, 2000)
        self.diameter.setSuffix(_(" px"))
        self.hardness = self._number(
            _("Hardness"), _("Of the brush's edge: 100 % is sharp."), BRUSHES
        )
        self.opacity = self._number(_("Opacity"), _("Strength of a dab."), SOFT_BRUSHES)
        self.spacing = self._number(
            _("Spacing"), _("Distance of dabs, compared with the brush's size."), BRUSHES, 200
        )
        self.spacing.setMinimum(1)
        self.stabiliser = self._number(
            _("Stabiliser"), _("Evens out the line of an unsteady hand."), BRUSHES
        )
        self.by_size = IconButton("pressure-size", _("Pressure changes the size"), checkable=True)
        self.by_opacity = IconButton(
            "pressure-opacity", _("Pressure changes the opacity"), checkable=True
        )
        self._add(self.by_size, BRUSHES)
        self._add(self.by_opacity, SOFT_BRUSHES)
        self.diameter.valueChanged.connect(lambda px: self._set(diameter=float(px)))
        self.hardness.valueChanged.connect(lambda value: self._set(hardness=value / 100))
        self.opacity.valueChanged.connect(lambda value: self._set(opacity=value / 100))
        self.spacing.valueChanged.connect(lambda value: self._set(spacing=value / 100))
        self.stabiliser.valueChanged.connect(self._set_stabiliser)
        self.by_size.clicked.connect(lambda on: self._set(size_by_pressure=float(on)))
        self.by_opacity.clicked.connect(lambda on: self._set(opacity_by_pressure=float(on)))

    def _add_area(self) -> None:
        self.reach = self._number(
            _("Grow by"), _("How far the current class grows, shrinks or is smoothed."),
            AREAS, 500,
        )  # fmt: skip
        self.reach.setSpecialValueText(_("auto"))
        self.reach.setSuffix(_(" px"))
        self.reach.valueChanged.connect(self._set_reach)
        self.grow = IconButton("grow", _("Grow class"))
        self.shrink = IconButton("shrink", _("Shrink class"))
        self.smooth = IconButton("smooth", _("Smooth class"))
        for button, work in (
            (self.grow, edits.grow_class), (self.shrink, edits.shrink_class),
            (self.smooth, edits.smooth_class),
        ):  # fmt: skip
            button.clicked.connect(
                lambda _on=False, work=work: attempt(self._editor, lambda: work(self._editor))
            )
            self._add(button, AREAS)

    def _add_head(self) -> None:
        align = icon_button(
            "align", _("Align to neck"), _("Move the head back to the automatic position.")
        )
        flip = icon_button("flip", _("Flip"), _("Mirror the head left to right."))
        align.clicked.connect(lambda: self._transform(HeadTransform()))
        flip.clicked.connect(self._flip)
        self.align, self.flip = align, flip
        self._add(align, {Tool.MOVE})
        self._add(flip, {Tool.MOVE})

    def _number(self, name: str, help: str, tools: set[Tool], high: int = 100) -> QSpinBox:
        label, box = QLabel(name), QSpinBox()
        box.setRange(0, high)
        box.setSuffix(_(" %"))
        box.setKeyboardTracking(False)
        box.setToolTip(help)
        box.setAccessibleName(name)
        box.setAccessibleDescription(help)
        label.setToolTip(help)
        label.setBuddy(box)
        label.setContentsMargins(6, 0, 0, 0)
        self._add(label, tools)
        self._add(box, tools)
        return box

    def _add(self, widget: QWidget, tools: set[Tool]) -> None:
        self._shown.append((widget, frozenset(tools)))
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    # --- both ways -----------------------------------------------------------------------------

    def _follow(self) -> None:
        self._following = True
        tool, brush = self._tools.tool, self._tools.brush
        self.name.setText(_(NAMES[tool]))
        self.hint.setText(_(HINTS[tool]))
        for widget, tools in self._shown:
            widget.setVisible(tool in tools)
        self.diameter.setValue(round(brush.diameter))
        self.hardness.setValue(round(100 * brush.hardness))
        self.opacity.setValue(round(100 * brush.opacity))
        self.spacing.setValue(round(100 * brush.spacing))
        self.stabiliser.setValue(round(100 * self._tools.stabiliser))
        self.by_size.setChecked(brush.size_by_pressure > 0)
        self.by_opacity.setChecked(brush.opacity_by_pressure > 0)
        self.reach.setValue(round(self._tools.class_reach or 0))
        self._following = False

    def _set(self, **values: Any) -> None:
        if not self._following:
            self._tools.brush = replace(self._tools.brush, **values)

    def _set_stabiliser(self, percent: int) -> None:
        if not self._following:
            self._tools.stabiliser = percent / 100

    def _set_reach(self, px: int) -> None:
        if not self._following:
            self._tools.class_reach = float(px) or None

    def _transform(self, transform: HeadTransform) -> None:
        history = self._editor.document.history
        history.seal()
        self._editor.document.do(commands.set_transform(transform))
        history.seal()

    def _flip(self) -> None:
        now = self._editor.document.transform
        self._transform(replace(now, flip=not now.flip))
